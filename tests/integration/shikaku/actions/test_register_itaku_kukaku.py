"""Lines in order, each in its zone: numbers without gaps, one person across insurers, all or nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection

from chukan.kernel.principal import Principal
from chukan.kernel.transactions import TransactionMisuse, own_transaction
from shikaku.actions.prepare_lines import GivenLine, PreparedLine, prepare_lines
from shikaku.actions.register_itaku_kukaku import BlockResult, register_itaku_kukaku
from shikaku.actions.write_block import write_block
from shikaku.domain.line import TorokuLine
from shikaku.queries.line_facts import ZoneIndexes, get_line_facts
from tests.support.members import NOW, asked, bango, join_line, joined, known, loss
from tests.support.principals import KENPO, OTHER_KENPO, SHICHOSON, clerk, shuyaku
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)
UKETSUKE = UUID(int=1)


def prepared(by: Principal, lines: Sequence[TorokuLine | None]) -> list[PreparedLine]:
    given = [GivenLine(number, number + 1, b"", line) for number, line in enumerate(lines, start=1)]
    return prepare_lines(given, facts=get_line_facts(by=by, on=NOW.date()), index_of=ZoneIndexes())


@own_transaction
def in_one(*, by: Principal, lines: Sequence[PreparedLine], now: datetime) -> BlockResult:
    return register_itaku_kukaku(by=by, lines=lines, uketsuke_id=UKETSUKE, index_of=ZoneIndexes(), now=now)


def register(*lines: TorokuLine | None, by: Principal | None = None) -> list[tuple[str, str, int | None]]:
    """Return 処理結果区分, codes and 被保険者枝番 of each line."""
    by = by or clerk()
    result = in_one(by=by, lines=prepared(by, lines), now=NOW)
    return [(one.kubun, " ".join(v.code for v in one.violations), one.edaban) for one in result.outcomes]


def shichoson_line(serial: int, zone: str) -> TorokuLine:
    line = join_line(serial, zone=zone, hokensha_bango=zone.removeprefix("00"))
    return replace(line, kihon={**line.kihon, "jusho": "見本県見本市1-1"})


class TestOneZone:
    @pytest.mark.kj("KJ-SHI-01")
    def test_lines_see_what_earlier_lines_did(self) -> None:
        got = register(join_line(1), join_line(1), loss(1), known("05", 1), join_line(2))

        assert got == [("1", "", 1), ("9", "E201", None), ("1", "", 1), ("1", "", 1), ("1", "", 2)]

    def test_a_refused_line_uses_no_number(self) -> None:
        spoiled = join_line(1, shikaku_shutoku_ymd="2027-04-01")

        assert register(spoiled, join_line(2), spoiled, join_line(3)) == [
            ("9", "E210", None), ("1", "", 1), ("9", "E210", None), ("1", "", 2),
        ]  # fmt: skip

    def test_a_card_one_line_gave_up_is_free_for_a_later_one_that_comes_to_it_by_steps(self) -> None:
        joined(1)
        joined(2, hihokenshasho_kigo="200")

        assert register(
            known("03", 1, shikaku={"hihokenshasho_bango": "9"}),
            known("03", 2, shikaku={"hihokenshasho_bango": "1"}),
            known("03", 2, shikaku={"hihokenshasho_kigo": "100"}),
        ) == [("1", "", 1), ("1", "", 2), ("1", "", 2)]

    def test_a_card_one_line_took_by_steps_is_taken_for_a_later_one(self) -> None:
        joined(1)
        joined(2, hihokenshasho_kigo="200")

        assert register(
            known("03", 2, shikaku={"hihokenshasho_bango": "9"}),
            known("03", 2, shikaku={"hihokenshasho_kigo": "300"}),
            known("03", 1, shikaku={"hihokenshasho_kigo": "300"}),
            known("03", 1, shikaku={"hihokenshasho_bango": "9"}),
        ) == [("1", "", 2), ("1", "", 2), ("1", "", 1), ("9", "E213", None)]

    def test_a_line_that_cannot_be_read_is_refused_alone(self) -> None:
        by = clerk()
        lines = prepared(by, [None, join_line(1)])
        lines[0].violations.extend(prepared(by, [join_line(9, shikaku_shutoku_ymd="2027-04-01")])[0].violations)

        result = in_one(by=by, lines=lines, now=NOW)

        assert [(one.meisai_no, one.kubun) for one in result.outcomes] == [(1, "9"), (2, "1")]

    def test_only_changed_persons_are_named(self, world: World) -> None:
        joined(1)
        by = clerk()
        lines = prepared(by, [known("03", 1, kihon={"seibetsu1": "1"}), join_line(2)])

        result = in_one(by=by, lines=lines, now=NOW)

        newest = asked(world, "SELECT himozuke_bango FROM shikaku_itaku_kukaku_kanyusha WHERE hihokensha_edaban = 2")
        assert list(result.targets) == [newest[0][0]]


class TestZones:
    @pytest.mark.kj("KJ-ZONE-07")
    def test_edaban_is_counted_inside_each_insurer(self, world: World) -> None:
        joined(1)
        joined(1, by=clerk(OTHER_KENPO))

        found = asked(world, "SELECT hokensha_code, hihokensha_edaban FROM shikaku_itaku_kukaku_kanyusha ORDER BY 1")
        assert found == [(KENPO, 1), (OTHER_KENPO, 1)]

    @pytest.mark.kj("KJ-ZONE-07")
    def test_the_database_refuses_one_edaban_twice(self, world: World) -> None:
        joined(1)
        with pytest.raises(Exception, match="shikaku_kanyusha_edaban"), world.admin() as admin:
            admin.execute(
                "INSERT INTO shikaku_itaku_kukaku_kanyusha SELECT (jsonb_populate_record(k, jsonb_build_object("
                "'id', gen_random_uuid(), 'bi_bango', null))).* FROM shikaku_itaku_kukaku_kanyusha k"
            )

    def test_one_block_of_a_carrying_system_goes_to_each_zone(self, world: World) -> None:
        first, second = SHICHOSON
        got = register(shichoson_line(1, second), shichoson_line(2, first), shichoson_line(3, second), by=shuyaku())

        assert got == [("1", "", 1), ("1", "", 1), ("1", "", 2)]
        assert asked(world, "SELECT hokensha_code, last FROM shikaku_edaban_saiban ORDER BY 1") == [
            (first, 1), (second, 2),
        ]  # fmt: skip

    @pytest.mark.kj("KJ-ZONE-01")
    def test_a_line_for_a_zone_of_others_is_refused_and_enters_none(self, world: World) -> None:
        assert register(join_line(1, zone=OTHER_KENPO), join_line(2)) == [("9", "E204", None), ("1", "", 1)]

        assert asked(world, "SELECT DISTINCT hokensha_code FROM shikaku_itaku_kukaku_kanyusha") == [(KENPO,)]

    @pytest.mark.kj("KJ-IN-01")
    @pytest.mark.parametrize("channel", ["operator", "onshi"])
    def test_who_is_no_insurer_can_write_for_nobody(self, world: World, channel: str) -> None:
        outsider = Principal(channel=channel, soshiki=channel, actor_id="x", actor_name="x")  # type: ignore[arg-type]

        assert register(join_line(1), by=outsider) == [("9", "E204", None)]
        assert asked(world, "SELECT count(*) FROM shikaku_itaku_kukaku_kanyusha") == [(0,)]


class TestLocks:
    def together(self, *works: Callable[[], object]) -> None:
        start = threading.Barrier(len(works))
        failed: list[BaseException] = []

        def run(work: Callable[[], object]) -> None:
            start.wait()
            try:
                work()
            except BaseException as error:  # noqa: BLE001  # told below
                failed.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=run, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []

    @pytest.mark.kj("KJ-SHI-01")
    def test_blocks_at_the_same_time_never_share_a_number(self, world: World) -> None:
        blocks = [[join_line(10 * block + n) for n in range(5)] for block in range(1, 5)]

        self.together(*[lambda lines=lines: register(*lines) for lines in blocks])

        found = asked(world, "SELECT hihokensha_edaban FROM shikaku_itaku_kukaku_kanyusha ORDER BY 1")
        assert [row[0] for row in found] == list(range(1, 21))

    @pytest.mark.kj("KJ-SHI-08")
    def test_two_persons_never_come_to_one_card_at_the_same_time(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        register(join_line(1), join_line(2))
        both_looked = threading.Barrier(2)

        def write_when_both_have_looked(**given: Any) -> None:
            # Under the lock the other one cannot look yet, and the wait is for nothing.
            with suppress(threading.BrokenBarrierError):
                both_looked.wait(timeout=1)
            write_block(**given)

        monkeypatch.setattr("shikaku.actions.register_itaku_kukaku.write_block", write_when_both_have_looked)
        results: list[tuple[str, str]] = []

        def move(edaban: int) -> None:
            change = known("03", edaban, shikaku={"hihokenshasho_bango": "77"})
            results.extend((kubun, codes) for kubun, codes, _ in register(change))

        self.together(lambda: move(1), lambda: move(2))

        assert sorted(results) == [("1", ""), ("9", "E213")]

    @pytest.mark.kj("KJ-SHI-04")
    def test_insurers_meeting_the_same_new_person_agree_who_it_is(self, world: World) -> None:
        self.together(
            *[
                lambda zone=zone, serials=serials: register(
                    *[join_line(serial, zone=zone) for serial in serials], by=clerk(zone)
                )
                for zone, serials in ((KENPO, range(1, 9)), (OTHER_KENPO, range(8, 0, -1)))
            ]
        )

        found = asked(world, "SELECT count(*), count(DISTINCT himozuke_bango) FROM shikaku_itaku_kukaku_kanyusha")
        assert found == [(16, 8)]
        assert asked(world, "SELECT count(*), max(jun) FROM shikaku_himozuke") == [(8, 2)]


def test_it_joins_a_transaction_of_others() -> None:
    with pytest.raises(TransactionMisuse):
        register_itaku_kukaku(by=clerk(), lines=[], uketsuke_id=UKETSUKE, index_of=ZoneIndexes(), now=NOW)


def test_a_failure_of_the_caller_leaves_nothing(world: World) -> None:
    @own_transaction
    def caller(*, by: Principal, lines: Sequence[PreparedLine]) -> None:
        register_itaku_kukaku(by=by, lines=lines, uketsuke_id=UKETSUKE, index_of=ZoneIndexes(), now=NOW)
        raise IntegrityError

    with pytest.raises(IntegrityError):
        caller(by=clerk(), lines=prepared(clerk(), [join_line(1)]))

    assert asked(world, "SELECT count(*) FROM shikaku_himozuke") == [(0,)]
    assert asked(world, "SELECT count(*) FROM shikaku_edaban_saiban") == [(0,)]
    assert bango(1) not in str(asked(world, "SELECT * FROM shikaku_rireki"))
