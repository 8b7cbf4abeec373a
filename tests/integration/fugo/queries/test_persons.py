"""What is known of a person is told to the worker in the zone of the insurer that registers."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from chukan.kernel.principal import system_principal
from fugo.domain.shutoku_yokyu import Person
from fugo.queries.persons import find_persons
from tests.support.fugo import all_sent, brought, code_of, requests_made, tsuban_of
from tests.support.members import asked, joined
from tests.support.principals import KENPO, OTHER_KENPO
from tests.support.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]


def person(world: World) -> UUID:
    return UUID(str(asked(world, "SELECT himozuke_bango FROM fugo_shutoku_yokyu")[0][0]))


def known(code: str, edaban: int, himozuke: UUID) -> Person:
    by = system_principal(actor_id="worker", hokensha_code=code)
    return find_persons(by=by, members=[(edaban, himozuke)])[edaban]


def test_from_nothing_over_a_request_to_a_code(world: World) -> None:
    assert known(KENPO, 1, uuid4()) == Person(linked=False, has_fugo=False, has_open_request=False)
    joined(1)
    requests_made()
    assert known(KENPO, 1, person(world)) == Person(linked=True, has_fugo=False, has_open_request=True)
    all_sent(world)
    brought(world, (tsuban_of(world), code_of(1)))

    assert known(KENPO, 1, person(world)) == Person(linked=True, has_fugo=True, has_open_request=False)
    assert known(OTHER_KENPO, 1, person(world)) == Person(linked=False, has_fugo=True, has_open_request=False)
    assert known(KENPO, 1, uuid4()) == Person(linked=False, has_fugo=False, has_open_request=False)


def test_nobody_is_asked_about_in_vain() -> None:
    assert find_persons(by=system_principal(actor_id="worker", hokensha_code=KENPO), members=[]) == {}
