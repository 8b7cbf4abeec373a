"""Brings every sealed row of an insurer under its newest key, person by person, while registration goes on.

A person's rows are sealed again under the lock that a registration of the person takes, and the しおり moves in that
very transaction: killed anywhere, the job goes on with the next person. What is kept for days only (控え, answers to
an Idempotency-Key) is left to expire. 根拠: KJ-ENC-07.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, NamedTuple
from uuid import UUID, uuid4

import structlog
from django.db import connection

from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.binary_arrays import bytea_array, uuid_array
from chukan.kernel.crypto.data_key import FIELD, DataKey
from chukan.kernel.crypto.envelope import RowSealer, open_envelope
from chukan.kernel.crypto.errors import EnvelopeRefused
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.errors import Conflict
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import outside_transaction, own_transaction
from shikaku.actions.accept_toroku_file import FILE, JIMU
from shikaku.actions.block_numbers import KANYUSHA_TABLE, KOJIN_BANGO
from shikaku.actions.walk_persons import lock_persons, patiently, wait_until_noticed, walk
from shikaku.models import ResealJob
from shikaku.queries.held import JOHO, RIREKI_TABLE

log = structlog.get_logger()

# One walk may meet what was sealed late under the former key; the one after it cannot.
_WALKS: Final = 2
# Envelopes of the locked persons that another key sealed, each with the row it is bound to.
_PRESENT: Final = """
SELECT id, id, ct_kojin_bango FROM shikaku_itaku_kukaku_kanyusha
WHERE hokensha_code = %s AND hihokensha_edaban = ANY (%s) AND substring(ct_kojin_bango FROM 3 FOR 4) <> %s
"""
_FORMER: Final = """
SELECT o.id, k.id, o.ct_kojin_bango FROM shikaku_kyu_kojin_bango o
JOIN shikaku_itaku_kukaku_kanyusha k USING (hokensha_code, hihokensha_edaban)
WHERE o.hokensha_code = %s AND o.hihokensha_edaban = ANY (%s) AND substring(o.ct_kojin_bango FROM 3 FOR 4) <> %s
"""
_VERSIONS: Final = """
SELECT id, id, ct_joho FROM shikaku_rireki
WHERE hokensha_code = %s AND hihokensha_edaban = ANY (%s) AND substring(ct_joho FROM 3 FOR 4) <> %s
"""
# In place of the very envelope that was opened, or not at all; each tells how many rows it changed.
_PUT_PRESENT: Final = """
WITH put AS (UPDATE shikaku_itaku_kukaku_kanyusha t SET ct_kojin_bango = u.b
  FROM unnest(%s::uuid[], %s::bytea[], %s::bytea[]) AS u (i, w, b) WHERE t.id = u.i AND t.ct_kojin_bango = u.w
  RETURNING 1)
SELECT count(*) FROM put
"""
_PUT_FORMER: Final = """
WITH put AS (UPDATE shikaku_kyu_kojin_bango t SET ct_kojin_bango = u.b
  FROM unnest(%s::uuid[], %s::bytea[], %s::bytea[]) AS u (i, w, b) WHERE t.id = u.i AND t.ct_kojin_bango = u.w
  RETURNING 1)
SELECT count(*) FROM put
"""
_PUT_VERSIONS: Final = "SELECT shikaku_reseal_rireki(%s::uuid[], %s::bytea[], %s::bytea[])"


class _Envelopes(NamedTuple):
    """One sealed column: how its rows are found and put back, and what their envelopes are bound to."""

    column: tuple[str, str]
    find: str
    put: str
    table: str
    envelope: str


_SEALED: Final = (
    _Envelopes((KANYUSHA_TABLE, "ct_kojin_bango"), _PRESENT, _PUT_PRESENT, KANYUSHA_TABLE, KOJIN_BANGO),
    _Envelopes(("shikaku_kyu_kojin_bango", "ct_kojin_bango"), _FORMER, _PUT_FORMER, KANYUSHA_TABLE, KOJIN_BANGO),
    _Envelopes((RIREKI_TABLE, "ct_joho"), _VERSIONS, _PUT_VERSIONS, RIREKI_TABLE, JOHO),
)
# Every column (table, column) that is sealed under the data key of an insurer: sealed again, or gone within days.
RESEALED: Final = frozenset(envelopes.column for envelopes in _SEALED)
EXPIRING: Final = frozenset(
    {
        ("shikaku_terminal_slip", "ct_content"),
        ("shikaku_terminal_slip", "ct_kojin_bango"),
        ("shikaku_terminal_slip", "ct_answer"),
        ("setsuzoku_idempotency", "ct_answer"),
        ("kengen_staff_slip", "ct_content"),
        ("kengen_staff_slip", "ct_answer"),
    }
)


@dataclass(frozen=True, slots=True)
class Resealed:
    """The key that everything lasting is sealed with now, and how many envelopes the job brought under it."""

    key_id: int
    resealed: int


@dataclass(frozen=True, slots=True)
class _Step:
    """What one transaction met: whether persons are left, how many envelopes were under another key."""

    more: bool
    found: int


@outside_transaction
def reseal_rows(*, by: Principal, persons: int, pause: Callable[[], None], now: Callable[[], datetime]) -> Resealed:
    """Seal every lasting row of the zone of `by` with its newest key, `persons` people per transaction.

    It ends after a walk over all persons that began when nobody could seal with a former key any more, and met none
    of its envelopes. *Idempotent:* goes on where it was killed; a finished one has nothing to do. Raises
    KeyUnavailable, and Conflict when envelopes do not open, the key was replaced once more, or the job was started
    a second time: of two the later goes on.
    """
    run = uuid4()
    job = patiently(partial(begin_reseal, by=by, run=run, now=now()), pause)
    if job.finished_at is None:
        step = partial(reseal_persons, by=by, run=run, persons=persons)
        walk(step, pause)
        wait_until_noticed(job.started_at, pause, now)
        for _ in range(_WALKS):
            patiently(partial(rewind_reseal, by=by, run=run), pause)
            if not walk(step, pause):
                break
        else:
            raise Conflict(
                "fu_no_nokori",
                "前の鍵で封をした行が残っています。開かない行があります。"
                "ログの shikaku.envelope.refused を確かめてください。",
            )
    return patiently(partial(close_reseal, by=by, run=run, now=now()), pause)


@own_transaction
def begin_reseal(*, by: Principal, run: UUID, now: datetime) -> ResealJob:
    """Return the job of the zone, taken over by this run; another key than last time begins it at the first person."""
    key = _newest_key(by)
    fresh = ResealJob(hokensha_code=by.hokensha_code or "", run=run, key_id=key.key_id, started_at=now)
    ResealJob.objects.bulk_create([fresh], ignore_conflicts=True)
    job = ResealJob.objects.select_for_update().get(hokensha_code=by.hokensha_code)
    job.run = run
    if job.key_id != key.key_id:
        job.key_id, job.bookmark, job.resealed_count, job.started_at, job.finished_at = key.key_id, 0, 0, now, None
    job.save()
    return job


@own_transaction
def rewind_reseal(*, by: Principal, run: UUID) -> None:
    """Put the しおり before the first person."""
    job = _locked_job(by, run)
    job.bookmark = 0
    job.save(update_fields=["bookmark"])


@own_transaction
def reseal_persons(*, by: Principal, run: UUID, persons: int) -> _Step:
    """Seal the rows of the next persons again and move the しおり behind them, all or nothing.

    *Locks:* the job, then the persons by 被保険者枝番, as a registration does. Raises OperationalError when a lock does
    not come soon; nothing is changed then.
    """
    job = _locked_job(by, run)
    zone, key = job.hokensha_code, get_keyring().dek(job.key_id)
    edabans = lock_persons(zone, job.bookmark, persons)
    if not edabans:
        return _Step(more=False, found=0)
    counted = [_reseal(zone, key, edabans, envelopes) for envelopes in _SEALED]
    job.bookmark = edabans[-1]
    job.resealed_count += sum(resealed for _, resealed in counted)
    job.save(update_fields=["bookmark", "resealed_count"])
    return _Step(more=True, found=sum(found for found, _ in counted))


@own_transaction
def close_reseal(*, by: Principal, run: UUID, now: datetime) -> Resealed:
    """Close the job and log it once. Raises Conflict when the key was replaced since the job began."""
    job = _locked_job(by, run)
    if job.key_id != _newest_key(by).key_id:
        raise Conflict("kagi_koshin_zumi", "途中で鍵がもう一度更新されました。もう一度実行してください。")
    if job.finished_at is None:
        job.finished_at = now
        job.save(update_fields=["finished_at"])
        record_sosa(
            by=by,
            kind=SosaKind.KEY_RESEALED,
            jimu=JIMU,
            target_file=FILE,
            targets=(str(job.key_id),),
            result="ok",
            detail={"key_id": job.key_id, "resealed": job.resealed_count},
            now=now,
        )
    return Resealed(job.key_id, job.resealed_count)


def _locked_job(by: Principal, run: UUID) -> ResealJob:
    """Return the job; two runs would take each other's walk for their own and miss rows that do not open."""
    job = ResealJob.objects.select_for_update().get(hokensha_code=by.hokensha_code)
    if job.run != run:
        raise Conflict("hoka_de_jikkochu", "同じ処理があとから始められました。そちらが続きを行います。")
    return job


def _newest_key(by: Principal) -> DataKey:
    """Return the key that seals now, as the database has it: what this process remembers may be the former one."""
    keyring = get_keyring()
    keyring.forget()
    return keyring.active_dek(purpose=FIELD, hokensha_code=by.hokensha_code)


def _reseal(zone: str, key: DataKey, edabans: list[int], sealed: _Envelopes) -> tuple[int, int]:
    """Seal one column of these persons again; return how many were under another key and how many are no longer."""
    seal, changed = RowSealer(key, table=sealed.table, envelope=sealed.envelope), 0
    fresh: list[tuple[UUID, bytes, bytes]] = []
    with connection.cursor() as cursor:
        cursor.execute(sealed.find, [zone, edabans, key.key_id.to_bytes(4, "big")])
        found = cursor.fetchall()
        for row_id, bound_to, stored in found:
            data = bytes(stored)
            try:
                plain = open_envelope(
                    get_keyring(),
                    table=sealed.table,
                    envelope=sealed.envelope,
                    hokensha_code=zone,
                    row_id=bound_to,
                    data=data,
                )
            except EnvelopeRefused as refused:  # one damaged row does not keep the others under the former key
                log.warning(
                    "shikaku.envelope.refused", where=sealed.table, object_id=str(row_id), reason=refused.reason
                )
                continue
            fresh.append((row_id, data, seal.seal(bound_to, plain)))
        if fresh:
            ids, was, becomes = zip(*fresh, strict=True)
            cursor.execute(sealed.put, [uuid_array(ids), bytea_array(was), bytea_array(becomes)])
            changed = cursor.fetchone()[0]
    return len(found), changed
