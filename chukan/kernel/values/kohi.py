"""「公費負担者番号」 and 「公費受給者番号」. Always text: leading zeros count."""

from typing import Final

from chukan.kernel.values.check_digits import is_ascii_digits, passes_luhn

FUTANSHA_LENGTH: Final = 8
JUKYUSHA_LENGTH: Final = 7


def is_valid_kohi_futansha_bango(text: str) -> bool:
    """Tell whether `text` is eight digits with the right check digit."""
    return is_ascii_digits(text, FUTANSHA_LENGTH) and passes_luhn(text)


def is_valid_jukyusha_bango(text: str) -> bool:
    """Tell whether `text` is the seven-digit national form with the right check digit."""
    return is_ascii_digits(text, JUKYUSHA_LENGTH) and passes_luhn(text)
