"""Whose number may have gone into a file: the wrong one from day 10 to day 20."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from fugo.domain.torinaoshi import Asked, Carried, is_of_another

PERSON, OTHER = UUID(int=1), UUID(int=2)
LAG = timedelta(minutes=10)


def day(number: int | None) -> datetime | None:
    return None if number is None else datetime(2026, 5, number, tzinfo=UTC)


def asked(*, made: int, tenso: int | None, sent: int | None, was_in_file: bool = True) -> Asked:
    made_at = day(made)
    assert made_at is not None
    return Asked(UUID(int=9), PERSON, 1, made_at, was_in_file, day(tenso), day(sent))


@pytest.mark.parametrize(
    ("request_", "wrong"),
    [
        pytest.param(asked(made=1, tenso=2, sent=3), False, id="sent before the wrong number came"),
        pytest.param(asked(made=1, tenso=9, sent=10), True, id="sent when it came"),
        pytest.param(asked(made=1, tenso=12, sent=13), True, id="made before, read and sent with it"),
        pytest.param(asked(made=12, tenso=13, sent=14), True, id="made, read and sent with it"),
        pytest.param(asked(made=1, tenso=2, sent=None), True, id="asked again in a file that is still to be sent"),
        pytest.param(asked(made=12, tenso=13, sent=25), True, id="read with it, sent after it was corrected"),
        pytest.param(asked(made=12, tenso=20, sent=21), True, id="the file stood when it was corrected"),
        pytest.param(asked(made=12, tenso=21, sent=22), False, id="read after it was corrected"),
        pytest.param(asked(made=12, tenso=None, sent=None), True, id="in a file that is being built"),
        pytest.param(asked(made=12, tenso=None, sent=None, was_in_file=False), False, id="in no file yet"),
        pytest.param(asked(made=20, tenso=20, sent=20), False, id="made for the right number"),
    ],
)
def test_of_the_times(request_: Asked, *, wrong: bool) -> None:
    assert is_of_another(request_, Carried(day(10), day(20), OTHER), lag=LAG) is wrong


@pytest.mark.parametrize("leads_to", [PERSON, None])
def test_a_number_of_the_person_or_of_nobody_is_no_wrong_one(leads_to: UUID | None) -> None:
    assert not is_of_another(asked(made=12, tenso=13, sent=14), Carried(day(10), day(20), leads_to), lag=LAG)


def test_a_number_read_within_the_lag_counts_as_read_before() -> None:
    ended = day(20)
    assert ended is not None
    for minutes, wrong in ((10, True), (11, False)):
        one = Asked(UUID(int=9), PERSON, 1, ended - LAG, True, ended + timedelta(minutes=minutes), None)
        assert is_of_another(one, Carried(day(10), ended, OTHER), lag=LAG) is wrong


def test_without_a_beginning_or_an_end_it_was_always_so() -> None:
    for one in (asked(made=1, tenso=2, sent=3), asked(made=28, tenso=29, sent=30)):
        assert is_of_another(one, Carried(None, None, OTHER), lag=LAG)
