"""When the database is busy a registration is told to wait, nothing is half done, and nothing typed is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse

from shikaku.actions.register_one import register_one
from tests.builders.lines import message
from tests.integration.shikaku.http.test_terminal_views import _values, clerk_window, member_url, new_form
from tests.support.machines import Machine, new_machine
from tests.support.members import LATER, asked, joined, loss
from tests.support.principals import clerk
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def somebody_in_the_way(world: World) -> Iterator[None]:
    """Keep the numbering of every insurer locked; whoever needs it gives up soon."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '50ms'")
    with world.admin() as admin, admin.transaction():
        admin.execute("LOCK TABLE shikaku_edaban_saiban IN ACCESS EXCLUSIVE MODE")
        yield


def send(machine: Machine, body: dict[str, Any]) -> HttpResponse:
    raw, path = json.dumps(body).encode(), "/api/v1/itaku/kanyusha"
    given = {"Content-Type": "application/json", "Idempotency-Key": "a"}
    return machine.send("POST", path, raw, machine.headers("POST", path, raw, given=given))


def test_a_machine_is_told_to_come_back(world: World) -> None:
    machine = new_machine(world)
    with somebody_in_the_way(world):
        busy = send(machine, message(1))

    assert busy.status_code == 503
    assert json.loads(busy.content)["code"] == "kozatsu"
    assert int(busy["Retry-After"]) > 0
    assert send(machine, message(1)).status_code == 201


def test_what_a_clerk_typed_is_still_there(world: World) -> None:
    client = clerk_window()
    check = client.post("/shikaku/toroku/", new_form())["Location"]
    with somebody_in_the_way(world):
        busy = client.post(check)

    assert busy.status_code == 503
    assert int(busy["Retry-After"]) > 0
    assert "画面　試太" in client.get(check).content.decode()
    assert client.post(check).status_code == 303
    assert asked(world, "SELECT hihokensha_edaban FROM shikaku_itaku_kukaku_kanyusha") == [(1,)]
    assert asked(world, "SELECT count(*) FROM uketsuke_uketsuke") == [(1,)]


def test_a_refusal_on_the_check_page_keeps_one_slip(world: World) -> None:
    joined(1)
    client = clerk_window()
    form = f"{member_url()}soshitsu/"
    held = _values(client.get(form).content.decode())
    check = client.post(form, {**held, "shikaku.shikaku_soshitsu_ymd": "R8.10.1"})["Location"]
    register_one(by=clerk(), line=loss(1), now=LATER)

    back = client.post(check)
    again = client.post(check)

    assert back.status_code == 303
    assert "変更しました" in client.get(back["Location"]).content.decode()
    assert again["Location"] == back["Location"], "a second press leads to the same form"
    assert asked(world, "SELECT count(*) FROM shikaku_terminal_slip WHERE ct_content IS NOT NULL") == [(1,)]
