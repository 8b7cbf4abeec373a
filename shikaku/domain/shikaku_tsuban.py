"""資格通番: the number of a period of one member, from 1 on."""

from typing import Final

# What the column holds, and fewer digits than a 個人番号 has, which can then never be taken for one.
_DIGITS: Final = 9


def is_shikaku_tsuban(number: int) -> bool:
    """Tell whether a number can be a 資格通番, whether or not there is such a period."""
    return 0 < number < 10**_DIGITS


def read_shikaku_tsuban(text: str) -> int | None:
    """Return the 資格通番 that stands there in ASCII digits; None when it is none, however long the text."""
    number = int(text) if len(text) <= _DIGITS and text.isascii() and text.isdecimal() else 0
    return number if is_shikaku_tsuban(number) else None
