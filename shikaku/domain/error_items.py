"""Violations as errors that people read."""

from collections.abc import Iterable

from chukan.kernel.errors import ErrorItem
from shikaku.domain.violations import Violation, message


def error_items(violations: Iterable[Violation]) -> tuple[ErrorItem, ...]:
    """Return the violations with their Japanese text, in the given order."""
    return tuple(ErrorItem(found.code, found.pointer, message(found.code, found.pointer)) for found in violations)
