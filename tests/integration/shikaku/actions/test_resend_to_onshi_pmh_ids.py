"""A PMH-ID that オンライン資格確認 refused is told anew, once for each refusal."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from django.db import connections

from chukan.kernel.principal import Principal
from shikaku.actions import resend_to_onshi
from shikaku.actions.record_onshi_kekka import record_onshi_kekka
from shikaku.actions.register_one import register_one
from shikaku.actions.resend_to_onshi import resend_refused_pmh_ids
from shikaku.actions.send_to_onshi import send_to_onshi
from shikaku.queries.haishin import count_pmh_haishin
from tests.fakes.onshi_line import OnshiLine
from tests.support.locks import waits
from tests.support.members import LATER, NOW, asked, bango, joined, known
from tests.support.pmh import a_pmh, issued, pmh_principal
from tests.support.principals import clerk
from tests.support.world import World, as_role, manage

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])
COMMAND = Principal(channel="command", soshiki="command", actor_id="resend_onshi", actor_name="管理コマンド")
ONSHI = Principal(channel="onshi", soshiki="onshi", actor_id="client-onshi", actor_name="client-onshi")


def told(world: World) -> list[tuple[Any, ...]]:
    return asked(world, "SELECT soshin_bango, jun FROM shikaku_onshi_soshin WHERE kind = 'pmh_id' ORDER BY jun")


def resent(world: World) -> int:
    with as_role(world, "worker"):
        return resend_refused_pmh_ids(by=COMMAND, now=LATER)


def refused(world: World) -> None:
    number = told(world)[-1][0]
    assert record_onshi_kekka(by=ONSHI, soshin_bango=number, kubun="9", meisai_code="X", now=LATER) == "recorded"


@pytest.mark.kj("KJ-EXT-04", "KJ-PMH-06")
def test_a_refused_pair_is_told_again_in_order_and_once(world: World) -> None:
    joined(1)
    pmh_id = issued(pmh_principal(a_pmh(world)), bango(1))[0]
    assert resent(world) == 0
    refused(world)
    assert count_pmh_haishin(by=COMMAND, since=NOW).resend == 1

    assert resent(world) == 1
    assert resent(world) == 0

    assert [jun for _, jun in told(world)] == [2, 3]
    assert count_pmh_haishin(by=COMMAND, since=NOW).resend == 0
    line = OnshiLine()
    with as_role(world, "relay"):
        while send_to_onshi(by=COMMAND, gateway=line, now=lambda: LATER):
            pass
    assert [(one["jun"], one["naiyo"].get("pmh_id")) for one in line.arrived] == [(1, None), (2, pmh_id), (3, pmh_id)]
    bodies = asked(world, "SELECT body FROM sosa_log_event WHERE kind = 'onshi_resent'")
    assert [json.loads(bytes(body))["detail"] for (body,) in bodies] == [{"count": 1, "denbun_shubetsu": "pmh_id"}]


def test_the_command_tells_how_many(world: World) -> None:
    for serial in (1, 2):
        joined(serial)
    issued(pmh_principal(a_pmh(world)), bango(1), bango(2))
    with world.admin() as admin:
        admin.execute("UPDATE shikaku_onshi_soshin SET shori_kekka_kubun = '9' WHERE kind = 'pmh_id'")

    assert json.loads(manage("resend_onshi", "--pmh-id", role="worker").splitlines()[-1]) == {"resent": 2}
    assert json.loads(manage("resend_onshi", "--all", role="worker").splitlines()[-1]) == {"resent": 0}


def test_the_command_says_which_way_the_number_of_such_a_telegram_goes(world: World) -> None:
    joined(1)
    issued(pmh_principal(a_pmh(world)), bango(1))
    refused(world)

    with pytest.raises(RuntimeError, match="--pmh-id"):
        manage("resend_onshi", "--soshin-bango", str(told(world)[0][0]), role="worker")


def test_nobody_is_told_about_a_person_who_is_no_member_any_more(world: World) -> None:
    joined(1)
    issued(pmh_principal(a_pmh(world)), bango(1))
    refused(world)
    register_one(by=clerk(), line=known("05", 1), now=LATER)

    assert count_pmh_haishin(by=COMMAND, since=NOW).resend == 0
    assert resent(world) == 0
    assert len(told(world)) == 1


def test_others_who_are_first_with_some_do_not_end_the_rest(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for serial in (1, 2):
        joined(serial)
    issued(pmh_principal(a_pmh(world)), bango(1), bango(2))
    with world.admin() as admin:
        admin.execute("UPDATE shikaku_onshi_soshin SET shori_kekka_kubun = '9' WHERE kind = 'pmh_id'")
    monkeypatch.setattr(resend_to_onshi, "_BATCH", 1)
    counts: list[int] = []

    def operator() -> None:
        try:
            counts.append(resent(world))
        finally:
            connections.close_all()

    with world.admin() as admin:
        admin.autocommit = False
        admin.execute("SELECT 1 FROM shikaku_himozuke ORDER BY himozuke_bango LIMIT 1 FOR UPDATE")
        waiting = threading.Thread(target=operator)
        waiting.start()
        waits(world)
        admin.execute("SELECT shikaku_resend_pmh_id(1, %s)", [LATER])
        admin.commit()
        waiting.join()

    assert counts == [1]
    assert len(told(world)) == 4
