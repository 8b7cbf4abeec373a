"""The door of 情報提供NWS, literally as the contract has it; and that nobody else comes through it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from tests.support.fugo import all_sent, an_nws, code_of, requests_made, states, tsuban_of
from tests.support.machines import Machine, new_machine
from tests.support.members import asked, bango, joined
from tests.support.pmh import a_pmh
from tests.support.principals import KENPO
from tests.support.world import World, as_role

if TYPE_CHECKING:
    from django.http import HttpResponse

pytestmark = pytest.mark.django_db(transaction=True)
ONE, MANY = "/api/v1/nws/fugo", "/api/v1/nws/fugo/ikkatsu"


@pytest.fixture
def nws(world: World) -> Machine:
    return an_nws(world)


def asked_for(world: World, *serials: int) -> list[UUID]:
    for serial in serials:
        joined(serial)
    with as_role(world, "worker"):
        requests_made()
        all_sent(world)
    return [tsuban_of(world, place) for place in range(1, len(serials) + 1)]


def item(tsuban: UUID, code: str) -> dict[str, str]:
    return {"shori_tsuban": str(tsuban), "kikanbetsu_fugo": code}


def body(answer: HttpResponse) -> dict[str, Any]:
    return dict(json.loads(answer.content))


@pytest.mark.kj("KJ-IN-12", "KJ-IN-13")
def test_one_code_the_same_again_and_another(world: World, nws: Machine) -> None:
    (one,) = asked_for(world, 1)

    first, again = nws.post(ONE, item(one, code_of(1))), nws.post(ONE, item(one, code_of(1)))
    other, nobody = nws.post(ONE, item(one, code_of(2))), nws.post(ONE, item(uuid4(), code_of(3)))

    assert [answer.status_code for answer in (first, again, other, nobody)] == [204, 204, 409, 409]
    assert (first.content, again.content) == (b"", b"")
    assert (body(other)["code"], body(nobody)["code"]) == ("jufuku", "yokyu_nashi")
    assert asked(world, "SELECT count(*) FROM fugo_kikanbetsu_fugo") == [(1,)]
    assert all(code_of(serial).encode() not in other.content + nobody.content for serial in range(4))
    assert states(world) == ["5"]


@pytest.mark.kj("KJ-IN-13")
def test_many_are_answered_in_order_as_if_each_came_alone(world: World, nws: Machine) -> None:
    one, two = asked_for(world, 1, 2)
    nobody = uuid4()
    sent = [item(two, code_of(2)), item(nobody, code_of(3)), item(two, code_of(2)), item(one, code_of(1))]

    answer = nws.post(MANY, {"items": sent})

    assert answer.status_code == 200
    assert body(answer) == {
        "kekka": [
            {"shori_tsuban": str(two), "code": "ok"},
            {"shori_tsuban": str(nobody), "code": "yokyu_nashi"},
            {"shori_tsuban": str(two), "code": "jufuku"},
            {"shori_tsuban": str(one), "code": "ok"},
        ]
    }
    again = nws.post(MANY, {"items": sent})
    assert [row["code"] for row in body(again)["kekka"]] == ["jufuku", "yokyu_nashi", "jufuku", "jufuku"]


@pytest.mark.kj("KJ-IN-13", "KJ-FUGO-08")
@pytest.mark.parametrize(
    "spoil",
    [
        {"shimei": "見本　花子"},
        {"kojin_bango": bango(1)},
        {"kikanbetsu_fugo": bango(1)},
        {"kikanbetsu_fugo": ""},
        {"kikanbetsu_fugo": "あ"},
        {"kikanbetsu_fugo": "x" * 65},
        {"shori_tsuban": "not-a-number-of-ours"},
        {"shori_tsuban": None},
    ],
)
@pytest.mark.parametrize("path", [ONE, MANY])
def test_a_further_item_or_something_else_than_a_code_is_refused_whole(
    world: World, nws: Machine, spoil: dict[str, Any], path: str
) -> None:
    one, two = asked_for(world, 1, 2)
    spoiled = item(two, code_of(2)) | spoil

    answer = nws.post(path, spoiled if path == ONE else {"items": [item(one, code_of(1)), spoiled]})

    assert answer.status_code == 400
    assert asked(world, "SELECT count(*) FROM fugo_kikanbetsu_fugo") == [(0,)]
    assert all(str(value).encode() not in answer.content for value in spoil.values() if value)


@pytest.mark.parametrize("items", [None, [], "x", [1], [None], [{}]])
def test_what_is_no_list_of_codes_is_refused(nws: Machine, items: Any) -> None:
    assert nws.post(MANY, {"items": items}).status_code == 400


def test_more_than_five_thousand_are_refused(nws: Machine) -> None:
    items = [{"shori_tsuban": "x", "kikanbetsu_fugo": "y"}] * 5_001

    assert nws.post(MANY, {"items": items}).status_code == 400


@pytest.mark.kj("KJ-IN-12")
@pytest.mark.parametrize("path", [ONE, MANY])
def test_no_other_system_brings_codes(world: World, path: str) -> None:
    (one,) = asked_for(world, 1)
    message = item(one, code_of(1)) if path == ONE else {"items": [item(one, code_of(1))]}
    for machine in (new_machine(world, hokensha=(KENPO,)), a_pmh(world)):
        answer = machine.post(path, message)
        assert (answer.status_code, body(answer)["code"]) == (403, "setsuzoku_taishogai")

    assert asked(world, "SELECT count(*) FROM fugo_kikanbetsu_fugo") == [(0,)]


@pytest.mark.kj("KJ-IN-12")
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_there_is_no_other_way(nws: Machine, method: str) -> None:
    headers = nws.headers(method, ONE, b"")

    assert nws.send(method, ONE, b"", headers).status_code == 405
