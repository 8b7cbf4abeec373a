"""Pages of an insurer's own members."""

from __future__ import annotations

import pytest

from chukan.kernel.principal import system_principal
from fugo.queries.jotai import list_jotai
from tests.support.fugo import requests_made
from tests.support.members import joined
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.world import World, as_role

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]


@pytest.mark.kj("KJ-ZONE-01")
def test_pages_hold_own_members_only(world: World) -> None:
    for serial in (1, 2, 3):
        joined(serial)
    joined(4, by=clerk(OTHER_KENPO))
    requests_made()
    own = system_principal(actor_id="test", hokensha_code=KENPO)
    with as_role(world, "web"):
        first = list_jotai(by=own, most=2)
        assert first.next is not None
        last = list_jotai(by=own, after=first.next, most=2)

    assert sorted(one.hihokensha_edaban for one in (*first.items, *last.items)) == [1, 2, 3]
    assert (len(first.items), len(last.items), last.next) == (2, 1, None)
    assert {one.state for one in first.items} == {"1"}
