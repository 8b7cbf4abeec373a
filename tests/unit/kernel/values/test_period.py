from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chukan.kernel.values.period import Period

FIRST = date(2026, 1, 1)
DAYS = [FIRST + timedelta(days=n) for n in range(40)]


@st.composite
def _periods(draw: st.DrawFn) -> Period:
    start = draw(st.integers(0, 30))
    length = draw(st.none() | st.integers(1, 9))
    return Period(DAYS[start], None if length is None else DAYS[start] + timedelta(days=length))


def _days_of(period: Period) -> set[date]:
    return {day for day in DAYS if day >= period.start and (period.end is None or day < period.end)}


class TestPeriod:
    @given(_periods(), st.sampled_from(DAYS))
    def test_contains_its_days_and_no_other(self, period: Period, day: date) -> None:
        assert period.contains(day) is (day in _days_of(period))

    @given(_periods(), _periods())
    def test_overlaps_when_a_day_is_shared(self, one: Period, other: Period) -> None:
        shared = _days_of(one) & _days_of(other)

        assert one.overlaps(other) is bool(shared)
        common = one.intersection(other)
        assert (_days_of(common) if common else set()) == shared

    @given(_periods(), _periods())
    def test_covers_when_every_day_is_contained(self, one: Period, other: Period) -> None:
        open_ended = other.end is None and one.end is not None

        assert one.covers(other) is (_days_of(other) <= _days_of(one) and not open_ended)

    def test_loss_and_acquisition_on_one_day_touch_and_do_not_overlap(self) -> None:
        before = Period(date(2026, 1, 1), date(2026, 4, 1))
        after = Period(date(2026, 4, 1))

        assert before.touches(after)
        assert after.touches(before)
        assert not before.overlaps(after)

    @pytest.mark.parametrize("end", [date(2026, 4, 1), date(2026, 3, 31)])
    def test_empty_period_does_not_exist(self, end: date) -> None:
        with pytest.raises(ValueError, match="ends after"):
            Period(date(2026, 4, 1), end)
        with pytest.raises(ValueError, match="ends after"):
            Period(date(2026, 4, 1)).ended_on(end)

    def test_can_be_ended(self) -> None:
        assert Period(date(2026, 4, 1)).ended_on(date(2026, 4, 2)) == Period(date(2026, 4, 1), date(2026, 4, 2))
