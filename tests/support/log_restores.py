"""Restores of the sealed log, honest ones and those with which a rolled back log is to be excused."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random

import psycopg
from django.core.management import call_command
from django.test import override_settings

from chukan.controls.sosa_log.journal import CheckpointJournal
from tests.support.independent_log import RESTORE
from tests.support.log_attacks import signed_by_attacker
from tests.support.sealed_log import LogTables, journal_of, seal, write_rows
from tests.support.world import World, as_role

NOW = datetime(2026, 11, 21, 3, 0, 0, tzinfo=UTC)


def put_back(tables: LogTables, size: int, admin: psycopg.Connection) -> None:
    """Put the tables back to where so many rows were sealed, as the copy of a database does."""
    back = tables.copy()
    back.events, back.leaves = back.events[:size], back.leaves[:size]
    back.checkpoints = [row for row in back.checkpoints if row["size"] <= size]
    back.write(admin)


def sign_restore(world: World) -> str:
    """Have the product sign, as a restore does, and return the note."""
    with as_role(world, "sealer"), override_settings(CHUKAN_ROLE="sealer"):
        call_command("record_restore", who="見本 担当", stdout=io.StringIO())
    return journal_of(world).restores()[-1][1]


def go_on(world: World, rows: int) -> None:
    """Write and seal so many rows."""
    with as_role(world, "web"):
        write_rows(rows, Random(rows), now=NOW)
    seal(world)


def keep_only(journal: CheckpointJournal, wanted: Callable[[str], bool]) -> None:
    """Take lines out of the journal."""
    for path in journal.folder.glob("sosa-*.jsonl"):
        path.write_text("".join(line for line in path.open() if wanted(line)))


# --- what is to excuse a log that was rolled back; each is put into the journal as the machine's owner can


def forged(before: tuple[int, bytes], after: tuple[int, bytes]) -> str:
    """Return the note of a restore that the attacker has signed."""
    lines = [
        RESTORE, str(after[0]), base64.b64encode(after[1]).decode(),
        "of first", f"before first {before[0]} {base64.b64encode(before[1]).decode()}", f"at {NOW.isoformat()}", "by x",
    ]  # fmt: skip
    return signed_by_attacker("".join(f"{line}\n" for line in lines))


def altered(genuine: str, after: tuple[int, bytes]) -> str:
    """Return a genuine note that leads elsewhere, under its old signature."""
    lines = genuine.split("\n")
    lines[1:3] = [str(after[0]), base64.b64encode(after[1]).decode()]
    return "\n".join(lines)
