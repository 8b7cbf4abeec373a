from __future__ import annotations

from uuid import uuid4

import pytest

from chukan.kernel.crypto.blind_index import ZoneIndex
from chukan.kernel.crypto.keyring import get_keyring
from shikaku.queries.led import find_edaban, find_himozuke, find_seconds
from tests.support.members import bango, joined
from tests.support.principals import KENPO, OTHER_KENPO, clerk

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.kj("KJ-SHI-05", "KJ-ZONE-05")]


class TestLed:
    def test_a_number_leads_to_the_same_person_from_every_zone_and_a_zone_names_its_own_edaban_only(self) -> None:
        joined(1, by=clerk(OTHER_KENPO))
        joined(2)
        joined(1)
        index = ZoneIndex(get_keyring(), KENPO)
        hashes = [index.global_bango(bango(serial)) for serial in (1, 2, 3)]

        led = find_himozuke(by=clerk(), index=index, hashes=hashes)

        assert led == find_himozuke(by=clerk(OTHER_KENPO), index=index, hashes=hashes)
        assert set(led) == set(hashes[:2])
        assert find_edaban(by=clerk(), zone=KENPO, himozuke=led.values()) == {led[hashes[0]]: 2, led[hashes[1]]: 1}
        assert find_edaban(by=clerk(OTHER_KENPO), zone=OTHER_KENPO, himozuke=led.values()) == {led[hashes[0]]: 1}

    def test_a_second_edaban_is_of_whom_the_zone_has_or_whoever_comes_twice(self) -> None:
        joined(1)
        index = ZoneIndex(get_keyring(), KENPO)
        (here,) = find_himozuke(by=clerk(), index=index, hashes=[index.global_bango(bango(1))]).values()
        new, twice, written = uuid4(), uuid4(), uuid4()

        fresh = [here, new, twice, twice, written]
        assert find_seconds(by=clerk(), zone=KENPO, fresh=fresh, others=[written]) == {here, twice, written}

    def test_nothing_is_asked_for_nothing(self) -> None:
        assert find_himozuke(by=clerk(), index=ZoneIndex(get_keyring(), KENPO), hashes=[]) == {}
        assert find_edaban(by=clerk(), zone=KENPO, himozuke=[]) == {}
        assert find_seconds(by=clerk(), zone=KENPO, fresh=[], others=[uuid4()]) == set()
