"""Which request an arriving code names, by its place in the message."""

from __future__ import annotations

from uuid import uuid4

import pytest

from fugo.queries.answers import find_asked_for
from tests.support.fugo import NWS, all_sent, brought, code_of, requests_made, tsuban_of
from tests.support.members import joined
from tests.support.world import World, as_role

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]


def test_each_place_has_its_own_request(world: World) -> None:
    joined(1)
    requests_made()
    all_sent(world)
    one = tsuban_of(world)
    with as_role(world, "web"):
        before = find_asked_for(by=NWS, shori_tsuban=[uuid4(), one, one], hashes=[b"a", b"b", b"c"])
    brought(world, (one, code_of(1)))
    with as_role(world, "web"):
        after = find_asked_for(by=NWS, shori_tsuban=[one], hashes=[b"b"])

    assert set(before) == {1, 2}
    assert (before[1].state, before[1].held, before[1].has_fugo) == ("3", None, False)
    assert (after[0].state, after[0].has_fugo) == ("5", True)
    assert after[0].held is not None
    assert len(after[0].held) == 32
    assert "held" not in repr(after[0])
