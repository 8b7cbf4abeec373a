"""Whatever an insurer sends, in whatever order: the periods of a person stay sound."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shikaku.domain.check_line import check_line
from shikaku.domain.held import Held
from shikaku.domain.line import TorokuLine
from shikaku.domain.plan import Plan, VersionWrite
from shikaku.domain.toroku import apply_plan, plan_registration
from shikaku.domain.violations import order_results
from tests.unit.shikaku.lines import NUMBER, ON, decide, facts, kihon, known_line, new_line, shikaku, standing_line

FIRST = date(2026, 1, 1)
DAYS = st.integers(0, 400).map(lambda days: (FIRST + timedelta(days)).isoformat())
MAYBE = st.one_of(st.none(), DAYS)
TSUBAN = st.one_of(st.none(), st.integers(1, 5))


def _new(code: str, start: str, end: str | None) -> TorokuLine:
    return new_line(shori_shubetsu_code=code, shikaku=shikaku(shikaku_shutoku_ymd=start, shikaku_soshitsu_ymd=end))


def _change(tsuban: int | None, given: dict[str, Any]) -> TorokuLine:
    return known_line("03", shikaku_tsuban=tsuban, shikaku=given)


LINES = st.one_of(
    st.builds(_new, st.sampled_from(["01", "02"]), DAYS, MAYBE),
    st.builds(_change, TSUBAN, st.fixed_dictionaries({"shikaku_shutoku_ymd": DAYS})),
    st.builds(_change, TSUBAN, st.fixed_dictionaries({"shikaku_soshitsu_ymd": MAYBE})),
    st.builds(
        lambda tsuban, end: known_line("04", shikaku_tsuban=tsuban, shikaku={"shikaku_soshitsu_ymd": end}), TSUBAN, DAYS
    ),
    st.builds(lambda tsuban: known_line("05", shikaku_tsuban=tsuban), TSUBAN),
    st.sampled_from(["02", "03"]).map(standing_line),
)


def _outcome(line: TorokuLine, held: Held | None) -> Any:
    return decide(line, held, checked=check_line(line, facts=facts()))


def _run(lines: list[TorokuLine]) -> list[tuple[TorokuLine, Held | None, Plan, Held]]:
    held: Held | None = None
    steps = []
    for line in lines:
        outcome = _outcome(line, held)
        if isinstance(outcome, Plan):
            after = apply_plan(held, outcome, 1, "himozuke-1")
            steps.append((line, held, outcome, after))
            held = after
    return steps


@settings(max_examples=300, deadline=None)
@given(st.lists(LINES, max_size=12))
def test_periods_never_overlap_and_numbers_are_never_used_twice(lines: list[TorokuLine]) -> None:
    seen: set[int] = set()
    for _, before, plan, after in _run(lines):
        valid = [period for period in after.periods if not period.withdrawn]
        days = sorted((period.valid_from or date.max, period.valid_to or date.max) for period in valid)
        assert all(start < end for start, end in days)
        assert all(first[1] <= second[0] for first, second in pairwise(days))
        tsuban = [period.shikaku_tsuban for period in after.periods]
        assert tsuban == list(range(1, len(tsuban) + 1))
        assert after.next_shikaku_tsuban == len(tsuban) + 1
        if plan.version is not None:
            assert plan.version.rireki_tsuban not in seen
            assert plan.version.rireki_tsuban == (1 if before is None else before.next_rireki_tsuban)
            seen.add(plan.version.rireki_tsuban)
        current = [version.rireki_tsuban for version in (*after.periods, *([after.standing] if after.standing else []))]
        assert len(set(current)) == len(current)


@settings(max_examples=300, deadline=None)
@given(st.lists(LINES, max_size=12))
def test_what_a_version_supersedes_was_current_and_is_no_more(lines: list[TorokuLine]) -> None:
    for _, before, plan, after in _run(lines):
        if plan.version is None or plan.version.supersedes is None:
            continue
        assert before is not None
        was = {period.rireki_tsuban for period in before.periods} | (
            {before.standing.rireki_tsuban} if before.standing else set()
        )
        now = {period.rireki_tsuban for period in after.periods} | (
            {after.standing.rireki_tsuban} if after.standing else set()
        )
        assert plan.version.supersedes in was
        assert plan.version.supersedes not in now
        assert now - was == {plan.version.rireki_tsuban}


@pytest.mark.kj("KJ-SHI-09")
@settings(max_examples=200, deadline=None)
@given(st.lists(LINES, max_size=10), DAYS)
def test_appended_versions_alone_tell_what_was_held_at_any_time(lines: list[TorokuLine], day: str) -> None:
    on = date.fromisoformat(day)
    log: list[VersionWrite] = []
    for _, _, plan, after in _run(lines):
        if plan.version is not None:
            log.append(plan.version)
        gone = {version.supersedes for version in log}
        told = {
            version.shikaku_tsuban
            for version in log
            if version.rireki_tsuban not in gone
            and not version.withdrawn
            and version.valid_from is not None
            and version.valid_from <= on
            and (version.valid_to is None or on < version.valid_to)
        }
        held = {
            period.shikaku_tsuban
            for period in after.periods
            if not period.withdrawn
            and (period.valid_from or date.max) <= on
            and (period.valid_to is None or on < period.valid_to)
        }
        assert told == held
        assert len(told) <= 1


@settings(max_examples=200, deadline=None)
@given(st.lists(LINES, max_size=8))
def test_the_days_of_a_period_are_those_of_its_items(lines: list[TorokuLine]) -> None:
    for _, _, _, after in _run(lines):
        for period in after.periods:
            items = period.joho["shikaku"]
            assert items["shikaku_shutoku_ymd"] == (period.valid_from or date.max).isoformat()
            assert items.get("shikaku_soshitsu_ymd") == (period.valid_to.isoformat() if period.valid_to else None)


@settings(max_examples=300, deadline=None)
@given(st.lists(LINES, min_size=1, max_size=8))
def test_the_same_line_twice(lines: list[TorokuLine]) -> None:
    for line, _, plan, after in _run(lines):
        again = _outcome(line, after)
        if isinstance(again, Plan):
            code = line.shori_shubetsu_code
            if code == "03":
                assert [warning.code for warning in again.warnings] == ["W102"]
                assert again.version is None
            else:
                assert code in ("04", "05") or plan.version is None or plan.version.shikaku_tsuban is None
                assert not again.new_kanyusha
        else:
            assert {violation.code for violation in again.violations} <= {"E201", "E202", "E203", "E209"}


@settings(max_examples=200, deadline=None)
@given(st.lists(LINES, max_size=8), LINES)
def test_a_rejection_lists_what_was_found_before_in_order(lines: list[TorokuLine], line: TorokuLine) -> None:
    steps = _run(lines)
    held = steps[-1][3] if steps else None
    checked = check_line(line, facts=facts())
    outcome = decide(line, held, checked=checked)
    if not isinstance(outcome, Plan):
        assert outcome.violations
        assert set(checked) <= set(outcome.violations)
        assert order_results(outcome.violations) == outcome.violations


@given(st.lists(LINES, max_size=6))
def test_no_plan_holds_a_number(lines: list[TorokuLine]) -> None:
    for _, _, plan, after in _run(lines):
        assert NUMBER not in f"{plan!r}{after!r}"
        assert NUMBER not in str(after.newest)


@given(st.dates(date(1900, 1, 1), date(2030, 1, 1)), st.one_of(st.none(), st.dates(date(1900, 1, 1), date(2030, 1, 1))))
def test_a_first_period_is_accepted_exactly_when_it_is_not_empty_and_has_begun(start: date, end: date | None) -> None:
    line = new_line(
        kihon=kihon(),
        shikaku=shikaku(
            shikaku_shutoku_ymd=start.isoformat(), shikaku_soshitsu_ymd=None if end is None else end.isoformat()
        ),
    )
    outcome = plan_registration(
        line=line, by_edaban=None, by_number=None, on=ON, checked=check_line(line, facts=facts())
    )
    assert isinstance(outcome, Plan) == (start <= ON and (end is None or start < end))
