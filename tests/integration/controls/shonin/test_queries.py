from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chukan.controls.shonin.queries import get_irai, list_baitai, list_irai, list_own_irai
from chukan.kernel import clock
from chukan.kernel.errors import NotFound
from tests.support.shonin import a_baitai, agreer, ask, asker, kikin
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)


class TestLists:
    def test_show_the_newest_first_and_ones_own_apart(self, world: World) -> None:
        by, other = asker(), agreer("K0002")
        made = [ask(by, "baitai", {"baitai_id": f"USB-00{number}", "shurui": "usb"}) for number in (1, 2, 3)]
        now = clock.now()

        assert [row.id for row in list_irai(by=other, limit=2, now=now)] == made[:0:-1]
        assert [row.id for row in list_own_irai(by=by, limit=9, now=now)] == made[::-1]
        assert list_own_irai(by=other, limit=9, now=now) == ()

    def test_take_as_many_statements_whatever_their_length(self, world: World) -> None:
        by, other = asker(), agreer("K0002")
        for number in range(4):
            a_baitai(by, other, f"USB-00{number}")
        with CaptureQueriesContext(
            connection,
        ) as captured:
            list_irai(by=by, limit=50, now=clock.now())
        assert (
            len([one for one in captured if one["sql"].startswith("SELECT") and "set_config" not in one["sql"]]) == 3
        )  # 依頼, decisions, who decided
        assert [baitai_id for baitai_id, _ in list_baitai(by=by)] == [f"USB-00{number}" for number in range(4)]

    def test_another_organisation_finds_nothing(self, world: World) -> None:
        shonin_id = ask(asker(), "baitai", {"baitai_id": "USB-001", "shurui": "usb"})
        stranger = kikin("K0001", soshiki="unyo_hoshu")

        assert list_irai(by=stranger, limit=9, now=clock.now()) == ()
        for number in (shonin_id, uuid4()):
            with pytest.raises(NotFound):
                get_irai(by=stranger, shonin_id=number, now=clock.now())
