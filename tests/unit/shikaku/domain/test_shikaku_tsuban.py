"""資格通番: what can be one, as a number and as text."""

import pytest

from shikaku.domain.shikaku_tsuban import is_shikaku_tsuban, read_shikaku_tsuban


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1),
        ("007", 7),
        ("999999999", 999_999_999),
        ("", None),
        ("0", None),
        ("-1", None),
        ("+1", None),
        ("1_0", None),
        ("1000000000", None),
        ("123456789018", None),
        ("１", None),
        ("٣", None),
        ("²", None),
        ("9" * 5000, None),
    ],
)
def test_text_is_a_number_of_nine_digits_at_most(text: str, number: int | None) -> None:
    assert read_shikaku_tsuban(text) == number


@pytest.mark.parametrize(
    ("number", "can_be"), [(0, False), (1, True), (999_999_999, True), (10**9, False), (-1, False)]
)
def test_numbers_begin_at_one(number: int, can_be: bool) -> None:
    assert is_shikaku_tsuban(number) is can_be
