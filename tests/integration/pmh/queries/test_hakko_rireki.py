"""Whom 発行履歴 is about, in the order of 紐付番号, and how many rows it has."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from django.db import ProgrammingError

from chukan.kernel.principal import system_principal
from pmh.queries.hakko_rireki import HakkoCount, count_hakko, list_hakko
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])
BY = system_principal(actor_id="beat")


def seed(world: World, count: int) -> None:
    with world.admin() as admin:
        for n in range(1, count + 1):
            at = datetime(2026, 11, 20, 15 if n == 2 else 14, 59, tzinfo=UTC)
            admin.execute("INSERT INTO pmh_hakko_rireki VALUES (%s, %s, %s)", [UUID(int=n), f"ID{n}", at])


def test_persons_come_in_their_order_with_the_day_of_issue_in_tokyo(world: World) -> None:
    seed(world, 3)
    with as_role(world, "worker"):
        assert list_hakko(by=BY, after=UUID(int=0), most=2) == {
            UUID(int=1): date(2026, 11, 20),
            UUID(int=2): date(2026, 11, 21),
        }
        assert list(list_hakko(by=BY, after=UUID(int=2), most=2)) == [UUID(int=3)]
        assert list_hakko(by=BY, after=UUID(int=3), most=2) == {}


def test_few_are_counted(world: World) -> None:
    seed(world, 3)
    assert count_hakko(by=BY) == HakkoCount(3, estimated=False)


def test_very_many_are_estimated(world: World) -> None:
    with world.admin() as admin:
        admin.execute("UPDATE pg_class SET reltuples = 2000000 WHERE relname = 'pmh_hakko_rireki'")
    try:
        assert count_hakko(by=BY) == HakkoCount(2_000_000, estimated=True)
    finally:
        with world.admin() as admin:
            admin.execute("ANALYZE pmh_hakko_rireki")


@pytest.mark.parametrize("role", ["web", "relay", "kanri", "sealer"])
def test_no_other_role_lists_persons(world: World, role: str) -> None:
    with as_role(world, role), pytest.raises(ProgrammingError, match="permission denied"):
        list_hakko(by=BY, after=UUID(int=0), most=2)
