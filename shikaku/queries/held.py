"""What a block of lines needs to know of the persons it names: read once, locked in one order."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from chukan.kernel.binary_arrays import bigint_array, bytea_array
from chukan.kernel.crypto.blind_index import ZoneIndex
from chukan.kernel.crypto.envelope import open_envelope
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import LostRace, reads
from shikaku.domain.held import Held, HeldPeriod, speaking_version

RIREKI_TABLE = "shikaku_rireki"
KIGO_BANGO = "kigo_bango"
JOHO = "joho"

# Who is named, and only then the persons by their key: in one statement the planner would read the whole zone.
_NAMED = """
SELECT n.hihokensha_edaban FROM shikaku_itaku_kukaku_kanyusha n
  WHERE n.hokensha_code = %s AND n.bi_bango = ANY (%s::bytea[])
UNION SELECT o.hihokensha_edaban FROM shikaku_kyu_kojin_bango o
  WHERE o.hokensha_code = %s AND o.bi_bango = ANY (%s::bytea[]) AND o.resolves
"""
_PERSONS = """
SELECT k.id, k.hihokensha_edaban, k.himozuke_bango, k.bi_bango, k.kanyusha_kubun_code, k.fugo_shutoku_yokyu_kubun,
       k.last_shikaku_tsuban, k.last_rireki_tsuban, k.last_recorded_at
FROM shikaku_itaku_kukaku_kanyusha k
WHERE k.hokensha_code = %s AND k.hihokensha_edaban = ANY (%s)
ORDER BY k.hihokensha_edaban FOR NO KEY UPDATE OF k
"""
_FORMER = """
SELECT bi_bango, hihokensha_edaban FROM shikaku_kyu_kojin_bango
WHERE hokensha_code = %s AND bi_bango = ANY (%s::bytea[]) AND resolves
"""
_VERSIONS = """
SELECT id, hihokensha_edaban, shikaku_tsuban, rireki_tsuban, valid_from, valid_to, withdrawn, ct_joho
FROM shikaku_rireki WHERE hokensha_code = %s AND hihokensha_edaban = ANY (%s) AND superseded_at IS NULL
ORDER BY hihokensha_edaban, shikaku_tsuban NULLS FIRST
"""
_KIGO = """
SELECT t_kigo_bango, hihokensha_edaban, valid_from, valid_to FROM shikaku_rireki
WHERE t_kigo_bango = ANY (%s::bigint[]) AND superseded_at IS NULL AND NOT withdrawn AND hokensha_code = %s
"""


@dataclass(slots=True)
class HeldPerson:
    """One locked person of the zone: the domain's view, and where its current versions stand."""

    row_id: UUID
    edaban: int
    himozuke_bango: UUID
    bi_bango: bytes | None
    last_recorded_at: datetime
    held: Held
    version_ids: dict[int | None, UUID] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HeldPersons:
    """The persons a block names, by 被保険者枝番 and by the zone's hash of a number, present or former."""

    by_edaban: Mapping[int, HeldPerson]
    by_bango: Mapping[bytes, HeldPerson]


def open_joho(hokensha_code: str, row_id: UUID, sealed: bytes) -> dict[str, Any]:
    """Return the items of one version; never the 個人番号, which is sealed apart."""
    plain = open_envelope(
        get_keyring(), table=RIREKI_TABLE, envelope=JOHO, hokensha_code=hokensha_code, row_id=row_id, data=sealed
    )
    opened: dict[str, Any] = orjson.loads(plain)
    return opened


@reads
def load_held(
    *,
    by: Principal,
    zone: str,  # set by `by`
    index: ZoneIndex,
    edabans: Collection[int],
    bangos: Collection[bytes],
) -> HeldPersons:
    """Lock and return the persons of the zone that the given keys name, with their current versions.

    Hashes are those `index` makes now, whatever key made the stored ones, for every number it hashed before.

    Raises LostRace when a number came to lead to somebody else meanwhile.
    """
    numbers = bytea_array(index.both_bango(bangos))
    with connection.cursor() as cursor:
        named = set(edabans)
        if bangos:
            cursor.execute(_NAMED, [zone, numbers, zone, numbers])
            named.update(edaban for (edaban,) in cursor.fetchall())
        if not named:
            return HeldPersons(by_edaban={}, by_bango={})
        cursor.execute(_PERSONS, [zone, list(named)])
        persons = cursor.fetchall()
        if not persons:
            return HeldPersons(by_edaban={}, by_bango={})
        found = [row[1] for row in persons]
        cursor.execute(_VERSIONS, [zone, found])
        versions = cursor.fetchall()
        cursor.execute(_FORMER, [zone, numbers])
        former = cursor.fetchall()
    periods: dict[int, list[tuple[UUID, HeldPeriod]]] = {edaban: [] for edaban in found}
    for row_id, edaban, tsuban, rireki_tsuban, valid_from, valid_to, withdrawn, sealed in versions:
        period = HeldPeriod(
            shikaku_tsuban=tsuban,
            rireki_tsuban=rireki_tsuban,
            valid_from=valid_from,
            valid_to=valid_to,
            withdrawn=withdrawn,
            joho=open_joho(zone, row_id, bytes(sealed)),
        )
        periods[edaban].append((row_id, period))
    by_edaban: dict[int, HeldPerson] = {}
    by_bango: dict[bytes, HeldPerson] = {}
    for row in persons:
        person = _held_person(row, periods[row[1]], index)
        by_edaban[person.edaban] = person
        if person.bi_bango is not None:
            by_bango[person.bi_bango] = person
    for bango, edaban in former:
        if edaban not in by_edaban:
            raise LostRace  # the number came to lead there while the locks were waited for
        by_bango.setdefault(index.present_bango(bytes(bango)), by_edaban[edaban])
    return HeldPersons(by_edaban=by_edaban, by_bango=by_bango)


def _held_person(row: tuple[Any, ...], versions: list[tuple[UUID, HeldPeriod]], index: ZoneIndex) -> HeldPerson:
    row_id, edaban, himozuke, bango, kubun, fugo, last_shikaku, last_rireki, last_at = row
    speaking = speaking_version(period for _, period in versions)
    assert speaking is not None  # noqa: S101  # a person has been written with a version
    held = Held(
        hihokensha_edaban=edaban,
        himozuke_bango=str(himozuke),
        kanyusha_kubun=kubun,
        fugo_requested=fugo == "1",
        has_number=bango is not None,
        periods=tuple(period for _, period in versions if period.shikaku_tsuban is not None),
        next_shikaku_tsuban=last_shikaku + 1,
        next_rireki_tsuban=last_rireki + 1,
        newest=speaking.joho,
        standing=next((period for _, period in versions if period.shikaku_tsuban is None), None),
    )
    return HeldPerson(
        row_id=row_id,
        edaban=edaban,
        himozuke_bango=himozuke,
        bi_bango=None if bango is None else index.present_bango(bytes(bango)),
        last_recorded_at=last_at,
        held=held,
        version_ids={period.shikaku_tsuban: version_id for version_id, period in versions},
    )


@reads
def load_kigo_users(
    *,
    by: Principal,
    zone: str,  # set by `by`
    index: ZoneIndex,
    tokens: Collection[int],
) -> dict[int, list[tuple[int, Any, Any]]]:
    """Return, per 記号・番号・枝番 token, the present periods that use it: (被保険者枝番, from, to)."""
    users: dict[int, list[tuple[int, Any, Any]]] = {}
    if not tokens:
        return users
    with connection.cursor() as cursor:
        cursor.execute(_KIGO, [bigint_array(index.both_tokens(tokens)), zone])
        for token, edaban, valid_from, valid_to in cursor.fetchall():
            users.setdefault(index.present_token(token), []).append((edaban, valid_from, valid_to))
    return users
