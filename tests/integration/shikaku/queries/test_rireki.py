"""The history of one member, by valid time and by what was known; the insurer of a person on a day."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries

from chukan.kernel.errors import NotFound
from chukan.kernel.principal import Principal
from shikaku.actions.register_one import register_one
from shikaku.queries.rireki import find_hokensha_at, find_rireki, find_row_id, list_rireki
from tests.support.members import LATER, NOW, bango, join_line, joined, known, loss, row_id_of
from tests.support.principals import KENPO, OTHER_KENPO, SHICHOSON, clerk, machine, shuyaku

pytestmark = pytest.mark.django_db(transaction=True)


def ends(**asked: object) -> list[date | None]:
    given: dict[str, object] = {"by": machine(), "hihokensha_edaban": 1, "known_at": LATER, **asked}
    return [version.valid_to for version in find_rireki(**given).versions]  # type: ignore[arg-type]


@pytest.mark.kj("KJ-SHI-09")
class TestFindRireki:
    def test_two_times(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        joined(1)
        register_one(by=clerk(), line=loss(1), now=LATER)

        with django_assert_num_queries(6):  # BEGIN, zone, person, versions, newest 受付, COMMIT
            assert ends() == [date(2026, 10, 1)]
        assert ends(known_at=NOW) == [None]
        assert ends(on=date(2026, 9, 30)) == [date(2026, 10, 1)]
        assert ends(on=date(2026, 10, 1)) == []
        assert ends(on=date(2026, 10, 1), known_at=NOW) == [None]
        assert ends(on=date(2026, 3, 31)) == []

    def test_withdrawn_is_not_valid_but_was_known(self) -> None:
        joined(1)
        register_one(by=clerk(), line=known("05", 1), now=LATER)

        assert ends() == []
        assert ends(known_at=NOW) == [None]

    def test_when_this_insurer_last_delivered(self) -> None:
        joined(1)
        joined(2, now=LATER)

        assert find_rireki(by=machine(), hihokensha_edaban=1, known_at=LATER).saishu_juryo_nichiji == LATER

    def test_a_delivery_after_the_asked_instant_was_not_known(self) -> None:
        joined(1)
        joined(2, now=LATER)

        assert find_rireki(by=machine(), hihokensha_edaban=1, known_at=NOW).saishu_juryo_nichiji == NOW

    def test_what_a_carrying_system_delivered(self) -> None:
        """The 受付 of 国保情報集約システム are its own; each town still sees by which way its data came."""
        town = clerk(SHICHOSON[0], shubetsu="shichoson_kokuho")
        register_one(by=shuyaku(), line=join_line(1, zone=SHICHOSON[0], hokensha_bango="138057"), now=NOW)

        row_id = find_row_id(by=town, hihokensha_edaban=1)
        assert [line.channel for line in list_rireki(by=town, row_id=row_id, known_at=LATER)] == ["shuyaku"]


class TestWhoIsFound:
    @pytest.mark.kj("KJ-SHI-05")
    def test_by_edaban_by_number_and_by_a_former_number(self) -> None:
        joined(1)
        change = known("03", 1, koshingo_kojin_bango=bango(2), kojin_bango_koshin_kubun="1")
        register_one(by=clerk(), line=change, now=LATER)

        found = {
            find_rireki(by=machine(), known_at=LATER, **asked).himozuke_bango
            for asked in ({"hihokensha_edaban": 1}, {"kojin_bango": bango(2)}, {"kojin_bango": bango(1)})
        }
        assert len(found) == 1
        assert find_row_id(by=clerk(), kojin_bango=bango(1)) == row_id_of(1)

    @pytest.mark.kj("KJ-ZONE-06")
    def test_a_person_only_another_insurer_knows_is_not_there(self) -> None:
        joined(1, by=clerk(OTHER_KENPO))
        answers = set()
        for number in (bango(1), bango(2), "123456789012", "x"):
            with pytest.raises(NotFound) as gone:
                find_rireki(by=machine(), kojin_bango=number, known_at=LATER)
            answers.add((gone.value.code, gone.value.message))
        with pytest.raises(NotFound) as gone:
            find_rireki(by=machine(), hihokensha_edaban=1, known_at=LATER)

        assert answers == {(gone.value.code, gone.value.message)}

    @pytest.mark.kj("KJ-ZONE-06")
    def test_of_a_person_two_insurers_know_each_sees_its_own_periods(self) -> None:
        joined(1, shikaku_soshitsu_ymd="2026-06-01")
        joined(1, by=clerk(OTHER_KENPO), shikaku_shutoku_ymd="2026-06-01")

        for zone, start in ((KENPO, date(2026, 4, 1)), (OTHER_KENPO, date(2026, 6, 1))):
            found = find_rireki(by=machine(zone), kojin_bango=bango(1), known_at=LATER)
            assert [(v.hokensha_code, v.valid_from) for v in found.versions] == [(zone, start)]


class TestTimeline:
    def test_every_version_newest_first_with_its_origin(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        first = joined(1)
        second = register_one(by=machine(), line=loss(1), now=LATER)
        row_id = row_id_of(1)

        with django_assert_num_queries(6):  # BEGIN, zone, person, versions, 受付, COMMIT
            lines = list_rireki(by=clerk(), row_id=row_id, known_at=LATER)

        assert [(line.uketsuke_bango, line.channel, line.version.rireki_tsuban) for line in lines] == [
            (second.uketsuke_bango, "server_api", 2),
            (first.uketsuke_bango, "terminal", 1),
        ]
        assert [line.version.rireki_tsuban for line in list_rireki(by=clerk(), row_id=row_id, known_at=NOW)] == [1]

    @pytest.mark.kj("KJ-ZONE-01")
    def test_of_others_there_is_none(self) -> None:
        joined(1)
        for by, row_id in ((clerk(OTHER_KENPO), row_id_of(1)), (clerk(), uuid4())):
            with pytest.raises(NotFound):
                list_rireki(by=by, row_id=row_id, known_at=LATER)


class TestHokenshaAt:
    @pytest.mark.kj("KJ-SHI-04")
    def test_the_later_acquisition_comes_first_then_the_later_registration(self) -> None:
        joined(1)
        joined(1, by=clerk(OTHER_KENPO), shikaku_shutoku_ymd="2026-06-01", now=LATER)
        person = find_rireki(by=clerk(), hihokensha_edaban=1, known_at=LATER).himozuke_bango

        def insurers(on: date) -> list[str]:
            return [one.hokensha_code for one in find_hokensha_at(by=_system(), himozuke_bango=person, on=on)]

        assert insurers(date(2026, 3, 31)) == []
        assert insurers(date(2026, 5, 31)) == [KENPO]
        assert insurers(date(2026, 6, 1)) == [OTHER_KENPO, KENPO]

    def test_a_withdrawn_or_ended_period_insures_nobody(self) -> None:
        joined(1)
        person = find_rireki(by=clerk(), hihokensha_edaban=1, known_at=LATER).himozuke_bango
        register_one(by=clerk(), line=loss(1), now=LATER)

        days = (date(2026, 9, 30), date(2026, 10, 1))
        assert [len(find_hokensha_at(by=_system(), himozuke_bango=person, on=day)) for day in days] == [1, 0]


def _system() -> Principal:
    return Principal(channel="system", soshiki="system", actor_id="s", actor_name="s")
