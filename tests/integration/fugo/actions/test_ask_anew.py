"""A code that came by the number of somebody else goes with the 訂正, and its person is asked for by the right one."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import connection

from chukan.kernel import clock
from fugo.domain.answer_matching import Juryo
from shikaku.actions.register_one import register_one
from tests.support.fugo import all_sent, brought, code_of, requests_made, transferred, tsuban_of
from tests.support.members import LATER, NOW, asked, bango, joined, known
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.saihakko import a_list, coded, executed, extracted, permitted, staff
from tests.support.world import World, as_role

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("as_worker"),
    pytest.mark.kj("KJ-SHI-05", "KJ-FUGO-01"),
]


def joins(serial: int, *, zone: str = KENPO) -> None:
    joined(serial, by=clerk(zone), now=clock.now())


def renumber(serial: int, kubun: str, *, zone: str = KENPO, now: datetime | None = None) -> None:
    line = known("03", 1, hokensha_code=zone, koshingo_kojin_bango=bango(serial), kojin_bango_koshin_kubun=kubun)
    register_one(by=clerk(zone), line=line, now=now or clock.now())


def sent(world: World, *, days: int = 0) -> list[str]:
    """Take everything to 送信, so many days later; return the numbers that went, in the order of their requests."""
    return [number for _, number in all_sent(world, now=clock.now() + timedelta(days=days)).lines()]


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
    assert anew(world) == [{"fugo": 1, "yokyu": 1, "torinaoshi": 1}]
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
    assert anew(world) == [{"fugo": 0, "yokyu": 1, "torinaoshi": 1}]
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


def asked_by_the_other(world: World) -> None:
    """Let two insurers have a person under the number of somebody else, and the second one's member be asked by."""
    joins(1)
    renumber(2, "1")
    joins(2, zone=OTHER_KENPO)
    requests_made()
    with world.admin() as admin:  # as if the other insurer had been first
        admin.execute("UPDATE fugo_shutoku_yokyu SET hokensha_code = %s", [OTHER_KENPO])


def in_dispute(world: World) -> None:
    """Let a request go by way of another insurer's member with a number that a 訂正 puts in dispute then."""
    asked_by_the_other(world)
    assert sent(world) == [bango(2)]
    renumber(3, "2")
    requests_made()


def test_who_moves_to_whom_the_disputed_number_leads_takes_nobody_s_code_along(world: World) -> None:
    in_dispute(world)
    answered(world, 2, zone=OTHER_KENPO)
    assert codes(world) == [([KENPO, OTHER_KENPO],)]  # nobody knows yet whose the number is

    renumber(2, "2", zone=OTHER_KENPO)
    requests_made()

    assert codes(world) == []
    assert sorted(sent(world)) == sorted([bango(2), bango(3)])
    assert answered(world, 2, zone=OTHER_KENPO) is Juryo.STORED
    assert answered(world, 3) is Juryo.STORED
    assert codes(world) == [([KENPO],), ([OTHER_KENPO],)]


def test_what_waits_for_whom_a_member_was_is_asked_by_way_of_another(world: World) -> None:
    asked_by_the_other(world)
    renumber(3, "2")
    requests_made()
    assert sent(world) == []  # the only one by way of whom to ask has a number in dispute

    renumber(2, "2", zone=OTHER_KENPO)
    requests_made()

    assert sorted(sent(world)) == sorted([bango(2), bango(3)])


class TestSaihakko:
    """The person has a code that is compromised; the 再発行 goes out while the number is somebody else's."""

    @pytest.fixture
    def list_id(self, world: World) -> UUID:
        people = staff(world)
        coded(world, 1)
        renumber(2, "1", now=NOW + timedelta(minutes=1))
        requests_made()
        found = a_list(world, people[0])
        permitted(world, people, found)
        executed(world, people[0], found)
        extracted()
        assert [number for _, number in all_sent(world, now=LATER).lines()] == [bango(2)]
        return found

    def compromised(self, world: World) -> str:
        """Return the code the person had first."""
        first = asked(world, "SELECT shori_tsuban FROM fugo_shutoku_yokyu ORDER BY 1 LIMIT 1")[0][0]
        return code_of(first.int % 10**10)

    @pytest.mark.parametrize("is_answered", [True, False])
    def test_it_stays_one_in_its_list_and_the_compromised_code_does_not_come_back(
        self, world: World, list_id: UUID, *, is_answered: bool
    ) -> None:
        if is_answered:
            assert brought(world, (tsuban_of(world), code_of(2)), now=LATER) == [Juryo.STORED]

        renumber(1, "2")
        requests_made()

        assert anew(world) == [{"fugo": int(is_answered), "yokyu": 1, "torinaoshi": 1}]
        assert asked(world, "SELECT shori_tsuban FROM fugo_saihakko_taisho") == [(tsuban_of(world),)]
        assert asked(
            world, "SELECT saihakko_list_id, fugo_saihakko_flag FROM fugo_shutoku_yokyu WHERE fugo_shutoku_status = '1'"
        ) == [(list_id, True)]
        assert sent(world) == [bango(1)]
        former = self.compromised(world)
        assert brought(world, (tsuban_of(world), former), now=clock.now()) == [Juryo.FORMER_CODE]
        assert brought(world, (tsuban_of(world), code_of(1, issue=2)), now=clock.now()) == [Juryo.STORED]
        assert asked(world, "SELECT hakko_no, superseded_at IS NULL FROM fugo_kikanbetsu_fugo ORDER BY hakko_no") == [
            (1, False),
            (2, True),
        ]

    def test_the_list_tells_who_can_be_asked_for_no_more(self, world: World, list_id: UUID) -> None:
        with world.admin() as admin:
            admin.execute("DELETE FROM fugo_edaban_himozuke")

        renumber(1, "2")
        register_one(by=clerk(), line=known("05", 1), now=clock.now())
        requests_made()

        assert asked(
            world, "SELECT saihakko_list_id, shori_tsuban, shori_kekka_shosai_code FROM fugo_saihakko_taisho"
        ) == [(list_id, None, "himozuke_nashi")]


def test_a_number_given_up_as_a_former_one_takes_its_code_along_once_it_is_known_whose_it_is(world: World) -> None:
    member_with_a_code_of_somebody_else(world)
    renumber(1, "1")  # back again, as if both had been the person's
    requests_made()
    joins(1, zone=OTHER_KENPO)
    renumber(2, "1", zone=OTHER_KENPO)
    renumber(3, "2", zone=OTHER_KENPO)
    requests_made()
    assert len(codes(world)) == 1  # the other insurer's word is nothing to this one's requests

    line = known("03", 1, kihon={"jusho": "見本県見本市2-2", "jusho_henko_ymd": "2026-11-01"})
    register_one(by=clerk(), line=line, now=clock.now())
    requests_made()

    assert codes(world) == []
    assert sent(world) == [bango(1)]


def test_a_request_that_went_with_a_number_in_dispute_waits_for_whom_it_went_from(world: World) -> None:
    in_dispute(world)
    assert sent(world, days=4) == []  # asked again in vain

    register_one(by=clerk(), line=known("03", 1, kihon={"jusho": "見本県", "jusho_henko_ymd": "2026-11-01"}),
                 now=clock.now())  # fmt: skip
    requests_made()

    assert answered(world, 2, zone=OTHER_KENPO) is Juryo.STORED  # late, and nobody knows better
    renumber(2, "2", zone=OTHER_KENPO)
    requests_made()
    assert codes(world) == []
    assert sorted(sent(world)) == sorted([bango(2), bango(3)])


def test_nobody_is_asked_for_by_way_of_a_member_who_is_somebody_else(world: World) -> None:
    in_dispute(world)
    answered(world, 2, zone=OTHER_KENPO)

    renumber(2, "2", zone=OTHER_KENPO)
    register_one(by=clerk(OTHER_KENPO), line=known("05", 1, hokensha_code=OTHER_KENPO), now=clock.now())
    requests_made()

    assert sent(world) == [bango(3)]


def test_nobody_erases_what_another_insurer_asked_for(world: World) -> None:
    joins(1, zone=OTHER_KENPO)
    requests_made()

    with as_role(world, "worker"), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('chukan.hokensha_code', %s, false)", [KENPO])
        with pytest.raises(Exception, match="a request of another insurer") as refused:
            cursor.execute(
                "SELECT fugo_ask_anew(ARRAY[gen_random_uuid()], ARRAY[%s], '{}', '{}', '', '', now())",
                [tsuban_of(world, 1, OTHER_KENPO)],
            )

    assert isinstance(refused.value.__cause__, psycopg.errors.InsufficientPrivilege)
