"""Telegrams that wait too long are alarmed with their age."""

from __future__ import annotations

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from chukan.kernel.principal import system_principal
from chukan.settings import limits
from shikaku.actions.record_overdue import record_overdue
from tests.support.members import NOW, joined
from tests.support.principals import OTHER_KENPO, clerk
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True)
RELAY = system_principal(actor_id="relay")


def test_age_and_count_over_all_insurers_are_alarmed_when_the_limit_is_passed(world: World) -> None:
    joined(1)
    joined(2, by=clerk(OTHER_KENPO), now=NOW + timedelta(minutes=1))

    with as_role(world, "relay"), capture_logs() as logs:
        in_time = record_overdue(by=RELAY, now=NOW + limits.ONSHI_OVERDUE)
        late = record_overdue(by=RELAY, now=NOW + timedelta(days=40))

    assert (in_time, late) == (limits.ONSHI_OVERDUE, timedelta(days=40))
    assert logs == [
        {"event": "shikaku.onshi_soshin.overdue", "log_level": "error", "lag_seconds": 40 * 86_400, "count": 2}
    ]


def test_what_was_received_is_not_overdue(world: World) -> None:
    joined(1)
    with world.admin() as admin:
        admin.execute("UPDATE shikaku_onshi_soshin SET sent_at = %s", [NOW])

    with as_role(world, "relay"), capture_logs() as logs:
        assert record_overdue(by=RELAY, now=NOW + timedelta(days=40)) is None

    assert logs == []
