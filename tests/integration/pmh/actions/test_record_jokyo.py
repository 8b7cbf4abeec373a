"""A page of counts that was opened is on record."""

from __future__ import annotations

import pytest

from chukan.kernel.principal import system_principal
from pmh.actions.record_jokyo import record_jokyo
from tests.support.members import NOW, asked
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.kj("KJ-LOG-01")
def test_it_says_which_and_of_which_file(world: World) -> None:
    record_jokyo(by=system_principal(actor_id="x"), screen_id="OP-302", now=NOW)

    rows = asked(world, "SELECT kind, jimu, target_file, screen_id FROM sosa_log_event")
    assert rows == [("monitor", "unyo", "PMH-ID発行履歴", "OP-302")]
