"""What can be wrong with a line: the codes, in their order."""

from collections.abc import Iterable
from typing import NamedTuple


class Violation(NamedTuple):
    """One broken rule and the place: a pointer without its first slash (`korei/0/kofu_ymd`), `-` for the whole line."""

    code: str
    pointer: str


def order_results(violations: Iterable[Violation]) -> tuple[Violation, ...]:
    """Return them once each, E before W, ascending; equal codes in the order of the items found."""
    return tuple(sorted(dict.fromkeys(violations), key=_code))


def has_error(violations: Iterable[Violation]) -> bool:
    """Tell whether any of them refuses the line."""
    return any(violation.code[0] == "E" for violation in violations)


def _code(violation: Violation) -> str:
    return violation.code


def message(code: str, pointer: str) -> str:
    """Return what happened, where, and what to do, in Japanese."""
    raise NotImplementedError
