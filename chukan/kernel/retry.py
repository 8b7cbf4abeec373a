"""Does a transaction again when the database undid it for the sake of another one."""

from collections.abc import Callable
from typing import Final, TypeVar

import structlog
from django.db import OperationalError

from chukan.kernel.errors import Unavailable
from chukan.kernel.transactions import LostRace

log = structlog.get_logger()

R = TypeVar("R")
TRIES: Final = 3
# serialization_failure, deadlock_detected, lock_not_available: the transaction is undone and may be done again.
_AGAIN: Final = frozenset({"40001", "40P01", "55P03"})


def is_undone(error: OperationalError) -> bool:
    """Tell whether the database only refused to wait: the same work may succeed a moment later."""
    return isinstance(error, LostRace) or getattr(error.__cause__, "sqlstate", None) in _AGAIN


def done_again(work: Callable[[], R]) -> R:
    """Return what `work`, which owns its transaction, returns; it is tried three times.

    Raises Unavailable `kozatsu` when others were in the way each time; nothing was stored then.
    """
    for _ in range(TRIES):
        try:
            return work()
        except OperationalError as error:
            if not is_undone(error):
                raise
            log.warning("kernel.transaction.undone", reason=str(getattr(error.__cause__, "sqlstate", "")))
    raise Unavailable(
        "kozatsu",
        "ほかの処理と重なったため、行えませんでした。何も変えていません。少し待ってから、もう一度行ってください。",
    )
