"""S9: many PMH-IDs issued in bulk, beside a load of the very rows that were written, turn and turn about."""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import median

import psycopg
import pytest
from psycopg import sql

from chukan.kernel import clock
from chukan.kernel.principal import Principal
from pmh.actions.issue_pmh_id import issue_pmh_id
from tests.plugins_figures import Proof
from tests.support.members import asked, bango, file_line, sent
from tests.support.pmh import a_pmh, pmh_principal
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True)
NAME = "F-pmh"
BATCH = 1_000
# What a request writes, and which rows of each table are those of the last turn.
WRITTEN = {
    "pmh_hakko_rireki": "issued_at >= %s",
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


def copy_rows(world: World, since: object, persons: int) -> float:
    """COPY the rows written since into copies of their tables, a transaction for every thousand persons.

    As the owner would who knows every row beforehand: no look-up, no lock, no row security. Returns persons a second.
    """
    with world.admin() as admin:
        parts: list[tuple[str, list[bytes]]] = []
        for table, where in WRITTEN.items():
            name = sql.Identifier(table)
            where_sql = psycopg.ClientCursor(admin).mogrify(where, [since])
            rows: list[bytes] = []
            with admin.cursor().copy(
                sql.SQL("COPY (SELECT * FROM {} WHERE {}) TO STDOUT").format(name, sql.SQL(where_sql))
            ) as out:
                rows += [bytes(row) for row in out]
            parts.append((table, rows))
            admin.execute(
                sql.SQL("CREATE TABLE IF NOT EXISTS {} (LIKE {} INCLUDING ALL)").format(
                    sql.Identifier(f"raw_{table}"), name
                )
            )
        batches = persons // BATCH
        admin.autocommit = False
        began = time.perf_counter()
        for batch in range(batches):
            for table, rows in parts:
                share = len(rows) // batches
                mine = rows[batch * share : (batch + 1) * share]
                with admin.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(f"raw_{table}"))) as into:
                    into.write(b"".join(mine))
            admin.commit()
        taken = time.perf_counter() - began
        admin.autocommit = True
        counted = admin.execute("SELECT count(*) FROM raw_pmh_hakko_rireki").fetchone()
        assert counted is not None
        assert counted[0] >= persons
    return persons / taken


def drop_copies(world: World) -> None:
    with world.admin() as admin:
        for table in WRITTEN:
            admin.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(f"raw_{table}")))


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
    asked(world, "SELECT 1")
    with world.admin() as admin:
        admin.execute("ANALYZE")
    issue(by, numbers[:persons])  # warm
    ratios, ours, again = [], [], []
    try:
        for turn in range(1, turns + 1):
            mine = numbers[turn * persons : (turn + 1) * persons]
            since = clock.now()
            speed = issue(by, mine)
            raw = [copy_rows(world, since, persons)]
            again.append(issue(by, mine) / speed)
            ours.append(speed)
            ratios.append(speed / median(raw))
    finally:
        drop_copies(world)

    value = round(median(ratios), 2)
    proof.keep(NAME, "S9: bulk issue beside a raw load of the same rows", value, unit="×", aim=">= 0.5",
               reached=value >= 0.5,
               note=f"{min(ratios):.2f}–{max(ratios):.2f}; {median(ours):,.0f} persons/s, again ×{median(again):.1f}",
               )  # fmt: skip
    print(ratios, ours, again)
    assert value >= 0.5
