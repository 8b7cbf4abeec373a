"""「機関別符号」: an opaque code of one person for one institution, in a wrapper that no log or queue can read."""

import re
from typing import Final, NoReturn, Self

from chukan.kernel.values.kojin_bango import MASK, contains_kojin_bango

MAX_LENGTH: Final = 64
_FORM: Final = re.compile(r"[!-~]{1,64}")


def is_kikanbetsu_fugo(text: str) -> bool:
    """Tell whether `text` may be a code: 1 to 64 visible ASCII characters in which no 個人番号 stands.

    What a code looks like is the network's business; that it is no 個人番号 is ours. 根拠: KJ-FUGO-08.
    """
    return _FORM.fullmatch(text) is not None and (text.isalpha() or not contains_kojin_bango(text))


class KikanbetsuFugo:
    """One code that shows `****` wherever it is printed and refuses to be pickled, copied or put into JSON."""

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        """Keep a code; raises ValueError, never with the text in it."""
        if not is_kikanbetsu_fugo(text):
            message = "not a 機関別符号"
            raise ValueError(message)
        self.__text = text

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the code; raises ValueError, never with the text in it."""
        return cls(text)

    def reveal(self) -> str:
        """Return the text, to be sealed or hashed."""
        return self.__text

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
        message = "a 機関別符号 is never serialised"
        raise TypeError(message)

    def __getstate__(self) -> NoReturn:
        """Refuse to hand out the state."""
        message = "a 機関別符号 is never serialised"
        raise TypeError(message)
