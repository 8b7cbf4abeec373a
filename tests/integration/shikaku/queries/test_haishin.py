"""Deliveries as operators see them: counts per insurer, nobody named."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from chukan.kernel.principal import Principal, system_principal
from chukan.kernel.transactions import OPERATOR_ALIAS, TransactionMisuse
from shikaku.queries.haishin import Backlog, HaishinRow, get_backlog, list_haishin
from tests.support.members import LATER, NOW, joined
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])
OPERATOR = Principal(channel="operator", soshiki="shiharai_kikin", actor_id="K0001", actor_name="試験次郎")


def test_waiting_received_and_answered_are_counted_per_insurer(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for serial in (1, 2, 3):
        joined(serial, now=NOW + timedelta(seconds=serial))
    joined(4, by=clerk(OTHER_KENPO))
    with world.admin() as admin:
        admin.execute(
            "UPDATE shikaku_onshi_soshin SET sent_at = %s, shori_kekka_kubun = CASE hihokensha_edaban"
            " WHEN 1 THEN '9' ELSE '2' END WHERE hokensha_code = %s AND hihokensha_edaban < 3",
            [LATER, KENPO],
        )

    with django_assert_num_queries(3, using=OPERATOR_ALIAS):  # BEGIN, the counts, COMMIT
        rows = list_haishin(by=OPERATOR, since=NOW)

    assert rows == (
        HaishinRow(OTHER_KENPO, 1, NOW, 0, 0, 0, 0),
        HaishinRow(KENPO, 1, NOW + timedelta(seconds=3), 0, 2, 1, 1),
    )
    assert list_haishin(by=OPERATOR, since=LATER + timedelta(days=1))[1].sent == 0
    assert [row.hokensha_code for row in list_haishin(by=OPERATOR, since=NOW, hokensha_codes=frozenset({KENPO}))] == [
        KENPO
    ]
    assert list_haishin(by=OPERATOR, since=NOW, hokensha_codes=frozenset()) == ()


def test_the_sender_sees_the_backlog_of_all_and_an_insurers_clerk_only_its_own(world: World) -> None:
    joined(1, now=NOW + timedelta(seconds=1))
    joined(2, by=clerk(OTHER_KENPO))

    assert get_backlog(by=clerk()) == Backlog(1, NOW + timedelta(seconds=1))
    with as_role(world, "relay"):
        assert get_backlog(by=system_principal(actor_id="relay")) == Backlog(2, NOW)


def test_an_insurers_clerk_may_not_ask() -> None:
    with pytest.raises(TransactionMisuse):
        list_haishin(by=clerk(), since=NOW)
