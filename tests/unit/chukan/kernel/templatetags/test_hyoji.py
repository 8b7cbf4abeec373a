"""How values look on every screen."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from chukan.kernel.templatetags.hyoji import aru, hizuke, hizuke_short, jikoku, kana, kazu, mark, nagasa, nichiji

AT = datetime(2026, 11, 19, 15, 30, 5, tzinfo=UTC)


def test_counts_are_grouped() -> None:
    assert kazu(1_284_301) == "1,284,301"


def test_days_are_read_in_wareki() -> None:
    assert hizuke("2026-11-20") == "令和8年11月20日（2026-11-20）"
    assert hizuke_short(date(2019, 5, 1)) == "R01.05.01"


@pytest.mark.parametrize("nothing", [None, "", "not a day"])
def test_no_day_is_a_dash(nothing: object) -> None:
    assert hizuke(nothing) == hizuke_short(nothing) == "—"


def test_times_are_those_of_japan() -> None:
    assert nichiji(AT) == "R08.11.20 00:30"
    assert jikoku(AT) == "00:30:05"


@pytest.mark.parametrize(("seconds", "text"), [(41, "41秒"), (738, "12分18秒"), (7_500, "2時間5分")])
def test_lengths_are_words(seconds: int, text: str) -> None:
    assert nagasa(seconds) == text


def test_half_width_kana_is_shown_full() -> None:
    assert kana("ﾖｼﾀﾞ ｹﾝﾀ") == "ヨシダ ケンタ"


def test_zero_is_a_value() -> None:
    assert aru(0) == 0
    assert aru("") == "—"


def test_a_mark_is_shape_and_word_and_lets_no_markup_through() -> None:
    shown = mark("ok", "<b>有効</b>")

    assert "<svg" in shown
    assert "&lt;b&gt;" in shown
