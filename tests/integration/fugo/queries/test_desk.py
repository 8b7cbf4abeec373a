"""What the operators' role may know of requests, and that no other role may ask."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import ProgrammingError, connections

from chukan.kernel import clock
from chukan.kernel.transactions import OPERATOR_ALIAS
from fugo.domain.answer_matching import Juryo
from fugo.domain.search_word import Span
from fugo.domain.shutoku_state import ShutokuState
from fugo.queries import desk
from tests.support.fugo import brought, code_of, kikin, tsuban_of
from tests.support.fugo_desk import waiting_file
from tests.support.members import asked
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])
BY = kikin()
NOBODY = UUID(int=0)


def test_requests_are_counted_by_what_they_wait_for(world: World) -> None:
    waiting_file(world, 1, 2)
    with world.admin() as admin:
        admin.execute(
            "UPDATE fugo_shutoku_yokyu SET yokyu_file_id = NULL, shori_kekka_shosai_code = 'bango_nashi'"
            " WHERE hihokensha_edaban = 2"
        )
        admin.execute("UPDATE fugo_shutoku_yokyu SET yokyu_file_id = NULL WHERE hihokensha_edaban = 1")

    counts = desk.count_requests(by=BY, sent_before=clock.now())

    assert (counts.file_machi, counts.left_out, counts.kaito_machi, counts.overdue) == (1, 1, 0, 0)
    assert counts.oldest is not None
    assert [row.kekka_code for row in desk.list_left_out(by=BY, most=9)] == ["bango_nashi"]


def test_what_is_overdue_comes_the_longest_first(world: World) -> None:
    waiting_file(world, 1, 2, 3)
    now = clock.now()
    with world.admin() as admin:
        for edaban in (1, 2, 3):
            admin.execute(
                "UPDATE fugo_shutoku_yokyu SET fugo_shutoku_status = '3', fugo_soshin_nichiji = %s, last_sent_at = %s"
                " WHERE hihokensha_edaban = %s",
                [now, now - timedelta(hours=edaban), edaban],
            )

    found = desk.list_overdue(by=BY, sent_before=now - timedelta(minutes=90), most=9)

    assert [row.shori_tsuban for row in found] == [tsuban_of(world, 3), tsuban_of(world, 2)]
    counts = desk.count_requests(by=BY, sent_before=now - timedelta(minutes=90))
    assert (counts.kaito_machi, counts.overdue) == (3, 2)


def test_the_requests_of_a_file_come_page_by_page(world: World) -> None:
    file = waiting_file(world, 1, 2, 3)
    other = waiting_file(world, 4, by=clerk(OTHER_KENPO))

    first = desk.list_of_file(by=BY, file_id=file.id, most=2)
    rest = desk.list_of_file(by=BY, file_id=file.id, after=first[-1].shori_tsuban, most=2)

    assert [row.shori_tsuban for row in (*first, *rest)] == [tsuban_of(world, edaban) for edaban in (1, 2, 3)]
    assert desk.count_of_file(by=BY, file_id=file.id) == {ShutokuState.TENSO: 3}
    assert [row.hokensha_code for row in desk.list_of_file(by=BY, file_id=other.id, most=2)] == [OTHER_KENPO]


def test_one_request_is_found_or_none(world: World) -> None:
    waiting_file(world, 1)

    found = desk.find_request(by=BY, shori_tsuban=tsuban_of(world))

    assert found is not None
    assert (found.hokensha_code, found.state, found.asked_count) == (KENPO, ShutokuState.TENSO, 0)
    assert desk.find_request(by=BY, shori_tsuban=uuid4()) is None


def test_requests_of_a_receipt_are_those_of_its_span(world: World) -> None:
    waiting_file(world, 1, 2)
    with world.admin() as admin:
        admin.execute("UPDATE fugo_shutoku_yokyu SET uketsuke_bango = '20261120-ABCDEFGHJK'")
    first, last = tsuban_of(world, 1), tsuban_of(world, 2)

    def found(span: Span, **given: Any) -> list[UUID]:
        rows = desk.list_of_uketsuke(by=BY, uketsuke_bango="20261120-ABCDEFGHJK", span=span, most=9, **given)
        return [row.shori_tsuban for row in rows]

    whole = Span(NOBODY, UUID(int=2**128 - 1))
    assert found(whole) == [first, last]
    assert found(whole, after=first) == [last]
    assert found(Span(NOBODY, last)) == [first]
    assert found(Span(last, UUID(int=2**128 - 1))) == []


def test_codes_are_counted_by_word_and_day(world: World) -> None:
    now = clock.now()
    brought(world, (uuid4(), code_of(1)), now=now)
    brought(world, (uuid4(), code_of(2)), now=now - timedelta(days=2))

    assert desk.count_juryo(by=BY, since=now - timedelta(hours=2))[Juryo.NO_REQUEST] == 1
    days = desk.count_juryo_days(by=BY, since=now - timedelta(days=4))
    assert [counts[Juryo.NO_REQUEST] for counts in days.values()] == [1, 1]
    assert list(days) == sorted(days, reverse=True)


@pytest.mark.kj("KJ-FUGO-07", "KJ-MENU-08")
@pytest.mark.parametrize("role", ["web", "worker", "relay", "kanri", "sealer"])
def test_no_other_role_asks_and_the_tables_are_closed_to_the_operators_too(world: World, role: str) -> None:
    with as_role(world, role):
        for call in (
            "fugo_desk_counts(now(), 1)",
            "fugo_desk_file(gen_random_uuid())",
            "fugo_desk_requests('left_out', gen_random_uuid(), '', gen_random_uuid(), gen_random_uuid(), now(), 1)",
        ):
            with pytest.raises(ProgrammingError, match="permission denied"), connections["default"].cursor() as cursor:
                cursor.execute(f"SELECT * FROM {call}")
    for table in ("fugo_shutoku_yokyu", "fugo_kikanbetsu_fugo"):
        with pytest.raises(ProgrammingError, match="permission denied"), connections[OPERATOR_ALIAS].cursor() as cursor:
            cursor.execute(f"SELECT 1 FROM {table}")


def test_nothing_is_told_in_a_zone(world: World) -> None:
    with connections[OPERATOR_ALIAS].cursor() as cursor:
        cursor.execute("SELECT set_config('chukan.hokensha_code', %s, false)", [KENPO])
        try:
            with pytest.raises(ProgrammingError, match="called in a zone"):
                cursor.execute("SELECT * FROM fugo_desk_counts(now(), 1)")
        finally:
            cursor.execute("SELECT set_config('chukan.hokensha_code', '', false)")


@pytest.mark.kj("KJ-FUGO-07")
def test_what_is_told_has_no_column_of_a_person_or_a_code(world: World) -> None:
    names = asked(
        world,
        "SELECT unnest(proargnames) FROM pg_proc WHERE starts_with(proname, 'fugo_desk') AND proargnames IS NOT NULL",
    )
    told = {name for (name,) in names}

    assert "shori_tsuban" in told
    assert not {"himozuke_bango", "hihokensha_edaban", "kojin_bango"} & told
    assert not [name for name in told if "kikanbetsu" in name]
