"""What is held of one person."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chukan.kernel.values.period import Period
from shikaku.domain.held import overlap
from tests.unit.shikaku.lines import after, known_line, member, new_line, shikaku

DAYS = st.dates(date(2020, 1, 1), date(2020, 3, 1))


@given(DAYS, st.one_of(st.none(), DAYS), DAYS, st.one_of(st.none(), DAYS))
def test_overlap_is_that_of_periods(from_a: date, to_a: date | None, from_b: date, to_b: date | None) -> None:
    if (to_a is None or to_a > from_a) and (to_b is None or to_b > from_b):
        assert overlap(from_a, to_a, from_b, to_b) == Period(from_a, to_a).overlaps(Period(from_b, to_b))


@pytest.mark.parametrize(("withdrawn", "latest"), [((), 3), ((3,), 2), ((3, 2), 1), ((1, 2, 3), None), ((1,), 3)])
def test_the_latest_period(withdrawn: tuple[int, ...], latest: int | None) -> None:
    held = member(shikaku=shikaku(shikaku_shutoku_ymd="2026-06-01", shikaku_soshitsu_ymd="2026-07-01"))
    for start, end in (("2026-02-01", "2026-03-01"), ("2026-04-01", "2026-05-01")):
        line = new_line(shori_shubetsu_code="02", shikaku=shikaku(shikaku_shutoku_ymd=start, shikaku_soshitsu_ymd=end))
        held = after(held, line)
    held = after(held, *(known_line("05", shikaku_tsuban=tsuban) for tsuban in withdrawn))
    found = held.latest_period()
    assert (None if found is None else found.shikaku_tsuban) == latest
