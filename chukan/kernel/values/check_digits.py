"""The modulus-10 check digit (weights 2 1 2 …) shared by 保険者番号 and the 公費 numbers, without forgiveness."""

from functools import lru_cache
from typing import Final

# A digit in a doubled place counts as the sum of the digits of its double.
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def is_ascii_digits(text: str, length: int) -> bool:
    """Tell whether `text` is exactly `length` of the characters 0 to 9."""
    return len(text) == length and text.isascii() and text.isdigit()


@lru_cache(maxsize=4096)  # a file names its few 保険者番号 in every line
def passes_luhn(digits: str) -> bool:
    """Tell whether the last of these ASCII digits is the right check digit of the others."""
    total = 0
    doubled = False
    for code in reversed(digits.encode()):
        total += _DOUBLED[code - 48] if doubled else code - 48
        doubled = not doubled
    return total % 10 == 0


def luhn_check_digit(body: str) -> str:
    """Return the digit that completes `body`."""
    total = 0
    doubled = True
    for code in reversed(body.encode()):
        total += _DOUBLED[code - 48] if doubled else code - 48
        doubled = not doubled
    return str(-total % 10)
