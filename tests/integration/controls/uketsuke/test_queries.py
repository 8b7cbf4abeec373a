"""What a sender and the operators may know of 受付."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from chukan.controls.uketsuke import queries as module
from chukan.controls.uketsuke.domain import STALLED_AFTER
from chukan.controls.uketsuke.queries import (
    count_by_code,
    earlier_results,
    get_refused_file,
    get_uketsuke,
    get_uketsuke_by_id,
    iterate_kekka,
    list_meisai,
    list_uketsuke,
    sealed_lines,
)
from chukan.kernel.errors import NotFound
from chukan.kernel.principal import Principal
from tests.support.members import HEADER, NOW, file_line, joined, sent, taken
from tests.support.principals import OTHER_KENPO, clerk
from tests.support.world import World

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "operator"]),
    pytest.mark.usefixtures("as_worker"),
]
OPERATOR = Principal(channel="operator", soshiki="shiharai_kikin", actor_id="K0001", actor_name="試験次郎")
WRONG = {"shutoku": "20270401"}
LINES = (file_line(1), file_line(2, **WRONG), file_line(3), file_line(3), file_line(4, **WRONG))


def after(seconds: int) -> datetime:
    return NOW + timedelta(seconds=seconds)


class TestOfTheSender:
    @pytest.mark.kj("KJ-ZONE-01")
    def test_not_there_and_not_yours_are_the_same(self) -> None:
        accepted = taken(file_line(1))
        answers = set()
        for by, bango in ((clerk(OTHER_KENPO), accepted.uketsuke_bango), (clerk(), "20261120-0000000000")):
            with pytest.raises(NotFound) as gone:
                get_uketsuke(by=by, uketsuke_bango=bango, now=NOW)
            answers.add((gone.value.code, gone.value.message))
        with pytest.raises(NotFound) as gone:
            get_uketsuke_by_id(by=clerk(OTHER_KENPO), row_id=accepted.uketsuke_id, now=NOW)

        assert answers == {(gone.value.code, gone.value.message)}
        assert list_uketsuke(by=clerk(OTHER_KENPO), now=NOW) == ()

    def test_files_newest_first_a_page_at_a_time(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        bango = [taken(file_line(n), now=after(n)).uketsuke_bango for n in range(1, 5)]
        joined(9, now=after(9))

        with django_assert_num_queries(4):  # BEGIN, zone, rows, COMMIT
            page = list_uketsuke(by=clerk(), now=after(10), limit=3)
        rest = list_uketsuke(by=clerk(), now=after(10), limit=3, before=page[-1].accepted_at)

        assert [one.uketsuke_bango for one in (*page, *rest)] == bango[::-1]
        assert len(list_uketsuke(by=clerk(), now=after(10), files_only=False)) == 5

    def test_one_that_stands_still_says_since_when(self) -> None:
        bango = taken(file_line(1)).uketsuke_bango

        def stalled(now: datetime) -> datetime | None:
            return get_uketsuke(by=clerk(), uketsuke_bango=bango, now=now).teitai_nichiji

        assert stalled(NOW + STALLED_AFTER) is None
        assert stalled(NOW + STALLED_AFTER + timedelta(seconds=1)) == NOW

    def test_the_end_is_foretold_from_a_twentieth_on(self, world: World) -> None:
        bango = taken(file_line(1)).uketsuke_bango

        def foretold(bookmark: int, seconds: int) -> datetime | None:
            with world.admin() as admin:
                admin.execute(
                    "UPDATE uketsuke_uketsuke SET state = 'shori', line_count = 1000, bookmark = %s, started_at = %s,"
                    " moved_at = %s",
                    [bookmark, NOW, after(seconds)],
                )
            return get_uketsuke(by=clerk(), uketsuke_bango=bango, now=NOW).yosoku_shuryo_nichiji

        assert foretold(49, 10) is None
        assert foretold(50, 10) == after(200)
        assert foretold(10, 30) == after(3000)
        assert foretold(0, 30) is None


class TestResults:
    def test_what_needs_mending_and_everything(self) -> None:
        row_id = sent(*LINES).uketsuke_id

        def numbers(**asked: object) -> list[int]:
            return [item.meisai_no for item in list_meisai(by=clerk(), row_id=row_id, **asked)]  # type: ignore[arg-type]

        assert numbers() == [2, 4, 5]
        assert numbers(after=2, limit=1) == [4]
        assert numbers(code="E210") == [2, 5]
        assert numbers(notable_only=False) == [1, 2, 3, 4, 5]
        assert count_by_code(by=clerk(), row_id=row_id)[0] == ("E210", 2)
        assert [number for number, _ in sealed_lines(by=clerk(), row_id=row_id, after=2)] == [4, 5]
        assert sorted(earlier_results(by=clerk(), uketsuke_ids=[row_id], first=1, last=2)) == [1]

    @pytest.mark.parametrize("chunk", [1, 2, 100])
    def test_all_results_a_chunk_at_a_time(self, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
        monkeypatch.setattr(module, "KEKKA_CHUNK", chunk)
        row_id = sent(*LINES).uketsuke_id

        chunks = list(iterate_kekka(by=clerk(), row_id=row_id))

        assert [item.meisai_no for part in chunks for item in part] == [1, 2, 3, 4, 5]
        assert max(map(len, chunks)) <= chunk

    @pytest.mark.kj("KJ-ZONE-01")
    def test_of_others_there_are_none(self) -> None:
        row_id = sent(*LINES).uketsuke_id
        other = clerk(OTHER_KENPO)

        assert list_meisai(by=other, row_id=row_id, notable_only=False) == ()
        assert count_by_code(by=other, row_id=row_id) == ()
        assert sealed_lines(by=other, row_id=row_id) == ()
        assert list(iterate_kekka(by=other, row_id=row_id)) == []
        assert earlier_results(by=other, uketsuke_ids=[row_id], first=1, last=9) == {}

    def test_the_shape_of_the_input_is_kept_as_long_as_its_refused_lines(self) -> None:
        row_id = sent(*LINES).uketsuke_id
        end = NOW + timedelta(days=7)

        refused = get_refused_file(by=clerk(), row_id=row_id, now=end - timedelta(seconds=1))

        assert (refused.encoding, refused.header, refused.bom) == ("utf-8", tuple(HEADER.split(",")), False)
        assert get_uketsuke_by_id(by=clerk(), row_id=row_id, now=NOW).has_refused_lines
        assert not get_uketsuke_by_id(by=clerk(), row_id=row_id, now=end).has_refused_lines
        with pytest.raises(NotFound):
            get_refused_file(by=clerk(), row_id=row_id, now=end)
