"""Free text as received: any printable character is fine, control characters and a hidden 個人番号 are not."""

import re
import unicodedata
from typing import Final

from chukan.kernel.values.kojin_bango import contains_kojin_bango

# Everything that is no character to be seen: controls, format and direction marks, line and paragraph separators,
# lone surrogates and noncharacters. Ideographic space, 外字 and variation selectors are characters.
_CONTROLS: Final = (
    "\x00-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufdd0-\ufdef\ufeff\ufff0-\ufffb\ufffe\uffff\U000110bd\U000110cd\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001-\U000e007f"
)
# Blocks that hold a character whose NFKC form has an ASCII digit.
_BLOCKS: Final = (
    (0x30, 0x3A),
    (0x80, 0x3400),
    (0xFE00, 0x10000),
    (0x1D7CE, 0x1D800),
    (0x1F100, 0x1F200),
    (0x1FBF0, 0x1FBFA),
)
_ASCII_DIGITS: Final = frozenset("0123456789")


def _digitlike() -> str:
    """Return the body of a character class with every character that NFKC turns into something with a digit."""
    ranges: list[list[int]] = []
    for first, after in _BLOCKS:
        for code in range(first, after):
            if _ASCII_DIGITS.isdisjoint(unicodedata.normalize("NFKC", chr(code))):
                continue
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in ranges)


_DIGITLIKE: Final = _digitlike()
_CONTROL: Final = re.compile(f"[{_CONTROLS}]")
_SUSPECT: Final = re.compile(f"[{_CONTROLS}{_DIGITLIKE}]")
# One character becomes at most two digits: twelve in a row need six such characters in a row, groups of four need two.
_MAYBE_NUMBER: Final = re.compile(
    f"[{_DIGITLIKE}]{{6}}|[{_DIGITLIKE}]{{2,4}}[^{_DIGITLIKE}][{_DIGITLIKE}]{{2,4}}[^{_DIGITLIKE}][{_DIGITLIKE}]{{2}}"
)

NOTHING: Final = ()
E207: Final = ("E207",)
E215: Final = ("E215",)
BOTH: Final = ("E207", "E215")


def is_printable(text: str) -> bool:
    """Tell whether the text has at least one visible character and none that cannot be seen."""
    return _CONTROL.search(text) is None and bool(text.strip())


def findings_of_name(text: str, length: int) -> tuple[str, ...]:
    """Return the codes for one free text: `E207` for its form, `E215` for a 個人番号 in it."""
    if _SUSPECT.search(text) is None:
        return NOTHING if len(text) <= length and text.strip() else E207
    bad_form = len(text) > length or not is_printable(text)
    hides = _MAYBE_NUMBER.search(text) is not None and contains_kojin_bango(text)
    if bad_form:
        return BOTH if hides else E207
    return E215 if hides else NOTHING
