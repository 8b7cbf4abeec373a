"""The PMH-ID stands with the person, its telegram is owed once, and what is owed later carries it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from chukan.kernel.principal import Principal, system_principal
from chukan.kernel.transactions import own_transaction
from shikaku.actions.register_one import register_one
from shikaku.actions.send_to_onshi import claim_telegrams, send_to_onshi
from shikaku.actions.set_pmh_id import set_pmh_id
from tests.fakes.onshi_line import OnshiLine
from tests.support.members import LATER, NOW, asked, joined, known, loss
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True)
NOBODYS_ZONE = system_principal(actor_id="test")
RELAY = system_principal(actor_id="relay")


@own_transaction
def given(*, by: Principal, pmh_id: dict[UUID, str], now: datetime) -> dict[UUID, str]:
    return set_pmh_id(by=by, pmh_id=pmh_id, now=now)


def person(world: World) -> UUID:
    return UUID(str(asked(world, "SELECT himozuke_bango FROM shikaku_himozuke")[0][0]))


def telegrams(world: World) -> list[tuple[Any, ...]]:
    return asked(world, "SELECT jun, kind, hokensha_code, hihokensha_edaban FROM shikaku_onshi_soshin ORDER BY jun")


def delivered(world: World, line: OnshiLine) -> list[dict[str, Any]]:
    with as_role(world, "relay"):
        while send_to_onshi(by=RELAY, gateway=line, now=lambda: LATER):
            pass
    return line.arrived


@pytest.mark.kj("KJ-PMH-05", "KJ-PMH-06")
def test_the_person_holds_it_and_one_telegram_without_an_insurer_is_owed(world: World) -> None:
    joined(1)
    who = person(world)

    first = given(by=NOBODYS_ZONE, pmh_id={who: "A"}, now=NOW)
    again = given(by=NOBODYS_ZONE, pmh_id={who: "B"}, now=LATER)

    assert first == again == {who: "A"}
    assert asked(world, "SELECT pmh_id, pmh_id_jun, jun FROM shikaku_himozuke") == [("A", 2, 2)]
    assert telegrams(world) == [(1, "shikaku", KENPO, 1), (2, "pmh_id", None, None)]


@pytest.mark.kj("KJ-EXT-05", "KJ-PMH-05")
def test_it_arrives_in_order_as_a_pair_and_everything_after_it_carries_it(world: World) -> None:
    joined(1)
    register_one(by=clerk(), line=loss(1), now=LATER)
    given(by=NOBODYS_ZONE, pmh_id={person(world): "A"}, now=LATER)
    register_one(by=clerk(), line=known("04", 1, shikaku={"shikaku_soshitsu_ymd": "2026-10-02"}), now=LATER)
    joined(1, by=clerk(OTHER_KENPO), now=LATER)

    arrived = delivered(world, OnshiLine())

    assert [(one["jun"], one["denbun_shubetsu"], one["naiyo"]["pmh_id"]) for one in arrived] == [
        (1, "shikaku", None),
        (2, "shikaku", None),
        (3, "pmh_id", "A"),
        (4, "shikaku", "A"),
        (5, "shikaku", "A"),
    ]
    pair = arrived[2]
    assert set(pair) == {"soshin_bango", "denbun_shubetsu", "himozuke_bango", "jun", "naiyo"}
    assert pair["naiyo"] == {"pmh_id": "A"}
    assert pair["himozuke_bango"] == str(person(world))


@pytest.mark.kj("KJ-PMH-05")
def test_what_was_owed_before_says_the_same_again_after_the_issue(world: World) -> None:
    joined(1)
    line = OnshiLine(lost=1)
    with as_role(world, "relay"):
        send_to_onshi(by=RELAY, gateway=line, now=lambda: NOW)
    given(by=NOBODYS_ZONE, pmh_id={person(world): "A"}, now=LATER)

    arrived = delivered(world, line)

    tries = [one for one in line.tried if one["jun"] == 1]
    assert len(tries) >= 2
    assert all(one == tries[0] for one in tries)
    assert [one["naiyo"]["pmh_id"] for one in arrived] == [None, "A"]


def test_what_is_claimed_knows_it_from_its_place_on(world: World) -> None:
    joined(1)
    given(by=NOBODYS_ZONE, pmh_id={person(world): "A"}, now=NOW)

    with as_role(world, "relay"):
        first = claim_telegrams(by=RELAY, now=NOW, limit=10, again=False)

    assert [(one.jun, one.pmh_id) for one in first] == [(1, None)]


@pytest.mark.kj("KJ-ZONE-15")
def test_no_insurer_sees_that_there_is_one(world: World) -> None:
    joined(1)
    given(by=NOBODYS_ZONE, pmh_id={person(world): "A"}, now=NOW)

    with world.admin() as admin:
        admin.autocommit = False
        admin.execute("SET LOCAL ROLE chukan_web")
        admin.execute("SELECT set_config('chukan.hokensha_code', %s, true)", [KENPO])
        seen = admin.execute("SELECT kind FROM shikaku_onshi_soshin").fetchall()
        admin.rollback()
    assert seen == [("shikaku",)]
