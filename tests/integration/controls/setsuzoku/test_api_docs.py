import json
from typing import LiteralString

import pytest
import yaml
from django.test import Client

from tests.support.machines import new_machine
from tests.support.staff import a_staff, browser
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True)
SCHEMA, DOCS = "/api/schema/", "/api/docs/"


@pytest.mark.kj("KJ-AUTH-26")
@pytest.mark.parametrize("path", [SCHEMA, DOCS])
def test_strangers_do_not_read_the_contract(world: World, path: str) -> None:
    assert Client().get(path).status_code == 401


def test_staff_read_it(world: World) -> None:
    with as_role(world, "kanri"):
        a_staff()
    person = browser()

    assert yaml.safe_load(person.get(SCHEMA).content)["openapi"] == "3.1.0"
    assert json.loads(person.get(f"{SCHEMA}?format=json").content)["openapi"] == "3.1.0"
    page = person.get(DOCS).content.decode()
    assert "/api/v1/itaku/kanyusha" in page
    assert "hihokenshasho_kigo" in page
    assert "<script>" not in page


def test_locked_staff_do_not(world: World) -> None:
    with as_role(world, "kanri"):
        a_staff()
    person = browser()
    person.post("/lock/")

    assert person.get(SCHEMA).status_code == 401


@pytest.mark.kj("KJ-AUTH-10")
@pytest.mark.parametrize("path", [SCHEMA, DOCS])
@pytest.mark.parametrize(
    "due",
    ["UPDATE shokuin_account SET must_change = true", "UPDATE shokuin_account SET password_changed_at = '2026-01-01'"],
)
def test_staff_whose_password_is_due_do_not(world: World, path: str, due: LiteralString) -> None:
    with as_role(world, "kanri"):
        a_staff()
    person = browser()
    with world.admin() as admin:
        admin.execute(due)

    assert person.get(path).status_code == 401


@pytest.mark.parametrize("path", [SCHEMA, DOCS])
def test_it_is_only_read(world: World, path: str) -> None:
    machine = new_machine(world)

    for method in ("OPTIONS", "DELETE"):
        answer = machine.send(method, path, b"", machine.headers(method, path, b""))
        assert answer.status_code == 405
        assert b"renders" not in answer.content


@pytest.mark.parametrize("kind", ["hokensha", "onshi"])
def test_systems_read_it(world: World, kind: str) -> None:
    machine = new_machine(world, kind=kind, hokensha=("06132013",) if kind == "hokensha" else ())

    assert machine.get(SCHEMA).status_code == 200
    assert machine.get(DOCS).status_code == 200
