"""The history of one member, for the insurer's own system and for the timeline on screen.

根拠: KJ-SHI-09, KJ-ZONE-06.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import connection

from chukan.controls.kikan.domain import SHICHOSON_KOKUHO
from chukan.controls.uketsuke.domain import KYOHI
from chukan.controls.uketsuke.models import Uketsuke
from chukan.kernel.crypto.blind_index import ZoneIndex
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import reads
from chukan.kernel.values.kojin_bango import is_valid_kojin_bango
from shikaku.models import ItakuKukakuKanyusha
from shikaku.queries.kanyusha import kanyusha_nashi
from shikaku.queries.led import find_himozuke
from shikaku.queries.versions import Version, covers, list_all_versions, list_known_versions

_LAST_DELIVERY: Final = f"""
SELECT max(accepted_at) FROM uketsuke_uketsuke
WHERE sender = %s AND accepted_at <= %s AND state <> '{KYOHI}'
"""  # noqa: S608  # constants only
# Every look-up asks this: it is written out, not built anew each time.
_MEMBER: Final = """
SELECT id, hihokensha_edaban, himozuke_bango FROM shikaku_itaku_kukaku_kanyusha
WHERE hokensha_code = %s"""
_FORMER: Final = """
SELECT hihokensha_edaban FROM shikaku_kyu_kojin_bango WHERE hokensha_code = %s AND resolves AND bi_bango = ANY (%s)"""


@dataclass(frozen=True, slots=True)
class _Member:
    """One person in the zone of the caller."""

    id: UUID
    hihokensha_edaban: int
    himozuke_bango: UUID


@dataclass(frozen=True, slots=True)
class FoundRireki:
    """What was valid, as known at an instant, and when this insurer last delivered."""

    himozuke_bango: UUID
    versions: tuple[Version, ...]
    known_at: datetime
    saishu_juryo_nichiji: datetime | None


@dataclass(frozen=True, slots=True)
class RirekiLine:
    """One version on the timeline: what, when, by whom and by which way it came."""

    version: Version
    uketsuke_bango: str
    channel: str
    accepted_by_name: str


@dataclass(frozen=True, slots=True)
class Kanyusaki:
    """One insurer of a person on a day, for provider determination."""

    hokensha_code: str
    hihokensha_edaban: int
    shikaku_tsuban: int
    valid_from: date
    valid_to: date | None


def _find_member(by: Principal, edaban: int | None, kojin_bango: str | None) -> _Member:
    zone, found = by.hokensha_code or "", None
    if edaban is not None:
        found = _member("hihokensha_edaban = %s", zone, edaban)
    elif kojin_bango is not None and is_valid_kojin_bango(kojin_bango):
        index = ZoneIndex(get_keyring(), zone)
        hashes = list(index.both_bango((index.bango(kojin_bango),)))
        found = _member("bi_bango = ANY (%s)", zone, hashes)
        if found is None:
            found = _member(f"hihokensha_edaban IN ({_FORMER})", zone, zone, hashes)
        if found is None:  # another insurer's 変更 may have made it lead to somebody who is here under another number
            led = find_himozuke(by=by, index=index, hashes=[index.global_bango(kojin_bango)])
            found = _member("himozuke_bango = ANY (%s)", zone, list(led.values()))
    if found is None:
        raise kanyusha_nashi()
    return found


def _member(condition: str, *values: str | int | list[bytes] | list[UUID]) -> _Member | None:
    with connection.cursor() as cursor:
        cursor.execute(f"{_MEMBER} AND {condition} ORDER BY id LIMIT 1", values)
        row = cursor.fetchone()
    return None if row is None else _Member(*row)


@reads
def find_rireki(
    *,
    by: Principal,
    hihokensha_edaban: int | None = None,
    kojin_bango: str | None = None,
    on: date | None = None,
    known_at: datetime,
) -> FoundRireki:
    """Return the periods of one member of the caller's own zone, one version each, in 資格通番 order.

    Raises NotFound `kanyusha_nashi` for a person this insurer does not know, whoever else does.
    """
    zone, row = by.hokensha_code or "", _find_member(by, hihokensha_edaban, kojin_bango)
    versions = list_known_versions(by=by, zone=zone, edabans=[row.hihokensha_edaban], known_at=known_at)
    shown = tuple(
        version
        for version in versions
        if version.shikaku_tsuban is not None and not version.withdrawn and (on is None or covers(version, on))
    )
    return FoundRireki(row.himozuke_bango, shown, known_at, _last_delivery(by, known_at))


def _last_delivery(by: Principal, known_at: datetime) -> datetime | None:
    """Return when this insurer last delivered, as known at an instant."""
    with connection.cursor() as cursor:
        cursor.execute(_LAST_DELIVERY, [by.sender, known_at])
        newest: datetime | None = cursor.fetchone()[0]
    return newest


@reads
def find_row_id(*, by: Principal, hihokensha_edaban: int | None = None, kojin_bango: str | None = None) -> UUID:
    """Return the random row id pages address a member by. Raises NotFound."""
    return _find_member(by, hihokensha_edaban, kojin_bango).id


@reads
def list_rireki(*, by: Principal, row_id: UUID, known_at: datetime) -> tuple[RirekiLine, ...]:
    """Return every version of one member recorded until `known_at`, newest first, with its origin. Raises NotFound."""
    row = ItakuKukakuKanyusha.objects.filter(hokensha_code=by.hokensha_code, id=row_id).first()
    if row is None:
        raise kanyusha_nashi()
    versions = list_all_versions(by=by, zone=row.hokensha_code, edaban=row.hihokensha_edaban, known_at=known_at)
    origins = Uketsuke.objects.filter(sender=by.sender, id__in={version.uketsuke_id for version in versions})
    by_id = {origin.id: origin for origin in origins}
    # What 国保情報集約システム sent is its own 受付, which this insurer does not see.
    carrier = "shuyaku" if by.hokensha_shubetsu == SHICHOSON_KOKUHO else ""
    lines = []
    for version in versions:
        origin = by_id.get(version.uketsuke_id)
        lines.append(
            RirekiLine(
                version=version,
                uketsuke_bango="" if origin is None else origin.uketsuke_bango,
                channel=carrier if origin is None else origin.channel,
                accepted_by_name="" if origin is None else origin.accepted_by_name,
            )
        )
    return tuple(lines)


@reads
def find_hokensha_at(*, by: Principal, himozuke_bango: UUID, on: date) -> tuple[Kanyusaki, ...]:
    """Return who insured a person on a day across insurers: later 取得日 first, then later registration."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT hokensha_code, hihokensha_edaban, shikaku_tsuban, valid_from, valid_to"
            " FROM shikaku_hokensha_at(%s, %s)",
            [himozuke_bango, on],
        )
        return tuple(Kanyusaki(*row) for row in cursor.fetchall())
