"""One SQLite file (WAL) of a stand-in: it survives a kill; one writer at a time, readers beside it."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

COUNTERS = "create table if not exists kazu (namae text primary key, kazu integer not null) without rowid;"
Values = Sequence[object] | Mapping[str, object]
Row = dict[str, Any]


class Database:
    """The file at `path` with the tables of `schema` and named counters."""

    def __init__(self, path: Path, schema: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._lock = RLock()
        self._write = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._write.execute("pragma journal_mode=wal")
        self._write.execute("pragma synchronous=normal")
        self._write.executescript(schema + COUNTERS)

    def close(self) -> None:
        """Finish; the file stays."""
        with self._lock:
            self._write.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The writing connection; everything or nothing is kept."""
        with self._lock:
            self._write.execute("begin immediate")
            try:
                yield self._write
            except BaseException:
                self._write.execute("rollback")
                raise
            self._write.execute("commit")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection beside the writer's, for several queries."""
        with closing(sqlite3.connect(self._path, isolation_level=None)) as connection:
            connection.row_factory = sqlite3.Row
            yield connection

    def rows(self, sql: str, values: Values = ()) -> list[Row]:
        """What a query finds."""
        with self.reading() as db:
            return [dict(row) for row in db.execute(sql, values)]

    def one(self, sql: str, values: Values = ()) -> Row | None:
        """The first row a query finds, or None."""
        return next(iter(self.rows(sql, values)), None)

    def change(self, sql: str, values: Values = ()) -> int:
        """Run one statement by itself; the number of rows it changed."""
        with self.transaction() as db:
            return db.execute(sql, values).rowcount

    def count(self, **names: int) -> None:
        """Add to named counters."""
        with self.transaction() as db:
            add_counts(db, **names)

    def counted(self, *names: str) -> dict[str, int]:
        """The named counters, 0 for those never added to."""
        found = {row["namae"]: int(row["kazu"]) for row in self.rows("select * from kazu")}
        return {name: found.get(name, 0) for name in names}

    def empty(self) -> None:
        """Forget everything."""
        with self.transaction() as db:
            tables = db.execute("select name from sqlite_master where type = 'table'").fetchall()
            for (name,) in tables:
                db.execute(f'delete from "{name}"')  # noqa: S608  # names of our own tables


def add_counts(db: sqlite3.Connection, **names: int) -> None:
    """Add to named counters inside a transaction."""
    db.executemany(
        "insert into kazu values (?, ?) on conflict (namae) do update set kazu = kazu + excluded.kazu",
        [(name, number) for name, number in names.items() if number],
    )
