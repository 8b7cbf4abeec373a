"""The hashes and tokens of some locked persons, made again: how each column is found, made and put.

Joins the transaction of the walk. Each function returns how many were under another key and how many it changed.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

import structlog
from django.db import connection

from chukan.kernel.binary_arrays import bigint_array, bytea_array, uuid_array
from chukan.kernel.crypto.blind_index import ZoneIndex
from chukan.kernel.crypto.envelope import open_envelope
from chukan.kernel.crypto.errors import EnvelopeRefused
from chukan.kernel.crypto.keyring import get_keyring
from shikaku.actions.block_numbers import KANYUSHA_TABLE, KOJIN_BANGO
from shikaku.actions.block_person import search_tokens
from shikaku.domain.held import speaking_version
from shikaku.domain.joho import kigo_bango_key
from shikaku.queries.held import KIGO_BANGO, RIREKI_TABLE, open_joho

log = structlog.get_logger()

KYU_TABLE: Final = "shikaku_kyu_kojin_bango"
# Every column of a hash or token, by what makes it again.
REINDEXED: Final = {
    "bi_zone": frozenset({(KANYUSHA_TABLE, "bi_bango"), (KYU_TABLE, "bi_bango")}),
    # Numbers that came by way of another follow it by their foreign key.
    "bi_global": frozenset({("shikaku_kojin_bango_sakuin", name) for name in ("bi_global", "over_bi_global")}),
    "token": frozenset(
        {
            (RIREKI_TABLE, "t_kigo_bango"),
            *((KANYUSHA_TABLE, name) for name in ("t_kana2", "t_kana4", "t_kana_full", "t_seinengappi")),
        }
    ),
}

# (row, row it is sealed for, sealed number, its hash)
_PRESENT: Final = """
SELECT id, id, ct_kojin_bango, bi_bango FROM shikaku_itaku_kukaku_kanyusha
WHERE hokensha_code = %s AND hihokensha_edaban = ANY (%s) AND bi_bango IS NOT NULL
"""
_FORMER: Final = """
SELECT o.id, k.id, o.ct_kojin_bango, o.bi_bango FROM shikaku_kyu_kojin_bango o
JOIN shikaku_itaku_kukaku_kanyusha k USING (hokensha_code, hihokensha_edaban)
WHERE o.hokensha_code = %s AND o.hihokensha_edaban = ANY (%s)
"""
# In place of the very hash that was found, or not at all; each tells how many rows it changed.
_PUT_PRESENT: Final = """
WITH put AS (UPDATE shikaku_itaku_kukaku_kanyusha t SET bi_bango = u.b
  FROM unnest(%s::uuid[], %s::bytea[], %s::bytea[]) AS u (i, w, b) WHERE t.id = u.i AND t.bi_bango = u.w RETURNING 1)
SELECT count(*) FROM put
"""
# A number that leads to the person by a younger row already needs this one for the history only.
_PUT_FORMER: Final = """
WITH put AS (UPDATE shikaku_kyu_kojin_bango t SET bi_bango = u.b, resolves = t.resolves AND NOT EXISTS (
    SELECT 1 FROM shikaku_kyu_kojin_bango o WHERE o.hokensha_code = t.hokensha_code AND o.bi_bango = u.b
      AND o.hihokensha_edaban = t.hihokensha_edaban AND o.resolves AND o.id <> t.id)
  FROM unnest(%s::uuid[], %s::bytea[], %s::bytea[]) AS u (i, w, b) WHERE t.id = u.i AND t.bi_bango = u.w RETURNING 1)
SELECT count(*) FROM put
"""
_REHASH: Final = "SELECT shikaku_rehash_bango(%s::bytea[], %s::bytea[], %s)"
_TOKENS: Final = """
SELECT id, hihokensha_edaban, t_kana2, t_kana4, t_kana_full, t_seinengappi FROM shikaku_itaku_kukaku_kanyusha
WHERE hokensha_code = %s AND hihokensha_edaban = ANY (%s)
"""
_PUT_TOKENS: Final = """
UPDATE shikaku_itaku_kukaku_kanyusha SET t_kana2 = %s, t_kana4 = %s, t_kana_full = %s, t_seinengappi = %s WHERE id = %s
"""
_VERSIONS: Final = """
SELECT id, hihokensha_edaban, shikaku_tsuban, rireki_tsuban, withdrawn, superseded_at IS NULL, t_kigo_bango, ct_joho
FROM shikaku_rireki WHERE hokensha_code = %s AND hihokensha_edaban = ANY (%s)
"""
_PUT_VERSIONS: Final = "SELECT shikaku_retoken_rireki(%s::uuid[], %s::bigint[], %s::bigint[])"


class _Speaking(NamedTuple):
    """A version as far as it matters whether it speaks for the person."""

    withdrawn: bool
    shikaku_tsuban: int | None
    rireki_tsuban: int
    joho: dict[str, Any]


def hash_in_zone(zone: str, index: ZoneIndex, edabans: Sequence[int]) -> tuple[int, int]:
    """Make the hashes of numbers inside the insurer again, present and former ones."""
    found = changed = 0
    for find, put in ((_PRESENT, _PUT_PRESENT), (_FORMER, _PUT_FORMER)):
        rows: list[tuple[UUID, bytes, bytes]] = []
        for row_id, number, stored in _numbers(zone, edabans, find):
            if number is None:
                found += 1
                continue
            present = index.bango(number)
            if stored == present:
                continue
            found += 1
            if stored in index.both_bango((present,)):
                rows.append((row_id, stored, present))
            else:
                _refuse(KYU_TABLE if find is _FORMER else KANYUSHA_TABLE, row_id, "hash")
        if rows:
            ids, was, becomes = zip(*rows, strict=True)
            changed += _put(put, [uuid_array(ids), bytea_array(was), bytea_array(becomes)])
    return found, changed


def hash_across(zone: str, index: ZoneIndex, edabans: Sequence[int]) -> tuple[int, int]:
    """Make the hashes across insurers of all numbers again that these persons have or had."""
    found, pairs = 0, []
    twins = index.across.twins
    for find in (_PRESENT, _FORMER):
        for _, number, _ in _numbers(zone, edabans, find):
            if number is None:
                found += 1
            elif twins is not None:
                present = index.global_bango(number)
                pairs.append((twins.twin(present), present))
    if not pairs:
        return found, 0
    formers, hashes = zip(*pairs, strict=True)
    moved = _put(_REHASH, [bytea_array(formers), bytea_array(hashes), index.across.key_id])
    return found + moved, moved


def make_tokens(zone: str, index: ZoneIndex, edabans: Sequence[int]) -> tuple[int, int]:
    """Make the search tokens of persons and the card tokens of all their versions again."""
    with connection.cursor() as cursor:
        cursor.execute(_VERSIONS, [zone, list(edabans)])
        versions = cursor.fetchall()
        cursor.execute(_TOKENS, [zone, list(edabans)])
        persons = cursor.fetchall()
    speaking: dict[int, list[_Speaking]] = {edaban: [] for edaban in edabans}
    found, closed, rows = 0, set(), []
    for row_id, edaban, tsuban, rireki, withdrawn, is_present, token, sealed in versions:
        try:
            joho = open_joho(zone, row_id, bytes(sealed))
        except EnvelopeRefused as refused:  # one damaged row does not keep the others under the former key
            _refuse(RIREKI_TABLE, row_id, refused.reason)
            found += 1
            closed.add(edaban)
            continue
        if is_present:
            speaking[edaban].append(_Speaking(withdrawn, tsuban, rireki, joho))
        if token is None:
            continue
        key = kigo_bango_key(joho.get("shikaku", {}))
        present = None if key is None else index.token(KIGO_BANGO, key)
        if token == present:
            continue
        found += 1
        if present is not None and token in index.both_tokens((present,)):
            rows.append((row_id, token, present))
        else:
            _refuse(RIREKI_TABLE, row_id, "token")
    changed = 0
    if rows:
        ids, was, becomes = zip(*rows, strict=True)
        changed = _put(_PUT_VERSIONS, [uuid_array(ids), bigint_array(was), bigint_array(becomes)])
    open_persons = {edaban: versions for edaban, versions in speaking.items() if edaban not in closed}
    searched = _make_search_tokens(index, persons, open_persons)
    return found + searched, changed + searched


def _make_search_tokens(
    index: ZoneIndex, persons: Sequence[tuple[Any, ...]], present: Mapping[int, Sequence[_Speaking]]
) -> int:
    """Make the tokens of persons whose present versions all opened again; return how many had others."""
    changed = 0
    for row_id, edaban, *stored in persons:
        speaks = speaking_version(present.get(edaban, ()))
        if speaks is None:
            continue
        tokens = search_tokens(index, speaks.joho.get("kihon", {}))
        if tokens != tuple(stored):
            changed += 1
            with connection.cursor() as cursor:
                cursor.execute(_PUT_TOKENS, [*tokens, row_id])
    return changed


def _numbers(zone: str, edabans: Sequence[int], find: str) -> Iterator[tuple[UUID, str | None, bytes]]:
    """Yield the rows with the number that is sealed in each; None where the seal does not open."""
    with connection.cursor() as cursor:
        cursor.execute(find, [zone, list(edabans)])
        rows = cursor.fetchall()
    for row_id, bound_to, sealed, hashed in rows:
        try:
            plain = open_envelope(
                get_keyring(),
                table=KANYUSHA_TABLE,
                envelope=KOJIN_BANGO,
                hokensha_code=zone,
                row_id=bound_to,
                data=bytes(sealed),
            )
        except EnvelopeRefused as refused:
            _refuse(KYU_TABLE if find is _FORMER else KANYUSHA_TABLE, row_id, refused.reason)
            yield row_id, None, bytes(hashed)
        else:
            yield row_id, plain.decode(), bytes(hashed)


def _put(statement: str, given: list[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return int(cursor.fetchone()[0])


def _refuse(table: str, row_id: UUID, reason: str) -> None:
    log.warning("shikaku.index.refused", where=table, object_id=str(row_id), reason=reason)
