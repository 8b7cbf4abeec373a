"""Days as text: `2026-04-01` everywhere inside, `20260401` in files."""

from datetime import date
from functools import lru_cache
from typing import Final

# Before 明治 there is no 和暦 to show a day in, and nobody living was born.
EARLIEST: Final = date(1868, 1, 25)
EARLIEST_SHUTOKU: Final = date(1900, 1, 1)
_LENGTH: Final = 10


@lru_cache(maxsize=1 << 16)
def parse_ymd(text: str) -> date | None:
    """Return the day, or None when the text is no existing day in the form YYYY-MM-DD."""
    if len(text) != _LENGTH or not text.isascii() or text[4] != "-" or text[7] != "-":
        return None
    year, month, day = text[:4], text[5:7], text[8:]
    if not (year.isdigit() and month.isdigit() and day.isdigit()):
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def day_of(value: object) -> date | None:
    """Return the day of a value of a group, None for anything that is not one."""
    return parse_ymd(value) if isinstance(value, str) else None


@lru_cache(maxsize=1 << 16)
def iso_of_compact(text: str) -> str | None:
    """Return `2026-04-01` for `20260401`; None when it is not eight ASCII digits. Whether it exists is asked later."""
    if len(text) != _LENGTH - 2 or not text.isascii() or not text.isdigit():
        return None
    return f"{text[:4]}-{text[4:6]}-{text[6:]}"
