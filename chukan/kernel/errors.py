"""Errors that callers are told about. No message ever holds a 個人番号 or another personal value."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class ErrorItem:
    """One broken rule: its code, where it stands (pointer without the first slash), and what to do (Japanese)."""

    code: str
    pointer: str
    message: str


class DomainError(Exception):
    """Base of all errors with a stable code and a Japanese message."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        pointer: str | None = None,
        errors: Sequence[ErrorItem] = (),
        members: Mapping[str, str] = MappingProxyType({}),
        after_undo: Callable[[], None] | None = None,
    ) -> None:
        """Keep the code, the message for people, the single violations, and further members of a problem document.

        `after_undo` does what has to stay of a refusal: the owner of the transaction calls it once, after roll-back.
        """
        super().__init__(code)
        self.code = code
        self.message = message
        self.pointer = pointer
        self.errors = tuple(errors)
        self.members = members
        self.after_undo = after_undo


class Invalid(DomainError):
    """The request cannot be understood; nothing was stored."""


class RuleBroken(DomainError):
    """The request was understood and breaks rules; `errors` names every one of them."""


class NotFound(DomainError):
    """Not there, or not in the caller's zone: the two look the same."""


class Conflict(DomainError):
    """The present state does not allow it."""


class NotPermitted(DomainError):
    """The caller lacks a right, or the 制度 or the date does not allow it."""


class NotAuthenticated(DomainError):
    """The caller could not be identified."""


class TooLarge(DomainError):
    """More bytes than the limit."""


class TooMany(DomainError):
    """More requests than the limit; `retry_after` seconds until the next may pass."""

    def __init__(self, code: str, message: str, *, retry_after: int) -> None:
        """Keep the number of seconds to wait."""
        super().__init__(code, message)
        self.retry_after = retry_after


class Unavailable(DomainError):
    """A part the request needs is down; nothing was stored."""
