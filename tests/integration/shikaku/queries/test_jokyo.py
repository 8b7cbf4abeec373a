"""Figures of a day, what stands still since whenever, and whose files an operator sees."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chukan.controls.kikan.domain import UNYO_HOSHU
from chukan.kernel.principal import Principal
from shikaku.queries.jokyo import Charge, count_day, find_file_place, list_files, list_stalled
from tests.support.files_of_operators import a_file
from tests.support.principals import KENPO, OTHER_KENPO
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])
MIDNIGHT = datetime(2026, 11, 19, 15, 0, tzinfo=UTC)
NOW = MIDNIGHT + timedelta(hours=12)
OPERATOR = Principal(channel="operator", soshiki=UNYO_HOSHU, actor_id="U1", actor_name="試験")


class TestFigures:
    def test_all_files_of_the_day_count(self, world: World) -> None:
        for number in range(120):
            a_file(world, MIDNIGHT + timedelta(minutes=5 * number))
        a_file(world, MIDNIGHT - timedelta(seconds=1))
        a_file(world, NOW, state="shori", refused=0)

        day = count_day(by=OPERATOR, since=MIDNIGHT, charge=Charge())

        assert (day.files, day.running, day.done, day.refused) == (121, 1, 120 * 9 + 10, 120)
        assert day.by_hour == (*[120] * 10, 0, 0, 10, *[0] * 11)

    def test_what_stands_still_since_days_is_told(self, world: World) -> None:
        stuck = a_file(world, MIDNIGHT - timedelta(days=3), state="shori")
        a_file(world, MIDNIGHT, state="horyu")
        a_file(world, MIDNIGHT, state="kanryo")
        a_file(world, NOW, state="kensa", moved_at=NOW - timedelta(seconds=60))
        later = a_file(world, NOW, state="kensa", moved_at=NOW - timedelta(seconds=61))
        waits = a_file(world, NOW - timedelta(hours=1), state="uketsuke")

        found = list_stalled(by=OPERATOR, charge=Charge(), limit=10, now=NOW)

        assert [one.uketsuke_bango for one in found] == [stuck, later], "what waits for the stuck one is no case"
        day = {
            one.uketsuke_bango: one.waits_for
            for one in list_files(by=OPERATOR, since=MIDNIGHT, charge=Charge(), limit=9)
        }
        assert day[waits] == stuck
        assert day[later] is None

    def test_whose_files(self, world: World) -> None:
        mine, other = a_file(world, NOW), a_file(world, NOW, sender=OTHER_KENPO, zone=OTHER_KENPO)
        carried = a_file(world, NOW, sender="shuyaku-1", zone=None)

        def seen(charge: Charge) -> set[str]:
            return {one.uketsuke_bango for one in list_files(by=OPERATOR, since=MIDNIGHT, charge=charge, limit=9)}

        assert seen(Charge()) == {mine, other, carried}
        assert seen(Charge(frozenset({KENPO}), shuyaku=False)) == {mine}
        assert seen(Charge(frozenset({KENPO}), shuyaku=True)) == {mine, carried}


class TestFindFilePlace:
    def test_a_number_leads_to_whose_file_it_is(self, world: World) -> None:
        mine, carried = a_file(world, NOW), a_file(world, NOW, sender="shuyaku-1", zone=None)

        found = [find_file_place(by=OPERATOR, uketsuke_bango=bango) for bango in (mine, carried)]

        assert [(one.sender, one.hokensha_code) for one in found if one] == [(KENPO, KENPO), ("shuyaku-1", None)]
        assert find_file_place(by=OPERATOR, uketsuke_bango="20261120-ZZZZZZZZZZ") is None
