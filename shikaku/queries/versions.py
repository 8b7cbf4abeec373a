"""Versions of periods by valid time and recorded time: what was so on a day, as the hub knew it at an instant."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from chukan.kernel.principal import Principal
from chukan.kernel.transactions import reads
from shikaku.queries.held import open_joho


@dataclass(frozen=True, slots=True)
class Version:
    """One version with its items opened; never the 個人番号."""

    hokensha_code: str
    hihokensha_edaban: int
    shikaku_tsuban: int | None
    rireki_tsuban: int
    shori_shubetsu_code: str
    valid_from: date | None
    valid_to: date | None
    toroku_nichiji: datetime
    superseded_at: datetime | None
    withdrawn: bool
    uketsuke_id: UUID
    himozuke_bango: UUID
    joho: dict[str, Any]


_COLUMNS = """
id, hokensha_code, hihokensha_edaban, shikaku_tsuban, rireki_tsuban, shori_shubetsu_code, valid_from, valid_to,
toroku_nichiji, superseded_at, withdrawn, uketsuke_id, himozuke_bango, ct_joho
"""
_KNOWN = f"""
SELECT {_COLUMNS} FROM shikaku_rireki
WHERE hokensha_code = %s AND hihokensha_edaban = ANY (%s)
  AND toroku_nichiji <= %s AND (superseded_at IS NULL OR superseded_at > %s)
ORDER BY hihokensha_edaban, shikaku_tsuban NULLS FIRST, rireki_tsuban
"""  # noqa: S608  # constants only
_ALL = f"""
SELECT {_COLUMNS} FROM shikaku_rireki
WHERE hokensha_code = %s AND hihokensha_edaban = %s AND toroku_nichiji <= %s
ORDER BY rireki_tsuban DESC
"""  # noqa: S608  # constants only


def _version(row: tuple[Any, ...]) -> Version:
    opened = [*row[1:13], open_joho(row[1], row[0], bytes(row[13]))]
    return Version(*opened)


@reads
def list_known_versions(
    *,
    by: Principal,
    zone: str,
    edabans: Sequence[int],
    known_at: datetime,  # zone is set by `by`
) -> tuple[Version, ...]:
    """Return, per period of the persons, the one version the hub held at `known_at`, withdrawn ones included."""
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [zone, list(edabans), known_at, known_at])
        return tuple(_version(row) for row in cursor.fetchall())


@reads
def list_all_versions(
    *,
    by: Principal,
    zone: str,
    edaban: int,
    known_at: datetime,  # zone is set by `by`
) -> tuple[Version, ...]:
    """Return every version of one person recorded until `known_at`, newest first."""
    with connection.cursor() as cursor:
        cursor.execute(_ALL, [zone, edaban, known_at])
        return tuple(_version(row) for row in cursor.fetchall())


def covers(version: Version, on: date) -> bool:
    """Tell whether the version's period, half-open, contains the day."""
    return (
        version.valid_from is not None
        and version.valid_from <= on
        and (version.valid_to is None or on < version.valid_to)
    )
