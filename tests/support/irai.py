"""Requests of PMH as operators see them, written as the administrator: they may be of any hour."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from tests.support.world import World

_INSERT = """
INSERT INTO pmh_irai (id, answered_at, client_id, jimu_kubun, hoho, result_code, issued_count, repeated_count,
  unknown_count) VALUES (%s, %s, %s, %s, 'ikkatsu', %s, %s, %s, %s)
"""


def an_irai(
    world: World,
    at: datetime,
    *,
    client: str = "pmh-a",
    jimu: str = "01",
    code: str = "ok",
    shinki: int = 0,
    kizon: int = 0,
    nashi: int = 0,
) -> None:
    """Write one request that was answered or refused."""
    with world.admin() as admin:
        admin.execute(_INSERT, [uuid4(), at, client, jimu, code, shinki, kizon, nashi])
