"""What an operator types to find a request, and the span in which a 受付 made its requests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from fugo.domain.search_word import REFLECTED_WITHIN, read_word, span_of

TSUBAN = "0193d3f0-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        (TSUBAN, UUID(TSUBAN)),
        (f"　{TSUBAN.upper()} ", UUID(TSUBAN)),
        ("20261120-ABCDEFGHJK", "20261120-ABCDEFGHJK"),
        ("２０２６１１２０－ａｂｃｄｅｆｇｈｊｋ", "20261120-ABCDEFGHJK"),
        ("20261320-ABCDEFGHJK", None),
        ("00000101-ABCDEFGHJK", None),
        ("123456789018", None),
        (TSUBAN.replace("-", ""), None),
        ("", None),
    ],
)
def test_the_two_numbers_are_read_in_any_width_and_nothing_else_is(typed: str, word: object) -> None:
    assert read_word(typed) == word


def test_the_span_begins_at_midnight_in_japan_and_lasts_a_week() -> None:
    span = span_of("20261120-ABCDEFGHJK")

    assert span is not None
    begins = datetime(2026, 11, 19, 15, tzinfo=UTC)
    assert span.after.int >> 80 == int(begins.timestamp() * 1000)
    assert span.until.int >> 80 == int((begins + REFLECTED_WITHIN).timestamp() * 1000)
    assert timedelta(days=7) == REFLECTED_WITHIN


@pytest.mark.parametrize("bango", ["99991231-ABCDEFGHJK", "19000101-ABCDEFGHJK"])
def test_a_day_no_request_can_be_of_has_no_span_or_an_odd_one(bango: str) -> None:
    span = span_of(bango)

    assert span is None or span.after < span.until
