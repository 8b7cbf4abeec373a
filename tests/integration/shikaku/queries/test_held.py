"""What a block needs to know of the persons it names, in a fixed number of statements."""

from __future__ import annotations

from datetime import date

import pytest
from pytest_django import DjangoAssertNumQueries

from chukan.kernel.crypto.blind_index import ZoneIndex
from chukan.kernel.crypto.keyring import get_keyring
from shikaku.actions.register_one import register_one
from shikaku.domain.joho import kigo_bango_key
from shikaku.queries.held import KIGO_BANGO, load_held, load_kigo_users
from tests.support.members import LATER, bango, join_line, joined, known, loss
from tests.support.principals import KENPO, OTHER_KENPO, clerk

pytestmark = pytest.mark.django_db(transaction=True)


def index(zone: str = KENPO) -> ZoneIndex:
    return ZoneIndex(get_keyring(), zone)


def card(serial: int) -> int:
    return index().token(KIGO_BANGO, kigo_bango_key(join_line(serial).shikaku) or "")


class TestLoadHeld:
    @pytest.mark.parametrize("count", [1, 5])
    def test_persons_are_found_by_edaban_and_by_number_in_six_statements(
        self, django_assert_num_queries: DjangoAssertNumQueries, count: int
    ) -> None:
        for serial in range(1, 2 * count + 1):
            joined(serial)
        numbers = [index().bango(bango(serial)) for serial in range(count + 1, 2 * count + 1)]

        with django_assert_num_queries(7):  # BEGIN, zone, named, persons, versions, former numbers, COMMIT
            held = load_held(by=clerk(), zone=KENPO, index=index(), edabans=range(1, count + 1), bangos=numbers)

        assert sorted(held.by_edaban) == list(range(1, 2 * count + 1))
        assert {held.by_bango[number].edaban for number in numbers} == set(range(count + 1, 2 * count + 1))

    def test_nobody_is_four_statements(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        keys = index()
        number = keys.bango(bango(7))
        with django_assert_num_queries(5):  # BEGIN, zone, named, persons, COMMIT
            held = load_held(by=clerk(), zone=KENPO, index=keys, edabans=[7], bangos=[number])
        assert (held.by_edaban, held.by_bango) == ({}, {})

    @pytest.mark.kj("KJ-SHI-05")
    def test_a_former_number_leads_to_the_person(self) -> None:
        joined(1)
        change = known("03", 1, koshingo_kojin_bango=bango(2), kojin_bango_koshin_kubun="1")
        register_one(by=clerk(), line=change, now=LATER)
        former, present = index().bango(bango(1)), index().bango(bango(2))

        held = load_held(by=clerk(), zone=KENPO, index=index(), edabans=[], bangos=[former, present])

        assert held.by_bango[former] is held.by_bango[present] is held.by_edaban[1]

    def test_the_present_state_is_given_and_what_comes_next(self) -> None:
        joined(1)
        register_one(by=clerk(), line=loss(1), now=LATER)

        held = load_held(by=clerk(), zone=KENPO, index=index(), edabans=[1], bangos=[]).by_edaban[1].held

        assert [(p.shikaku_tsuban, p.rireki_tsuban, p.valid_to) for p in held.periods] == [(1, 2, date(2026, 10, 1))]
        assert (held.next_shikaku_tsuban, held.next_rireki_tsuban, held.has_number) == (2, 3, True)
        assert held.newest["kihon"]["shimei_kenmen"] == "見本　太郎"

    @pytest.mark.kj("KJ-ZONE-01")
    def test_another_zone_holds_nobody_of_this_one(self) -> None:
        joined(1)

        held = load_held(
            by=clerk(OTHER_KENPO),
            zone=OTHER_KENPO,
            index=index(OTHER_KENPO),
            edabans=[1],
            bangos=[index().bango(bango(1))],
        )

        assert held.by_edaban == {}


class TestKigoUsers:
    def test_present_periods_of_a_card(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        joined(1)
        joined(2)

        with django_assert_num_queries(4):  # BEGIN, zone, periods, COMMIT
            users = load_kigo_users(by=clerk(), zone=KENPO, index=index(), tokens=[card(1), card(2), card(3)])

        assert users == {card(1): [(1, date(2026, 4, 1), None)], card(2): [(2, date(2026, 4, 1), None)]}

    def test_a_withdrawn_period_uses_no_card(self) -> None:
        joined(1)
        register_one(by=clerk(), line=known("05", 1), now=LATER)

        assert load_kigo_users(by=clerk(), zone=KENPO, index=index(), tokens=[card(1)]) == {}
        assert load_kigo_users(by=clerk(), zone=KENPO, index=index(), tokens=[]) == {}
