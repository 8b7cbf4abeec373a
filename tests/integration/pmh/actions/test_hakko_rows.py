"""The rows of 発行履歴: the first one stands, in whatever order persons are written."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import pytest
from django.db import IntegrityError

from chukan.kernel.principal import Principal, system_principal
from chukan.kernel.transactions import own_transaction
from pmh.actions.hakko_rows import erase_hakko, write_hakko
from tests.support.members import LATER, NOW, asked
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True)
BY = system_principal(actor_id="test")
ONE, TWO, THREE = (UUID(int=n) for n in (1, 2, 3))


@own_transaction
def written(*, by: Principal, pmh_id: Mapping[UUID, str]) -> dict[UUID, str]:
    return write_hakko(by=by, pmh_id=pmh_id, now=NOW)


@own_transaction
def erased(*, by: Principal, persons: list[UUID]) -> int:
    return erase_hakko(by=by, himozuke_bango=persons)


@pytest.mark.kj("KJ-PMH-02", "KJ-PMH-03")
def test_the_first_one_stands_and_everybody_is_told_that_one(world: World) -> None:
    assert written(by=BY, pmh_id={}) == {}
    assert written(by=BY, pmh_id={ONE: "A", TWO: "B"}) == {ONE: "A", TWO: "B"}
    assert written(by=BY, pmh_id={THREE: "C", TWO: "X"}) == {THREE: "C", TWO: "B"}
    assert asked(world, "SELECT himozuke_bango, pmh_id, issued_at FROM pmh_hakko_rireki ORDER BY 1") == [
        (ONE, "A", NOW),
        (TWO, "B", NOW),
        (THREE, "C", NOW),
    ]


@pytest.mark.kj("KJ-PMH-03")
def test_no_two_persons_share_one(world: World) -> None:
    written(by=BY, pmh_id={ONE: "A"})

    with pytest.raises(IntegrityError):
        written(by=BY, pmh_id={TWO: "A"})
    assert asked(world, "SELECT count(*) FROM pmh_hakko_rireki") == [(1,)]


@pytest.mark.kj("KJ-PMH-04", "KJ-IN-11")
def test_the_table_has_these_columns_and_no_other(world: World) -> None:
    columns = asked(world, "SELECT column_name FROM information_schema.columns WHERE table_name = 'pmh_hakko_rireki'")

    assert {name for (name,) in columns} == {"himozuke_bango", "pmh_id", "issued_at"}


def test_erased_rows_are_counted(world: World) -> None:
    written(by=BY, pmh_id={ONE: "A", TWO: "B"})
    with as_role(world, "worker"):
        assert erased(by=BY, persons=[ONE, THREE]) == 1
    assert written(by=BY, pmh_id={ONE: "Z", TWO: "X"}) == {ONE: "Z", TWO: "B"}
    assert LATER > NOW
