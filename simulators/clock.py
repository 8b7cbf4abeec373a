"""The only place of the simulators that reads the clock."""

import time
from datetime import UTC, datetime, timedelta, timezone

JST = timezone(timedelta(hours=9))


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(tz=UTC)


def ticks() -> float:
    """Seconds that only ever rise, for measuring and waiting."""
    return time.monotonic()


def wait(seconds: float) -> None:
    """Do nothing for a while."""
    time.sleep(seconds)
