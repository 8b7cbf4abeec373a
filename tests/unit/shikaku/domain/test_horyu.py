"""When a file is held: the table of interfaces §4, and the cases beside it that people would find absurd."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shikaku.domain.horyu import LOSS, Count, Reason, Tally, members_needed, reasons_to_hold

PERCENT, LEAST = 5, 2


def reasons(tally: Tally, valid: int, *, percent: int = PERCENT) -> list[tuple[str, int, int]]:
    found = reasons_to_hold(tally, valid=valid, percent=percent, least=LEAST)
    return [(reason.item, reason.count, reason.of) for reason in found]


def losing(total: int, *, named: int | None = None, joining: int = 0) -> Tally:
    return Tally(joining, Count(total, total if named is None else named))


@pytest.mark.parametrize(
    ("tally", "valid", "held"),
    [
        # exactly the share is usual, one more is not
        (losing(5), 100, False),
        (losing(6), 100, True),
        (losing(50), 1000, False),
        (losing(51), 1000, True),
        (losing(2), 40, False),
        (losing(3), 40, True),
        (losing(2), 20, True),
        # one line is no mass, whoever is small
        (losing(1), 10, False),
        (losing(1), 1, False),
        (losing(2), 2, True),
        # nobody to lose
        (losing(0), 100, False),
        (losing(50), 0, False),
        # by 個人番号, a line may be about somebody the file brings: compared with those together
        (losing(300, named=0, joining=9_700), 1, False),
        (losing(80, named=0, joining=80), 1_200, True),
        (losing(60, named=0, joining=80), 1_200, False),
        # by 被保険者枝番 it is about somebody held before: what the file brings does not hide it
        (losing(100, joining=5_000), 100, True),
        (losing(6, joining=5_000), 100, True),
        (losing(5, joining=5_000), 100, False),
    ],
)
def test_a_file_that_ends_more_than_the_share_is_held(tally: Tally, valid: int, held: bool) -> None:
    assert bool(reasons(tally, valid)) is held


def test_every_item_is_judged_by_itself() -> None:
    tally = Tally(0, Count(80, 80), {"住所": Count(70, 70), "郵便番号": Count(60, 60), "身分": Count(61, 0)})

    assert reasons(tally, 1200) == [(LOSS, 80, 1200), ("住所", 70, 1200), ("身分", 61, 1200)]


def test_a_file_that_only_brings_people_or_changes_them_is_never_held() -> None:
    assert reasons(Tally(joining=1_000_000), 1) == []
    assert members_needed(Tally(joining=1_000_000), percent=PERCENT, least=LEAST) == 0


def test_a_hundred_percent_holds_nothing() -> None:
    assert reasons(losing(100), 10, percent=100) == []
    assert members_needed(losing(100), percent=100, least=LEAST) == 0


def test_a_share_is_told_in_percent() -> None:
    assert Reason(LOSS, 80, 1200).share == pytest.approx(6.667, abs=0.001)


def test_a_line_is_counted_once_and_by_what_it_names() -> None:
    tally = Tally()
    for named in (True, False, True):
        tally.losing.add(named=named)
        tally.add_cleared("住所", named=named)

    assert (tally.losing, tally.clearing) == (Count(3, 2), {"住所": Count(3, 2)})


def test_what_is_not_tried_again_takes_nothing_away() -> None:
    tally = Tally(7, Count(30, 20), {"住所": Count(9, 4)})

    assert tally.at_most(10) == Tally(7, Count(10, 10), {"住所": Count(9, 4)})
    assert reasons(tally.at_most(0), 10) == []


COUNTS = st.integers(0, 500).flatmap(lambda total: st.builds(Count, st.just(total), st.integers(0, total)))
TALLIES = st.builds(Tally, st.integers(0, 500), COUNTS, st.dictionaries(st.sampled_from(["住所", "身分"]), COUNTS))


@given(TALLIES, st.integers(1, 20_000), st.sampled_from([1, 3, 5, 33, 99, 100]))
def test_so_many_members_are_enough_to_know(tally: Tally, valid: int, percent: int) -> None:
    needed = members_needed(tally, percent=percent, least=LEAST)

    if valid >= needed:
        assert reasons(tally, valid, percent=percent) == []
    if not needed:
        assert reasons(tally, 1, percent=percent) == []
