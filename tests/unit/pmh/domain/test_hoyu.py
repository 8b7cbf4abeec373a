"""発行履歴 stays five years from the last loss, to the day."""

from datetime import date

import pytest

from chukan.kernel.values.last_erasable import last_erasable
from pmh.domain.hoyu import LastSoshitsu, is_over

LOSS = date(2021, 4, 1)


@pytest.mark.kj("KJ-RET-09")
@pytest.mark.parametrize(
    ("on", "over"), [(date(2026, 3, 31), False), (date(2026, 4, 1), True), (date(2026, 4, 2), True)]
)
def test_the_last_day_of_five_years_is_kept(on: date, *, over: bool) -> None:
    until = last_erasable(on, years=5)

    assert is_over(LastSoshitsu(LOSS), issued_on=date(2020, 1, 1), until=until) is over


@pytest.mark.kj("KJ-RET-09")
def test_who_is_insured_keeps_it_however_old_the_issue_is() -> None:
    assert not is_over(LastSoshitsu(None), issued_on=date(1990, 1, 1), until=date(2026, 4, 1))


def test_a_loss_to_come_keeps_it() -> None:
    assert not is_over(LastSoshitsu(date(2027, 4, 1)), issued_on=date(2010, 1, 1), until=date(2021, 11, 29))


def test_who_holds_no_period_any_more_is_counted_from_the_issue() -> None:
    assert is_over(None, issued_on=date(2021, 4, 1), until=date(2021, 4, 1))
    assert not is_over(None, issued_on=date(2021, 4, 2), until=date(2021, 4, 1))
