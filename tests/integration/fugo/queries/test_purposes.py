"""What the matrix says of codes on a day: it is data, and a 制度 that begins is seen for some days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from fugo.queries.purposes import find_purpose, find_purposes, list_begun

pytestmark = pytest.mark.django_db(transaction=True)
WEEK = timedelta(days=7)


@pytest.mark.kj("KJ-NWS-27", "KJ-IN-20")
@pytest.mark.parametrize(
    ("shubetsu", "on", "purpose"),
    [
        ("kenpo_kumiai", date(2017, 5, 7), None),
        ("kenpo_kumiai", date(2017, 5, 8), "joho_renkei"),
        ("shichoson_kokuho", date(2020, 9, 30), None),
        ("shichoson_kokuho", date(2020, 10, 1), "jiko_joho"),
        ("seikatsu_hogo", date(2023, 10, 1), "jiko_joho"),
        ("kohi_jisshi", date(2026, 11, 20), None),
        ("", date(2026, 11, 20), None),
    ],
)
def test_what_codes_are_asked_for(shubetsu: str, on: date, purpose: str | None) -> None:
    assert find_purpose(shubetsu, on) == purpose


def test_all_purposes_of_several() -> None:
    on = date(2026, 11, 20)

    assert find_purposes({"shichoson_kokuho", "kenpo_kumiai", "kohi_jisshi"}, on) == {"jiko_joho", "joho_renkei"}
    assert find_purposes(set(), on) == frozenset()


@pytest.mark.parametrize(
    ("on", "begun"),
    [
        (date(2020, 9, 30), set()),
        (date(2020, 10, 1), {"shichoson_kokuho"}),
        (date(2020, 10, 7), {"shichoson_kokuho"}),
        (date(2020, 10, 8), set()),
        (date(2018, 5, 1), {"kokkyo", "chikyo", "shigaku"}),
    ],
)
def test_who_begins_in_these_days(on: date, begun: set[str]) -> None:
    assert list_begun(on, WEEK) == begun
