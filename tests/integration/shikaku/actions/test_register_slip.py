"""The slip is spent with the registration or not at all, and registered once however often it is pressed."""

from __future__ import annotations

import threading
from dataclasses import replace
from uuid import UUID

import pytest
from django.db import connection

from chukan.kernel.errors import NotFound, RuleBroken
from shikaku.actions.register_slip import register_slip
from shikaku.actions.terminal_slip import keep_slip
from shikaku.domain.line import TorokuLine
from shikaku.queries.terminal_slip import SlipAnswer, open_slip
from tests.support.members import NOW, asked, bango, join_line
from tests.support.principals import clerk
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def register(slip: UUID, line: TorokuLine) -> SlipAnswer:
    return register_slip(by=clerk(), slip_id=slip, line=line, if_match=None, screen_id="HS-201", now=NOW)


@pytest.fixture
def slip() -> UUID:
    """A slip with a number on it."""
    return keep_slip(by=clerk(), kind="toroku", content={}, kojin_bango=bango(1), now=NOW)


def test_spent_with_the_registration_or_not_at_all(world: World, slip: UUID) -> None:
    with pytest.raises(RuleBroken):
        register(slip, replace(join_line(1), kojin_bango="1"))
    assert open_slip(by=clerk(), slip_id=slip, kind="toroku", now=NOW) == {}

    assert register(slip, join_line(1)).facts["edaban"] == 1
    with pytest.raises(NotFound):
        open_slip(by=clerk(), slip_id=slip, kind="toroku", now=NOW)
    assert asked(world, "SELECT hihokensha_edaban FROM shikaku_itaku_kukaku_kanyusha") == [(1,)]


def test_a_second_press_gets_the_first_answer_and_registers_nothing(world: World, slip: UUID) -> None:
    first = register(slip, join_line(1))

    again = register(slip, join_line(2))

    assert again == first
    assert again.facts["uketsuke_bango"]
    assert {"meisai_bango", "edaban", "tsuban"} <= set(again.facts)
    assert bango(1) not in repr(again)
    assert asked(world, "SELECT hihokensha_edaban FROM shikaku_itaku_kukaku_kanyusha") == [(1,)]
    assert asked(world, "SELECT count(*) FROM uketsuke_uketsuke") == [(1,)]


def test_without_a_slip_nothing_is_registered(world: World) -> None:
    with pytest.raises(NotFound) as gone:
        register(UUID(int=1), join_line(1))

    assert gone.value.code == "hikae_nashi"
    assert asked(world, "SELECT count(*) FROM uketsuke_uketsuke") == [(0,)]


def test_of_two_presses_at_once_one_registers_and_the_other_waits_for_its_answer(world: World, slip: UUID) -> None:
    answers: list[SlipAnswer] = []
    start = threading.Barrier(2)

    def press() -> None:
        start.wait()
        try:
            answers.append(register(slip, join_line(1)))
        finally:
            connection.close()

    presses = [threading.Thread(target=press) for _ in range(2)]
    for each in presses:
        each.start()
    for each in presses:
        each.join()

    assert len(answers) == 2
    assert answers[0] == answers[1]
    assert asked(world, "SELECT count(*) FROM uketsuke_uketsuke") == [(1,)]
    assert asked(world, "SELECT count(*) FROM shikaku_rireki") == [(1,)]
