"""A leap day has no day to count to in other years: it goes late and never early."""

from datetime import date

import pytest

from chukan.kernel.values.last_erasable import last_erasable


@pytest.mark.kj("KJ-RET-09", "KJ-RET-05")
@pytest.mark.parametrize(
    ("on", "latest"),
    [
        (date(2029, 2, 28), date(2024, 2, 28)),
        (date(2029, 3, 1), date(2024, 3, 1)),  # 29 February 2024 goes with it, not before
        (date(2028, 2, 29), date(2023, 2, 28)),
        (date(2028, 3, 1), date(2023, 3, 1)),
    ],
)
def test_a_leap_day_goes_late_and_never_early(on: date, latest: date) -> None:
    assert last_erasable(on, years=5) == latest
