"""A mended line is registered and leaves the 訂正待ち together, once."""

from __future__ import annotations

import threading
from uuid import UUID

import pytest
from django.db import connection

from chukan.kernel.errors import NotFound, RuleBroken
from chukan.kernel.principal import Principal
from shikaku.actions.mend_refused_line import mend_refused_line
from shikaku.actions.terminal_slip import keep_slip
from shikaku.domain.line import TorokuLine
from shikaku.queries.refused_line import list_mendable
from shikaku.queries.terminal_slip import SlipAnswer
from tests.support.members import NOW, asked, file_line, join_line, sent
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True)


def mend(
    row_id: UUID, line: TorokuLine | None = None, *, by: Principal | None = None, slip: UUID | None = None
) -> SlipAnswer:
    by = by or clerk()
    return mend_refused_line(
        by=by,
        row_id=row_id,
        meisai_no=1,
        line_number=2,
        line=line or join_line(1),
        slip_id=slip or keep_slip(by=by, kind="file_fix", content={}, now=NOW),
        screen_id="HS-108",
        now=NOW,
    )


@pytest.fixture
def row_id(world: World) -> UUID:
    """One refused line."""
    with as_role(world, "worker"):
        return sent(file_line(1, shutoku="20270401"), file_line(2)).uketsuke_id


def test_the_mended_line_is_registered_and_waits_no_more(row_id: UUID) -> None:
    facts = mend(row_id).facts

    assert (facts["edaban"], facts["shori"], facts["keikoku"]) == (2, "01", [])
    assert list_mendable(by=clerk(), row_id=row_id, numbers=[1, 2]) == frozenset()
    with pytest.raises(NotFound) as gone:
        mend(row_id)
    assert gone.value.code == "teiseimachi_nashi"


def test_a_second_press_gets_the_first_answer(world: World, row_id: UUID) -> None:
    slip = keep_slip(by=clerk(), kind="file_fix", content={}, now=NOW)
    first = mend(row_id, slip=slip)

    assert mend(row_id, slip=slip) == first
    assert (first.facts["row"], first.facts["line_number"]) == (str(row_id), 2)
    assert asked(world, "SELECT count(*) FROM uketsuke_uketsuke WHERE single") == [(1,)]


def test_still_wrong_it_still_waits(row_id: UUID) -> None:
    with pytest.raises(RuleBroken):
        mend(row_id, join_line(1, shikaku_shutoku_ymd="2027-04-01"))

    assert list_mendable(by=clerk(), row_id=row_id, numbers=[1, 2]) == {1}


@pytest.mark.kj("KJ-ZONE-01")
def test_another_insurer_does_not_find_it(row_id: UUID) -> None:
    with pytest.raises(NotFound):
        mend(row_id, join_line(1, zone=OTHER_KENPO), by=clerk(OTHER_KENPO))

    assert list_mendable(by=clerk(), row_id=row_id, numbers=[1]) == {1}


def test_of_two_who_mend_it_only_one_registers(world: World, row_id: UUID) -> None:
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def one_clerk() -> None:
        start.wait()
        try:
            mend(row_id)
            outcomes.append("registered")
        except NotFound as gone:
            outcomes.append(gone.code)
        finally:
            connection.close()

    clerks = [threading.Thread(target=one_clerk) for _ in range(2)]
    for each in clerks:
        each.start()
    for each in clerks:
        each.join()

    assert sorted(outcomes) == ["registered", "teiseimachi_nashi"]
    found = asked(world, "SELECT count(*) FROM shikaku_rireki WHERE hokensha_code = %s", KENPO)
    assert found == [(2,)]
