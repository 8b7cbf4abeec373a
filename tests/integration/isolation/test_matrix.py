"""Table by role by zone by verb: what a login role gets is its own zone's rows, and nothing where no zone is set."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql

from chukan.kernel.schema import APP_ROLES
from tests.builders.catalogue import ACROSS, declared_kinds
from tests.builders.reach import Outcome, attempt, counts, login, may, zone_column
from tests.builders.two_insurers import seed_two
from tests.support.principals import KENPO, OTHER_KENPO
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)

CONTEXTS = {"own": KENPO, "other": OTHER_KENPO, "unknown": "99999999", "none": None, "empty": ""}
VERBS = ("SELECT", "UPDATE", "DELETE")
# Rows of a zone whose sender is a carrying system do not exist in this world; staff of operators neither.


@pytest.fixture
def seeded(world: World) -> World:
    seed_two(world)
    return world


def changeable(admin: psycopg.Connection, table: str, role: str) -> str | None:
    """Return a column the role may write."""
    row = admin.execute(
        "SELECT a.attname FROM pg_attribute a WHERE a.attrelid = %s::regclass AND a.attnum > 0"
        " AND has_column_privilege(%s, a.attrelid, a.attnum, 'UPDATE')"
        " AND has_column_privilege(%s, a.attrelid, a.attnum, 'SELECT') ORDER BY a.attnum DESC LIMIT 1",
        [table, role, role],
    ).fetchone()
    return None if row is None else row[0]


def statement_of(verb: str, table: str, column: str | None) -> str:
    if verb == "SELECT":
        return f"SELECT 1 FROM {table}"
    if verb == "DELETE":
        return f"DELETE FROM {table}"
    return f"UPDATE {table} SET {column} = {column}"


def expected(held: dict[str, int], table: str, role: str, verb: str, context: str | None) -> int:
    """Return how many rows the role may reach in that zone."""
    if {(table, role, verb), (table, role, "ALL")} & set(ACROSS) and table != "setsuzoku_idempotency":
        return sum(held.values())
    if role not in {"chukan_web", "chukan_worker", "chukan_kanri", "chukan_relay"}:
        return 0
    if table == "setsuzoku_idempotency" and role == "chukan_worker":
        return 0  # nothing has expired
    return held.get(context or "", 0)


class TestInsurerTables:
    @pytest.mark.kj("KJ-ZONE-01", "KJ-ZONE-05")
    def test_every_table_has_rows_of_both_insurers(self, seeded: World) -> None:
        with seeded.admin() as admin:
            for table, kind in declared_kinds().items():
                if kind == "insurer":
                    held = counts(admin, table)
                    assert held.get(KENPO), table
                    assert held.get(OTHER_KENPO), table

    @pytest.mark.kj("KJ-ZONE-01", "KJ-ZONE-05")
    def test_a_role_reaches_its_own_zone_only(self, seeded: World) -> None:
        tables = sorted(table for table, kind in declared_kinds().items() if kind == "insurer")
        wrong, asked = [], 0
        with seeded.admin() as admin:
            for role in APP_ROLES:
                with login(seeded, role) as connection:
                    for table in tables:
                        held = counts(admin, table)
                        for verb in VERBS:
                            column = changeable(admin, table, role)
                            granted = may(admin, table, role, verb)
                            if verb == "UPDATE" and (column is None or not granted):
                                column, granted = zone_column(admin, table), False
                            for name, context in CONTEXTS.items():
                                want: Outcome = "refused"
                                if granted:
                                    want = expected(held, table, role, verb, context)
                                if table == "shikaku_rireki" and verb == "UPDATE" and want:
                                    want = "refused"  # the trigger: nothing is superseded by itself
                                got = attempt(connection, context, statement_of(verb, table, column))
                                asked += 1
                                if got != want:
                                    wrong.append((table, role, verb, name, got, want))
        print(f"table × role × verb × zone: {asked}")
        assert wrong == []
        assert asked >= 1000

    @pytest.mark.kj("KJ-ZONE-01")
    def test_nobody_writes_a_row_into_another_zone(self, seeded: World) -> None:
        wrong, asked = [], 0
        with seeded.admin() as admin:
            for table in sorted(table for table, kind in declared_kinds().items() if kind == "insurer"):
                zone = zone_column(admin, table)
                names = [
                    row[0]
                    for row in admin.execute(
                        "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
                        " ORDER BY ordinal_position",
                        [table],
                    )
                ]
                insert = sql.SQL("INSERT INTO {} SELECT * FROM jsonb_populate_record(NULL::{}, %s::jsonb)").format(
                    sql.Identifier(table), sql.Identifier(table)
                )
                row = admin.execute(f"SELECT to_jsonb(t)::text FROM {table} t WHERE {zone} = %s", [KENPO]).fetchone()
                assert row is not None
                assert names
                for role in ("chukan_web", "chukan_worker", "chukan_kanri"):
                    if not may(admin, table, role, "INSERT"):
                        continue
                    with login(seeded, role) as connection:
                        for context in (OTHER_KENPO, "99999999", None, ""):
                            asked += 1
                            got = attempt(connection, context, insert.as_string(connection), row[0])
                            if got != "refused":
                                wrong.append((table, role, context, got))
        print(f"rows offered to another zone: {asked}")
        assert wrong == []
        assert asked >= 60

    def test_the_matrix_turns_red_when_a_policy_opens(self, seeded: World) -> None:
        with seeded.admin() as admin:
            admin.execute("ALTER POLICY zone ON shikaku_rireki USING (true)")
        try:
            with login(seeded, "chukan_web") as connection:
                assert attempt(connection, OTHER_KENPO, "SELECT 1 FROM shikaku_rireki WHERE hokensha_code = %s", KENPO)
        finally:
            with seeded.admin() as admin:
                admin.execute(
                    "ALTER POLICY zone ON shikaku_rireki USING"
                    " (hokensha_code = (SELECT NULLIF(current_setting('chukan.hokensha_code', true), '')))"
                )


class TestPersonTables:
    @pytest.mark.kj("KJ-ZONE-06", "KJ-ENC-06")
    def test_no_login_role_touches_them(self, seeded: World) -> None:
        tables = [table for table, kind in declared_kinds().items() if kind == "person"]
        for role in APP_ROLES:
            with login(seeded, role) as connection:
                for table in tables:
                    for statement in (
                        f"SELECT 1 FROM {table}",
                        f"SELECT count(*) FROM {table}",
                        f"UPDATE {table} SET himozuke_bango = himozuke_bango",
                        f"DELETE FROM {table}",
                        f"TRUNCATE {table}",
                        f"COPY {table} TO STDOUT",
                        f"LOCK TABLE {table}",
                    ):
                        assert attempt(connection, KENPO, statement) == "refused", (role, statement)


class TestOperationLog:
    @pytest.mark.kj("KJ-LOG-16", "KJ-LOG-10")
    def test_a_role_reads_its_zone_and_changes_nothing(self, seeded: World) -> None:
        with seeded.admin() as admin:
            held: dict[str, int] = dict(
                admin.execute("SELECT hokensha_code, count(*) FROM sosa_log_event GROUP BY 1").fetchall()
            )
        assert held[KENPO] >= 3
        for role in ("chukan_web", "chukan_worker"):
            with login(seeded, role) as connection:
                assert attempt(connection, KENPO, "SELECT 1 FROM sosa_log_event") == held[KENPO]
                for context in ("99999999", "", None):
                    assert attempt(connection, context, "SELECT 1 FROM sosa_log_event") == 0
        for role in APP_ROLES:
            with login(seeded, role) as connection:
                for verb in ("UPDATE sosa_log_event SET at = at", "DELETE FROM sosa_log_event"):
                    assert attempt(connection, KENPO, verb) == "refused"
        with login(seeded, "chukan_operator") as connection:
            assert attempt(connection, None, "SELECT body FROM sosa_log_event") == "refused"
