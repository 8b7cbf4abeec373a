"""Files as their senders left them, for the pages of operators."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from chukan.controls.uketsuke.models import Uketsuke
from tests.support.principals import KENPO
from tests.support.world import World


def a_file(
    world: World,
    at: datetime,
    *,
    sender: str = KENPO,
    zone: str | None = KENPO,
    state: str = "kanryo",
    moved_at: datetime | None = None,
    lines: int = 10,
    refused: int = 1,
) -> str:
    """Put a file into the table as its sender left it."""
    row = Uketsuke(
        id=uuid4(),
        uketsuke_bango=f"20261120-{uuid4().hex[:10].upper()}",
        sender=sender,
        hokensha_code=zone,
        shubetsu="kanyusha",
        state=state,
        channel="server_api",
        accepted_by="x",
        accepted_by_name="x",
        line_count=lines,
        bookmark=lines,
        ok_count=lines - refused,
        refused_count=refused,
        accepted_at=at,
        moved_at=moved_at or at,
    )
    with world.admin() as admin:
        names = [str(field.column) for field in Uketsuke._meta.concrete_fields]
        values = [getattr(row, field.attname) for field in Uketsuke._meta.concrete_fields]
        values[names.index("header")] = "{}"
        marks = ", ".join(["%s"] * len(names))
        admin.execute(f"INSERT INTO uketsuke_uketsuke ({', '.join(names)}) VALUES ({marks})", values)
    return row.uketsuke_bango
