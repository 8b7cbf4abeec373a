"""The erasure goes over every person of whom anything is held, once, in the order of 紐付番号."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from chukan.kernel.principal import system_principal
from fugo.queries.hoyu import list_hoyu
from tests.support.members import LATER, asked, joined
from tests.support.saihakko import coded, linked
from tests.support.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]
BEAT = system_principal(actor_id="beat")


def test_codes_requests_and_links_each_name_a_person(world: World) -> None:
    coded(world, 1, 2)
    joined(3, now=LATER)
    linked(world, now=LATER)
    with world.admin() as admin:  # of 1 the code is left, of 2 the request, of 3 the link
        admin.execute(
            "DELETE FROM fugo_kikanbetsu_fugo i USING fugo_shutoku_yokyu r"
            " WHERE r.shori_tsuban = i.shori_tsuban AND r.hihokensha_edaban = 2"
        )
        admin.execute("DELETE FROM fugo_shutoku_yokyu WHERE hihokensha_edaban IN (1, 3)")
        admin.execute("DELETE FROM fugo_edaban_himozuke WHERE hihokensha_edaban IN (1, 2)")
    persons = {row[0] for row in asked(world, "SELECT himozuke_bango FROM shikaku_himozuke")}

    found: dict[UUID, date] = {}
    after = UUID(int=0)
    while part := list_hoyu(by=BEAT, after=after, most=1):
        found |= part
        after = max(part)

    assert found.keys() == persons
    assert list(found) == sorted(found)
    assert sorted(found.values()) == [date(2026, 11, 20), date(2026, 11, 20), date(2026, 11, 21)]
    assert list_hoyu(by=BEAT, after=UUID(int=0), most=10) == found
