"""When everything of a person's code goes: each boundary to the day, and each kind of insurer."""

from datetime import date

import pytest

from fugo.domain.hoyu import Kanyu, Until, is_over

# As on 2040-04-01: five years reach back to a loss on 2035-04-01, オン資's twenty to one on 2020-04-01.
UNTIL = Until.on(date(2040, 4, 1), renkei_years=5, onshi_years=20)
# Where オン資 needs less than 情報連携, the five years are what counts.
SHORT = Until.on(date(2040, 4, 1), renkei_years=5, onshi_years=3)
KENPO, KOKUHO, SEIHO = "kenpo_kumiai", "shichoson_kokuho", "seikatsu_hogo"
OLD, NEW = date(2020, 4, 1), date(2020, 4, 2)
FIVE, LATER = date(2035, 4, 1), date(2035, 4, 2)


def kanyu(*pairs: tuple[str, date | None]) -> list[Kanyu]:
    return [Kanyu(shubetsu, on) for shubetsu, on in pairs]


@pytest.mark.kj("KJ-RET-05", "KJ-RET-02")
@pytest.mark.parametrize(
    ("insurers", "until", "over"),
    [
        # insured, or lost not long enough for オン資
        ([(KENPO, None)], UNTIL, False),
        ([(KENPO, NEW)], UNTIL, False),
        ([(KENPO, OLD)], UNTIL, True),
        # two insurers: both count
        ([(KENPO, OLD), ("chikyo", None)], UNTIL, False),
        ([(KENPO, OLD), ("chikyo", NEW)], UNTIL, False),
        ([(KENPO, OLD), ("chikyo", OLD)], UNTIL, True),
        # 市町村国保 and 生活保護 count for オン資, and still hold the code while it needs them
        ([(KENPO, OLD), (KOKUHO, None)], UNTIL, False),
        ([(KENPO, OLD), (KOKUHO, NEW)], UNTIL, False),
        ([(KENPO, OLD), (KOKUHO, OLD), (SEIHO, OLD)], UNTIL, True),
        # where オン資 is over first, the five years hold the code of all others, and not of these two
        ([(KENPO, LATER)], SHORT, False),
        ([(KENPO, FIVE)], SHORT, True),
        ([("kokuho_kumiai", LATER)], SHORT, False),
        ([("koki_koiki", LATER)], SHORT, False),
        ([(KOKUHO, date(2037, 4, 1))], SHORT, True),
        ([(SEIHO, date(2037, 4, 1))], SHORT, True),
        ([(KOKUHO, date(2037, 4, 2))], SHORT, False),
        ([(KOKUHO, date(2037, 4, 1)), (KENPO, LATER)], SHORT, False),
        ([(KOKUHO, date(2037, 4, 1)), (KENPO, FIVE)], SHORT, True),
        # a loss to come is none
        ([(KENPO, date(2041, 1, 1))], SHORT, False),
    ],
)
def test_both_periods_have_to_be_over_with_every_insurer(
    insurers: list[tuple[str, date | None]], until: Until, *, over: bool
) -> None:
    assert is_over(kanyu(*insurers), last_known_on=date(1990, 1, 1), until=until) is over


@pytest.mark.kj("KJ-RET-05")
@pytest.mark.parametrize(("last", "over"), [(OLD, True), (NEW, False)])
def test_who_holds_no_period_any_more_counts_from_the_last_that_happened(last: date, *, over: bool) -> None:
    assert is_over([], last_known_on=last, until=UNTIL) is over


@pytest.mark.kj("KJ-RET-05")
def test_without_a_period_the_longer_of_both_counts() -> None:
    assert not is_over([], last_known_on=LATER, until=SHORT)
    assert is_over([], last_known_on=FIVE, until=SHORT)


@pytest.mark.kj("KJ-RET-05")
def test_a_leap_day_goes_late() -> None:
    until = Until.on(date(2041, 2, 28), renkei_years=5, onshi_years=21)  # 2020-02-28 and not the day after

    assert is_over(kanyu((KENPO, date(2020, 2, 28))), last_known_on=OLD, until=until)
    assert not is_over(kanyu((KENPO, date(2020, 2, 29))), last_known_on=OLD, until=until)
