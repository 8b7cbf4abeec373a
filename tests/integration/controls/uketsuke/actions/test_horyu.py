"""A 受付 is held by whoever inspects it, and decided once per insurer, in the sender's zone alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chukan.controls.uketsuke.actions import (
    HoryuFound,
    LeaseLost,
    Shape,
    Upload,
    accept_uketsuke,
    claim_uketsuke,
    decide_horyu,
    hold_uketsuke,
)
from chukan.controls.uketsuke.queries import find_released, get_uketsuke_by_id, list_held, list_horyu
from chukan.kernel.errors import Conflict, NotFound
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction
from tests.support.members import NOW
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.world import World, as_role

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]
SHAPE = Shape({"names": ["処理種別コード"]}, "cp932", 9)
FOUND = HoryuFound(KENPO, 100, 0, 5, (("", 6, 100), ("住所", 7, 100)))
DAY = timedelta(days=1)


@own_transaction
def alone(*, by: Principal, call: Callable[..., Any], given: dict[str, Any]) -> Any:
    """Give an action that joins a transaction one of its own."""
    return call(by=by, **given)


def do(call: Callable[..., Any], *, by: Principal | None = None, **given: Any) -> Any:
    return alone(by=by or clerk(), call=call, given=given)


def accepted(*, saisoshin: bool = False) -> UUID:
    upload = Upload("key", 10, b"1" * 32, "members.csv")
    row_id: UUID = do(accept_uketsuke, upload=upload, saisoshin=saisoshin, now=NOW).uketsuke_id
    return row_id


def held(*found: HoryuFound) -> UUID:
    row_id = accepted()
    job = claim_uketsuke(by=clerk(), uketsuke_id=row_id, now=NOW)
    assert job is not None
    do(hold_uketsuke, uketsuke_id=row_id, shape=SHAPE, found=found or (FOUND,), attempt=job.attempt, now=NOW)
    return row_id


@pytest.fixture
def decide(world: World) -> Callable[..., str | None]:
    def decided(row_id: UUID, decision: str, *, of: str = KENPO, by: Principal | None = None) -> str | None:
        with as_role(world, "web"):
            found: str | None = do(
                decide_horyu,
                by=by,
                uketsuke_id=row_id,
                hokensha_code=of,
                decision=decision,
                decider=("K0001", "見本三千代"),
                now=NOW + DAY,
            )
        return found

    return decided


class TestHold:
    def test_it_stands_with_what_was_found_and_in_nobodys_hands(self) -> None:
        row_id = held()

        status = get_uketsuke_by_id(by=clerk(), row_id=row_id, now=NOW + DAY)
        (facts,) = list_horyu(by=clerk(), row_id=row_id)
        assert (status.jotai, status.sosu, status.teitai_nichiji) == ("horyu", 9, None)
        assert (facts.reasons, facts.held_at, facts.decision) == (FOUND.reasons, NOW, "")
        assert claim_uketsuke(by=clerk(), uketsuke_id=row_id, now=NOW + DAY) is None

    def test_a_former_worker_holds_nothing(self) -> None:
        row_id = accepted()
        claim_uketsuke(by=clerk(), uketsuke_id=row_id, now=NOW)

        with pytest.raises(LeaseLost):
            do(hold_uketsuke, uketsuke_id=row_id, shape=SHAPE, found=(FOUND,), attempt=7, now=NOW)

    @pytest.mark.kj("KJ-ZONE-01")
    def test_only_its_sender_sees_it(self) -> None:
        row_id = held()

        assert list_horyu(by=clerk(OTHER_KENPO), row_id=row_id) == ()
        assert list_held(by=clerk(OTHER_KENPO), now=NOW, limit=5) == ()
        assert [one.row_id for one in list_held(by=clerk(), now=NOW, limit=5)] == [row_id]


class TestDecide:
    def test_it_goes_on_from_the_first_line(self, decide: Callable[..., str | None]) -> None:
        row_id = held()

        assert decide(row_id, "kaijo") == "shori"

        job = claim_uketsuke(by=clerk(), uketsuke_id=row_id, now=NOW + DAY)
        assert job is not None
        assert (job.state, job.bookmark, job.line_count) == ("shori", 0, 9)

    def test_it_ends_as_taken_back(self, decide: Callable[..., str | None]) -> None:
        row_id = held()

        assert decide(row_id, "torisage") == "kyohi"

        status = get_uketsuke_by_id(by=clerk(), row_id=row_id, now=NOW)
        assert status.riyu == {"code": "torisage", "message": "保険者が取り下げました。"}

    def test_twice_is_once_and_otherwise_too_late(self, decide: Callable[..., str | None]) -> None:
        row_id = held()
        decide(row_id, "kaijo")

        assert decide(row_id, "kaijo") is None
        with pytest.raises(Conflict):
            decide(row_id, "torisage")

    def test_all_have_to_let_it_through(self, decide: Callable[..., str | None]) -> None:
        row_id = held(FOUND, HoryuFound(OTHER_KENPO, 10, 0, 5, (("", 2, 10),)))

        assert decide(row_id, "kaijo") == "horyu"
        assert decide(row_id, "kaijo", of=OTHER_KENPO) == "shori"

    def test_where_nothing_is_held_nothing_is_decided(self, decide: Callable[..., str | None]) -> None:
        row_id = held()

        for given in ({"of": OTHER_KENPO}, {"by": clerk(OTHER_KENPO)}):
            with pytest.raises(NotFound):
                decide(row_id, "kaijo", **given)
        with pytest.raises(NotFound):
            decide(uuid4(), "kaijo")


class TestFindReleased:
    def test_the_same_file_under_another_number_is_known(self, decide: Callable[..., str | None]) -> None:
        decide(held(), "kaijo")

        assert find_released(by=clerk(), uketsuke_id=accepted(saisoshin=True)) == {KENPO}

    def test_what_somebody_took_back_lets_nothing_through(self, decide: Callable[..., str | None]) -> None:
        row_id = held(FOUND, HoryuFound(OTHER_KENPO, 10, 0, 5, (("", 2, 10),)))
        decide(row_id, "kaijo")
        decide(row_id, "torisage", of=OTHER_KENPO)

        assert find_released(by=clerk(), uketsuke_id=accepted()) == frozenset()
