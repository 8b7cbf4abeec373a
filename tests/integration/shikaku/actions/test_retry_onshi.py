"""再試行: what backs off goes at once, and nothing else moves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chukan.controls.kikan.domain import SHIHARAI_KIKIN
from chukan.kernel import clock
from chukan.kernel.errors import NotFound, NotPermitted
from chukan.kernel.principal import Principal, system_principal
from shikaku.actions.register_one import register_one
from shikaku.actions.retry_onshi import retry_onshi
from shikaku.actions.send_to_onshi import send_to_onshi
from tests.fakes.onshi_line import OnshiLine
from tests.support.members import LATER, asked, bango, joined, loss
from tests.support.pmh import a_pmh, issued, pmh_principal
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True)
LOOKS = Principal(channel="operator", soshiki=SHIHARAI_KIKIN, actor_id="SK001", actor_name="見本", terminal="t")
OPERATOR = replace(LOOKS, kengen=frozenset({("unyo", "koshin")}))
RELAY = system_principal(actor_id="relay")
BACKS_OFF = "attempts = 3, available_at = now() + interval '1 hour'"


def owed(world: World, state: str) -> None:
    with world.admin() as admin:
        admin.execute(f"UPDATE shikaku_onshi_soshin SET {state}")


def retried(by: Principal = OPERATOR) -> int:
    return retry_onshi(by=by, hokensha_code=KENPO, in_charge={KENPO}, now=clock.now())


def test_the_telegrams_of_that_insurer_go_now_and_a_second_press_moves_none(world: World) -> None:
    joined(1)
    joined(2, by=clerk(OTHER_KENPO))
    owed(world, BACKS_OFF)

    assert [retried() for _ in range(2)] == [1, 0]

    assert asked(world, "SELECT hokensha_code FROM shikaku_onshi_soshin WHERE available_at <= now()") == [(KENPO,)]
    assert asked(world, "SELECT screen_id, actor_id FROM sosa_log_event WHERE kind = 'onshi_retried' ORDER BY id") == [
        ("OP-201", "SK001"),
        ("OP-201", "SK001"),
    ]


@pytest.mark.parametrize(
    "state",
    [
        "attempts = 0, available_at = now() + interval '1 hour'",
        f"{BACKS_OFF}, sent_at = now()",
        "attempts = 1, available_at = now() - interval '1 second'",
        f"{BACKS_OFF}, lease_until = now() + interval '1 hour'",  # in a sender's hand
    ],
)
def test_nothing_else_moves(world: World, state: str) -> None:
    joined(1)
    owed(world, state)
    before = asked(world, "SELECT * FROM shikaku_onshi_soshin")

    assert retried() == 0

    assert asked(world, "SELECT * FROM shikaku_onshi_soshin") == before


def test_what_a_sender_that_died_had_in_hand_goes_now(world: World) -> None:
    joined(1)
    owed(world, f"{BACKS_OFF}, lease_until = now() - interval '1 second'")

    assert retried() == 1


def test_what_a_sender_could_not_deliver_a_moment_ago_goes_now(world: World) -> None:
    joined(1)
    with as_role(world, "relay"):
        done = send_to_onshi(by=RELAY, gateway=OnshiLine(lost=1), now=clock.now)
    assert done is not None

    assert retried() == 1


class TestAPmhIdAhead:
    """A telegram of a PMH-ID, which is no insurer's, stands before those of the person's insurers."""

    @pytest.fixture(autouse=True)
    def pmh_id_ahead(self, world: World) -> None:
        joined(1)
        owed(world, "sent_at = now()")
        issued(pmh_principal(a_pmh(world)), bango(1))

    def test_goes_with_what_it_holds_back(self, world: World) -> None:
        register_one(by=clerk(), line=loss(1), now=LATER)
        with world.admin() as admin:
            admin.execute(f"UPDATE shikaku_onshi_soshin SET {BACKS_OFF} WHERE kind = 'pmh_id'")

        assert [retried() for _ in range(2)] == [1, 0]

        due = "SELECT kind FROM shikaku_onshi_soshin WHERE sent_at IS NULL AND available_at <= now() ORDER BY jun"
        assert asked(world, due) == [("pmh_id",), ("shikaku",)]

    def test_stays_when_it_holds_back_nothing_of_this_insurer(self, world: World) -> None:
        joined(2)
        joined(1, by=clerk(OTHER_KENPO))
        owed(world, f"{BACKS_OFF} WHERE sent_at IS NULL")

        assert retried() == 1

        moved = "SELECT kind, hokensha_code FROM shikaku_onshi_soshin WHERE sent_at IS NULL AND available_at <= now()"
        assert asked(world, moved) == [("shikaku", KENPO)]


def test_it_takes_the_right_and_an_insurer_in_charge(world: World) -> None:
    joined(1)
    owed(world, BACKS_OFF)
    before = asked(world, "SELECT * FROM shikaku_onshi_soshin")

    with pytest.raises(NotPermitted):
        retried(LOOKS)
    with pytest.raises(NotFound):
        retry_onshi(by=OPERATOR, hokensha_code=KENPO, in_charge={OTHER_KENPO}, now=clock.now())

    assert asked(world, "SELECT * FROM shikaku_onshi_soshin") == before
