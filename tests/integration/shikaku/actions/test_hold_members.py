"""Whose members are is told for the rest of a transaction, to their own zone."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest

from chukan.kernel.principal import Principal, system_principal
from chukan.kernel.transactions import own_transaction
from shikaku.public import hold_members
from tests.support.members import asked, joined
from tests.support.principals import KENPO, OTHER_KENPO
from tests.support.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]
_CHANGE = "UPDATE shikaku_itaku_kukaku_kanyusha SET himozuke_bango = gen_random_uuid() WHERE hihokensha_edaban = %s"


def zone(hokensha_code: str = KENPO) -> Principal:
    return system_principal(actor_id="worker", hokensha_code=hokensha_code)


@own_transaction
def held(*, by: Principal, world: World) -> dict[int, UUID]:
    found = hold_members(by=by, hihokensha_edaban=[1, 9])
    with world.admin() as admin:
        admin.execute("SET lock_timeout = '200ms'")
        admin.execute(_CHANGE, [2])
        if found:
            with pytest.raises(psycopg.errors.LockNotAvailable):
                admin.execute(_CHANGE, [1])
    return found


@pytest.mark.kj("KJ-ZONE-01")
def test_a_member_is_nobody_elses_until_the_transaction_ends(world: World) -> None:
    joined(1)
    joined(2)
    ((person,),) = asked(world, "SELECT himozuke_bango FROM shikaku_itaku_kukaku_kanyusha WHERE hihokensha_edaban = 1")

    assert held(by=zone(), world=world) == {1: person}
    assert held(by=zone(OTHER_KENPO), world=world) == {}
