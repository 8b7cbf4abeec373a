"""Days as text."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shikaku.domain.ymd import day_of, iso_of_compact, parse_ymd


@given(st.dates())
def test_every_day_reads_back(day: date) -> None:
    assert parse_ymd(day.isoformat()) == day
    assert iso_of_compact(f"{day.year:04d}{day.month:02d}{day.day:02d}") == day.isoformat()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-02-30",
        "20260401",
        "2026/04/01",
        "2026-4-01",
        "+026-04-01",
        "2026-04-0１",
        " 2026-04-01",
        "0000-01-01",
        "2026-04-01 ",
    ],
)
def test_anything_else_is_no_day(text: str) -> None:
    assert parse_ymd(text) is None


@pytest.mark.parametrize("text", ["", "2026041", "202604011", "2026-04-01", "２０２６０４０１", "2026040a"])
def test_a_compact_day_is_eight_digits(text: str) -> None:
    assert iso_of_compact(text) is None


@pytest.mark.parametrize(
    ("value", "day"), [("2026-04-01", date(2026, 4, 1)), (20260401, None), (None, None), (True, None)]
)
def test_a_day_of_any_value(value: object, day: date | None) -> None:
    assert day_of(value) == day
