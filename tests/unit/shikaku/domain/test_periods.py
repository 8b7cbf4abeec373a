"""Days against each other."""

from datetime import date

import pytest

from shikaku.domain.held import KigoUse
from shikaku.domain.periods import (
    check_kigo_users,
    check_not_empty,
    check_overlap,
    days_of,
    reaches_beyond,
)
from shikaku.domain.violations import Violation
from tests.unit.shikaku.lines import member, new_line

A, B, C, D = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1)


@pytest.mark.parametrize(
    ("shikaku", "unreadable", "days"),
    [
        ({"shikaku_shutoku_ymd": "2026-01-01"}, (), (A, None)),
        ({"shikaku_shutoku_ymd": "2026-01-01", "shikaku_soshitsu_ymd": "2026-02-01"}, (), (A, B)),
        ({"shikaku_shutoku_ymd": "2026-01-01", "shikaku_soshitsu_ymd": None}, (), (A, None)),
        ({"shikaku_shutoku_ymd": "2026-01-01", "shikaku_soshitsu_ymd": "2026-02-30"}, (), None),
        ({"shikaku_shutoku_ymd": "2026-01-01", "shikaku_soshitsu_ymd": 5}, (), None),
        ({"shikaku_shutoku_ymd": "2026-01-01"}, ("shikaku/shikaku_soshitsu_ymd",), None),
        ({"shikaku_shutoku_ymd": None}, (), None),
        ({}, (), None),
    ],
)
def test_days_that_cannot_be_read_are_not_guessed(
    shikaku: dict[str, object], unreadable: tuple[str, ...], days: object
) -> None:
    assert days_of(new_line(unreadable=unreadable), shikaku) == days


@pytest.mark.parametrize(("end", "fine"), [(None, True), (B, True), (A, False), (date(2025, 12, 31), False)])
def test_an_empty_period(end: date | None, fine: bool) -> None:
    found: list[Violation] = []
    assert check_not_empty((A, end), found) is fine
    assert bool(found) is not fine


@pytest.mark.parametrize(
    ("users", "count"), [([(B, C)], 0), ([(A, B)], 0), ([(B, None)], 1), ([(D, None)], 1), ([(B, D), (D, None)], 1)]
)
def test_users_of_the_same_card(users: list[tuple[date, date | None]], count: int) -> None:
    found: list[Violation] = []
    check_kigo_users((C, None), member(), [KigoUse(2, start, end) for start, end in users], found)
    assert len(found) == count
    found.clear()
    check_kigo_users((C, None), member(), [KigoUse(1, start, end) for start, end in users], found)
    assert found == []


def test_overlap_with_nobody_and_with_itself() -> None:
    found: list[Violation] = []
    check_overlap((A, None), None, None, "x", found)
    check_overlap((A, None), member(), 1, "x", found)
    assert found == []
    check_overlap((A, None), member(), None, "x", found)
    assert found == [Violation("E201", "x")]


def test_reaching_beyond_a_day() -> None:
    (period,) = member().periods
    assert reaches_beyond(period, date(2099, 1, 1))
