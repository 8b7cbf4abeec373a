"""Walks over the persons of a zone that bring their rows under another key while registration goes on.

A step locks some persons as a registration does, and the しおり moves in the transaction that changes their rows.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar

from django.db import OperationalError, connection

from chukan.kernel.crypto.keyring import ACTIVE_SECONDS
from chukan.kernel.retry import is_undone

R = TypeVar("R")

# Every process uses the new key from then on.
_NOTICED: Final = timedelta(seconds=ACTIVE_SECONDS + 1)
# A lock that does not come is given up before the database would look for a deadlock (1 s) and choose who loses:
# it is always the job, never a registration.
_GIVE_WAY: Final = "SET LOCAL lock_timeout = '700ms'"
_PERSONS: Final = """
SELECT id, hihokensha_edaban FROM shikaku_itaku_kukaku_kanyusha WHERE hokensha_code = %s AND hihokensha_edaban > %s
ORDER BY hihokensha_edaban LIMIT %s FOR NO KEY UPDATE
"""
# A transaction holds a lock on its own number for as long as it lasts.
_RUNNING: Final = """
SELECT virtualxid FROM pg_locks WHERE locktype = 'virtualxid' AND pid <> pg_backend_pid()
"""


class Step(Protocol):
    """What one transaction met: whether persons are left, how many rows were under another key."""

    @property
    def more(self) -> bool:
        """Whether persons are left."""
        ...

    @property
    def found(self) -> int:
        """How many rows were under another key."""
        ...


def give_way() -> None:
    """Let the transaction give up a lock that does not come soon."""
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_WAY)


def lock_persons(zone: str, bookmark: int, persons: int) -> list[int]:
    """Lock the next persons and return their 被保険者枝番; joins the transaction, gives way to whoever holds one."""
    give_way()
    with connection.cursor() as cursor:
        cursor.execute(_PERSONS, [zone, bookmark, persons])
        return [edaban for _, edaban in cursor.fetchall()]


def walk(step: Callable[[], Step], pause: Callable[[], None]) -> int:
    """Go from the しおり to the last person and return how many rows of another key were met."""
    found, more = 0, True
    while more:
        done = patiently(step, pause)
        found, more = found + done.found, done.more
    return found


def patiently(work: Callable[[], R], pause: Callable[[], None]) -> R:
    """Return what `work`, which owns its transaction, returns; it is done again as long as others are in the way."""
    while True:
        try:
            return work()
        except OperationalError as late:
            if not is_undone(late):
                raise
        pause()


def wait_until_noticed(since: datetime, pause: Callable[[], None], now: Callable[[], datetime]) -> None:
    """Wait until no process uses the keys of before `since`, and no transaction lasts that may have."""
    while now() < since + _NOTICED:
        pause()
    late = _running()
    while late & _running():
        pause()


def _running() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(_RUNNING)
        return {row[0] for row in cursor.fetchall()}
