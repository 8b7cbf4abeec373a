"""The chart of a day: bars as high as their share of the busiest hour."""

from chukan.kernel.http.pages import Bar, chart_of


def test_bars_are_as_high_as_their_share_of_the_busiest_hour() -> None:
    chart = chart_of([0, 3, 12], lambda hour, count: f"{hour}:{count}")

    assert chart is not None
    assert chart.bars == (Bar(0, 0, 1, 56, 0), Bar(1, 3, 11, 43, 13), Bar(2, 12, 21, 4, 52))
    assert chart.text == "2:12"


def test_a_day_without_anything_has_none() -> None:
    assert chart_of([0] * 24, lambda *_: "") is None
