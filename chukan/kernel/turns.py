"""A round over many: what fails is said with its id, every other has its turn, and the round fails at its end."""

from collections.abc import Callable
from typing import TypeVar

import structlog

log = structlog.get_logger()

T = TypeVar("T")


class Turns:
    """The turns of one round; `event` is what the log says of each that failed."""

    def __init__(self, event: str) -> None:
        """Begin a round."""
        self._event = event
        self._first: Exception | None = None

    def take(self, object_id: object, act: Callable[[], T]) -> T | None:
        """Do the act of one thing and return what it returns, None when it failed: the others go on."""
        try:
            return act()
        except Exception as error:  # noqa: BLE001  # raised when the round ends
            log.warning(self._event, object_id=str(object_id), error=type(error).__name__)
            self._first = self._first or error
            return None

    def end(self) -> None:
        """Raise the first error of the round, if there was one: who rang for it sees it fail."""
        if self._first is not None:
            raise self._first
