"""A number that another insurer changed leads to the person here: one 被保険者枝番 per person and insurer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError

from chukan.kernel.errors import NotFound, RuleBroken
from chukan.kernel.transactions import LostRace
from shikaku.actions import block_led
from shikaku.actions.register_one import Registered, register_one
from shikaku.domain.line import TorokuLine
from shikaku.queries import led
from shikaku.queries.rireki import find_rireki
from tests.integration.shikaku.actions.test_block_drafts import in_one, prepared
from tests.support.members import NOW, asked, bango, join_line, joined, known
from tests.support.principals import KENPO, KYOKAI, OTHER_KENPO, clerk
from tests.support.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.kj("KJ-SHI-01", "KJ-SHI-05")]
OTHER = OTHER_KENPO
TRIES = 3
Answer = tuple[str, str, int | None]


def changed_elsewhere(world: World, serial: int, to: int) -> None:
    """Let the other insurer, which holds the member too, say that the number changed."""
    joined(serial, by=clerk(OTHER))
    (edaban,) = asked_one(world, "SELECT max(hihokensha_edaban) FROM shikaku_itaku_kukaku_kanyusha", OTHER)
    line = known("03", edaban, koshingo_kojin_bango=bango(to), kojin_bango_koshin_kubun="1", hokensha_code=OTHER)
    register_one(by=clerk(OTHER), line=line, now=NOW)


def parted_with_two_numbers(world: World) -> None:
    """Let numbers 20 and 21 lead to a person nobody has: a 訂正 took both away, and people have looked since."""
    changed_elsewhere(world, 1, to=20)
    joined(1, by=clerk(KYOKAI))
    for former, to in ((1, 20), (20, 21)):
        change = known("03", 1, koshingo_kojin_bango=bango(to), kojin_bango_koshin_kubun="1", hokensha_code=KYOKAI)
        register_one(by=clerk(KYOKAI), line=replace(change, kojin_bango=bango(former)), now=NOW)
    correct = known("03", 1, koshingo_kojin_bango=bango(22), kojin_bango_koshin_kubun="2", hokensha_code=OTHER)
    register_one(by=clerk(OTHER), line=correct, now=NOW)
    assert asked(world, "UPDATE shikaku_bango_case SET closed_at = %s, closed_reason = 'unyo' RETURNING 1", NOW)


def asked_one(world: World, sql: str, zone: str) -> tuple[Any, ...]:
    return asked(world, f"{sql} WHERE hokensha_code = %s", zone)[0]


def file(*lines: TorokuLine) -> list[Answer]:
    """Send the lines as one block of a file, begun anew as often as a worker would."""
    given = prepared(clerk(), lines, drafted=True)
    assert any(line.draft is not None for line in given)
    for left in reversed(range(TRIES)):
        try:
            outcomes = in_one(by=clerk(), lines=given, now=NOW)
        except LostRace:
            if not left:
                raise
        else:
            return [(one.kubun, " ".join(v.code for v in one.violations), one.edaban) for one in outcomes]
    raise AssertionError


def again(serial: int, to: int, card: int = 90) -> TorokuLine:
    """The 新規取得 of a member under another number, for a period after the first."""
    line = join_line(serial, shikaku_shutoku_ymd="2026-11-01", hihokenshasho_bango=str(card))
    return replace(line, kojin_bango=bango(to))


def ended(serial: int) -> TorokuLine:
    return join_line(serial, shikaku_soshitsu_ymd="2026-06-01")


def persons(world: World, zone: str = KENPO) -> tuple[int, int]:
    """Return how many 被保険者枝番 and how many persons the zone has."""
    found: tuple[int, int] = asked_one(
        world, "SELECT count(*), count(DISTINCT himozuke_bango) FROM shikaku_itaku_kukaku_kanyusha", zone
    )
    return found


def one(line: TorokuLine) -> Registered:
    return register_one(by=clerk(), line=line, now=NOW)


class TestOneLine:
    def test_joins_with_the_new_number(self, world: World) -> None:
        one(ended(1))
        changed_elsewhere(world, 1, to=20)

        assert one(again(1, to=20)).hihokensha_edaban == 1
        assert persons(world) == (1, 1)

    def test_joins_with_the_number_of_before(self) -> None:
        joined(1, by=clerk(OTHER))
        change = known("03", 1, koshingo_kojin_bango=bango(20), kojin_bango_koshin_kubun="1", hokensha_code=OTHER)
        register_one(by=clerk(OTHER), line=change, now=NOW)
        one(replace(ended(1), kojin_bango=bango(20)))

        assert one(again(1, to=1)).hihokensha_edaban == 1

    def test_leaves_and_is_found_by_the_new_number(self, world: World) -> None:
        joined(1)
        changed_elsewhere(world, 1, to=20)

        leaves = TorokuLine(
            shori_shubetsu_code="04",
            hokensha_code=KENPO,
            kojin_bango=bango(20),
            shikaku={"shikaku_soshitsu_ymd": "2026-10-01"},
        )
        assert one(leaves).hihokensha_edaban == 1
        assert len(find_rireki(by=clerk(), kojin_bango=bango(20), known_at=NOW).versions) == 1

    def test_a_number_of_somebody_this_insurer_does_not_have_finds_nobody(self, world: World) -> None:
        joined(2)
        changed_elsewhere(world, 1, to=20)

        with pytest.raises(NotFound):
            find_rireki(by=clerk(), kojin_bango=bango(20), known_at=NOW)

    def test_says_the_change_itself_later(self, world: World) -> None:
        joined(1)
        changed_elsewhere(world, 1, to=20)

        change = known("03", 1, koshingo_kojin_bango=bango(20), kojin_bango_koshin_kubun="1")
        assert one(change).shori_kekka_kubun == "1"
        assert persons(world) == (1, 1)

    @pytest.mark.parametrize("kubun", ["1", "2"])
    def test_may_not_take_the_number_of_another_person_here(self, world: World, kubun: str) -> None:
        joined(1)
        joined(2)
        changed_elsewhere(world, 1, to=20)

        with pytest.raises(RuleBroken) as refused:
            one(known("03", 2, koshingo_kojin_bango=bango(20), kojin_bango_koshin_kubun=kubun))
        assert [error.code for error in refused.value.errors] == ["E214"]


class TestOneBlock:
    def test_a_second_draft_with_the_card_of_the_first_is_the_same_person(self, world: World) -> None:
        changed_elsewhere(world, 1, to=20)

        answers = file(replace(join_line(1), kojin_bango=bango(20)), again(1, to=1, card=1))

        assert answers == [("1", "", 1), ("9", "E201", None)]
        assert persons(world) == (1, 1)

    def test_so_it_is_when_a_line_between_them_changed_the_first(self, world: World) -> None:
        changed_elsewhere(world, 1, to=20)
        first = replace(join_line(1), kojin_bango=bango(20))
        change = known("03", 1, shikaku_tsuban=1, shikaku={"shikaku_shutoku_ymd": "2026-05-01"})

        answers = file(first, change, again(1, to=1, card=1))

        assert answers == [("1", "", 1), ("1", "", 1), ("9", "E201", None)]
        assert persons(world) == (1, 1)

    def test_so_it_is_when_the_other_number_was_refused_before(self, world: World) -> None:
        changed_elsewhere(world, 1, to=20)
        early = again(1, to=1, card=3)  # asked about, and nobody here yet

        answers = file(join_line(3), early, replace(join_line(1), kojin_bango=bango(20)), again(1, to=1, card=1))

        assert [one[:2] for one in answers] == [("1", ""), ("9", "E213"), ("1", ""), ("9", "E201")]
        assert persons(world) == (2, 2)

    def test_so_it_is_of_two_drafts_with_one_number_and_a_line_with_the_other(self, world: World) -> None:
        changed_elsewhere(world, 1, to=20)
        first = replace(ended(1), kojin_bango=bango(20))
        leaves = TorokuLine(
            shori_shubetsu_code="04",
            hokensha_code=KENPO,
            kojin_bango=bango(1),
            shikaku={"shikaku_soshitsu_ymd": "2026-11-10"},
        )

        answers = file(first, again(1, to=20, card=90), leaves)

        assert answers == [("1", "", 1), ("2", "W101", 1), ("1", "", 1)]
        assert persons(world) == (1, 1)

    def test_a_second_draft_with_the_card_of_another_one_is_another_person(self, world: World) -> None:
        changed_elsewhere(world, 1, to=20)

        answers = file(join_line(3), again(1, to=1, card=3))

        assert answers == [("1", "", 1), ("9", "E213", None)]
        assert persons(world) == (1, 1)

    @pytest.mark.parametrize("card", [90, 1], ids=["new card", "the card of before"])
    def test_a_drafted_line_finds_the_person(self, world: World, card: int) -> None:
        one(ended(1))
        changed_elsewhere(world, 1, to=20)

        assert file(join_line(3), again(1, to=20, card=card)) == [("1", "", 2), ("2", "W101", 1)]
        assert persons(world) == (2, 2)

    def test_both_numbers_of_somebody_new_are_one_person(self, world: World) -> None:
        changed_elsewhere(world, 1, to=20)

        assert file(ended(1), join_line(3), again(1, to=20)) == [("1", "", 1), ("1", "", 2), ("2", "W101", 1)]
        assert persons(world) == (2, 2)

    @pytest.mark.parametrize("first", ["drafted", "planned"])
    def test_also_when_a_later_line_has_to_do_with_one_of_them(self, world: World, first: str) -> None:
        changed_elsewhere(world, 1, to=20)
        moved = known("03", 1, kihon={"jusho": "見本県見本市1-1", "jusho_henko_ymd": "2026-11-01"})

        lines = [ended(1), again(1, to=20), moved]
        if first == "planned":
            lines[0] = replace(ended(1), kihon={**ended(1).kihon, "jusho": "見本県見本市3-3"})
            lines.insert(1, replace(moved, kihon={"jusho": "見本県見本市2-2", "jusho_henko_ymd": "2026-10-01"}))
        assert {edaban for _, _, edaban in file(*lines)} == {1}
        assert persons(world) == (1, 1)

    @pytest.mark.parametrize("edaban", [1, None])
    def test_a_later_line_may_name_somebody_new_by_the_other_number(self, world: World, edaban: int | None) -> None:
        changed_elsewhere(world, 1, to=20)
        moved = TorokuLine(
            shori_shubetsu_code="03",
            hokensha_code=KENPO,
            hihokensha_edaban=edaban,
            kojin_bango=bango(1),
            kihon={"jusho": "見本県見本市1-1", "jusho_henko_ymd": "2026-11-01"},
        )

        assert file(again(1, to=20), join_line(3), moved) == [("1", "", 1), ("1", "", 2), ("1", "", 1)]

    def test_a_person_corrected_to_a_number_is_found_by_the_other_one(self, world: World) -> None:
        joined(2)
        changed_elsewhere(world, 1, to=20)
        corrected = known("03", 1, koshingo_kojin_bango=bango(20), kojin_bango_koshin_kubun="2")
        moved = TorokuLine(
            shori_shubetsu_code="03",
            hokensha_code=KENPO,
            kojin_bango=bango(1),
            kihon={"jusho": "見本県見本市1-1", "jusho_henko_ymd": "2026-11-01"},
        )

        assert file(corrected, join_line(4), moved) == [("1", "", 1), ("1", "", 2), ("1", "", 1)]

    def test_a_person_corrected_away_leaves_room_for_the_owner_of_the_number(self, world: World) -> None:
        joined(1)
        changed_elsewhere(world, 1, to=20)
        corrected = known("03", 1, koshingo_kojin_bango=bango(30), kojin_bango_koshin_kubun="2")

        assert file(corrected, again(2, to=20), join_line(4)) == [("1", "", 1), ("1", "", 2), ("1", "", 3)]
        assert persons(world) == (3, 3)

    @pytest.mark.parametrize("kubun", ["1", "2"])
    def test_a_draft_has_its_person_before_a_later_line_asks_for_the_other_number(
        self, world: World, kubun: str
    ) -> None:
        joined(2)
        parted_with_two_numbers(world)
        takes = known("03", 1, koshingo_kojin_bango=bango(21), kojin_bango_koshin_kubun=kubun)
        leaves = known("03", 1, koshingo_kojin_bango=bango(23), kojin_bango_koshin_kubun="2")

        answers = file(replace(join_line(5), kojin_bango=bango(20)), takes, leaves)

        assert answers == [("1", "", 2), ("9", "E214", None), ("1", "", 1)]

    def test_nobody_else_comes_by_it_when_no_line_did_before(self, world: World) -> None:
        joined(2)
        parted_with_two_numbers(world)
        takes = known("03", 1, koshingo_kojin_bango=bango(21), kojin_bango_koshin_kubun="1")

        answers = file(takes, replace(join_line(5), kojin_bango=bango(20)))

        assert answers == [("1", "", 1), ("1", "", 2)]
        assert persons(world) == (2, 2)


def test_a_new_member_with_somebodys_edaban_is_not_taken_for_that_person() -> None:
    joined(1)

    with pytest.raises(RuleBroken) as refused:
        one(replace(join_line(2, hihokenshasho_bango="1"), hihokensha_edaban=1))
    assert sorted(error.code for error in refused.value.errors) == ["E209", "E213"]


class TestMutants:
    def test_the_database_refuses_a_second_edaban(self, world: World) -> None:
        joined(1)
        joined(2)

        with world.admin() as admin, pytest.raises(psycopg.errors.UniqueViolation):
            admin.execute(
                "UPDATE shikaku_itaku_kukaku_kanyusha SET himozuke_bango = (SELECT himozuke_bango"
                " FROM shikaku_itaku_kukaku_kanyusha WHERE hihokensha_edaban = 1) WHERE hihokensha_edaban = 2"
            )

    @pytest.mark.parametrize("door", ["file", "one line"])
    def test_a_block_that_does_not_look_is_stopped_by_it(
        self, world: World, monkeypatch: pytest.MonkeyPatch, door: str
    ) -> None:
        one(ended(1))
        changed_elsewhere(world, 1, to=20)
        for module in (block_led, led):
            monkeypatch.setattr(module, "find_edaban", lambda **_: {})

        with pytest.raises(LostRace) as stopped:
            file(join_line(3), again(1, to=20)) if door == "file" else one(again(1, to=20))

        assert isinstance(stopped.value.__cause__, IntegrityError)  # the database, not the code
        assert persons(world) == (1, 1)
