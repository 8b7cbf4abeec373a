"""The rules about days: no empty period, no overlap of one person's periods, no card shared by two persons."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from shikaku.domain.held import Held, HeldPeriod, KigoUse, overlap
from shikaku.domain.line import TorokuLine
from shikaku.domain.violations import Violation
from shikaku.domain.ymd import parse_ymd

SHUTOKU: Final = "shikaku/shikaku_shutoku_ymd"
SOSHITSU: Final = "shikaku/shikaku_soshitsu_ymd"
# Where `E213` points: the number that two persons cannot have on one day.
KIGO_BANGO: Final = "shikaku/hihokenshasho_bango"

Days = tuple[date, date | None]


def days_of(line: TorokuLine, shikaku: Mapping[str, Any]) -> Days | None:
    """Return 取得日 and 喪失日, or None when one of them cannot be read: then nothing can be said about the period."""
    start = shikaku.get("shikaku_shutoku_ymd")
    end = shikaku.get("shikaku_soshitsu_ymd")
    first = parse_ymd(start) if isinstance(start, str) else None
    if first is None or (line.unreadable and (SHUTOKU in line.unreadable or SOSHITSU in line.unreadable)):
        return None
    if end is None:
        return first, None
    after = parse_ymd(end) if isinstance(end, str) else None
    return None if after is None else (first, after)


def with_open_end(shikaku: Mapping[str, Any]) -> dict[str, Any]:
    """Return 加入者資格情報 as partners read it: the end of an open period is None, not a key left out."""
    return {"shikaku_soshitsu_ymd": None, **shikaku} if shikaku else {}


def check_not_empty(days: Days, found: list[Violation]) -> bool:
    """Add `E202` to an empty period; tell whether there is one to compare."""
    if days[1] is not None and days[1] <= days[0]:
        found.append(Violation("E202", SOSHITSU))
        return False
    return True


def check_overlap(days: Days, held: Held | None, own: int | None, pointer: str, found: list[Violation]) -> None:
    """Add `E201` when a day belongs to another period of the same person in this insurer."""
    if held is None:
        return
    for period in held.periods:
        if period.withdrawn or period.shikaku_tsuban == own or period.valid_from is None:
            continue
        if overlap(days[0], days[1], period.valid_from, period.valid_to):
            found.append(Violation("E201", pointer))
            return


def check_kigo_users(days: Days, held: Held | None, users: Sequence[KigoUse], found: list[Violation]) -> None:
    """Add `E213` when another person of this insurer has the same 保険者番号・記号・番号・枝番 on one of the days."""
    me = None if held is None else held.hihokensha_edaban
    for use in users:
        if use.hihokensha_edaban != me and overlap(days[0], days[1], use.valid_from, use.valid_to):
            found.append(Violation("E213", KIGO_BANGO))
            return


def reaches_beyond(period: HeldPeriod, on: date) -> bool:
    """Tell whether a period is still open or ends after the day."""
    return not period.withdrawn and (period.valid_to is None or period.valid_to > on)
