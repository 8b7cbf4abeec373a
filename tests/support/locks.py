"""Waiting until somebody waits for a lock of the database."""

from __future__ import annotations

from tests.support.members import asked
from tests.support.world import World


def waits(world: World) -> None:
    """Return when somebody waits for a lock."""
    for _ in range(1000):
        if asked(world, "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"):
            return
    raise AssertionError
