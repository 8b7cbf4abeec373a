"""What a clerk typed is theirs alone, sealed, and taken once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from chukan.kernel.errors import NotFound
from chukan.kernel.principal import Principal
from shikaku.actions.terminal_slip import KEPT, drop_slip, keep_slip, take_slip
from tests.support.members import NOW, asked, bango
from tests.support.principals import OTHER_KENPO, clerk
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)
CONTENT = {"shimei": "見本　太郎", "n": 3}


def keep(**over: object) -> UUID:
    given: dict[str, object] = {"by": clerk(), "kind": "toroku", "content": CONTENT, "now": NOW, **over}
    return keep_slip(**given)  # type: ignore[arg-type]  # as above


def test_it_is_given_back_once() -> None:
    slip = keep(kojin_bango=bango(1))

    assert take_slip(by=clerk(), slip_id=slip, kind="toroku", now=NOW) == (CONTENT, bango(1))
    with pytest.raises(NotFound):
        take_slip(by=clerk(), slip_id=slip, kind="toroku", now=NOW)


def test_nothing_of_it_can_be_read_in_the_database(world: World) -> None:
    keep(kojin_bango=bango(1))

    row = asked(world, "SELECT ct_content, ct_kojin_bango FROM shikaku_terminal_slip")[0]
    assert "太郎".encode() not in bytes(row[0])
    assert bango(1).encode() not in bytes(row[1])


@pytest.mark.parametrize(
    "by",
    [replace(clerk(), actor_id="another"), clerk(OTHER_KENPO), replace(clerk(OTHER_KENPO), actor_id=clerk().actor_id)],
    ids=["colleague", "insurer", "same_name_elsewhere"],
)
def test_nobody_else_takes_or_drops_it(by: Principal) -> None:
    slip = keep()

    drop_slip(by=by, slip_id=slip)
    with pytest.raises(NotFound):
        take_slip(by=by, slip_id=slip, kind="toroku", now=NOW)

    assert take_slip(by=clerk(), slip_id=slip, kind="toroku", now=NOW)[0] == CONTENT


def test_of_another_kind_too_old_or_dropped_it_is_gone() -> None:
    slip, dropped = keep(), keep()
    drop_slip(by=clerk(), slip_id=dropped)

    for given in ({"kind": "shusei"}, {"now": NOW + KEPT}, {"slip_id": dropped}):
        with pytest.raises(NotFound):
            take_slip(**{"by": clerk(), "slip_id": slip, "kind": "toroku", "now": NOW, **given})  # type: ignore[arg-type]
    assert take_slip(by=clerk(), slip_id=slip, kind="toroku", now=NOW + KEPT - timedelta(seconds=1))
