"""A 受付 that stands still is ended; one that moves, waits, is held or has ended is not."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from chukan.controls.uketsuke.actions import accept_uketsuke, claim_uketsuke, give_up_uketsuke
from chukan.controls.uketsuke.actions.moves import Upload
from chukan.controls.uketsuke.domain import GIVEN_UP, STALLED_AFTER
from chukan.controls.uketsuke.queries import get_uketsuke_by_id
from chukan.kernel.errors import Conflict
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction
from tests.support.members import NOW
from tests.support.principals import clerk
from tests.support.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]
STILL = NOW + STALLED_AFTER + timedelta(seconds=1)


@own_transaction
def came(*, by: Principal, now: datetime) -> UUID:
    upload = Upload("key", 10, str(now).encode()[:32], "x.csv")
    return accept_uketsuke(by=by, upload=upload, saisoshin=False, now=now).uketsuke_id


@own_transaction
def given_up(*, by: Principal, row_id: UUID, now: datetime) -> str:
    return give_up_uketsuke(by=by, uketsuke_id=row_id, reason_code=GIVEN_UP, now=now)


@pytest.mark.parametrize("begun", [False, True])
def test_what_stands_still_is_ended(*, begun: bool) -> None:
    row_id = came(by=clerk(), now=NOW)
    if begun:
        claim_uketsuke(by=clerk(), uketsuke_id=row_id, now=NOW)

    number = given_up(by=clerk(), row_id=row_id, now=STILL)

    status = get_uketsuke_by_id(by=clerk(), row_id=row_id, now=STILL)
    assert (status.jotai, status.uketsuke_bango, (status.riyu or {})["code"]) == ("kyohi", number, "uchikiri")


@pytest.mark.parametrize("state", ["horyu", "kanryo", "kyohi", "moved", "waits"])
def test_anything_else_is_not(world: World, state: str) -> None:
    row_id = came(by=clerk(), now=NOW - timedelta(seconds=1))
    if state == "waits":
        row_id = came(by=clerk(), now=NOW)
    elif state != "moved":
        with world.admin() as admin:
            admin.execute("UPDATE uketsuke_uketsuke SET state = %s", (state,))

    with pytest.raises(Conflict) as refused:
        given_up(
            by=clerk(), row_id=row_id, now=NOW + STALLED_AFTER - timedelta(seconds=1) if state == "moved" else STILL
        )

    assert refused.value.code == "teitai_nashi"
