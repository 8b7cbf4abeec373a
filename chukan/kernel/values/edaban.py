"""「被保険者枝番」: the number of one person inside one insurer, ten digits counted from one.

Not the two-digit 枝番 printed on a card.
"""

from typing import Final

from chukan.kernel.values.check_digits import is_ascii_digits

LENGTH: Final = 10
LARGEST: Final = 10**LENGTH - 1


def format_edaban(number: int) -> str:
    """Return the ten-digit text of a counted number; raises ValueError outside 1 … 9999999999."""
    if not 1 <= number <= LARGEST:
        message = "a 被保険者枝番 is counted from 1 and has ten digits"
        raise ValueError(message)
    return f"{number:010d}"


def parse_edaban(text: str) -> int:
    """Return the counted number of the ten-digit text; raises ValueError without the text."""
    if not is_ascii_digits(text, LENGTH) or text == "0" * LENGTH:
        message = "not a 被保険者枝番"
        raise ValueError(message)
    return int(text)


def is_valid_edaban(text: str) -> bool:
    """Tell whether `text` is ten ASCII digits, counted from one."""
    return is_ascii_digits(text, LENGTH) and text != "0" * LENGTH
