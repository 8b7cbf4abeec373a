"""Few rows and many rows come to the same, character for character, and stay inside the zone."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import pytest
from django.db import DatabaseError

from chukan.kernel.principal import Principal
from chukan.kernel.transactions import TransactionMisuse, own_transaction
from shikaku.actions.block_zone import LineOutcome
from shikaku.actions.result_rows import ResultRows
from shikaku.actions.write_block import BlockRows, write_block, write_file_results, write_results
from shikaku.domain.violations import Violation
from tests.support.members import asked
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]
UKETSUKE = UUID(int=1)
ODD = "a\\b\tc\nd\re \\N { } , \" ' 見本 𠮷"


@own_transaction
def write(*, by: Principal, meisai: Sequence[tuple[object, ...]], refused: Sequence[tuple[object, ...]]) -> None:
    write_results(by=by, meisai=meisai, refused=refused)


def meisai(number: int, *, sender: str = KENPO) -> tuple[object, ...]:
    return (UKETSUKE, number, sender, number + 1, "9", "E201 E210", ODD, None if number % 2 else number, None)


def sealed(number: int) -> tuple[object, ...]:
    return (UKETSUKE, number, KENPO, bytes(range(256)))


@pytest.mark.parametrize("count", [1, 19, 20, 250])
def test_every_value_comes_back_as_it_went(world: World, count: int) -> None:
    rows = [meisai(number) for number in range(1, count + 1)]

    write(by=clerk(), meisai=rows, refused=[sealed(number) for number in range(1, count + 1)])

    columns = (
        "uketsuke_id, meisai_no, sender, line_number, shori_kekka_kubun, shori_kekka_meisai_code,"
        " shori_kekka_shosai_code, hihokensha_edaban, shikaku_tsuban"
    )
    assert asked(world, f"SELECT {columns} FROM uketsuke_meisai ORDER BY meisai_no") == rows  # ours
    lines = asked(world, "SELECT ct_line FROM uketsuke_teiseimachi")
    assert [bytes(row[0]) for row in lines] == [bytes(range(256))] * count


def test_packed_results_come_back_as_they_went(world: World) -> None:
    outcomes = [
        LineOutcome(1, "1", (), 7, 1),
        LineOutcome(2, "9", (Violation("E207", "shikaku/edaban"), Violation("E210", "kihon")), None, None),
        LineOutcome(3, "2", (Violation("W103", "-"),), 2**40, None),
        LineOutcome(4, "1", (), 8, None),
    ]
    packed = ResultRows(uketsuke_id=UKETSUKE, sender=KENPO)

    @own_transaction
    def write_packed(*, by: Principal) -> None:
        rows = [packed.row(one.meisai_no, one.meisai_no + 1, one) for one in outcomes]
        write_file_results(by=by, meisai=rows, refused=[])

    write_packed(by=clerk())

    columns = (
        "uketsuke_id, meisai_no, sender, line_number, shori_kekka_kubun, shori_kekka_meisai_code,"
        " shori_kekka_shosai_code, hihokensha_edaban, shikaku_tsuban"
    )
    assert asked(world, f"SELECT {columns} FROM uketsuke_meisai ORDER BY meisai_no") == [
        (UKETSUKE, 1, KENPO, 2, "1", "", "", 7, 1),
        (UKETSUKE, 2, KENPO, 3, "9", "E207 E210", "shikaku/edaban kihon", None, None),
        (UKETSUKE, 3, KENPO, 4, "2", "W103", "-", 2**40, None),
        (UKETSUKE, 4, KENPO, 5, "1", "", "", 8, None),
    ]


def test_two_blocks_in_one_session_do_not_mix(world: World) -> None:
    for first in (1, 31):
        write(by=clerk(), meisai=[meisai(number) for number in range(first, first + 30)], refused=[])

    assert asked(world, "SELECT count(*), max(meisai_no) FROM uketsuke_meisai") == [(60, 60)]


def test_two_parts_in_one_transaction_do_not_mix(world: World) -> None:
    @own_transaction
    def twice(*, by: Principal) -> None:
        for first in (1, 31):
            write_results(by=by, meisai=[meisai(number) for number in range(first, first + 30)], refused=[])

    twice(by=clerk())

    assert asked(world, "SELECT count(*), max(meisai_no) FROM uketsuke_meisai") == [(60, 60)]


@pytest.mark.kj("KJ-ZONE-05")
@pytest.mark.parametrize("count", [1, 30])
def test_the_wall_stands_on_both_ways(world: World, count: int) -> None:
    foreign = [meisai(number, sender=OTHER_KENPO) for number in range(1, count + 1)]

    with pytest.raises(DatabaseError, match="row-level security"):
        write(by=clerk(), meisai=foreign, refused=[])

    assert asked(world, "SELECT count(*) FROM uketsuke_meisai") == [(0,)]


def test_nothing_is_written_for_nothing_and_never_outside_a_transaction(
    django_assert_num_queries: object,
) -> None:
    @own_transaction
    def nothing(*, by: Principal) -> None:
        write_block(by=by, rows=BlockRows())
        write_results(by=by, meisai=[], refused=[])

    with django_assert_num_queries(3):  # type: ignore[operator]  # BEGIN, the zone, COMMIT
        nothing(by=clerk())
    with pytest.raises(TransactionMisuse):
        write_block(by=clerk(), rows=BlockRows())
