"""Numbers across insurers while the key of their hashes is replaced: under which of two hashes each stands (ADR 0020).

Joins the transaction of a block. *Locks:* all numbers at once, before anything else of the block: whoever holds persons
never waits for whoever waits for them. Without a replacement nothing is asked and nothing locked.
"""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.db import connection

from chukan.kernel.binary_arrays import bytea_array, uuid_array
from chukan.kernel.crypto.blind_index import ZoneIndex

_LOCK_ALL = "SELECT pg_advisory_xact_lock(hashtext('shikaku_kojin_bango_sakuin'))"
_STANDING = "SELECT bi_global FROM shikaku_find_himozuke(%s::bytea[])"
_RESOLVE = "SELECT bi_global, himozuke_bango FROM shikaku_resolve_himozuke(%s::bytea[], %s::uuid[])"
_NOTE = "SELECT shikaku_note_bango_key(%s::bytea[], %s)"


def lock_across(index: ZoneIndex) -> None:
    """Let one transaction at a time bring numbers across insurers while their key is replaced."""
    if index.across.twins is not None:
        with connection.cursor() as cursor:
            cursor.execute(_LOCK_ALL)


def standing(index: ZoneIndex, hashes: Collection[bytes]) -> list[bytes]:
    """Return for each hash that `index` made the one its number's row has: it, or the other key's."""
    if index.across.twins is None:
        return list(hashes)
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, [bytea_array(index.across.both(hashes))])
        stored = {index.across.present(bytes(row[0])): bytes(row[0]) for row in cursor.fetchall()}
    return [stored.get(one, one) for one in hashes]


def resolve_himozuke(index: ZoneIndex, candidates: Mapping[bytes, UUID]) -> dict[bytes, UUID]:
    """Return whom each hash leads to; one that led to nobody leads to its candidate from now on."""
    hashes = bytea_array(standing(index, candidates))
    with connection.cursor() as cursor:
        cursor.execute(_RESOLVE, [hashes, uuid_array(candidates.values())])
        found = {index.across.present(bytes(bango)): himozuke for bango, himozuke in cursor.fetchall()}
    note_key(index, candidates)
    return found


def note_key(index: ZoneIndex, hashes: Collection[bytes]) -> None:
    """Note of rows that have these hashes which key made them, where another one may have."""
    if index.across.twins is not None:
        with connection.cursor() as cursor:
            cursor.execute(_NOTE, [bytea_array(hashes), index.across.key_id])
