"""「和暦」: dates as people type and read them. Errors never hold what was typed."""

import re
import unicodedata
from datetime import date
from typing import Final, NamedTuple

from japanera import ERA_DATA_GENERAL, EraDate

FIRST_YEAR: Final = "元"


class UnreadableDate(ValueError):
    """What was typed is not a date in any form we read."""

    def __init__(self) -> None:
        """Say so, without the text."""
        super().__init__("not a date")


class _Era(NamedTuple):
    kanji: str
    letter: str
    digit: str
    since: date
    until: date | None


# Digits as in the old wire format: 1 明治 2 大正 3 昭和 4 平成 5 令和.
_DIGITS: Final = {"明治": "1", "大正": "2", "昭和": "3", "平成": "4", "令和": "5"}
_ERAS: Final = tuple(
    _Era(era.kanji, era.english_head.upper(), _DIGITS[era.kanji], era.since, era.until)
    for era in ERA_DATA_GENERAL
    if era.kanji in _DIGITS
)
_BY_NAME: Final = (
    {era.kanji: era for era in _ERAS} | {era.letter: era for era in _ERAS} | {era.digit: era for era in _ERAS}
)
_NAMES: Final = "明治|大正|昭和|平成|令和|[MTSHR]"
_SEPARATED: Final = re.compile(f"({_NAMES})([0-9]{{1,2}}|元)(?:年|[./-])([0-9]{{1,2}})(?:月|[./-])([0-9]{{1,2}})日?")
_PACKED: Final = re.compile(f"({_NAMES}|[1-5])([0-9]{{2}})([0-9]{{2}})([0-9]{{2}})")
_SIX: Final = re.compile("([0-9]{2})([0-9]{2})([0-9]{2})")
_EIGHT: Final = re.compile("([0-9]{4})([0-9]{2})([0-9]{2})")
_SEIREKI: Final = re.compile("([0-9]{4})(?:年|[./-])([0-9]{1,2})(?:月|[./-])([0-9]{1,2})日?")
_DASHES: Final = str.maketrans(dict.fromkeys("‐‑‒–—―−ー─", "-"))


def _date(year: int, month: str, day: str) -> date:
    try:
        return date(year, int(month), int(day))
    except ValueError:
        raise UnreadableDate from None


def _era_date(era: _Era, year: str, month: str, day: str) -> date:
    number = 1 if year == FIRST_YEAR else int(year)
    if number < 1:
        raise UnreadableDate
    result = _date(era.since.year + number - 1, month, day)
    # A day outside its era does not exist on paper: 昭和64年1月8日 is a slip, not 平成元年.
    if result < era.since or (era.until is not None and result >= era.until):
        raise UnreadableDate
    return result


def parse_ymd(text: str, *, era: str | None = None) -> date:
    """Return the day that `text` names, in any of the forms people type.

    Read are `R8.4.1`, `R08/04/01`, `R080401`, `5080401`, `令和8年4月1日`, `令和元年5月1日`, `2026-4-1`, `2026/4/1`,
    `20260401`, `2026年4月1日`, and `080401` when `era` (令和, R or 5) was chosen beside the field; full-width
    characters and spaces do not matter. Raises `UnreadableDate` without the text.
    """
    typed = unicodedata.normalize("NFKC", text).translate(_DASHES).upper()
    typed = "".join(typed.split())
    for pattern in (_SEPARATED, _PACKED):
        if match := pattern.fullmatch(typed):
            name, year, month, day = match.groups()
            return _era_date(_BY_NAME[name], year, month, day)
    for pattern in (_EIGHT, _SEIREKI):
        if match := pattern.fullmatch(typed):
            year, month, day = match.groups()
            return _date(int(year), month, day)
    chosen = _BY_NAME.get((era or "").upper())
    if chosen is not None and (match := _SIX.fullmatch(typed)):
        return _era_date(chosen, *match.groups())
    raise UnreadableDate


def _wareki(day: date) -> tuple[str, str, int] | None:
    dated = EraDate.from_date(day)
    era = _BY_NAME.get(dated.era.kanji)
    return None if era is None else (era.kanji, era.letter, day.year - era.since.year + 1)


def show_wareki(day: date) -> str:
    """Return 令和8年4月1日, the first year as 元年; a day before 明治 in 西暦."""
    parts = _wareki(day)
    if parts is None:
        return f"{day.year}年{day.month}月{day.day}日"
    kanji, _, year = parts
    return f"{kanji}{FIRST_YEAR if year == 1 else year}年{day.month}月{day.day}日"


def show_long(day: date) -> str:
    """Return 令和8年4月1日（2026-04-01）."""
    return f"{show_wareki(day)}（{day.isoformat()}）"


def show_short(day: date) -> str:
    """Return R08.04.01; a day before 明治 as 1850.04.01."""
    parts = _wareki(day)
    head = f"{day.year:04d}" if parts is None else f"{parts[1]}{parts[2]:02d}"
    return f"{head}.{day.month:02d}.{day.day:02d}"
