"""Lists are read as values, newest first; what is counted of their requests adds up."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chukan.kernel.errors import NotFound
from fugo.domain.saihakko import Progress, State, Target
from fugo.domain.shutoku_state import ShutokuState
from fugo.queries.saihakko import (
    count_progress,
    extracted_lines,
    get_saihakko,
    list_candidates,
    list_saihakko,
    list_to_extract,
)
from tests.support.fugo import WORKER, all_sent, kikin
from tests.support.members import LATER
from tests.support.principals import KENPO
from tests.support.saihakko import REASON, a_list, answered, coded, executed, extracted, permitted, staff
from tests.support.world import World, as_role

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]


def test_lists_come_newest_first_and_one_by_its_number(world: World) -> None:
    coded(world, 1)
    old = a_list(world, kikin())
    new = a_list(world, kikin(), Target(issued_to=LATER.date()), now=LATER + timedelta(hours=1))

    with as_role(world, "web"):
        assert [one.id for one in list_saihakko(by=kikin(), most=10)] == [new, old]
        assert [one.id for one in list_saihakko(by=kikin(), most=1)] == [new]
        facts = get_saihakko(by=kikin(), list_id=old)
        with pytest.raises(NotFound):
            get_saihakko(by=kikin(), list_id=uuid4())
    assert (facts.state, facts.genin, facts.reason, facts.of_hokensha) == (State.TOROKU, "kitaika", REASON, (KENPO,))
    assert (facts.taisho_count, facts.tsuban_count, facts.shonin_id) == (1, 0, None)


def test_progress_counts_every_person_of_a_list_once(world: World) -> None:
    people = staff(world)
    coded(world, 1, 2, 3)
    list_id = a_list(world, people[0])
    with as_role(world, "web"):
        assert count_progress(by=people[0], list_id=list_id) == Progress({})
    permitted(world, people, list_id)
    executed(world, people[0], list_id)
    assert list_to_extract(by=WORKER) == (list_id,)
    found = list_candidates(by=WORKER, list_id=list_id, after=UUID(int=0), most=2)
    assert [(one.hokensha_code, one.has_open_request) for one in found] == [(KENPO, False)] * 2
    assert len(list_candidates(by=WORKER, list_id=list_id, after=found[-1].himozuke_bango, most=2)) == 1
    extracted()
    assert list_to_extract(by=WORKER) == ()
    with world.admin() as admin:
        admin.execute(
            "UPDATE fugo_shutoku_yokyu SET shori_kekka_shosai_code = 'bango_nashi'"
            " WHERE fugo_saihakko_flag AND hihokensha_edaban = 1"
        )
    all_sent(world, now=LATER)

    with as_role(world, "web"), CaptureQueriesContext(connection) as captured:
        progress = count_progress(by=people[0], list_id=list_id)
    assert progress == Progress({ShutokuState.SOSHIN: 2}, unaskable=1)
    assert len([query for query in captured if "fugo_" in query["sql"]]) == 1
    answered(world, issue=2, now=LATER)
    with as_role(world, "web"):
        assert count_progress(by=people[0], list_id=list_id) == Progress({ShutokuState.SETTEI: 2}, unaskable=1)


@pytest.mark.kj("KJ-DUAL-06")
def test_the_extract_is_empty_until_it_is_taken(world: World) -> None:
    people = staff(world)
    coded(world, 1)
    list_id = a_list(world, people[0])
    permitted(world, people, list_id)
    executed(world, people[0], list_id)
    extracted()

    with as_role(world, "web"):
        assert list(extracted_lines(by=people[0], list_id=list_id)) == []
    with world.admin() as admin:
        admin.execute("UPDATE fugo_saihakko_list SET written_at = now()")
    with as_role(world, "web"):
        assert [len(block) for block in extracted_lines(by=people[0], list_id=list_id)] == [1]
