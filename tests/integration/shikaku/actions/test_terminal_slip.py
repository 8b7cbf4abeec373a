"""What a clerk typed is theirs alone, sealed, and gone when it is spent; what came of it stays until the slip's end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection

from chukan.kernel.errors import NotFound
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction
from shikaku.actions.terminal_slip import KEPT, MENDED, hand_on_slip, hold_slip, keep_slip, spend_slip
from shikaku.queries.terminal_slip import SlipAnswer, answer_of, find_answer, open_slip, open_slip_bango
from tests.support.members import NOW, asked, bango
from tests.support.principals import OTHER_KENPO, clerk
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)
CONTENT = {"shimei": "見本　太郎", "n": 3}
FACTS: dict[str, Any] = {"uketsuke_bango": "20261120-0000000001", "edaban": 1}
OTHERS = [
    replace(clerk(), actor_id="another"),
    clerk(OTHER_KENPO),
    replace(clerk(OTHER_KENPO), actor_id=clerk().actor_id),
]
OTHER_IDS = ["colleague", "insurer", "same_name_elsewhere"]


def keep(**over: object) -> UUID:
    given: dict[str, object] = {"by": clerk(), "kind": "toroku", "content": CONTENT, "now": NOW, **over}
    return keep_slip(**given)  # type: ignore[arg-type]  # as above


@own_transaction
def spend(*, by: Principal, slip_id: UUID, facts: Mapping[str, Any]) -> SlipAnswer:
    """Spend a slip as a registration does."""
    slip = hold_slip(by=by, slip_id=slip_id)
    return answer_of(by, slip) or spend_slip(by=by, slip=slip, facts=facts)


def answer(slip: UUID, **over: object) -> SlipAnswer | None:
    given: dict[str, object] = {"by": clerk(), "slip_id": slip, "kinds": ("toroku",), "now": NOW, **over}
    return find_answer(**given)  # type: ignore[arg-type]  # as above


def test_nothing_of_it_can_be_read_in_the_database(world: World) -> None:
    slip = keep(kojin_bango=bango(1))

    row = asked(world, "SELECT ct_content, ct_kojin_bango FROM shikaku_terminal_slip")[0]
    assert "太郎".encode() not in bytes(row[0])
    assert bango(1).encode() not in bytes(row[1])
    spend(by=clerk(), slip_id=slip, facts=FACTS)
    row = asked(world, "SELECT ct_answer FROM shikaku_terminal_slip")[0]
    assert FACTS["uketsuke_bango"] not in bytes(row[0]).decode("latin-1")


class TestSpend:
    @pytest.mark.kj("KJ-IN-21")
    def test_nothing_typed_is_left(self, world: World) -> None:
        slip = keep(kojin_bango=bango(1))

        assert spend(by=clerk(), slip_id=slip, facts=FACTS) == SlipAnswer("toroku", FACTS)

        assert asked(world, "SELECT ct_content, ct_kojin_bango FROM shikaku_terminal_slip") == [(None, None)]
        for look in (open_slip, open_slip_bango):
            with pytest.raises(NotFound):
                look(by=clerk(), slip_id=slip, kind="toroku", now=NOW)

    def test_the_first_answer_stays(self) -> None:
        slip = keep()

        spend(by=clerk(), slip_id=slip, facts=FACTS)
        again = spend(by=clerk(), slip_id=slip, facts={"uketsuke_bango": "another"})

        assert again == SlipAnswer("toroku", FACTS)
        assert answer(slip) == again

    def test_until_the_end_of_the_slip_itself(self) -> None:
        slip = keep()
        spend(by=clerk(), slip_id=slip, facts=FACTS)

        assert answer(slip, now=NOW + KEPT - timedelta(seconds=1)) is not None
        assert answer(slip, now=NOW + KEPT) is None

    @pytest.mark.parametrize("by", OTHERS, ids=OTHER_IDS)
    def test_nobody_else_holds_or_spends_it(self, by: Principal) -> None:
        slip = keep()

        with pytest.raises(NotFound):
            spend(by=by, slip_id=slip, facts=FACTS)

        assert open_slip(by=clerk(), slip_id=slip, kind="toroku", now=NOW) == CONTENT

    @pytest.mark.parametrize("columns", ["ct_content = ct_answer", "ct_kojin_bango = ct_answer"])
    def test_the_database_refuses_an_answer_beside_what_was_typed(self, columns: str) -> None:
        slip = keep()
        spend(by=clerk(), slip_id=slip, facts=FACTS)

        @own_transaction
        def unspend(*, by: Principal) -> None:  # its zone
            with connection.cursor() as cursor:
                cursor.execute(f"UPDATE shikaku_terminal_slip SET {columns}")

        with pytest.raises(IntegrityError, match="shikaku_slip_typed_or_answered"):
            unspend(by=clerk())


class TestHandOn:
    def hand_on(self, slip: UUID) -> SlipAnswer:
        return hand_on_slip(by=clerk(), slip_id=slip, content={"errors": 1}, kojin_bango=bango(1), now=NOW)

    def test_what_was_refused_is_kept_on_a_fresh_slip_that_the_old_one_leads_to(self, world: World) -> None:
        slip = keep(kojin_bango=bango(1))

        led = self.hand_on(slip)

        fresh = UUID(led.facts[MENDED])
        assert answer(slip) == led
        assert open_slip(by=clerk(), slip_id=fresh, kind="toroku", now=NOW) == {"errors": 1}
        assert open_slip_bango(by=clerk(), slip_id=fresh, kind="toroku", now=NOW) == bango(1)
        assert self.hand_on(slip) == led, "a second press leads to the same"
        assert asked(world, "SELECT count(*) FROM shikaku_terminal_slip") == [(2,)]

    def test_a_registered_slip_leads_to_its_registration(self, world: World) -> None:
        slip = keep()
        spend(by=clerk(), slip_id=slip, facts=FACTS)

        assert self.hand_on(slip).facts == FACTS
        assert asked(world, "SELECT count(*) FROM shikaku_terminal_slip") == [(1,)]
