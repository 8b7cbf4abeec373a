"""PMH-ID: an opaque text of letters, random but for its last letter, which checks the others.

It holds no digit, so no 個人番号 can stand in it, and nothing about the person goes into it. 根拠: KJ-PMH-03.
"""

import secrets
from typing import Final

_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_RANDOM: Final = 22  # letters of 4.7 bits: 103 bits, at least 96 are asked for
PMH_ID_LENGTH: Final = _RANDOM + 1


def new_pmh_id() -> str:
    """Return a new PMH-ID: 22 random letters and the check letter."""
    body = "".join(secrets.choice(_LETTERS) for _ in range(_RANDOM))
    return body + check_letter(body)


def is_pmh_id(text: str) -> bool:
    """Tell whether `text` has the form of a PMH-ID and its check letter fits."""
    if len(text) != PMH_ID_LENGTH or not set(text) <= set(_LETTERS):
        return False
    return check_letter(text[:-1]) == text[-1]


def check_letter(body: str) -> str:
    """Return the letter that completes `body` by ISO/IEC 7064 MOD 27,26; it finds every single wrong letter."""
    modulus = len(_LETTERS)
    product = modulus
    for letter in body:
        total = (product + _LETTERS.index(letter)) % modulus or modulus
        product = total * 2 % (modulus + 1)
    return _LETTERS[(1 - product) % modulus]
