"""The day a period of years after a loss is counted from, leap days included."""

from calendar import isleap
from datetime import date
from typing import Final

_LEAP_DAY: Final = (2, 29)


def last_erasable(on: date, *, years: int) -> date:
    """Return the latest day of loss after which so many years are over on the day `on`.

    The day of loss is the first one without eligibility and counts: what was lost on 2021-04-01 is kept until the end
    of 2026-03-31. There is no 29 February to count to in other years: 1 March stands for it, so nothing goes early.
    """
    leap_day = (on.month, on.day) == _LEAP_DAY and not isleap(on.year - years)
    return on.replace(year=on.year - years, day=28 if leap_day else on.day)
