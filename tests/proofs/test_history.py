"""F-history: random stories of several insurers' members, held against a naive reference of 資格履歴.

Every answer to a line and every (valid, known) pair must be what the reference says: of the planner in memory, of the
product through files and database, and through all three doors, which must say the same of the same line.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from itertools import count
from typing import Any

import pytest

from chukan.kernel import clock
from chukan.kernel.errors import RuleBroken
from shikaku.actions import block_numbers, block_zone
from shikaku.actions.register_one import register_one
from shikaku.domain import henko, joho, periods, toroku
from shikaku.domain.held import Held, HeldPeriod
from shikaku.domain.plan import Plan, Rejection, VersionWrite
from shikaku.domain.toroku import plan_registration
from shikaku.formats import toroku_file_v1
from shikaku.formats.toroku_message_v1 import read_message
from shikaku.http import server_api_views, terminal_entry
from shikaku.http.terminal_lines import line_of
from shikaku.queries import versions
from tests.builders.history_memory import Disagreement, Kept, Memory, play
from tests.builders.history_stories import STEPS, Story, story
from tests.plugins_figures import Proof
from tests.support.history_asked import compare_asked
from tests.support.history_doors import Answer, FileDoor, FormDoor, RestDoor, can_be_typed, on_form
from tests.support.members import NOW, asked, bango, join_line, joined, known
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.world import World

pytestmark = pytest.mark.kj("KJ-SHI-01", "KJ-SHI-02", "KJ-SHI-03", "KJ-SHI-05", "KJ-SHI-09")
ENOUGH = 40  # stories a mutant may live through
# One version that an answer showed at some time, and one that was superseded since.
ONE = "SELECT min(id::text)::uuid FROM shikaku_rireki WHERE shikaku_tsuban IS NOT NULL AND NOT withdrawn"
FORMER = f"{ONE} AND superseded_at IS NOT NULL"


def stories(seed: int, many: int, steps: int = STEPS) -> Iterator[Story]:
    """Throw stories; each has dice of its own, so that any one can be thrown again alone."""
    for number in range(many):
        yield story(random.Random(f"{seed}/{number}"), steps=steps)


def short_story(seed: int) -> Story:
    """Throw a short one in which something is changed, ended and withdrawn."""
    for told in stories(seed, ENOUGH, steps=25):
        kinds = {line.body["shori_shubetsu_code"] for line in told.lines if line.told.accepted}
        if kinds >= {"03", "04", "05"}:
            return told
    raise AssertionError


class TestInMemory:
    def test_every_pair_is_what_the_reference_says(self, proof: Proof) -> None:
        pairs, lines, outcomes = 0, 0, Counter[str]()
        many = proof.at(ci=200, full=100_000)
        for told in stories(proof.seed, many):
            pairs += play(told, Memory())
            lines += len(told.lines)
            outcomes.update(code for line in told.lines for code in line.told.codes or {"accepted"})
        print(f"F-history in memory: {many} stories, {lines} lines, {pairs} pairs, {dict(outcomes)}")
        assert set(outcomes) >= {"accepted", "W101", "W102", *(f"E2{n:02d}" for n in range(1, 16))}
        proof.keep("F-history", "lines through the planner", lines, unit="lines", aim="all as told", reached=True)
        proof.keep("F-history", "(valid, known) pairs, planner", pairs, unit="pairs", aim="all equal", reached=True)


def survives(seed: int, make: Callable[[], Memory]) -> int | None:
    """Return the story in which a mutant is found, None if it lives."""
    for number, told in enumerate(stories(seed, ENOUGH)):
        try:
            play(told, make())
        except Disagreement:
            return number
    return None


class Overwriting(Memory):
    """Writes the new version over the one it should supersede."""

    def keep(self, kept: list[Kept], version: VersionWrite, place: int) -> None:
        for former in kept:
            if former.version.rireki_tsuban == version.supersedes:
                former.version = version
                return
        super().keep(kept, version, place)


class Piling(Memory):
    """Never lets a superseded version go."""

    def keep(self, kept: list[Kept], version: VersionWrite, place: int) -> None:
        kept.append(Kept(place, version))


def spoiling(change: Callable[[Plan, VersionWrite], VersionWrite]) -> Callable[[], Memory]:
    """Return a planner whose versions are changed on the way out."""

    def planner(**given: Any) -> Plan | Rejection:
        plan = plan_registration(**given)
        if isinstance(plan, Plan) and plan.version is not None:
            return plan._replace(version=change(plan, plan.version))
        return plan

    return partial(Memory, planner)


def without_end(plan: Plan, version: VersionWrite) -> VersionWrite:
    return version._replace(valid_to=None) if plan.handled_as == "04" else version


def never_withdrawn(_plan: Plan, version: VersionWrite) -> VersionWrite:
    return version._replace(withdrawn=False)


def a_day_longer(_plan: Plan, version: VersionWrite) -> VersionWrite:
    return version._replace(valid_to=version.valid_to and version.valid_to + timedelta(days=1))


def new_number_each(plan: Plan, version: VersionWrite) -> VersionWrite:
    return version._replace(supersedes=None) if plan.handled_as == "03" else version


def latest_by_day(held: Held) -> HeldPeriod | None:
    """The wrong latest: the one that begins last, not the one that was registered last."""
    present = [period for period in held.periods if not period.withdrawn]
    return max(present, key=lambda period: period.valid_from or date.min, default=None)


def touching(from_a: date, to_a: date | None, from_b: date, to_b: date | None) -> bool:
    return (to_b is None or from_a <= to_b) and (to_a is None or from_b <= to_a)


def forgetting(line: Any, base: Any, found: Any) -> tuple[dict[str, Any], bool]:
    """Take what a 変更 leaves out for cleared."""
    merged, differs = joho.changed_joho(line, base, found)
    return ({**merged, "kihon": {**line.kihon}} if line.kihon else merged), differs


def bare(line: Any, **_: Any) -> dict[str, Any]:
    """Begin a period without what is held of the person."""
    return joho.new_joho(line, newest=None)


class TestMutantsInMemory:
    @pytest.mark.parametrize(
        "make",
        [
            Overwriting,
            Piling,
            spoiling(without_end),
            spoiling(never_withdrawn),
            spoiling(a_day_longer),
            spoiling(new_number_each),
        ],
        ids=["overwrites", "piles", "loses an end", "forgets 取消", "a day longer", "supersedes nothing"],
    )
    def test_versions_spoiled_on_the_way_are_found(self, proof: Proof, make: Callable[[], Memory]) -> None:
        assert survives(proof.seed, make) is not None

    @pytest.mark.parametrize(
        ("where", "name", "wrong"),
        [
            (Held, "latest_period", latest_by_day),
            (periods, "overlap", touching),
            (periods, "overlap", lambda *_: False),
            (henko, "changed_joho", forgetting),
            (henko, "check_overlap", lambda *_: None),
            (toroku, "new_joho", bare),
            (toroku, "_check_same_birth_and_sex", lambda *_: None),
        ],
        ids=[
            "latest by day",
            "touching is overlap",
            "no overlap",
            "absent is cleared",
            "moved unseen",
            "joins again without its items",
            "any birth date",
        ],
    )
    def test_a_rule_broken_in_the_planner_is_found(
        self, proof: Proof, monkeypatch: pytest.MonkeyPatch, where: object, name: str, wrong: object
    ) -> None:
        monkeypatch.setattr(where, name, wrong)

        assert survives(proof.seed, Memory) is not None


# --- through actions and database -------------------------------------------------------------------------------------


def answered_as_told(told: Story, answers: list[Answer]) -> None:
    """Hold every answer against the reference. Raises Disagreement."""
    if len(answers) != len(told.lines):
        raise Disagreement(len(answers), len(told.lines))
    for place, (line, answer) in enumerate(zip(told.lines, answers, strict=True)):
        kubun = "9" if not line.told.accepted else "2" if line.told.codes else "1"
        if (answer.kubun, answer.codes, answer.edaban, answer.tsuban) != (kubun, *line.told):
            raise Disagreement(place, line.spoiled, line.body["shori_shubetsu_code"], answer, line.told)


def by_files(world: World, told: Story, dice: random.Random) -> int:
    """Send the story as files cut into small blocks and compare all that can be asked; return how many pairs."""
    world.empty()
    ticks = count()
    door = FileDoor(world, lambda: NOW + timedelta(seconds=next(ticks)), lambda: dice.randint(1, 6))
    answered_as_told(told, door.play(told.lines))
    return compare_asked(told.reference, end=NOW + timedelta(days=1))


def all_by_files(world: World, told: Iterable[Story]) -> int:
    """Do so with every story."""
    return sum(by_files(world, one, random.Random(number)) for number, one in enumerate(told))


@pytest.mark.django_db(transaction=True)
class TestThroughTheDatabase:
    def test_every_pair_is_what_the_reference_says(self, proof: Proof, world: World) -> None:
        many = proof.at(ci=2, full=2_000)
        pairs = all_by_files(world, stories(proof.seed, many))
        print(f"F-history through the database: {many} stories, {many * STEPS} lines, {pairs} pairs")
        proof.keep("F-history", "lines through the database", many * STEPS, unit="lines", aim="as told", reached=True)
        proof.keep("F-history", "(valid, known) pairs, database", pairs, unit="pairs", aim="all equal", reached=True)

    def test_a_number_changed_elsewhere_leads_to_the_person_here(self, world: World) -> None:
        joined(1)
        joined(1, by=clerk(OTHER_KENPO))
        change = known("03", 1, koshingo_kojin_bango=bango(20), kojin_bango_koshin_kubun="1")
        register_one(by=clerk(OTHER_KENPO), line=replace(change, hokensha_code=OTHER_KENPO), now=NOW)

        joins = replace(join_line(1, shikaku_shutoku_ymd="2026-09-01"), kojin_bango=bango(20))
        with suppress(RuleBroken):  # E201: the period before is still open
            register_one(by=clerk(), line=replace(joins, shikaku={**joins.shikaku, "edaban": "01"}), now=NOW)

        held = asked(
            world, "SELECT hihokensha_edaban FROM shikaku_itaku_kukaku_kanyusha WHERE hokensha_code = %s", KENPO
        )
        assert held == [(1,)]

    def test_a_question_that_forgets_what_was_known_is_found(
        self, proof: Proof, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        forgets = versions._KNOWN.replace("superseded_at > %s", "%s::timestamptz IS NULL")
        assert forgets != versions._KNOWN
        monkeypatch.setattr(versions, "_KNOWN", forgets)

        with pytest.raises(Disagreement):
            by_files(world, short_story(proof.seed), random.Random(0))

    def test_a_last_day_that_is_still_valid_is_found(
        self, proof: Proof, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def with_last_day(version: versions.Version, on: date) -> bool:
            end = version.valid_to and version.valid_to + timedelta(days=1)
            return versions.covers(replace(version, valid_to=end), on)

        monkeypatch.setattr("shikaku.queries.rireki.covers", with_last_day)

        with pytest.raises(Disagreement):
            by_files(world, short_story(proof.seed), random.Random(0))

    def test_a_correction_of_a_number_taken_for_a_change_is_found(
        self, proof: Proof, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(block_numbers, "NEW_NUMBER", block_zone.WRONG_NUMBER)

        with pytest.raises(Disagreement):
            all_by_files(world, stories(proof.seed, ENOUGH))

    @pytest.mark.parametrize(
        "spoil",
        [
            f"UPDATE shikaku_rireki SET valid_to = NULL WHERE id = ({ONE} AND valid_to IS NOT NULL)",
            f"UPDATE shikaku_rireki SET superseded_at = superseded_at + interval '1 second' WHERE id = ({FORMER})",
            f"DELETE FROM shikaku_rireki WHERE id = ({FORMER})",
            "UPDATE shikaku_rireki SET withdrawn = false WHERE withdrawn",
        ],
        ids=["an end lost", "a version known too long", "a version lost", "取消 undone"],
    )
    def test_rows_spoiled_by_the_administrator_are_found(self, proof: Proof, world: World, spoil: str) -> None:
        told = short_story(proof.seed)
        by_files(world, told, random.Random(0))

        with world.admin() as admin:
            admin.execute("SET session_replication_role = replica")
            assert admin.execute(spoil).rowcount >= 1

        with pytest.raises(Disagreement):
            compare_asked(told.reference, end=NOW + timedelta(days=1))


# --- through the three doors ------------------------------------------------------------------------------------------


def through(world: World, told: Story, door: Callable[[World], Any]) -> tuple[list[Any], int]:
    """Send the story through one door into an empty world; return its answers and how many pairs were equal."""
    world.empty()
    answers = door(world).play(told.lines)
    plain = [answer[0] if isinstance(answer[0], Answer) else answer for answer in answers]
    answered_as_told(told, plain)
    return answers, compare_asked(told.reference, end=clock.now())


def all_through(world: World, told: Iterable[Story], door: Callable[[World], Any]) -> None:
    """Send every story through one door."""
    for one in told:
        through(world, one, door)


def same_at_all_doors(world: World, told: Story) -> tuple[int, int]:
    """Send the story through each door and compare what they say of each line; return pairs and forms sent."""
    by_file, pairs = through(world, told, FileDoor)
    by_message, more = through(world, told, RestDoor)
    by_form, most = through(world, told, FormDoor)
    forms = 0
    for place, (file, message, (form, page)) in enumerate(zip(by_file, by_message, by_form, strict=True)):
        if file != message:
            raise Disagreement(place, "file and message", file, message)
        if not page:
            same = form == file
        else:
            forms += 1
            same = form == file if file.kubun != "9" else frozenset(form.found) == on_form(file, page)
        if not same:
            raise Disagreement(place, "form", form, file)
    return pairs + more + most, forms


def doors_stories(seed: int, many: int) -> Iterator[Story]:
    """Throw stories of today: messages and forms are taken at the hub's own time."""
    for number in range(many):
        yield story(random.Random(f"doors {seed}/{number}"), today=clock.business_date_jst(clock.now()))


@pytest.mark.django_db(transaction=True)
class TestThroughTheDoors:
    def test_the_same_line_is_answered_the_same_at_every_door(self, proof: Proof, world: World) -> None:
        pairs, forms, many = 0, 0, proof.at(ci=1, full=200)
        for told in doors_stories(proof.seed, many):
            compared, typed = same_at_all_doors(world, told)
            pairs, forms = pairs + compared, forms + typed
        print(f"F-history through the doors: {many} stories, {many * STEPS} lines, {forms} by form, {pairs} pairs")
        assert forms >= many * STEPS // 4
        proof.keep("F-history", "lines through all three doors", many * STEPS, unit="lines", aim="same", reached=True)
        proof.keep("F-history", "of these by form", forms, unit="lines", aim="every line a form can say", reached=True)
        proof.keep("F-history", "(valid, known) pairs, doors", pairs, unit="pairs", aim="all equal", reached=True)

    @pytest.mark.parametrize("door", ["file", "message", "form"])
    def test_a_door_that_drops_the_shikaku_tsuban_is_found(
        self, proof: Proof, world: World, monkeypatch: pytest.MonkeyPatch, door: str
    ) -> None:
        if door == "file":
            monkeypatch.setitem(toroku_file_v1._TOP_CONVERTERS, "shikaku_tsuban", lambda _text: 1)
        elif door == "message":
            monkeypatch.setattr(
                server_api_views, "read_message", lambda body: replace(read_message(body), shikaku_tsuban=None)
            )
        else:
            monkeypatch.setattr(
                terminal_entry, "line_of", lambda *given, **named: line_of(*given, **{**named, "shikaku_tsuban": None})
            )
        doors: dict[str, Callable[[World], Any]] = {"file": FileDoor, "message": RestDoor, "form": FormDoor}

        with pytest.raises(Disagreement):
            all_through(world, doors_stories(proof.seed, ENOUGH), doors[door])

    def test_every_kind_of_line_is_typed(self, proof: Proof) -> None:
        typed = Counter(
            line.body["shori_shubetsu_code"]
            for told in doors_stories(proof.seed, 20)
            for line in told.lines
            if can_be_typed(line)
        )
        assert set(typed) == {"01", "03", "04", "05"}


def test_nothing_of_a_story_is_left_to_chance() -> None:
    one, other = (next(stories(7, 1)).lines for _ in range(2))

    assert one == other
