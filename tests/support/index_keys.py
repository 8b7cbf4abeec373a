"""Replacements of index keys, and hashes and tokens in the database held against what the keys of now would make.

What they would make is made of the sealed values beside them, not of what the job thinks it did.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

import orjson

from chukan.kernel.crypto import get_keyring, open_envelope
from chukan.kernel.crypto.blind_index import ZoneIndex
from chukan.kernel.crypto.data_key import BI_GLOBAL, BI_ZONE, INDEX_PURPOSES, TOKEN
from shikaku.actions.block_person import search_tokens
from shikaku.actions.reindex_rows import Reindexed, reindex_rows
from shikaku.actions.rotate_index import end_index, rotate_index, start_index
from shikaku.domain.joho import kigo_bango_key
from shikaku.queries.held import KIGO_BANGO
from tests.support.members import LATER
from tests.support.principals import KENPO
from tests.support.rotation import JOB, KANRI
from tests.support.world import HOKENSHA, World, as_role

KINDS = (BI_ZONE, TOKEN, BI_GLOBAL)

_NUMBERS = """
SELECT 'kanyusha', hokensha_code, himozuke_bango, id, ct_kojin_bango, bi_bango, true
FROM shikaku_itaku_kukaku_kanyusha WHERE bi_bango IS NOT NULL
UNION ALL
SELECT 'kyu', o.hokensha_code, k.himozuke_bango, k.id, o.ct_kojin_bango, o.bi_bango, o.resolves
FROM shikaku_kyu_kojin_bango o JOIN shikaku_itaku_kukaku_kanyusha k USING (hokensha_code, hihokensha_edaban)
"""
_VERSIONS = "SELECT hokensha_code, id, ct_joho, t_kigo_bango FROM shikaku_rireki WHERE t_kigo_bango IS NOT NULL"
# The version that speaks for a person: of the latest period, else of the standing, else any.
_PERSONS = """
SELECT DISTINCT ON (k.hokensha_code, k.hihokensha_edaban)
  k.hokensha_code, r.id, r.ct_joho, k.t_kana2, k.t_kana4, k.t_kana_full, k.t_seinengappi
FROM shikaku_itaku_kukaku_kanyusha k JOIN shikaku_rireki r USING (hokensha_code, hihokensha_edaban)
WHERE r.superseded_at IS NULL
ORDER BY k.hokensha_code, k.hihokensha_edaban, r.withdrawn, coalesce(r.shikaku_tsuban, 0) DESC, r.rireki_tsuban DESC
"""
_NO_SECOND_KEY = """
UPDATE crypto_key SET state = 'destroyed' WHERE purpose = ANY (%s) AND state IN ('pre', 'decrypt_only')
"""
_ACROSS = "SELECT bi_global, himozuke_bango FROM shikaku_kojin_bango_sakuin"


def hurried() -> Callable[[], datetime]:
    """Return a clock on which the time to wait is over at the second look."""
    ticks = itertools.count()
    return lambda: LATER + timedelta(minutes=next(ticks))


def started(world: World, kind: str) -> None:
    """Make the new key of a kind, of KENPO where it is an insurer's; nothing is written with it."""
    with as_role(world, "kanri"):
        start_index(by=KANRI, kind=kind, hokensha_code=code_of(kind), now=LATER)
    get_keyring().forget()


def rotated(world: World, kind: str) -> int:
    """Let a new key of the kind make hashes; return it."""
    with as_role(world, "kanri"):
        done = rotate_index(by=KANRI, kind=kind, hokensha_code=code_of(kind), pause=lambda: None, now=hurried())
    get_keyring().forget()
    return done.key_id


def walked(world: World, kind: str) -> Reindexed:
    """Make the hashes of the kind again, two persons at a time."""
    hokensha = [code for code, *_ in HOKENSHA] if kind == BI_GLOBAL else [KENPO]
    with as_role(world, "worker"):
        return reindex_rows(by=JOB, hokensha=hokensha, kind=kind, persons=2, pause=lambda: None, now=hurried())


def ended(world: World, kind: str) -> None:
    """End the former key of the kind."""
    with as_role(world, "kanri"):
        end_index(by=KANRI, kind=kind, hokensha_code=code_of(kind), now=LATER)
    get_keyring().forget()


@contextmanager
def whole_keys(world: World) -> Iterator[None]:
    """Leave no index with two keys behind: keys outlast a test, and persons do not."""
    yield
    with world.admin() as admin:
        admin.execute(_NO_SECOND_KEY, [list(INDEX_PURPOSES)])
    get_keyring().forget()


def code_of(kind: str) -> str | None:
    """Return whose key of the kind the tests replace."""
    return None if kind == BI_GLOBAL else KENPO


def under_former_keys(world: World) -> Counter[str]:
    """Count, by where it stands, every hash and token that the keys of now do not make of its sealed value.

    A row of 突合 that no sealed number of any insurer explains counts as well.
    """
    found, across = Counter[str](), set[bytes]()
    indexes = _Indexes()
    with world.admin() as admin:
        for stored_in, code, _, row_id, sealed, hashed, _ in admin.execute(_NUMBERS).fetchall():
            number = _number(code, row_id, sealed)
            across.add(indexes[code].global_bango(number))
            found[f"{stored_in}.bi_bango"] += indexes[code].bango(number) != hashed
        for code, row_id, sealed, token in admin.execute(_VERSIONS).fetchall():
            key = kigo_bango_key(_joho(code, row_id, sealed)["shikaku"])
            found["rireki.t_kigo_bango"] += key is None or indexes[code].token(KIGO_BANGO, key) != token
        for code, row_id, sealed, *tokens in admin.execute(_PERSONS).fetchall():
            kihon = _joho(code, row_id, sealed)["kihon"]
            found["kanyusha.t_"] += search_tokens(indexes[code], kihon) != tuple(tokens)
        for hashed, _ in admin.execute(_ACROSS).fetchall():
            found["sakuin.bi_global"] += hashed not in across
    return +found


def second_persons(world: World) -> int:
    """Count the numbers that lead to two persons: in a zone, or across insurers by what 突合 knows."""
    led, here, indexes = defaultdict[str, set[UUID]](set), defaultdict[tuple[str, str], set[UUID]](set), _Indexes()
    with world.admin() as admin:
        across: dict[bytes, UUID] = dict(admin.execute(_ACROSS).fetchall())
        for stored_in, code, himozuke, row_id, sealed, _, resolves in admin.execute(_NUMBERS).fetchall():
            number = _number(code, row_id, sealed)
            if resolves:
                led[number] |= {himozuke, across.get(indexes[code].global_bango(number)) or himozuke}
            if stored_in == "kanyusha":
                here[code, number].add(row_id)
    return sum(len(persons) > 1 for persons in (*led.values(), *here.values()))


class _Indexes(dict[str, ZoneIndex]):
    def __missing__(self, code: str) -> ZoneIndex:
        get_keyring().forget()
        self[code] = ZoneIndex(get_keyring(), code)
        return self[code]


def _number(code: str, row_id: UUID, sealed: bytes) -> str:
    return open_envelope(
        get_keyring(),
        table="shikaku_itaku_kukaku_kanyusha",
        envelope="kojin_bango",
        hokensha_code=code,
        row_id=row_id,
        data=sealed,
    ).decode()


def _joho(code: str, row_id: UUID, sealed: bytes) -> dict[str, dict[str, object]]:
    plain = open_envelope(
        get_keyring(), table="shikaku_rireki", envelope="joho", hokensha_code=code, row_id=row_id, data=sealed
    )
    joho: dict[str, dict[str, object]] = orjson.loads(plain)
    return joho
