"""The sealed operation log for proofs: rows, the tables as plain values, the real sealing process."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from chukan.controls.sosa_log.actions import record_sosa_alone
from chukan.controls.sosa_log.actions.record_sosa import _INSERT
from chukan.controls.sosa_log.domain import STREAM, SosaKind, make_sosa
from chukan.controls.sosa_log.journal import CheckpointJournal
from chukan.controls.sosa_log.management.commands.seal_sosa_log import Sealer
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.world import ROOT, World, as_role

Row = dict[str, Any]
TABLES = ("sosa_log_event", "sosa_log_leaf", "sosa_log_checkpoint")
_XIDS = ("xid", "event_xid")
_KINDS = (SosaKind.SHOKAI, SosaKind.TOROKU, SosaKind.KENSAKU, SosaKind.BANGO_REVEAL)


def journal_of(world: World) -> CheckpointJournal:
    """Return the journal of the world's sealer."""
    return CheckpointJournal(world.home / "journal" / "checkpoints")


def empty_journal(world: World) -> None:
    """Forget the checkpoints of earlier tests: their log is gone too."""
    for path in journal_of(world).folder.glob("*.jsonl"):
        path.unlink()


def write_rows(count: int, dice: Random, *, now: datetime) -> None:
    """Write so many operations of two insurers."""
    for _ in range(count):
        record_sosa_alone(
            by=clerk(dice.choice((KENPO, OTHER_KENPO))),
            kind=dice.choice(_KINDS),
            jimu="shikaku",
            target_file="shikaku",
            result="ok",
            targets=[f"t-{dice.randrange(10**6)}"],
            now=now,
        )


def seal(world: World) -> None:
    """Seal what is there, as the sealer does."""
    with as_role(world, "sealer"):
        Sealer(journal_of(world)).run_once()


def insert_row(connection: psycopg.Connection, number: int) -> None:
    """Write one operation in a transaction of the caller's, with the product's own statement."""
    sosa = make_sosa(
        by=clerk(), kind=SosaKind.SHOKAI, jimu="shikaku", target_file="shikaku", targets=[f"t-{number}"], result="ok",
        detail=None, screen_id=None, zone=None, now=datetime.now(UTC),
    )  # fmt: skip
    connection.execute(
        _INSERT,
        [
            STREAM, sosa.at, os.urandom(16), sosa.body(), sosa.hokensha_code, sosa.channel, sosa.soshiki, sosa.actor_id,
            sosa.actor_name, sosa.terminal, sosa.jimu, sosa.target_file, sosa.kind, list(sosa.targets), sosa.result,
            sosa.screen_id, sosa.request_id,
        ],
    )  # fmt: skip


@dataclass
class LogTables:
    """What the three tables hold, in order."""

    events: list[Row]
    leaves: list[Row]
    checkpoints: list[Row]

    @classmethod
    def read(cls, admin: psycopg.Connection) -> LogTables:
        """Read them as the administrator."""
        with admin.cursor(row_factory=dict_row) as cursor:
            return cls(
                cursor.execute("SELECT * FROM sosa_log_event ORDER BY xid, id").fetchall(),
                cursor.execute("SELECT * FROM sosa_log_leaf ORDER BY idx").fetchall(),
                cursor.execute("SELECT * FROM sosa_log_checkpoint ORDER BY size").fetchall(),
            )

    def write(self, admin: psycopg.Connection) -> None:
        """Put them in the place of what stands there: as a superuser, with triggers and row security off."""
        with admin.transaction():
            admin.execute("SET LOCAL session_replication_role = replica")
            admin.execute("TRUNCATE sosa_log_event, sosa_log_leaf, sosa_log_checkpoint")
            for table, rows in zip(TABLES, (self.events, self.leaves, self.checkpoints), strict=True):
                _insert(admin, table, rows)

    def copy(self) -> LogTables:
        """Return tables that may be changed without changing these."""
        return copy.deepcopy(self)

    @property
    def size(self) -> int:
        """Return the number of leaves."""
        return len(self.leaves)


def _insert(admin: psycopg.Connection, table: str, rows: list[Row]) -> None:
    if not rows:
        return
    names = list(rows[0])
    values = [sql.SQL("%s::text::xid8") if name in _XIDS else sql.SQL("%s") for name in names]
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, names)), sql.SQL(", ").join(values)
    )
    with admin.cursor() as cursor:
        cursor.executemany(statement, [[row[name] for name in names] for row in rows])


@contextmanager
def sealing_process(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run the product's own sealing process for a while."""
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "seal_sosa_log", *arguments],
        env={**os.environ, "CHUKAN_ROLE": "sealer", "DJANGO_SETTINGS_MODULE": "chukan.settings.base"},
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_for_size(admin: psycopg.Connection, size: int, *, seconds: float = 30) -> None:
    """Wait until so many rows are sealed."""
    deadline = time.monotonic() + seconds
    while sealed_size(admin) < size:
        assert time.monotonic() < deadline, f"{sealed_size(admin)} of {size} rows are sealed after {seconds:g} s"
        time.sleep(0.02)


def sealed_size(admin: psycopg.Connection) -> int:
    """Return how many rows are sealed."""
    row = admin.execute("SELECT coalesce(max(size), 0) FROM sosa_log_checkpoint").fetchone()
    assert row is not None
    return int(row[0])
