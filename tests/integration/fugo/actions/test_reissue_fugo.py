"""一括再発行: nobody is extracted before two others agreed, the permission is used once, blocks survive a crash."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from chukan.controls.shonin.actions.apply import withdraw
from chukan.controls.shonin.actions.consume import complete, consume
from chukan.kernel.errors import Conflict, NotFound, NotPermitted
from fugo.actions import reissue_fugo
from fugo.actions.reissue_fugo import execute_saihakko, extract_block, extract_saihakko, finish_extract
from fugo.domain.saihakko import Target
from tests.support.fugo import WORKER, all_sent, brought, code_of, tsuban_of
from tests.support.members import LATER, NOW, asked, joined, kinds_of
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.saihakko import (
    BAITAI,
    SOON,
    a_list,
    agreed,
    answered,
    asked_for,
    coded,
    executed,
    extracted,
    linked,
    permitted,
    row_of,
    staff,
)
from tests.support.world import World, as_role

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]


def taisho(world: World) -> list[tuple[bool, str]]:
    return asked(
        world,
        "SELECT t.shori_tsuban IS NOT NULL, t.shori_kekka_shosai_code FROM fugo_saihakko_taisho t"
        " JOIN fugo_edaban_himozuke l ON l.himozuke_bango = t.himozuke_bango AND l.hokensha_code = '06132013'"
        " ORDER BY l.hihokensha_edaban",
    )


class TestExecuteSaihakko:
    @pytest.mark.kj("KJ-DUAL-06", "KJ-DUAL-07", "KJ-LOG-02")
    def test_what_two_others_agreed_to_is_executed_once(self, world: World) -> None:
        people = staff(world)
        coded(world, 1, 2)
        list_id = a_list(world, people[0])
        shonin_id = permitted(world, people, list_id)

        executed(world, people[0], list_id)

        row = row_of(world, list_id)
        assert (row["state"], row["executed_by"], row["medium_id"]) == ("shonin_zumi", "K0001", BAITAI)
        assert asked(world, "SELECT state FROM shonin_irai WHERE id = %s", shonin_id) == [("jikko_chu",)]
        assert kinds_of(world)[-2:] == ["shonin_shiyo", "saihakko_jikko"]
        with pytest.raises(NotPermitted) as refused:
            executed(world, people[0], list_id)
        assert refused.value.code == "shonin_shiyozumi"

    @pytest.mark.kj("KJ-DUAL-06")
    def test_without_a_permission_nothing_is_extracted(self, world: World) -> None:
        people = staff(world)
        coded(world, 1)
        list_id = a_list(world, people[0])

        with pytest.raises(NotPermitted) as refused:
            executed(world, people[0], list_id)
        assert refused.value.code == "shonin_nashi"
        shonin_id = asked_for(world, people[0], list_id)
        with pytest.raises(NotPermitted):
            executed(world, people[0], list_id)
        with as_role(world, "web"):
            agreed(people[1], shonin_id, ninzu=1, now=LATER)
        with pytest.raises(NotPermitted):  # one of two
            executed(world, people[0], list_id)

        assert extracted() == 0
        assert asked(world, "SELECT count(*) FROM fugo_saihakko_taisho") == [(0,)]
        assert row_of(world, list_id)["state"] == "shonin_machi"

    @pytest.mark.kj("KJ-DUAL-07")
    def test_who_asked_does_not_agree(self, world: World) -> None:
        people = staff(world)
        coded(world, 1)
        list_id = a_list(world, people[0])
        shonin_id = asked_for(world, people[0], list_id)

        both = replace(people[0], kengen=people[0].kengen | people[1].kengen)
        with as_role(world, "web"), pytest.raises(NotPermitted) as refused:
            agreed(both, shonin_id, ninzu=1, now=LATER)
        assert refused.value.code == "shonin_honnin"

    @pytest.mark.kj("KJ-DUAL-06", "KJ-DUAL-07")
    def test_another_medium_or_person_or_a_late_hour_is_refused(self, world: World) -> None:
        people = staff(world)
        coded(world, 1)
        list_id = a_list(world, people[0])
        permitted(world, people, list_id)

        with pytest.raises(NotPermitted):
            executed(world, people[0], list_id, baitai_id="USB-999")
        with pytest.raises(NotPermitted):
            executed(world, replace(people[0], terminal=""), list_id)
        with pytest.raises(NotPermitted):
            executed(world, replace(people[0], channel="command"), list_id)
        with pytest.raises(NotPermitted) as refused:
            executed(world, replace(people[1], kengen=people[0].kengen), list_id)
        assert refused.value.code == "shonin_betsujin"
        with pytest.raises(NotPermitted) as refused:
            executed(world, people[0], list_id, now=SOON)
        assert refused.value.code == "shonin_kigengire"
        assert row_of(world, list_id)["executed_at"] is None
        executed(world, people[0], list_id, now=SOON - timedelta(seconds=1))

    def test_the_permission_of_one_list_serves_no_other(self, world: World) -> None:
        people = staff(world)
        coded(world, 1)
        one, two = a_list(world, people[0]), a_list(world, people[0])
        permitted(world, people, one)
        with world.admin() as admin:
            admin.execute(
                "UPDATE fugo_saihakko_list SET state = 'shonin_machi', shonin_id ="
                " (SELECT shonin_id FROM fugo_saihakko_list WHERE id = %s) WHERE id = %s",
                [one, two],
            )

        with pytest.raises(NotPermitted) as refused:
            executed(world, people[0], two)
        assert refused.value.code == "shonin_naiyo_fuitchi"

    def test_a_list_taken_back_keeps_its_permission_unused(self, world: World) -> None:
        people = staff(world)
        coded(world, 1)
        list_id = a_list(world, people[0])
        shonin_id = permitted(world, people, list_id)
        with world.admin() as admin:
            admin.execute("UPDATE fugo_saihakko_list SET state = 'torikeshi'")

        with pytest.raises(Conflict):
            executed(world, people[0], list_id)

        assert asked(world, "SELECT state FROM shonin_irai WHERE id = %s", shonin_id) == [("shonin_zumi",)]
        with as_role(world, "web"):
            withdraw(by=people[0], shonin_id=shonin_id, now=LATER)
            with pytest.raises(NotFound):
                execute_saihakko(by=people[0], list_id=uuid4(), baitai_id=BAITAI, use_permission=consume, now=LATER)


class TestExtractSaihakko:
    @pytest.mark.kj("KJ-FUGO-06", "KJ-LOG-02")
    def test_each_person_gets_one_request_with_the_flag(self, world: World) -> None:
        people = staff(world)
        coded(world, 1, 2, 3)
        joined(1, by=clerk(OTHER_KENPO))
        linked(world)
        list_id = a_list(world, people[0])
        shonin_id = permitted(world, people, list_id)
        executed(world, people[0], list_id)

        assert extracted(block=2) == 1

        row = row_of(world, list_id)
        assert (row["state"], row["requested_count"], row["left_out_count"]) == ("shiji", 3, 0)
        made = asked(
            world,
            "SELECT hokensha_code, hihokensha_edaban, fugo_shutoku_status, saihakko_list_id FROM fugo_shutoku_yokyu"
            " WHERE fugo_saihakko_flag ORDER BY 2",
        )
        assert made == [(KENPO, 1, "1", list_id), (KENPO, 2, "1", list_id), (KENPO, 3, "1", list_id)]
        assert taisho(world) == [(True, ""), (True, ""), (True, "")]
        assert asked(world, "SELECT state FROM shonin_irai WHERE id = %s", shonin_id) == [("kanryo",)]
        assert kinds_of(world)[-1] == "saihakko_shiji"
        assert extracted() == 0

    def test_who_waits_for_an_answer_and_who_belongs_to_nobody_is_left_out(self, world: World) -> None:
        people = staff(world)
        coded(world, 1, 2, 3)
        first = a_list(world, people[0], Target(shori_tsuban=(tsuban_of(world, 1),)))
        permitted(world, people, first)
        executed(world, people[0], first)
        extracted()
        with world.admin() as admin:
            admin.execute("DELETE FROM fugo_edaban_himozuke WHERE hihokensha_edaban = 3")
        second = a_list(world, people[0], Target(issued_to=NOW.date()))
        permitted(world, people, second)
        executed(world, people[0], second)

        assert extracted() == 1

        row = row_of(world, second)
        assert (row["taisho_count"], row["requested_count"], row["left_out_count"]) == (3, 1, 2)
        found = asked(
            world,
            "SELECT shori_kekka_shosai_code, count(*) FROM fugo_saihakko_taisho WHERE saihakko_list_id = %s"
            " GROUP BY 1 ORDER BY 1",
            second,
        )
        assert found == [("", 1), ("himozuke_nashi", 1), ("yokyu_chu", 1)]

    def test_a_process_that_dies_leaves_whole_blocks_and_the_next_goes_on(self, world: World) -> None:
        people = staff(world)
        coded(world, *range(1, 8))
        list_id = a_list(world, people[0])
        permitted(world, people, list_id)
        executed(world, people[0], list_id)

        assert extract_block(by=WORKER, list_id=list_id, block=3, now=LATER)
        assert not finish_extract(by=WORKER, list_id=list_id, complete_permission=complete, now=LATER)
        assert row_of(world, list_id)["requested_count"] == 3
        assert extracted(block=3) == 1

        assert row_of(world, list_id)["requested_count"] == 7
        assert asked(
            world, "SELECT count(*), count(DISTINCT himozuke_bango) FROM fugo_shutoku_yokyu WHERE fugo_saihakko_flag"
        ) == [(7, 7)]

    def test_a_list_that_fails_keeps_no_other_waiting(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        people = staff(world)
        coded(world, 1, 2)
        first = a_list(world, people[0], Target(shori_tsuban=(tsuban_of(world, 1),)))
        second = a_list(world, people[0], Target(shori_tsuban=(tsuban_of(world, 2),)))
        for list_id in (first, second):
            permitted(world, people, list_id)
            executed(world, people[0], list_id)
        taken = reissue_fugo.extract_block

        def failing(**given: Any) -> bool:
            if given["list_id"] == first:
                raise ZeroDivisionError
            return taken(**given)

        monkeypatch.setattr(reissue_fugo, "extract_block", failing)
        with pytest.raises(ZeroDivisionError):
            extracted()

        assert row_of(world, first)["state"] == "shonin_zumi"
        assert row_of(world, second)["state"] == "shiji"

    def test_what_another_process_holds_is_left_to_it(self, world: World) -> None:
        people = staff(world)
        coded(world, 1)
        list_id = a_list(world, people[0])
        permitted(world, people, list_id)
        executed(world, people[0], list_id)
        with world.admin() as admin:
            admin.autocommit = False
            admin.execute("SELECT 1 FROM fugo_saihakko_list WHERE id = %s FOR UPDATE", [list_id])
            assert extracted() == 0
            admin.rollback()
        assert extracted() == 1

    @pytest.mark.kj("KJ-DUAL-06", "KJ-RET-16")
    def test_the_database_extracts_nobody_before_the_permission_is_used(self, world: World) -> None:
        people = staff(world)
        coded(world, 1)
        list_id = a_list(world, people[0])
        person = asked(world, "SELECT himozuke_bango FROM fugo_kikanbetsu_fugo")[0][0]
        take = "SELECT fugo_saihakko_take(%s, %s, %s, %s::text[], %s::bigint[], %s::text[], 'w', now())"
        given = [list_id, [uuid4()], [person], [KENPO], [1], [""]]

        with world.admin() as admin:
            assert admin.execute(
                "SELECT count(*) FROM fugo_saihakko_part(%s, %s, 10)", [list_id, UUID(int=0)]
            ).fetchall() == [(0,)]
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="no permission was used"):
                admin.execute(take, given)
        permitted(world, people, list_id)
        executed(world, people[0], list_id)
        with world.admin() as admin:
            assert admin.execute(take, given).fetchall() == [(1,)]

    @pytest.mark.kj("KJ-FUGO-01", "KJ-FUGO-05")
    def test_a_first_request_in_the_middle_of_it_goes_its_own_way(self, world: World) -> None:
        people = staff(world)
        coded(world, 1, 2)
        list_id = a_list(world, people[0])
        permitted(world, people, list_id)
        executed(world, people[0], list_id)

        assert extract_block(by=WORKER, list_id=list_id, block=1, now=LATER)
        joined(3, now=LATER)  # a new member, and a further insurer of both of those before and after the cursor
        joined(1, by=clerk(OTHER_KENPO), now=LATER)
        joined(2, by=clerk(OTHER_KENPO), now=LATER)
        linked(world, now=LATER)
        extract_saihakko(by=WORKER, complete_permission=complete, now=lambda: LATER, block=1)

        kinds = asked(
            world,
            "SELECT hihokensha_edaban, fugo_saihakko_flag FROM fugo_shutoku_yokyu WHERE fugo_uketsuke_nichiji IS NULL"
            " ORDER BY 1",
        )
        assert kinds == [(1, True), (2, True), (3, False)]
        all_sent(world, now=LATER)
        assert answered(world, issue=2, now=LATER) == 3
        live = asked(
            world,
            "SELECT hakko_no, fugo_saihakko_flag, count(*) FROM fugo_kikanbetsu_fugo WHERE superseded_at IS NULL"
            " GROUP BY 1, 2 ORDER BY 1",
        )
        assert live == [(1, False, 1), (2, True, 2)]
        assert asked(world, "SELECT count(*) FROM fugo_edaban_himozuke") == [(5,)]

    @pytest.mark.kj("KJ-FUGO-01", "KJ-RET-16")
    def test_the_compromised_code_does_not_come_back_as_the_new_one(self, world: World) -> None:
        people = staff(world)
        coded(world, 1)
        list_id = a_list(world, people[0])
        permitted(world, people, list_id)
        executed(world, people[0], list_id)
        extracted()
        all_sent(world, now=LATER)
        first = asked(world, "SELECT shori_tsuban FROM fugo_kikanbetsu_fugo")[0][0]

        assert brought(world, (tsuban_of(world), code_of(first.int % 10**10)), now=LATER) == ["former_code"]
        assert asked(world, "SELECT count(*) FROM fugo_kikanbetsu_fugo") == [(1,)]
        assert brought(world, (tsuban_of(world), code_of(1, issue=2)), now=LATER) == ["stored"]
