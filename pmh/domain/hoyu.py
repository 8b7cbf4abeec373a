"""保有: how long a 発行履歴 is kept. 根拠: KJ-RET-09."""

from calendar import isleap
from dataclasses import dataclass
from datetime import date
from typing import Final

_LEAP_DAY: Final = (2, 29)


@dataclass(frozen=True, slots=True)
class LastSoshitsu:
    """When a person was last insured anywhere: `on` is the last 資格喪失年月日, None while one period is open.

    It is given for persons who hold a period that is not 取消.
    """

    on: date | None


def last_erasable(on: date, *, years: int) -> date:
    """Return the latest day of loss whose 発行履歴 may be erased on the day `on`.

    The day of loss is the first one without eligibility and counts: what was lost on 2021-04-01 is kept until the end
    of 2026-03-31. There is no 29 February to count to in other years: 1 March stands for it, so nothing goes early.
    """
    leap_day = (on.month, on.day) == _LEAP_DAY and not isleap(on.year - years)
    return on.replace(year=on.year - years, day=28 if leap_day else on.day)


def is_over(soshitsu: LastSoshitsu | None, *, issued_on: date, until: date) -> bool:
    """Tell whether a 発行履歴 may go: `until` is the latest day of loss that may, `issued_on` its own day (JST).

    Somebody who holds no period any more (all 取消, or 訂正 of the number) was last known on the day of the issue.
    """
    if soshitsu is None:
        return issued_on <= until
    return soshitsu.on is not None and soshitsu.on <= until
