"""Whose a number is across insurers, for PMH: members now or once, and nobody else."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import psycopg
import pytest
from django.db import ProgrammingError

from chukan.kernel.principal import Principal, system_principal
from shikaku.actions.register_one import register_one
from shikaku.queries.members import Member, find_last_soshitsu, find_members
from tests.support.members import LATER, asked, bango, join_line, joined, known, loss
from tests.support.principals import KENPO, OTHER_KENPO, clerk, machine
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True)
NOBODYS_ZONE = system_principal(actor_id="test")


def persons(world: World) -> list[UUID]:
    return [
        row[0]
        for row in asked(
            world, "SELECT himozuke_bango FROM shikaku_itaku_kukaku_kanyusha ORDER BY hokensha_code, hihokensha_edaban"
        )
    ]


def found(*serials: int) -> dict[int, Member]:
    by_number = {bango(serial): serial for serial in serials}
    return {
        by_number[number]: member
        for number, member in find_members(by=NOBODYS_ZONE, kojin_bango=list(by_number)).items()
    }


class TestFindMembers:
    @pytest.mark.kj("KJ-PMH-01")
    def test_members_of_any_insurer_are_found_and_strangers_are_not(self, world: World) -> None:
        joined(1)
        joined(2, by=clerk(OTHER_KENPO))

        one, two = persons(world)
        assert found(1, 2, 3) == {1: Member(one, None), 2: Member(two, None)}

    @pytest.mark.kj("KJ-PMH-01")
    def test_who_was_a_member_once_is_one_and_who_never_was_is_not(self, world: World) -> None:
        for serial in (1, 2, 3):
            joined(serial)
        register_one(by=clerk(), line=loss(1), now=LATER)
        register_one(by=clerk(), line=known("05", 2), now=LATER)

        assert set(found(1, 2, 3)) == {1, 3}

    @pytest.mark.kj("KJ-PMH-01")
    def test_who_is_to_join_or_lives_in_the_household_is_nobody(self, world: World) -> None:
        for serial, kubun in ((1, "02"), (2, "03")):
            line = join_line(serial, kanyusha_kubun_code=kubun)
            line.shikaku.clear()  # type: ignore[attr-defined]  # a dict here
            register_one(by=clerk(), line=line, now=LATER)

        assert len(persons(world)) == 2
        assert found(1, 2) == {}

    def test_a_former_number_leads_to_the_person_and_a_corrected_one_to_nobody(self, world: World) -> None:
        joined(1)
        joined(2)
        for edaban, kubun, new in ((1, "1", 11), (2, "2", 12)):
            line = known("03", edaban, koshingo_kojin_bango=bango(new), kojin_bango_koshin_kubun=kubun)
            register_one(by=clerk(), line=line, now=LATER)

        members = found(1, 11, 2, 12)
        assert set(members) == {1, 11, 12}
        assert members[1] == members[11]

    def test_a_number_that_fails_its_check_digit_is_not_even_asked_for(self) -> None:
        wrong = bango(1)[:-1] + str((int(bango(1)[-1]) + 1) % 10)

        assert find_members(by=NOBODYS_ZONE, kojin_bango=[wrong]) == {}

    @pytest.mark.kj("KJ-ZONE-15")
    @pytest.mark.parametrize("by", [clerk(), machine(OTHER_KENPO)])
    def test_who_works_for_an_insurer_is_refused_by_the_database(self, by: Principal) -> None:
        with pytest.raises(ProgrammingError) as refused:
            find_members(by=by, kojin_bango=[bango(1)])
        assert isinstance(refused.value.__cause__, psycopg.errors.InsufficientPrivilege)


class TestFindLastSoshitsu:
    def test_the_last_loss_over_all_insurers_counts_and_an_open_period_has_none(self, world: World) -> None:
        joined(1)
        joined(1, by=clerk(OTHER_KENPO))
        joined(2)
        register_one(by=clerk(), line=loss(1, "2026-05-01"), now=LATER)
        register_one(by=clerk(OTHER_KENPO), line=loss(1, "2026-06-01", hokensha_code=OTHER_KENPO), now=LATER)
        register_one(by=clerk(), line=loss(2, "2026-07-01"), now=LATER)
        joined(3)

        one, two, three, _ = persons(world)
        with as_role(world, "worker"):
            last = find_last_soshitsu(by=NOBODYS_ZONE, himozuke_bango=[one, two, three], hold=False)
        assert last == {one: date(2026, 6, 1), two: date(2026, 7, 1), three: None}

    @pytest.mark.kj("KJ-RET-09")
    def test_one_open_period_anywhere_keeps_the_person_and_withdrawn_ones_say_nothing(self, world: World) -> None:
        joined(1)
        joined(1, by=clerk(OTHER_KENPO))
        register_one(by=clerk(), line=loss(1, "2026-05-01"), now=LATER)
        joined(2)
        register_one(by=clerk(), line=known("05", 2), now=LATER)

        one, two, _ = persons(world)
        with as_role(world, "worker"):
            last = find_last_soshitsu(by=NOBODYS_ZONE, himozuke_bango=[one, two], hold=True)
        assert last == {one: None}
        assert asked(world, "SELECT DISTINCT hokensha_code FROM shikaku_rireki ORDER BY 1") == [
            (KENPO,),
            (OTHER_KENPO,),
        ]
