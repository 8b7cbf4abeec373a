"""Work is done again only when the database undid it for the sake of another transaction."""

from __future__ import annotations

import psycopg
import pytest
from django.db import OperationalError

from chukan.kernel.errors import Unavailable
from chukan.kernel.retry import TRIES, done_again
from chukan.kernel.transactions import LostRace


def failure(cause: Exception | None) -> OperationalError:
    error = OperationalError()
    error.__cause__ = cause
    return error


class Work:
    """Fails so often, then succeeds."""

    def __init__(self, error: Exception, times: int) -> None:
        self.error, self.times, self.calls = error, times, 0

    def __call__(self) -> str:
        self.calls += 1
        if self.calls <= self.times:
            raise self.error
        return "done"


UNDONE = [
    LostRace(),
    failure(psycopg.errors.DeadlockDetected()),
    failure(psycopg.errors.LockNotAvailable()),
    failure(psycopg.errors.SerializationFailure()),
]


@pytest.mark.parametrize("error", UNDONE, ids=lambda error: type(error.__cause__).__name__)
class TestUndone:
    def test_is_done_again(self, error: OperationalError) -> None:
        work = Work(error, TRIES - 1)

        assert done_again(work) == "done"
        assert work.calls == TRIES

    def test_three_times_and_then_said(self, error: OperationalError) -> None:
        work = Work(error, TRIES)

        with pytest.raises(Unavailable) as told:
            done_again(work)
        assert (told.value.code, work.calls) == ("kozatsu", 3)
        assert "登録" not in told.value.message  # it is said to who asks for a PMH-ID or a 再送, too


@pytest.mark.parametrize("error", [failure(None), failure(psycopg.errors.QueryCanceled()), ValueError()])
def test_what_is_no_race_is_raised_at_once(error: Exception) -> None:
    work = Work(error, 1)

    with pytest.raises(type(error)):
        done_again(work)
    assert work.calls == 1
