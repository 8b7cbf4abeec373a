"""Pages of operators: whose files they show, and that opening them is on record."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chukan.controls.kikan.domain import KOKUHO_CHUOKAI, SHIHARAI_KIKIN, UNYO_HOSHU
from chukan.kernel import clock
from tests.support.files_of_operators import a_file
from tests.support.members import asked
from tests.support.staff import an_operator, browser
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])


class TestPages:
    @pytest.mark.kj("KJ-MENU-06")
    @pytest.mark.parametrize(("soshiki", "sees"), [(SHIHARAI_KIKIN, False), (KOKUHO_CHUOKAI, True), (UNYO_HOSHU, True)])
    def test_files_of_the_carrying_system_are_for_who_is_charged_with_towns(
        self, world: World, soshiki: str, *, sees: bool
    ) -> None:
        now = clock.now()
        bango = a_file(world, now - timedelta(hours=30), sender="shuyaku-1", zone=None, state="shori")
        client = browser(an_operator(soshiki=soshiki), hokensha="")

        for address in ("/unyo/", "/unyo/shori/"):
            page = client.get(address)
            assert page.status_code == 200
            assert (bango in page.content.decode()) is sees

    @pytest.mark.kj("KJ-LOG-01")
    def test_every_page_an_operator_opens_is_on_record_and_no_poll(self, world: World) -> None:
        client = browser(an_operator(), hokensha="")
        for address in ("/unyo/", "/unyo/shori/", "/unyo/haishin/"):
            assert client.get(address).status_code == 200
        client.get("/unyo/", headers={"HX-Request": "true"})

        rows = asked(world, "SELECT screen_id, actor_id FROM sosa_log_event WHERE kind = 'monitor' ORDER BY id")
        assert [row[0] for row in rows] == ["OP-001", "OP-101", "OP-201"]
