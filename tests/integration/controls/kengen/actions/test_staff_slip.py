"""What was typed of staff is its writer's alone and sealed; what came of it stays a quarter of an hour, and goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection

from chukan.controls.kengen.actions.staff_slip import (
    ANSWER_KEPT,
    KEPT,
    erase_expired_staff_slips,
    hold_staff_slip,
    keep_staff_slip,
    spend_staff_slip,
)
from chukan.controls.kengen.queries import StaffAnswer, find_staff_answer, open_staff_slip
from chukan.controls.kengen.tasks import erase_staff_slips
from chukan.controls.shokuin.domain import staff_zone
from chukan.kernel import clock
from chukan.kernel.errors import NotFound
from chukan.kernel.principal import Principal, system_principal
from chukan.kernel.transactions import own_transaction
from tests.support.members import NOW, asked
from tests.support.principals import OTHER_KENPO, clerk
from tests.support.shonin import kikin
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True)
CONTENT = {"row": None, "typed": {"shimei": "試験太郎"}}
ANSWER = StaffAnswer(uuid4(), "S0100", "試験太郎", is_new=True, password="kari-no-aikotoba")
OTHERS = [replace(clerk(), actor_id="another"), replace(clerk(OTHER_KENPO), actor_id=clerk().actor_id)]
OTHER_IDS = ["colleague", "same_name_elsewhere"]


@own_transaction
def _spend(*, by: Principal, zone: str, slip: UUID) -> StaffAnswer:
    """Spend a slip as a registration does."""
    return spend_staff_slip(by=by, slip=hold_staff_slip(by=by, slip_id=slip, now=NOW), answer=ANSWER, now=NOW)


def spend(*, by: Principal, slip: UUID) -> StaffAnswer:
    return _spend(by=by, zone=staff_zone(by), slip=slip)


@pytest.mark.parametrize("by", [clerk(), kikin("K0001")], ids=["insurer", "operator"])
def test_is_given_back_to_its_writer_and_is_sealed(world: World, by: Principal) -> None:
    slip = keep_staff_slip(by=by, content=CONTENT, now=NOW)

    assert open_staff_slip(by=by, slip_id=slip, now=NOW) == CONTENT
    assert find_staff_answer(by=by, slip_id=slip, now=NOW) is None
    typed = asked(world, "SELECT ct_content FROM kengen_staff_slip")[0][0]
    assert "試験太郎".encode() not in bytes(typed)

    spend(by=by, slip=slip)

    assert find_staff_answer(by=by, slip_id=slip, now=NOW) == ANSWER
    held = asked(world, "SELECT ct_content, ct_answer FROM kengen_staff_slip")[0]
    assert held[0] is None
    assert b"aikotoba" not in bytes(held[1])
    assert "aikotoba" not in repr(ANSWER)


@pytest.mark.parametrize("by", OTHERS, ids=OTHER_IDS)
def test_nobody_else_opens_or_spends_it(world: World, by: Principal) -> None:
    slip = keep_staff_slip(by=clerk(), content=CONTENT, now=NOW)
    for look in (open_staff_slip, hold):
        with pytest.raises(NotFound):
            look(by=by, slip_id=slip, now=NOW)

    spend(by=clerk(), slip=slip)

    assert find_staff_answer(by=by, slip_id=slip, now=NOW) is None


@own_transaction
def hold(*, by: Principal, slip_id: UUID, now: object) -> None:
    """Hold a slip in a transaction of its own."""
    hold_staff_slip(by=by, slip_id=slip_id, now=NOW)


def test_what_was_typed_lives_a_day_and_an_answer_a_quarter_of_an_hour(world: World) -> None:
    slip = keep_staff_slip(by=clerk(), content=CONTENT, now=NOW)
    assert open_staff_slip(by=clerk(), slip_id=slip, now=NOW + KEPT - timedelta(seconds=1)) == CONTENT
    with pytest.raises(NotFound):
        open_staff_slip(by=clerk(), slip_id=slip, now=NOW + KEPT)

    spend(by=clerk(), slip=slip)

    young = NOW + ANSWER_KEPT - timedelta(seconds=1)
    assert find_staff_answer(by=clerk(), slip_id=slip, now=young) == ANSWER
    assert find_staff_answer(by=clerk(), slip_id=slip, now=NOW + ANSWER_KEPT) is None
    with pytest.raises(NotFound):
        open_staff_slip(by=clerk(), slip_id=slip, now=young)


def test_those_of_every_zone_go_when_their_time_is_over(world: World) -> None:
    spend(by=clerk(), slip=keep_staff_slip(by=clerk(), content=CONTENT, now=NOW))
    spend(by=clerk(OTHER_KENPO), slip=keep_staff_slip(by=clerk(OTHER_KENPO), content=CONTENT, now=NOW))
    young = keep_staff_slip(by=clerk(), content=CONTENT, now=NOW)

    with as_role(world, "worker"):
        erase_expired_staff_slips(by=system_principal(actor_id="beat"), now=NOW + ANSWER_KEPT)

    assert asked(world, "SELECT id FROM kengen_staff_slip") == [(young,)]


def test_beat_erases_them(world: World) -> None:
    keep_staff_slip(by=clerk(), content=CONTENT, now=clock.now() - KEPT)

    with as_role(world, "worker"):
        erase_staff_slips()

    assert asked(world, "SELECT count(*) FROM kengen_staff_slip") == [(0,)]


def test_the_database_refuses_an_answer_beside_what_was_typed(world: World) -> None:
    spend(by=clerk(), slip=keep_staff_slip(by=clerk(), content=CONTENT, now=NOW))

    @own_transaction
    def unspend(*, by: Principal) -> None:  # its zone
        with connection.cursor() as cursor:
            cursor.execute("UPDATE kengen_staff_slip SET ct_content = ct_answer")

    with pytest.raises(IntegrityError, match="kengen_slip_typed_or_answered"):
        unspend(by=clerk())
