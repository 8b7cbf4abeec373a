"""UUID version 7: made by us before a row is written, in the order of making, unguessable."""

import os
import threading
from typing import Final
from uuid import UUID

from chukan.kernel import clock

_VARIANT: Final = 0b10 << 62
_VERSION: Final = 7 << 76
_RANDOM_BITS: Final = 74
_LOW_BITS: Final = 62
_LOW_MASK: Final = (1 << _LOW_BITS) - 1
_BATCH: Final = 256 * 8


class _Source:
    """The last value given out, and random bytes fetched many at a time."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.last_ms = -1
        self.last_random = 0
        self.pool = b""
        self.at = 0

    def forget(self) -> None:
        """Start anew in a forked process: it must not hand out its parent's bytes."""
        self.__init__()  # type: ignore[misc]  # the plainest way to say "as new"

    def take(self, count: int) -> int:
        if self.at + count > len(self.pool):
            self.pool, self.at = os.urandom(_BATCH), 0
        value = int.from_bytes(self.pool[self.at : self.at + count])
        self.at += count
        return value


_source: Final = _Source()
os.register_at_fork(after_in_child=_source.forget)


def _next_parts(ms: int) -> tuple[int, int]:
    """Return (milliseconds, 74 bits), above all parts returned before."""
    with _source.lock:
        if ms > _source.last_ms:
            _source.last_ms = ms
            # The top bit stays free, so that counting up inside one millisecond does not run over.
            _source.last_random = _source.take(10) >> 7
        else:
            _source.last_random += 1 + _source.take(4)
            if _source.last_random >> _RANDOM_BITS:
                _source.last_ms += 1
                _source.last_random = _source.take(10) >> 7
        return _source.last_ms, _source.last_random


def uuid7() -> UUID:
    """Return a new UUID, greater than every one this process made before."""
    return UUID(int=_joined(*_next_parts(_milliseconds())))


def uuid7_bytes(count: int) -> list[bytes]:
    """Return the 16 bytes each of as many new UUIDs, rising as `uuid7` does; for many rows at once."""
    ms = _milliseconds()
    return [_joined(*_next_parts(ms)).to_bytes(16, "big") for _ in range(count)]


def _milliseconds() -> int:
    return int(clock.now().timestamp() * 1000)


def _joined(ms: int, random_part: int) -> int:
    high, low = random_part >> _LOW_BITS, random_part & _LOW_MASK
    return ms << 80 | _VERSION | high << 64 | _VARIANT | low
