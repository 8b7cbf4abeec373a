"""Time travel over confirmations: an unused one goes after a day, a used one with the operation log, no other ever."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from chukan.controls.seitai.actions.erase_spent import erase_spent
from chukan.controls.seitai.domain import CHALLENGE_AGE
from chukan.controls.seitai.tasks import erase_seitai
from chukan.kernel import clock
from chukan.kernel.principal import Principal, system_principal
from tests.integration.controls.seitai.actions.test_confirm import Desk, a_desk, act
from tests.support.authenticator import registered
from tests.support.members import asked
from tests.support.principals import KENPO
from tests.support.shonin import a_baitai, agreer, asker
from tests.support.staff import a_staff, enter
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True)
BEAT = system_principal(actor_id="beat")
USED_AT = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)  # half past midnight of 2026-11-21 in Japan


@pytest.fixture
def desk(world: World) -> Desk:
    return a_desk(world)


def used(desk: Desk, at: datetime = USED_AT) -> UUID:
    desk.at = at
    ninsho_id = desk.confirmed()
    act(by=desk.by, ninsho_id=ninsho_id, now=at)
    return ninsho_id


def erased(world: World, now: datetime, *, by: Principal = BEAT) -> tuple[int, int]:
    with as_role(world, "worker"):
        return erase_spent(by=by, now=now)


def left(world: World) -> set[UUID]:
    return {row[0] for row in asked(world, "SELECT id FROM seitai_challenge")}


def records(world: World) -> list[tuple[str, dict[str, object]]]:
    rows = asked(world, "SELECT body FROM sosa_log_event WHERE kind = 'seitai_erased' ORDER BY id")
    events = [json.loads(bytes(body)) for (body,) in rows]
    return [(event["actor_id"], event["detail"]) for event in events]


@pytest.mark.kj("KJ-RET-12", "KJ-RET-18")
def test_a_used_one_stays_seven_years_to_the_day_and_goes_with_one_record(world: World, desk: Desk) -> None:
    ninsho_id = used(desk)

    assert erased(world, datetime(2033, 11, 20, 14, 59, tzinfo=UTC)) == (0, 0)
    assert left(world) == {ninsho_id}
    assert records(world) == []

    assert erased(world, datetime(2033, 11, 20, 15, 0, tzinfo=UTC)) == (0, 1)
    assert left(world) == set()
    assert records(world) == [("beat", {"kensu": 1, "joken": "使用から7年"})]


@pytest.mark.kj("KJ-RET-12", "KJ-RET-18")
@pytest.mark.parametrize("is_answered", [False, True])
def test_one_nobody_used_goes_a_day_after_its_end(world: World, desk: Desk, is_answered: bool) -> None:
    desk.at = USED_AT
    if is_answered:
        desk.confirmed()
    else:
        desk.begin()
    over = USED_AT + CHALLENGE_AGE + timedelta(days=1)

    assert erased(world, over) == (0, 0)
    assert len(left(world)) == 1

    assert erased(world, over + timedelta(seconds=1)) == (1, 0)
    assert left(world) == set()
    assert records(world) == [("beat", {"kensu": 1, "joken": "期限から1日（未使用）"})]


def test_it_goes_in_every_zone_and_one_whose_time_is_not_over_stays(world: World, desk: Desk) -> None:
    used(desk)
    newer = used(desk, USED_AT + timedelta(days=400))
    a_staff("S0001")
    used(Desk(world, enter("S0001"), registered("S0001", zone=KENPO), USED_AT))
    assert {row[0] for row in asked(world, "SELECT zone FROM seitai_challenge")} == {"shiharai_kikin", KENPO}

    assert erased(world, datetime(2033, 11, 25, 3, 0, tzinfo=UTC)) == (0, 2)
    assert left(world) == {newer}


def test_one_that_an_approval_stands_on_stays_as_long_as_that(world: World, desk: Desk) -> None:
    older = used(desk)
    a_baitai(asker("K0011"), agreer("K0012"))
    approvals = {row[0] for row in asked(world, "SELECT ninsho_id FROM shonin_shonin")}
    assert left(world) == {older} | approvals

    assert erased(world, clock.now() + timedelta(days=3000)) == (0, 1)
    assert left(world) == approvals
    assert len(approvals) == 1


def test_what_can_still_be_answered_or_used_is_never_touched(world: World, desk: Desk) -> None:
    """Even with days that are wrong: the function looks by itself."""
    asked_for, confirmed = desk.begin().challenge_id, desk.confirmed()
    far = desk.at + timedelta(days=9)

    with world.admin() as admin:
        admin.execute("SET ROLE chukan_worker")
        gone = admin.execute("SELECT * FROM seitai_drop_spent(%s, %s, %s)", [far, desk.at, desk.at]).fetchone()

    assert gone == (0, 0)
    assert left(world) == {asked_for, confirmed}


def test_nobody_but_the_hubs_own_process_drops_them(world: World) -> None:
    for role in ("chukan_web", "chukan_operator", "chukan_kanri", "chukan_relay"):
        with world.admin() as admin:
            admin.execute(f"SET ROLE {role}".encode())
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                admin.execute("SELECT * FROM seitai_drop_spent(now(), now(), now())")


def test_beat_does_it_by_itself(world: World, desk: Desk) -> None:
    desk.at = clock.now() - timedelta(days=2)
    desk.begin()

    with as_role(world, "worker"):
        erase_seitai()

    assert left(world) == set()
