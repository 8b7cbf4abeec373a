"""個人番号 typed on a form: which one counts, and what the slip of its next page holds. No page gives one back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from chukan.kernel.values.kojin_bango import is_valid_kojin_bango
from shikaku.http.terminal_forms import FieldError
from shikaku.http.terminal_layout import KOJIN_BANGO, KOJIN_BANGO_AGAIN, KOSHINGO, KOSHINGO_AGAIN
from shikaku.http.terminal_lines import check_twice, clean_bango

ANEW: Final = "anew"
_SECOND: Final = {KOJIN_BANGO: KOJIN_BANGO_AGAIN, KOSHINGO: KOSHINGO_AGAIN}
_TYPE_ANEW: Final = "前に入力した番号は使えません。届出書を見て、番号を2回入力してください。"


@dataclass(frozen=True, slots=True)
class HeldBango:
    """What a slip holds of one number: the one typed last, or that it has to be typed anew before any counts."""

    bango: str = field(default="", repr=False)
    anew: bool = False

    def __bool__(self) -> bool:
        """Tell whether there is anything to keep."""
        return bool(self.bango) or self.anew


@dataclass(frozen=True, slots=True)
class TypedBango:
    """One number as a form was posted: what goes on the line, what the next slip holds, what is wrong."""

    bango: str = field(repr=False)
    held: HeldBango
    errors: tuple[FieldError, ...] = ()


def read_bango(data: Mapping[str, str], name: str, held: HeldBango) -> TypedBango:
    """Return the number typed now, else the one held.

    One that was not typed twice alike, or is none, is not held and takes the place of the one before: until it is
    typed anew nothing else counts, or a form would go on with a number the clerk has just replaced.
    """
    typed = {key: data.get(key, "") for key in (name, _SECOND[name])}
    if not any(clean_bango(text) for text in typed.values()):
        return TypedBango(held.bango, held, (FieldError(name, _TYPE_ANEW),) if held.anew else ())
    errors = tuple(check_twice(typed))
    bango = clean_bango(typed[name])
    is_fine = not errors and is_valid_kojin_bango(bango)
    return TypedBango(bango, HeldBango(bango) if is_fine else HeldBango(anew=True), errors)


def held_on(content: Mapping[str, Any], name: str, bango: str) -> HeldBango:
    """Return what a slip with this content and this number holds of a field."""
    return HeldBango(bango, anew=name in content.get(ANEW, ()))


def with_numbers(errors: Iterable[FieldError], *numbers: TypedBango) -> list[FieldError]:
    """Return the errors of a form with those of its numbers, which say it all about their fields."""
    own = [error for number in numbers for error in number.errors]
    names = {error.name for error in own}
    return [error for error in errors if error.name not in names] + own
