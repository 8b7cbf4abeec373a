"""A block is worked on in the zone of its insurer, or in every zone its carrying system carries."""

from __future__ import annotations

import pytest

from fugo.actions.zone_principal import zone_principals
from tests.support.fugo import WORKER
from tests.support.machines import new_machine
from tests.support.principals import KENPO, SEIHO, SHICHOSON
from tests.support.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]


def test_an_insurers_own_block() -> None:
    (one,) = zone_principals(by=WORKER, sender=KENPO, hokensha_code=KENPO)

    assert (one.channel, one.hokensha_code, one.sender, one.hokensha_shubetsu) == (
        "system",
        KENPO,
        KENPO,
        "kenpo_kumiai",
    )


def test_the_block_of_a_carrying_system(world: World) -> None:
    carrier = new_machine(world, kind="kokuho_shuyaku", hokensha=SHICHOSON).client_id

    found = zone_principals(by=WORKER, sender=carrier, hokensha_code="")

    assert [(one.hokensha_code, one.sender) for one in found] == [(code, carrier) for code in SHICHOSON]
    assert {one.hokensha_shubetsu for one in found} == {"shichoson_kokuho"}


def test_one_member_by_a_carrying_system() -> None:
    (one,) = zone_principals(by=WORKER, sender="carrier", hokensha_code=SEIHO)

    assert (one.hokensha_code, one.sender) == (SEIHO, "carrier")
