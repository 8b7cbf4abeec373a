"""What operators see of the requests: outcomes by system, by hour and by day, and why some were refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from chukan.kernel.principal import Principal, system_principal
from chukan.kernel.transactions import TransactionMisuse
from pmh.queries.irai import IraiCount, RefusedIrai, count_day, count_days, list_refused
from tests.support.irai import an_irai
from tests.support.principals import clerk
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])
BY = system_principal(actor_id="test")
MIDNIGHT = datetime(2026, 11, 19, 15, 0, tzinfo=UTC)  # in Tokyo


def test_a_day_is_counted_by_outcome_system_and_hour(world: World) -> None:
    an_irai(world, MIDNIGHT - timedelta(seconds=1), shinki=100)
    an_irai(world, MIDNIGHT, client="pmh-a", jimu="01", shinki=3, kizon=2)
    an_irai(world, MIDNIGHT + timedelta(minutes=59), client="pmh-a", jimu="01", nashi=1)
    an_irai(world, MIDNIGHT + timedelta(hours=9), client="pmh-a", jimu="02", kizon=4)
    an_irai(world, MIDNIGHT + timedelta(hours=9), client="pmh-b", jimu="", code="jimu_kubun_fusei")

    day = count_day(by=BY, since=MIDNIGHT)

    assert day.count == IraiCount(requests=4, refused=1, shinki=3, kizon=6, nashi=1)
    assert [(one.client_id, one.jimu_kubun, one.count.requests, one.last_at) for one in day.by_client] == [
        ("pmh-a", "01", 2, MIDNIGHT + timedelta(minutes=59)),
        ("pmh-a", "02", 1, MIDNIGHT + timedelta(hours=9)),
        ("pmh-b", "", 1, MIDNIGHT + timedelta(hours=9)),
    ]
    assert (day.by_hour[0], day.by_hour[9], sum(day.by_hour)) == (6, 4, 10)


def test_nothing_is_nothing() -> None:
    day = count_day(by=BY, since=MIDNIGHT)

    assert (day.count, day.by_client, sum(day.by_hour)) == (IraiCount(0, 0, 0, 0, 0), (), 0)
    assert count_days(by=BY, since=MIDNIGHT) == {}
    assert list_refused(by=BY, since=MIDNIGHT) == ()


def test_days_begin_at_midnight_in_tokyo_the_newest_first(world: World) -> None:
    an_irai(world, MIDNIGHT, shinki=1)
    an_irai(world, MIDNIGHT - timedelta(seconds=1), shinki=2)

    found = count_days(by=BY, since=MIDNIGHT - timedelta(days=1))

    assert [(day, count.shinki) for day, count in found.items()] == [(date(2026, 11, 20), 1), (date(2026, 11, 19), 2)]


def test_refusals_of_one_reason_are_one_line_the_latest_first(world: World) -> None:
    an_irai(world, MIDNIGHT, code="unknown_field", jimu="")
    for minutes in (1, 2):
        an_irai(world, MIDNIGHT + timedelta(minutes=minutes), code="itaku_kakunin_nashi", jimu="03")
    an_irai(world, MIDNIGHT + timedelta(minutes=3), shinki=1)

    assert list_refused(by=BY, since=MIDNIGHT) == (
        RefusedIrai("pmh-a", "03", "ikkatsu", "itaku_kakunin_nashi", 2, MIDNIGHT + timedelta(minutes=2)),
        RefusedIrai("pmh-a", "", "ikkatsu", "unknown_field", 1, MIDNIGHT),
    )


@pytest.mark.kj("KJ-MENU-05")
def test_an_insurers_clerk_asks_in_vain() -> None:
    by: Principal = clerk()
    with pytest.raises(TransactionMisuse):
        count_day(by=by, since=MIDNIGHT)
