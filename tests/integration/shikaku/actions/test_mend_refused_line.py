"""A mended line is registered and leaves the 訂正待ち together, once."""

from __future__ import annotations

import threading
from uuid import UUID

import pytest
from django.db import connection

from chukan.kernel.errors import NotFound, RuleBroken
from chukan.kernel.principal import Principal
from shikaku.actions.mend_refused_line import mend_refused_line
from shikaku.actions.register_one import Registered
from shikaku.domain.line import TorokuLine
from shikaku.queries.refused_line import list_mendable
from tests.support.members import NOW, asked, file_line, join_line, sent
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True)


def mend(row_id: UUID, line: TorokuLine | None = None, *, by: Principal | None = None) -> Registered:
    return mend_refused_line(
        by=by or clerk(), row_id=row_id, meisai_no=1, line=line or join_line(1), screen_id="HS-108", now=NOW
    )


@pytest.fixture
def row_id(world: World) -> UUID:
    """One refused line."""
    with as_role(world, "worker"):
        return sent(file_line(1, shutoku="20270401"), file_line(2)).uketsuke_id


def test_the_mended_line_is_registered_and_waits_no_more(row_id: UUID) -> None:
    registered = mend(row_id)

    assert (registered.hihokensha_edaban, registered.shori_kekka_kubun) == (2, "1")
    assert list_mendable(by=clerk(), row_id=row_id, numbers=[1, 2]) == frozenset()
    with pytest.raises(NotFound) as gone:
        mend(row_id)
    assert gone.value.code == "teiseimachi_nashi"


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
