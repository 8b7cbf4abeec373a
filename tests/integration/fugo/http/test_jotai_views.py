"""Insurers see how far the codes of their own members are, page by page, and never a code."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chukan.kernel import clock
from tests.support.fugo import all_sent, an_nws, brought, code_of, requests_made, tsuban_of
from tests.support.machines import Machine, new_machine
from tests.support.members import asked, joined
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True)
JOTAI = "/api/v1/fugo/jotai"
KEYS = {
    "hihokensha_edaban",
    "fugo_shutoku_status",
    "fugo_saihakko_flag",
    "fugo_status_koshin_nichiji",
    "fugo_yokyu_uketsuke_nichiji",
    "fugo_tenso_nichiji",
    "fugo_soshin_nichiji",
    "fugo_uketsuke_nichiji",
    "fugo_settei_nichiji",
}


def get(machine: Machine, query: str = "") -> Any:
    path = f"{JOTAI}{query}"
    return machine.send("GET", path, b"", machine.headers("GET", path, b""))


def registered(world: World, *serials: int, by: Any = None) -> None:
    for serial in serials:
        joined(serial, by=by or clerk(), now=clock.now())
    with as_role(world, "worker"):
        requests_made()


@pytest.mark.kj("KJ-MENU-08", "KJ-NWS-28")
def test_own_members_their_states_and_no_code(world: World) -> None:
    machine, other = new_machine(world, hokensha=(KENPO,)), new_machine(world, hokensha=(OTHER_KENPO,))
    registered(world, 1, 2)
    registered(world, 3, by=clerk(OTHER_KENPO))
    with as_role(world, "worker"):
        all_sent(world, now=clock.now())
    brought(world, (tsuban_of(world), code_of(1)), now=clock.now())

    answer = get(machine)

    assert answer.status_code == 200
    told = json.loads(answer.content)
    assert told["next"] is None
    assert all(set(one) == KEYS for one in told["items"])
    by_edaban = {one["hihokensha_edaban"]: one for one in told["items"]}
    assert {edaban: one["fugo_shutoku_status"] for edaban, one in by_edaban.items()} == {
        "0000000001": "5",
        "0000000002": "3",
    }
    assert by_edaban["0000000001"]["fugo_settei_nichiji"].endswith("+09:00")
    assert by_edaban["0000000002"]["fugo_settei_nichiji"] is None
    assert code_of(1).encode() not in answer.content
    assert answer.headers["Cache-Control"] == "no-store"
    assert len(json.loads(get(other).content)["items"]) == 1
    assert asked(world, "SELECT count(*) FROM sosa_log_event WHERE kind = 'fugo_jotai'") == [(2,)]


@pytest.mark.kj("KJ-ZONE-01", "KJ-MENU-08")
def test_what_was_before_the_own_registration_is_not_told(world: World) -> None:
    registered(world, 1)
    with as_role(world, "worker"):
        all_sent(world, now=clock.now())
    registered(world, 1, by=clerk(OTHER_KENPO))

    (told,) = json.loads(get(new_machine(world, hokensha=(OTHER_KENPO,))).content)["items"]

    assert told["fugo_shutoku_status"] == "3"
    assert {told[key] for key in KEYS if key.endswith("nichiji")} == {None}


def test_pages_are_complete_and_disjoint(world: World) -> None:
    machine = new_machine(world, hokensha=(KENPO,))
    registered(world, 1, 2, 3)
    seen, query = [], "?limit=2"
    for _ in range(2):
        page = json.loads(get(machine, query).content)
        seen += [one["hihokensha_edaban"] for one in page["items"]]
        query = f"?limit=2&cursor={page['next']}"

    assert page["next"] is None
    assert sorted(seen) == ["0000000001", "0000000002", "0000000003"]
    assert "000000000" not in query


@pytest.mark.parametrize("query", ["?limit=0", "?limit=501", "?limit=x", "?cursor=1", "?edaban=1"])
def test_a_wrong_question_is_400(world: World, query: str) -> None:
    assert get(new_machine(world, hokensha=(KENPO,)), query).status_code == 400


@pytest.mark.kj("KJ-MENU-08")
def test_no_other_system_may_ask(world: World) -> None:
    assert get(an_nws(world)).status_code == 403
