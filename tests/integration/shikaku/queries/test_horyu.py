"""Valid members are counted on a day, in one zone, in steps; 取消, ended and coming ones are not among them."""

from __future__ import annotations

from datetime import date

import pytest

from shikaku.actions.register_one import register_one
from shikaku.queries.horyu import CountedMembers, count_valid_members
from tests.support.members import LATER, TODAY, joined, known, loss
from tests.support.principals import KENPO, OTHER_KENPO, clerk

pytestmark = pytest.mark.django_db(transaction=True)


def counted(*, after: int = 0, on: date = TODAY, limit: int = 100, zone: str = KENPO) -> CountedMembers:
    return count_valid_members(by=clerk(zone), zone=zone, after=after, on=on, limit=limit)


class TestCountValidMembers:
    def test_whoever_is_valid_on_the_day_is_counted_once(self) -> None:
        for serial in range(1, 7):
            joined(serial)
        register_one(by=clerk(), line=loss(1, "2026-10-01"), now=LATER)
        register_one(by=clerk(), line=loss(2, "2026-11-21"), now=LATER)
        register_one(by=clerk(), line=known("05", 3), now=LATER)
        register_one(by=clerk(), line=known("03", 4, kihon={"mibun": "1", "mibun_henko_ymd": "2026-10-01"}), now=LATER)

        assert counted() == CountedMembers(4, None)
        assert counted(on=date(2026, 11, 21)) == CountedMembers(3, None)
        assert counted(on=date(2026, 3, 31)) == CountedMembers(0, None)

    @pytest.mark.kj("KJ-ZONE-01")
    def test_only_those_of_the_zone(self) -> None:
        joined(1)
        joined(2, by=clerk(OTHER_KENPO))

        assert counted().count == counted(zone=OTHER_KENPO).count == 1

    def test_counting_goes_on_behind_the_last_one(self) -> None:
        for serial in range(1, 6):
            joined(serial)

        assert counted(limit=3) == CountedMembers(3, 3)
        assert counted(after=3, limit=3) == CountedMembers(2, None)
        assert counted(after=5, limit=3) == CountedMembers(0, None)
