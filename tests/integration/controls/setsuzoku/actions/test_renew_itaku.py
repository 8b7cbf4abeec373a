"""An entrustment that was confirmed anew takes the place of the old one, and the alarm is over."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from chukan.controls.setsuzoku.actions.renew_itaku import renew_itaku
from chukan.controls.setsuzoku.domain import Itaku
from chukan.controls.setsuzoku.queries import ItakuState, find_client, has_itaku, list_itaku
from chukan.kernel import clock
from chukan.kernel.errors import NotFound, RuleBroken
from tests.support.machines import COMMAND, new_machine
from tests.support.pmh import a_pmh
from tests.support.staff import an_operator, browser
from tests.support.world import World, as_role, manage

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])
NOW = datetime(2026, 11, 21, 3, 0, 0, tzinfo=UTC)
TODAY = date(2026, 11, 21)
OVER = date(2026, 11, 1)
NEXT = date(2027, 11, 1)
ANEW = Itaku("01", "見本次郎", TODAY, NEXT)


def renewed(world: World, client_id: str, *itaku: Itaku) -> None:
    with as_role(world, "kanri"):
        renew_itaku(by=COMMAND, client_id=client_id, itaku=itaku, now=NOW)


class TestRenews:
    @pytest.mark.kj("KJ-PMH-08")
    def test_in_its_place_and_the_rest_stays(self, world: World) -> None:
        client_id = a_pmh(world, jimu=("01", "02"), minaoshi=OVER).client_id
        assert not has_itaku(client_id, "01", on=TODAY)

        renewed(world, client_id, ANEW)

        assert has_itaku(client_id, "01", on=TODAY)
        assert not has_itaku(client_id, "02", on=TODAY)
        assert list_itaku(on=TODAY) == (
            ItakuState(client_id, "02", date(2026, 1, 1), OVER),
            ItakuState(client_id, "01", TODAY, NEXT),
        )
        facts = find_client(client_id, on=TODAY)
        assert facts is not None
        assert [key.kid for key in facts.keys] == ["k1"]

    def test_a_jimu_that_was_not_confirmed_before_is_added(self, world: World) -> None:
        client_id = a_pmh(world, jimu=("01",)).client_id

        renewed(world, client_id, replace(ANEW, jimu_kubun="03"))

        assert has_itaku(client_id, "03", on=TODAY)

    @pytest.mark.kj("KJ-LOG-01")
    def test_and_records_it(self, world: World) -> None:
        client_id = a_pmh(world).client_id

        renewed(world, client_id, ANEW)

        with world.admin() as admin:
            rows = admin.execute("SELECT kind, target_file, targets, body FROM sosa_log_event ORDER BY id").fetchall()
        assert rows[-1][:3] == ("client_changed", "委託の確認", [client_id])
        assert json.loads(bytes(rows[-1][3]))["detail"] == {"kind": "pmh", "minaoshi_ymd_01": "2027-11-01"}


class TestRefuses:
    @pytest.mark.parametrize(
        ("itaku", "pointer"),
        [
            ((), "itaku"),
            ((ANEW, ANEW), "itaku"),
            ((replace(ANEW, jimu_kubun="09"),), "itaku"),
            ((replace(ANEW, minaoshi_ymd=TODAY),), "minaoshi_ymd"),
            ((replace(ANEW, kakunin_ymd=TODAY + timedelta(days=1)),), "kakunin_ymd"),
        ],
    )
    def test_what_is_no_confirmation(self, world: World, itaku: tuple[Itaku, ...], pointer: str) -> None:
        client_id = a_pmh(world, jimu=("01",), minaoshi=OVER).client_id

        with pytest.raises(RuleBroken) as refused:
            renewed(world, client_id, *itaku)

        assert [item.pointer for item in refused.value.errors] == [pointer]
        assert not has_itaku(client_id, "01", on=TODAY)

    def test_another_kind_of_system_none_and_one_that_is_used_no_more(self, world: World) -> None:
        ended = a_pmh(world).client_id
        with world.admin() as admin:
            admin.execute("UPDATE setsuzoku_client SET valid_to = %s WHERE client_id = %s", [TODAY, ended])
        for client_id in (new_machine(world).client_id, "pmh-000000000000", ended):
            with pytest.raises(NotFound) as refused:
                renewed(world, client_id, ANEW)
            assert refused.value.code == "client_nashi"


class TestCommand:
    def test_it_ends_the_alarm_of_op_302(self, world: World) -> None:
        today = clock.today_jst()
        client_id = a_pmh(world, jimu=("01", "02"), minaoshi=today - timedelta(days=3)).client_id
        operator = browser(an_operator(), hokensha="")
        assert "委託の確認2件が期限切れです。" in operator.get("/unyo/pmh/reigai/").content.decode()

        printed = manage(
            *("renew_itaku", "--client-id", client_id, "--itaku", "01,02", "--kakuninsha", "見本次郎"),
            *("--kakunin-ymd", today.isoformat(), "--minaoshi-ymd", (today + timedelta(days=365)).isoformat()),
        )

        assert json.loads(printed) == {"renewed": 2}
        text = operator.get("/unyo/pmh/reigai/").content.decode()
        assert "期限切れです" not in text
        assert text.count(f">{client_id}</td>") == 2

    def test_a_refusal_says_what_to_do(self, world: World) -> None:
        with pytest.raises(RuntimeError, match="接続システムIDを確かめてください"):
            manage(
                *("renew_itaku", "--client-id", "pmh-nai", "--itaku", "01", "--kakuninsha", "見本次郎"),
                *("--kakunin-ymd", "2026-11-01", "--minaoshi-ymd", "2036-11-01"),
            )
