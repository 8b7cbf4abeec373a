"""A code that came by the number of somebody else goes with the 訂正, and its person is asked for by the right one."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest
from django.db import connection

from chukan.kernel import clock
from fugo.domain.answer_matching import Juryo
from fugo.domain.saihakko import LEFT_OUT
from shikaku.actions.register_one import register_one
from tests.support.fugo import all_sent, brought, code_of, requests_made, transferred, tsuban_of
from tests.support.members import asked, bango, joined, known
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.world import World, as_role

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("as_worker"),
    pytest.mark.kj("KJ-SHI-05", "KJ-FUGO-01"),
]


def joins(serial: int, *, zone: str = KENPO) -> None:
    joined(serial, by=clerk(zone), now=clock.now())


def renumber(serial: int, kubun: str, *, zone: str = KENPO) -> None:
    line = known("03", 1, hokensha_code=zone, koshingo_kojin_bango=bango(serial), kojin_bango_koshin_kubun=kubun)
    register_one(by=clerk(zone), line=line, now=clock.now())


def sent(world: World) -> list[str]:
    """Take everything to 送信; return the numbers that went, in the order of their requests."""
    return [number for _, number in all_sent(world, now=clock.now()).lines()]


def answered(world: World, serial: int, *, zone: str = KENPO) -> Juryo:
    """Bring the code of a number for the newest request of a member."""
    (juryo,) = brought(world, (tsuban_of(world, 1, zone), code_of(serial)), now=clock.now())
    return juryo


def codes(world: World) -> list[tuple[Any, ...]]:
    """Return where codes are held: the insurers linked to their persons."""
    return asked(
        world,
        "SELECT (SELECT array_agg(l.hokensha_code ORDER BY 1) FROM fugo_edaban_himozuke l"
        "  WHERE l.himozuke_bango = i.himozuke_bango) FROM fugo_kikanbetsu_fugo i ORDER BY 1",
    )


def anew(world: World) -> list[dict[str, int]]:
    """Return what the operation log has of codes that were asked for anew."""
    rows = asked(world, "SELECT body FROM sosa_log_event WHERE kind = 'fugo_torinaoshi' ORDER BY id")
    return [json.loads(bytes(body))["detail"] for (body,) in rows]


def member_with_a_code_of_somebody_else(world: World) -> None:
    joins(1)
    renumber(2, "1")  # a slip of the pen: 2 is somebody else
    requests_made()
    assert sent(world) == [bango(2)]
    assert answered(world, 2) is Juryo.STORED


def test_the_code_goes_and_the_person_is_asked_for_by_the_right_number(world: World) -> None:
    member_with_a_code_of_somebody_else(world)

    renumber(3, "2")
    requests_made()

    assert codes(world) == []
    assert anew(world) == [{"kensu": 1, "fugo": 1, "yokyu": 1, "saiyokyu": 1}]
    assert sent(world) == [bango(3)]
    assert answered(world, 3) is Juryo.STORED
    joins(2, zone=OTHER_KENPO)  # whose the code was
    requests_made()
    assert sent(world) == [bango(2)]
    assert answered(world, 2, zone=OTHER_KENPO) is Juryo.STORED
    assert codes(world) == [([KENPO],), ([OTHER_KENPO],)]


def test_said_again_and_later_lines_change_nothing(world: World) -> None:
    member_with_a_code_of_somebody_else(world)
    renumber(3, "2")
    requests_made()
    sent(world)
    answered(world, 3)

    renumber(4, "1")
    requests_made()

    assert (len(codes(world)), len(anew(world))) == (1, 1)


def test_a_code_of_before_the_slip_stays(world: World) -> None:
    joins(1)
    requests_made()
    sent(world)
    answered(world, 1)

    renumber(2, "1")
    renumber(3, "2")
    requests_made()

    assert (codes(world), anew(world)) == ([([KENPO],)], [])


def test_an_answer_that_is_still_to_come_belongs_to_nobody(world: World) -> None:
    joins(1)
    renumber(2, "1")
    requests_made()
    sent(world)
    former = tsuban_of(world)

    renumber(3, "2")
    requests_made()

    assert brought(world, (former, code_of(2)), now=clock.now()) == [Juryo.NO_REQUEST]
    assert anew(world) == [{"kensu": 1, "fugo": 0, "yokyu": 1, "saiyokyu": 1}]
    assert sent(world) == [bango(3)]


def test_nor_does_a_request_in_a_file_that_is_still_to_be_sent(world: World) -> None:
    joins(1)
    renumber(2, "1")
    requests_made()
    transferred(now=clock.now())
    former = tsuban_of(world)

    renumber(3, "2")
    requests_made()

    assert tsuban_of(world) != former
    assert sent(world) == [bango(2), bango(3)]  # the file is sealed; nobody waits for what it asks first
    assert brought(world, (former, code_of(2)), now=clock.now()) == [Juryo.NO_REQUEST]
    assert answered(world, 3) is Juryo.STORED


def test_a_request_in_no_file_yet_reads_the_right_number_by_itself(world: World) -> None:
    joins(1)
    renumber(2, "1")
    requests_made()
    renumber(3, "2")
    requests_made()

    assert anew(world) == []
    assert sent(world) == [bango(3)]


def test_who_moves_leaves_the_code_with_the_person_whose_number_it_was(world: World) -> None:
    joins(2)  # a wrong number from the beginning
    requests_made()
    sent(world)
    answered(world, 2)

    renumber(3, "2")
    requests_made()

    assert (codes(world), anew(world)) == ([(None,)], [])
    assert sent(world) == [bango(3)]


def test_who_moves_to_whom_the_disputed_number_leads_takes_nobody_s_code_along(world: World) -> None:
    joins(1)
    renumber(2, "1")
    joins(2, zone=OTHER_KENPO)
    requests_made()
    with world.admin() as admin:  # as if the other insurer had been first
        admin.execute("UPDATE fugo_shutoku_yokyu SET hokensha_code = %s", [OTHER_KENPO])
    assert sent(world) == [bango(2)]
    answered(world, 2, zone=OTHER_KENPO)
    renumber(3, "2")
    requests_made()
    assert codes(world) == [([KENPO, OTHER_KENPO],)]  # nobody knows yet whose the number is

    renumber(2, "2", zone=OTHER_KENPO)
    requests_made()

    assert codes(world) == []
    assert sorted(sent(world)) == sorted([bango(2), bango(3)])
    assert answered(world, 2, zone=OTHER_KENPO) is Juryo.STORED
    assert answered(world, 3) is Juryo.STORED
    assert codes(world) == [([KENPO],), ([OTHER_KENPO],)]


def test_what_waits_for_whom_a_member_was_is_asked_by_way_of_another(world: World) -> None:
    joins(1)
    renumber(2, "1")
    joins(2, zone=OTHER_KENPO)
    requests_made()
    with world.admin() as admin:
        admin.execute("UPDATE fugo_shutoku_yokyu SET hokensha_code = %s", [OTHER_KENPO])
    renumber(3, "2")
    requests_made()
    assert sent(world) == []  # the only one by way of whom to ask has a number in dispute

    renumber(2, "2", zone=OTHER_KENPO)
    requests_made()

    assert sorted(sent(world)) == sorted([bango(2), bango(3)])


def test_a_list_says_why_its_request_is_gone(world: World) -> None:
    member_with_a_code_of_somebody_else(world)
    with world.admin() as admin:
        admin.execute(
            "INSERT INTO fugo_saihakko_taisho (id, saihakko_list_id, himozuke_bango, shori_tsuban,"
            " shori_kekka_shosai_code) SELECT gen_random_uuid(), gen_random_uuid(), himozuke_bango, shori_tsuban, ''"
            " FROM fugo_shutoku_yokyu"
        )

    renumber(3, "2")
    requests_made()

    assert asked(world, "SELECT shori_tsuban, shori_kekka_shosai_code FROM fugo_saihakko_taisho") == [
        (None, "bango_chigai")
    ]
    assert "bango_chigai" in LEFT_OUT


def test_nobody_erases_whom_the_insurer_never_asked_for(world: World) -> None:
    joins(1, zone=OTHER_KENPO)
    requests_made()
    person = asked(world, "SELECT himozuke_bango FROM fugo_shutoku_yokyu")[0][0]

    with as_role(world, "worker"), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('chukan.hokensha_code', %s, false)", [KENPO])
        with pytest.raises(Exception, match="nobody asked for from here") as refused:
            cursor.execute("SELECT fugo_ask_anew(ARRAY[gen_random_uuid()], ARRAY[%s], '', now())", [person])

    assert isinstance(refused.value.__cause__, psycopg.errors.InsufficientPrivilege)
