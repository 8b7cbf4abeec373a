"""PMH-ID: an opaque text of letters, random but for its last letter, which checks the others.

It holds no digit, so no 個人番号 can stand in it, and nothing about the person goes into it. 根拠: KJ-PMH-03.
"""

import secrets
from typing import Final

_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_RANDOM: Final = 22  # letters of 4.7 bits: 103 bits, at least 96 are asked for
PMH_ID_LENGTH: Final = _RANDOM + 1
# So many random bytes that cutting them into letters favours none: 88 bits more than the letters hold.
_DRAWN: Final = 24
# Cut into pairs of letters: a thousand are issued at once.
_PART: Final = 2
_PARTS: Final = tuple(a + b for a in _LETTERS for b in _LETTERS)
_MODULUS: Final = len(_LETTERS)


def _step(product: int, letter: int) -> int:
    total = (product + letter) % _MODULUS or _MODULUS
    return total * 2 % (_MODULUS + 1)


# The running product of the standard after each letter, for every product there is.
_STEPS: Final = tuple(
    {letter: _step(product, value) for value, letter in enumerate(_LETTERS)} for product in range(_MODULUS + 1)
)


def new_pmh_id() -> str:
    """Return a new PMH-ID: 22 random letters and the check letter."""
    return new_pmh_ids(1)[0]


def new_pmh_ids(count: int) -> list[str]:
    """Return so many new ones, each drawn by itself."""
    drawn = secrets.token_bytes(_DRAWN * count)
    return [_written(int.from_bytes(drawn[place : place + _DRAWN])) for place in range(0, len(drawn), _DRAWN)]


def _written(drawn: int) -> str:
    body = ""
    for _ in range(_RANDOM // _PART):
        drawn, part = divmod(drawn, len(_PARTS))
        body += _PARTS[part]
    return body + check_letter(body)


def is_pmh_id(text: str) -> bool:
    """Tell whether `text` has the form of a PMH-ID and its check letter fits."""
    if len(text) != PMH_ID_LENGTH or not set(text) <= set(_LETTERS):
        return False
    return check_letter(text[:-1]) == text[-1]


def check_letter(body: str) -> str:
    """Return the letter that completes `body` by ISO/IEC 7064 MOD 27,26; it finds every single wrong letter."""
    product = _MODULUS
    for letter in body:
        product = _STEPS[product][letter]
    return _LETTERS[(1 - product) % _MODULUS]
