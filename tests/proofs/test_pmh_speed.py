"""S9: many PMH-IDs issued in bulk, beside a load of the very rows that were written, turn and turn about."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from statistics import median
from typing import Any

import psycopg
import pytest

from chukan.kernel import clock
from chukan.kernel.principal import Principal
from pmh.actions.issue_pmh_id import issue_pmh_id
from tests.plugins_figures import Proof
from tests.support.members import bango, file_line, sent
from tests.support.pmh import a_pmh, pmh_principal
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True)
NAME = "F-pmh"
BATCH = 1_000
# What a request writes, and which rows of each table are those of the last turn.
WRITTEN = {
    "pmh_hakko_rireki": "issued_at >= %s",
    "shikaku_himozuke": "himozuke_bango IN (SELECT himozuke_bango FROM pmh_hakko_rireki WHERE issued_at >= %s)",
    "shikaku_onshi_soshin": "kind = 'pmh_id' AND owed_at >= %s",
    "sosa_log_event": "kind = 'pmh_id_haraidashi' AND at >= %s",
    "pmh_irai": "answered_at >= %s",
}


def issue(by: Principal, numbers: Sequence[str]) -> float:
    """Issue in requests of a thousand and return persons a second."""
    began = time.perf_counter()
    for first in range(0, len(numbers), BATCH):
        given = issue_pmh_id(
            by=by, jimu_kubun="01", hoho="ikkatsu", kojin_bango=numbers[first : first + BATCH], now=clock.now()
        )
        assert all(one.pmh_id for one in given)
    return len(numbers) / (time.perf_counter() - began)


class RawLoad:
    """The rows written since an instant, ready beforehand, for copies of their tables with the same indexes.

    As the owner would who knows every row: no look-up, no lock, no row security, one transaction a thousand persons.
    """

    def __init__(self, world: World, since: datetime, persons: int) -> None:
        self._world, self._persons, self._batches = world, persons, persons // BATCH
        self._copies: list[tuple[str, list[bytes]]] = []
        self._inserts: list[list[bytes]] = []
        with world.admin() as admin, psycopg.ClientCursor(admin) as writing:
            for table, where in WRITTEN.items():
                chosen = writing.mogrify(f"SELECT * FROM {table} WHERE {where}", [since])
                with admin.cursor().copy(f"COPY ({chosen}) TO STDOUT") as out:
                    self._copies.append((table, [bytes(row) for row in out]))
                rows = admin.execute(chosen).fetchall()
                self._inserts.append(
                    [
                        self._insert(writing, table, mine).encode()
                        for mine in (self._share(rows, batch) for batch in range(self._batches))
                    ]
                )

    @staticmethod
    def _insert(writing: psycopg.ClientCursor, table: str, rows: Sequence[Sequence[object]]) -> str:
        marks = ", ".join(f"({', '.join(['%s'] * len(row))})" for row in rows)
        return writing.mogrify(f"INSERT INTO raw_{table} VALUES {marks}", [value for row in rows for value in row])

    def _share(self, rows: Sequence[Any], batch: int) -> Sequence[Any]:
        share = len(rows) // self._batches
        return rows[batch * share : (batch + 1) * share]

    def insert(self) -> float:
        """INSERT them, a statement for each table and thousand; return persons a second."""

        def one(admin: psycopg.Connection, batch: int) -> None:
            for statements in self._inserts:
                admin.execute(statements[batch])

        return self._timed(one)

    def copy(self) -> float:
        """COPY them; return persons a second."""

        def one(admin: psycopg.Connection, batch: int) -> None:
            for table, rows in self._copies:
                with admin.cursor().copy(f"COPY raw_{table} FROM STDIN") as into:
                    into.write(b"".join(self._share(rows, batch)))

        return self._timed(one)

    def _timed(self, one: Callable[[psycopg.Connection, int], None]) -> float:
        with self._world.admin() as admin:
            drop_copies(admin)
            for table in WRITTEN:
                admin.execute(f"CREATE TABLE raw_{table} (LIKE {table} INCLUDING ALL)")
            # As full as the product's were: a unique key of many rows is not one of none.
            admin.execute("INSERT INTO raw_pmh_hakko_rireki SELECT gen_random_uuid(), gen_random_uuid()::text, now()"
                          f" FROM generate_series(1, {self._persons})")  # fmt: skip
            admin.autocommit = False
            began = time.perf_counter()
            for batch in range(self._batches):
                one(admin, batch)
                admin.commit()
            taken = time.perf_counter() - began
            counted = admin.execute("SELECT count(*) FROM raw_shikaku_himozuke").fetchone()
            assert counted == (self._persons,)
            admin.commit()
            admin.autocommit = True
            drop_copies(admin)
        return self._persons / taken


def drop_copies(admin: psycopg.Connection) -> None:
    for table in WRITTEN:
        admin.execute(f"DROP TABLE IF EXISTS raw_{table}")


@pytest.mark.slow
@pytest.mark.kj("KJ-PMH-06")
def test_bulk_issue_beside_a_raw_load(world: World, proof: Proof) -> None:
    turns, persons = 5, proof.at(ci=4_000, full=20_000)
    total = (turns + 1) * persons
    with as_role(world, "worker"):
        for first in range(1, total + 1, 20_000):
            last = min(first + 20_000, total + 1)
            sent(*(file_line(serial) for serial in range(first, last)), now=clock.now())
    numbers = [bango(serial) for serial in range(1, total + 1)]
    by = pmh_principal(a_pmh(world))
    with world.admin() as admin:
        admin.execute("ANALYZE")
    issue(by, numbers[:persons])  # warm
    ratios: list[float] = []
    to_copy: list[float] = []
    ours: list[float] = []
    for turn in range(1, turns + 1):
        mine = numbers[turn * persons : (turn + 1) * persons]
        since = clock.now()
        speed = issue(by, mine)
        load = RawLoad(world, since, persons)
        inserted, copied = load.insert(), load.copy()
        ours.append(speed)
        ratios.append(speed / inserted)
        to_copy.append(speed / copied)

    value = round(median(ratios), 2)
    proof.keep(NAME, "S9: bulk issue beside a raw INSERT of the same rows", value, unit="×", aim=">= 0.5",
               reached=value >= 0.5, note=f"{min(ratios):.2f}–{max(ratios):.2f}; {median(ours):,.0f} persons/s",
               )  # fmt: skip
    value_copy = round(median(to_copy), 2)
    proof.keep(NAME, "bulk issue beside a raw COPY of the same rows", value_copy, unit="×", aim="shown",
               reached=True, note=f"{min(to_copy):.2f}–{max(to_copy):.2f}")  # fmt: skip
    assert value >= 0.5
