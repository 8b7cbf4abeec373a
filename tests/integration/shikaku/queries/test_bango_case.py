"""Open cases as operators see them: insurers and lines, no person."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chukan.kernel.errors import RuleBroken
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import TransactionMisuse
from shikaku.actions.register_one import register_one
from shikaku.queries.bango_case import OpenCases, list_open_cases
from tests.support.members import LATER, asked, bango, joined, known
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])
OPERATOR = Principal(channel="operator", soshiki="shiharai_kikin", actor_id="K0001", actor_name="試験次郎")


def clash(edaban: int, serial: int, minutes: int = 0) -> None:
    line = known("03", edaban, koshingo_kojin_bango=bango(serial), kojin_bango_koshin_kubun="1")
    with pytest.raises(RuleBroken):
        register_one(by=clerk(), line=line, now=LATER + timedelta(minutes=minutes))


@pytest.fixture
def two_open(world: World) -> None:
    """Two members who were to get the number of somebody insured elsewhere, the second of them first."""
    joined(1)
    joined(2)
    joined(3, by=clerk(OTHER_KENPO))
    clash(2, 3)
    clash(1, 3, minutes=1)
    clash(1, 3, minutes=2)


@pytest.mark.usefixtures("two_open")
class TestOpenCases:
    def test_the_oldest_first_with_the_insurer_to_ask(self) -> None:
        found = list_open_cases(by=OPERATOR, limit=20)

        assert found.count == 2
        assert [(one.hokensha_code, one.seen_count, one.holders) for one in found.oldest] == [
            (KENPO, 1, (OTHER_KENPO,)),
            (KENPO, 2, (OTHER_KENPO,)),
        ]
        assert [one.last_seen_at - one.first_seen_at for one in found.oldest] == [timedelta(0), timedelta(minutes=1)]

    def test_all_are_counted_however_few_are_listed(self) -> None:
        found = list_open_cases(by=OPERATOR, limit=1)

        assert (found.count, len(found.oldest)) == (2, 1)

    def test_only_of_the_insurers_asked_for(self) -> None:
        assert list_open_cases(by=OPERATOR, hokensha_codes=frozenset({OTHER_KENPO}), limit=20) == OpenCases(0, ())
        assert list_open_cases(by=OPERATOR, hokensha_codes=frozenset({KENPO}), limit=20).count == 2

    def test_somebody_insured_nowhere_leaves_nobody_to_ask(self) -> None:
        withdrawal = replace(known("05", 1), hokensha_code=OTHER_KENPO)
        register_one(by=clerk(OTHER_KENPO), line=withdrawal, now=LATER + timedelta(minutes=3))

        assert [one.holders for one in list_open_cases(by=OPERATOR, limit=20).oldest] == [(), ()]

    def test_what_is_closed_is_not_listed(self, world: World) -> None:
        with world.admin() as admin:
            admin.execute("UPDATE shikaku_bango_case SET closed_at = now() WHERE seen_count = 1")

        assert list_open_cases(by=OPERATOR, limit=20).count == 1


@pytest.mark.kj("KJ-MENU-09")
def test_the_operators_role_cannot_read_either_person(world: World) -> None:
    columns = asked(
        world,
        "SELECT column_name::text FROM information_schema.column_privileges"
        " WHERE table_name = 'shikaku_bango_case' AND grantee = 'chukan_operator'",
    )

    assert {"hihokensha_edaban", "other_himozuke_bango"} & {row[0] for row in columns} == set()
    assert len(columns) == 10


def test_an_insurers_clerk_may_not_ask() -> None:
    with pytest.raises(TransactionMisuse):
        list_open_cases(by=clerk(), limit=20)
