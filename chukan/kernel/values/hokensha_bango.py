"""「保険者番号」 (printed on cards) and 「保険者コード」 (the key of an insurer's zone): text, leading zeros count."""

from typing import Final

from chukan.kernel.values.check_digits import is_ascii_digits, passes_luhn

LENGTH: Final = 8
KOKUHO_LENGTH: Final = 6


def is_valid_hokensha_bango(text: str) -> bool:
    """Tell whether `text` is eight digits, or six of a 国保, with the right check digit."""
    return (is_ascii_digits(text, LENGTH) or is_ascii_digits(text, KOKUHO_LENGTH)) and passes_luhn(text)


def canonical_hokensha_bango(text: str) -> str:
    """Return the eight-digit form; padding with zeros keeps the check digit. Raises ValueError without the text."""
    if not is_valid_hokensha_bango(text):
        message = "not a 保険者番号"
        raise ValueError(message)
    return text.zfill(LENGTH)


def is_valid_hokensha_code(text: str) -> bool:
    """Tell whether `text` has the shape of a 「保険者コード」: eight ASCII digits."""
    return is_ascii_digits(text, LENGTH)
