"""保有: how long a 発行履歴 is kept. 根拠: KJ-RET-09."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class LastSoshitsu:
    """When a person was last insured anywhere: `on` is the last 資格喪失年月日, None while one period is open.

    It is given for persons who hold a period that is not 取消.
    """

    on: date | None


def is_over(soshitsu: LastSoshitsu | None, *, issued_on: date, until: date) -> bool:
    """Tell whether a 発行履歴 may go: `until` is the latest day of loss that may, `issued_on` its own day (JST).

    Somebody who holds no period any more (all 取消, or 訂正 of the number) was last known on the day of the issue.
    """
    if soshitsu is None:
        return issued_on <= until
    return soshitsu.on is not None and soshitsu.on <= until
