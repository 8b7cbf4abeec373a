"""「個人番号」: twelve ASCII digits with a check digit, in a wrapper that no log, error or queue can read.

根拠: KJ-IN-19. A valid check digit never proves that the number is the right person's.
"""

import re
import unicodedata
from collections.abc import Iterator
from hmac import compare_digest
from typing import Final, NoReturn, Self

MASK: Final = "****"
LENGTH: Final = 12

# Digits arrive as their ASCII codes; the weights 6 5 4 3 2 7 6 5 4 3 2 add up to 47, so their share of "0" (48) is:
_OFFSET: Final = 48 * 47
# The check digit for every remainder, as an ASCII code: 0 when the remainder is 0 or 1, else 11 - remainder.
_CHECK: Final = tuple(48 + (0 if remainder <= 1 else 11 - remainder) for remainder in range(11))

_RUNS: Final = re.compile("[0-9]{12,}")
# As the card prints it, in groups of four.
_GROUPS: Final = re.compile("(?<![0-9])([0-9]{4})[ -]([0-9]{4})[ -]([0-9]{4})(?![0-9])")
_DASHES: Final = str.maketrans(dict.fromkeys("‐‑‒–—―−ー─━⁃﹘﹣", "-"))


def is_valid_kojin_bango(text: str) -> bool:
    """Tell whether `text` is exactly twelve ASCII digits whose last one is the right check digit.

    Written out instead of called from python-stdnum, which forgives spaces, hyphens and full-width digits and takes
    many times as long; a property test holds the two together.
    """
    if len(text) != LENGTH or not text.isascii() or not text.isdigit():
        return False
    a, b, c, d, e, f, g, h, i, j, k, check = text.encode()
    weighed = (a + g) * 6 + (b + h) * 5 + (c + i) * 4 + (d + j) * 3 + (e + k) * 2 + f * 7
    return check == _CHECK[(weighed - _OFFSET) % 11]


def contains_kojin_bango(text: str) -> bool:
    """Tell whether free text holds twelve digits in a row, or in the card's groups of four, that pass the check digit.

    Full-width and other compatibility digits count as digits. 根拠: KJ-IN-19; the violation is `E215`.
    """
    return any(True for _ in spans_of_kojin_bango(text))


def without_kojin_bango(text: str) -> str:
    """Return the text, or nothing where it holds a 個人番号: what was typed and may be given back. 根拠: KJ-UI-04."""
    return "" if contains_kojin_bango(text) else text


def spans_of_kojin_bango(text: str) -> Iterator[str]:
    """Yield every such stretch of digits, as it stands in the NFKC form of `text` (dashes unified)."""
    folded = text if text.isascii() else unicodedata.normalize("NFKC", text).translate(_DASHES)
    if len(folded) < LENGTH:
        return
    for run in _RUNS.finditer(folded):
        digits = run.group()
        if any(is_valid_kojin_bango(digits[at : at + LENGTH]) for at in range(len(digits) - LENGTH + 1)):
            yield digits
    for groups in _GROUPS.finditer(folded):
        if is_valid_kojin_bango("".join(groups.groups())):
            yield groups.group()


class KojinBango:
    """One 「個人番号」 that shows `****` wherever it is printed and refuses to be pickled, copied or put into JSON."""

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        """Keep a number that passes the check; raises ValueError, never with the number in it."""
        if not is_valid_kojin_bango(text):
            message = "not a 個人番号"
            raise ValueError(message)
        self.__text = text

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the number; raises ValueError, never with the text in it."""
        return cls(text)

    def reveal(self) -> str:
        """Return the twelve digits. Every caller must have written its operation-log row first."""
        return self.__text

    def __eq__(self, other: object) -> bool:
        """Compare in constant time."""
        if not isinstance(other, KojinBango):
            return NotImplemented
        return compare_digest(self.__text, other.__text)

    # A hash of the digits would be the digits: there are few enough of them to try all.
    __hash__ = None  # type: ignore[assignment]  # unhashable on purpose

    def __repr__(self) -> str:
        """Show the mask."""
        return MASK

    def __str__(self) -> str:
        """Show the mask."""
        return MASK

    def __format__(self, format_spec: str) -> str:
        """Show the mask, whatever the format asks for."""
        return MASK

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        """Refuse pickling and copying."""
        message = "a 個人番号 is never serialised"
        raise TypeError(message)

    def __getstate__(self) -> NoReturn:
        """Refuse to hand out the state."""
        message = "a 個人番号 is never serialised"
        raise TypeError(message)
