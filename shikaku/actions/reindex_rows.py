"""Makes the hashes or tokens of insurers' persons again under the newest key of their kind (ADR 0020).

Numbers are opened from their seals, tokens are made from the sealed items. The walk is that of `reseal_rows`: killed
anywhere, it goes on. It makes no key and ends none. 根拠: KJ-ENC-06, KJ-ENC-07.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID, uuid4

import structlog
from django.db import IntegrityError

from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.crypto.blind_index import ZoneIndex
from chukan.kernel.crypto.data_key import BI_GLOBAL, BI_ZONE, TOKEN, KeyState
from chukan.kernel.crypto.keyring import IndexKeys, get_keyring
from chukan.kernel.errors import Conflict
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import outside_transaction, own_transaction
from shikaku.actions.accept_toroku_file import FILE, JIMU
from shikaku.actions.himozuke_links import lock_across
from shikaku.actions.reindexed_columns import hash_across, hash_in_zone, make_tokens
from shikaku.actions.walk_persons import give_way, lock_persons, patiently, wait_until_noticed, walk
from shikaku.models import ReindexJob

log = structlog.get_logger()

# One walk may meet what was written late under the former key; the one after it cannot.
_WALKS: Final = 2
_MAKE: Final = {BI_ZONE: hash_in_zone, BI_GLOBAL: hash_across, TOKEN: make_tokens}
KINDS: Final = tuple(_MAKE)


@dataclass(frozen=True, slots=True)
class Reindexed:
    """The key that makes the hashes of the kind now, and how many the job brought under it."""

    key_id: int
    changed: int


@dataclass(frozen=True, slots=True)
class _Step:
    """What one transaction met: whether persons are left, how many hashes were under another key."""

    more: bool
    found: int


@outside_transaction
def reindex_rows(
    *,
    by: Principal,
    hokensha: Sequence[str],
    kind: str,
    persons: int,
    pause: Callable[[], None],
    now: Callable[[], datetime],
) -> Reindexed:
    """Make every hash or token of the kind at these insurers again, `persons` people per transaction.

    At each it ends after a walk over all persons that began when nobody could write with the former key any more, and
    met none of its hashes; that is waited for once. *Idempotent:* goes on where it was killed; a finished one has
    nothing to do. Raises KeyUnavailable, and Conflict when no key of the kind was replaced, a number leads to two
    persons, the job was started a second time, or, with all else done, rows do not open.
    """
    run = uuid4()
    zones = [replace(by, hokensha_code=code) for code in hokensha]
    jobs = [patiently(partial(begin_reindex, by=zone, kind=kind, run=run, now=now()), pause) for zone in zones]
    steps = [
        partial(reindex_persons, by=zone, kind=kind, run=run, persons=persons)
        for zone, job in zip(zones, jobs, strict=True)
        if job.finished_at is None
    ]
    for step in steps:
        walk(step, pause)
    if steps:
        wait_until_noticed(max(job.started_at for job in jobs), pause, now)
    stuck = [step for step in steps if not _is_clean(step, pause)]
    left = {step.keywords["by"] for step in stuck}
    closed = [
        patiently(partial(close_reindex, by=zone, kind=kind, run=run, now=now()), pause)
        for zone in zones
        if zone not in left
    ]
    if stuck:
        raise Conflict(
            "sakuin_no_nokori",
            "前の鍵で作った索引値が残っています。作り直せない行があります。"
            "ログの shikaku.index.refused を確かめてください。",
        )
    return Reindexed(closed[0].key_id, sum(one.changed for one in closed))


def _is_clean(step: partial[_Step], pause: Callable[[], None]) -> bool:
    """Walk from the first person until no hash under another key is met; tell whether it came to that."""
    rewind = {name: given for name, given in step.keywords.items() if name != "persons"}
    for _ in range(_WALKS):
        patiently(partial(rewind_reindex, **rewind), pause)
        if not walk(step, pause):
            return True
    return False


@own_transaction
def begin_reindex(*, by: Principal, kind: str, run: UUID, now: datetime) -> ReindexJob:
    """Return the job of the zone, taken over by this run; another key than last time begins it at the first person.

    Raises Conflict when the key is not being replaced, or not so far that it makes the hashes.
    """
    key_id = _replaced(by, kind).active.key_id
    fresh = ReindexJob(hokensha_code=by.hokensha_code or "", kind=kind, run=run, key_id=key_id, started_at=now)
    ReindexJob.objects.bulk_create([fresh], ignore_conflicts=True)
    job = ReindexJob.objects.select_for_update().get(hokensha_code=by.hokensha_code, kind=kind)
    job.run = run
    if job.key_id != key_id:
        job.key_id, job.bookmark, job.changed_count, job.started_at, job.finished_at = key_id, 0, 0, now, None
    job.save(update_fields=["run", "key_id", "bookmark", "changed_count", "started_at", "finished_at"])
    return job


@own_transaction
def rewind_reindex(*, by: Principal, kind: str, run: UUID) -> None:
    """Put the しおり before the first person."""
    job = _locked_job(by, kind, run)
    job.bookmark = 0
    job.save(update_fields=["bookmark"])


@own_transaction
def reindex_persons(*, by: Principal, kind: str, run: UUID, persons: int) -> _Step:
    """Make the hashes of the next persons again and move the しおり behind them, all or nothing.

    *Locks:* the job, then as a registration the numbers across insurers where their hashes are made, and the persons by
    被保険者枝番. Raises OperationalError when a lock does not come soon, Conflict when a number leads to two persons.
    """
    job = _locked_job(by, kind, run)
    index = ZoneIndex(get_keyring(), job.hokensha_code)
    give_way()
    if kind == BI_GLOBAL:
        lock_across(index)
    edabans = lock_persons(job.hokensha_code, job.bookmark, persons)
    if not edabans:
        return _Step(more=False, found=0)
    try:
        found, changed = _MAKE[kind](job.hokensha_code, index, edabans)
    except IntegrityError as twice:
        raise Conflict(
            "bango_kasanari",
            "一つの個人番号が二人の加入者につながっています。"
            "ログの shikaku.index.collided を確かめ、開発元に連絡してください。",
        ) from _logged(twice, kind, edabans)
    job.bookmark = edabans[-1]
    job.changed_count += changed
    job.save(update_fields=["bookmark", "changed_count"])
    return _Step(more=True, found=found)


@own_transaction
def close_reindex(*, by: Principal, kind: str, run: UUID, now: datetime) -> Reindexed:
    """Close the job and log it once."""
    job = _locked_job(by, kind, run)
    if job.finished_at is None:
        job.finished_at = now
        job.save(update_fields=["finished_at"])
        record_sosa(
            by=by,
            kind=SosaKind.KEY_REINDEXED,
            jimu=JIMU,
            target_file=FILE,
            targets=(str(job.key_id),),
            result="ok",
            detail={"kind": kind, "key_id": job.key_id, "changed": job.changed_count},
            now=now,
        )
    return Reindexed(job.key_id, job.changed_count)


def _locked_job(by: Principal, kind: str, run: UUID) -> ReindexJob:
    job = ReindexJob.objects.select_for_update().get(hokensha_code=by.hokensha_code, kind=kind)
    if job.run != run:
        raise Conflict("hoka_de_jikkochu", "同じ処理があとから始められました。そちらが続きを行います。")
    return job


def _replaced(by: Principal, kind: str) -> IndexKeys:
    """Return the keys of a kind that is being replaced, as the database has them, or whose replacement has ended."""
    keyring = get_keyring()
    keyring.forget()
    keys = keyring.index_keys(kind, None if kind == BI_GLOBAL else by.hokensha_code)
    done = ReindexJob.objects.filter(hokensha_code=by.hokensha_code, kind=kind, key_id=keys.active.key_id)
    if (keys.other is None and not done.exists()) or (keys.other and keys.other.state is not KeyState.DECRYPT_ONLY):
        raise Conflict(
            "kagi_koshin_nashi", "この鍵は新しくなっていません。先に rotate_index を最後まで実行してください。"
        )
    return keys


def _logged(error: IntegrityError, kind: str, edabans: list[int]) -> IntegrityError:
    log.error("shikaku.index.collided", reason=kind, object_id=f"{edabans[0]}-{edabans[-1]}")
    return error
