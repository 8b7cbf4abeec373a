"""The peers: raw COPY and Django's `bulk_create` of the very rows the product wrote, into the same tables as before it.

A peer works in another copy of the template the product started from: the same tables, indexes, constraints and
triggers, with as many rows in them.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from bench.ground import Ground

# In the order of their references. What a block moves in place (しおり, 採番) is one row per file and left out.
TABLES = (
    "shikaku_himozuke",
    "shikaku_kojin_bango_sakuin",
    "shikaku_itaku_kukaku_kanyusha",
    "shikaku_rireki",
    "shikaku_onshi_soshin",
    "uketsuke_meisai",
    "uketsuke_teiseimachi",
    "sosa_log_event",
    "outbox_message",
)
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Written:
    """The rows one run of the product added: per table its columns, a file of them, and how many they are."""

    tables: tuple[tuple[str, tuple[str, ...], Path, int], ...]

    @property
    def rows(self) -> int:
        """Return how many rows there are together."""
        return sum(count for *_, count in self.tables)


def next_xid(ground: Ground) -> int:
    """Return a transaction number below those of everything that happens from now on."""
    with ground.admin() as admin:
        row = admin.execute("SELECT pg_current_xact_id()::text::bigint").fetchone()
    return int(row[0]) if row else 0


def columns_of(connection: psycopg.Connection, table: str) -> tuple[str, ...]:
    """Return the columns that are written, not computed."""
    rows = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
        " AND attgenerated = '' ORDER BY attnum",
        [table],
    )
    return tuple(row[0] for row in rows)


def export(ground: Ground, database: str, since: int, folder: Path) -> Written:
    """Write the rows that came after `since` to files, in the order they lie in."""
    found = []
    with ground.admin(database) as admin:
        for table in TABLES:
            columns = columns_of(admin, table)
            file = folder / f"{table}.copy"
            query = sql.SQL("COPY (SELECT {} FROM {} WHERE xmin::text::bigint > {}) TO STDOUT (FORMAT binary)").format(
                sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(table), sql.Literal(since)
            )
            with file.open("wb") as out, admin.cursor() as cursor:
                with cursor.copy(query) as copy:
                    for block in copy:
                        out.write(block)
                found.append((table, columns, file, cursor.rowcount))
    return Written(tuple(found))


def as_owner(ground: Ground, database: str) -> psycopg.Connection:
    """Return a session of the tables' owner, let past the row-level security that refuses COPY."""
    session = ground.admin(database)
    for table in TABLES:
        session.execute(sql.SQL("ALTER TABLE {} NO FORCE ROW LEVEL SECURITY").format(sql.Identifier(table)))
    session.execute("SET ROLE chukan_owner")
    return session


def raw_copy(ground: Ground, database: str, written: Written) -> float:
    """Return the seconds raw COPY takes, table by table, each with its own commit."""
    with as_owner(ground, database) as session, session.cursor() as cursor:
        started = time.perf_counter()
        for table, columns, file, _ in written.tables:
            statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(
                sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
            )
            with file.open("rb") as source, cursor.copy(statement) as copy:
                while chunk := source.read(_CHUNK):
                    copy.write(chunk)
        return time.perf_counter() - started


def bulk_create(ground: Ground, database: str, source: str, since: int, lines: int) -> tuple[float, int]:
    """Return the seconds of `bulk_create` of the rows of the first `lines` lines, and how many rows they are."""
    with as_owner(ground, database):
        told = ground.run("-m", "bench.bulk", source, str(since), str(lines), database=database, role="migrator")
    found = json.loads(told.splitlines()[-1])
    return float(found["seconds"]), int(found["rows"])


def middle(values: Sequence[float]) -> float:
    """Return the median."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
