"""What each role of the database reaches of each table, measured by asking: table by role by verb by zone."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psycopg
from psycopg import sql

from chukan.kernel.schema import APP_ROLES, OWNER
from chukan.settings import env
from tests.builders.catalogue import DEFINER_FUNCTIONS, ZONE_COLUMNS, declared_kinds
from tests.support.principals import KENPO, OTHER_KENPO
from tests.support.world import World

Outcome = int | Literal["refused", "reached"]
Key = tuple[str, str, str]
"""Table, role, verb."""

CONTEXTS = {"own": KENPO, "other": OTHER_KENPO, "none": None}
VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE")
REST = ("TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN")
ROLES = (*APP_ROLES, OWNER)
COLUMNS = ("table", "role", *VERBS, "rest")
WALLS = "(row security)"
# The row with the fewest values: some walls stand before what a row may become only later.
_AS_IT_BEGINS = "ORDER BY (SELECT count(*) FROM jsonb_each(to_jsonb(t)) WHERE value <> 'null') LIMIT 1"
REVIEWED = Path(__file__).resolve().parents[1] / "golden" / "isolation_v1" / "tables.csv"


@contextmanager
def login(world: World, role: str) -> Iterator[psycopg.Connection]:
    """Connect as a login role, as its process would; everything is undone."""
    target = env.parse_database_url(world.urls.database_url)
    with psycopg.connect(
        host=str(target["HOST"]),
        port=str(target["PORT"]),
        dbname=str(target["NAME"]),
        user=role,
        password=env.role_password(role.removeprefix("chukan_")),
    ) as connection:
        yield connection
        connection.rollback()


def columns_of(admin: psycopg.Connection, table: str) -> list[str]:
    """Return the columns of a table in their order."""
    found = admin.execute(
        "SELECT attname::text FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
        " ORDER BY attnum",
        [table],
    )
    return [row[0] for row in found]


def zone_column(admin: psycopg.Connection, table: str) -> str:
    """Return the column that holds the zone of an insurer table's rows."""
    held = columns_of(admin, table)
    wanted = ("sender", *ZONE_COLUMNS)  # a 受付 belongs to its sender
    return next(column for column in wanted if column in held)


def counts(admin: psycopg.Connection, table: str) -> dict[str, int]:
    """Return how many rows each zone has."""
    column = zone_column(admin, table)
    return dict(admin.execute(f"SELECT {column}, count(*) FROM {table} GROUP BY 1").fetchall())


def may(admin: psycopg.Connection, table: str, role: str, verb: str) -> bool:
    """Tell whether a role was granted a verb, on the table or on a column."""
    if verb in {"SELECT", "INSERT", "UPDATE"}:
        row = admin.execute("SELECT has_any_column_privilege(%s, %s, %s)", [role, table, verb]).fetchone()
    else:
        row = admin.execute("SELECT has_table_privilege(%s, %s, %s)", [role, table, verb]).fetchone()
    assert row is not None
    return bool(row[0])


def attempt(
    connection: psycopg.Connection, context: str | None, statement: str, *values: object, role: str | None = None
) -> Outcome:
    """Return how many rows a statement reached, that it was refused, or that another constraint stopped it.

    `role` is put on by the administrator; a login role asks as itself. Everything is undone.
    """
    try:
        with connection.transaction(force_rollback=True):
            if role is not None:
                connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))
            if context is not None:
                connection.execute(
                    "SELECT set_config('chukan.hokensha_code', %s, true), set_config('chukan.sender', %s, true)",
                    [context, context],
                )
            cursor = connection.execute(statement.encode(), values or None)
            return len(cursor.fetchall()) if cursor.description else cursor.rowcount
    except psycopg.errors.InsufficientPrivilege:
        return "refused"
    except (psycopg.errors.IntegrityError, psycopg.errors.RaiseException):
        return "reached"


@dataclass(frozen=True)
class Rows:
    """The rows of one table as its administrator counts them, and one of them to offer again."""

    table: str
    columns: list[str]
    zone: str | None
    total: int
    held: Mapping[str, int]
    sample: str

    @classmethod
    def of(cls, admin: psycopg.Connection, table: str) -> Rows:
        """Count the rows of a table, by zone where it has one."""
        columns = columns_of(admin, table)
        zone = zone_column(admin, table) if is_zoned(table) else None
        where = "" if zone is None else f" WHERE {zone} = '{KENPO}'"
        row = admin.execute(f"SELECT to_jsonb(t)::text FROM {table} t{where} {_AS_IT_BEGINS}").fetchone()
        counted = admin.execute(f"SELECT count(*) FROM {table}").fetchone()
        assert counted is not None
        held = {} if zone is None else counts(admin, table)
        return cls(table, columns, zone, int(counted[0]), held, "{}" if row is None else str(row[0]))

    def word(self, context: str | None, got: Outcome) -> str:
        """Return what was reached in one word; `all` and `zone` are never the same where zones have rows."""
        if isinstance(got, str):
            return got
        if got == self.total:
            return "all"
        if got == 0:
            return "nothing"
        return "zone" if got == self.held.get(context or "") else "some"


def is_zoned(table: str) -> bool:
    """Tell whether the rows of a table are one insurer's each."""
    return declared_kinds().get(table) == "insurer" or table == "sosa_log_event"


Ask = Callable[[str | None, str, tuple[object, ...]], Outcome]


def measure_table(admin: psycopg.Connection, table: str, role: str, ask: Ask) -> dict[Key, str]:
    """Return what a role reaches of a table by each verb, in the zones own/other/none, with the columns granted."""
    rows = Rows.of(admin, table)
    found: dict[Key, str] = {}
    for verb in VERBS:
        granted = _columns_granted(admin, rows, role, verb)
        readable = _columns_granted(admin, rows, role, "SELECT") if verb == "UPDATE" else []
        # A column is set to itself, so it has to be readable too; what can be written only is listed all the same.
        used = [column for column in granted if column in readable] or granted
        words = [_reach(rows, verb, used, context, ask) for context in CONTEXTS.values()]
        text = "-" if set(words) == {"refused"} and not granted else "/".join(words)
        shown = "*" if granted == rows.columns else " ".join(granted)
        found[table, role, verb] = f"{text} {shown}".strip() if verb != "DELETE" else text
    return found | {(table, role, "rest"): " ".join(verb for verb in REST if may(admin, table, role, verb))}


def _columns_granted(admin: psycopg.Connection, rows: Rows, role: str, verb: str) -> list[str]:
    if verb == "DELETE":
        return []
    found = admin.execute(
        "SELECT name FROM unnest(%s::text[]) WITH ORDINALITY AS c (name, place)"
        " WHERE has_column_privilege(%s, %s::regclass, name, %s) ORDER BY place",
        [rows.columns, role, rows.table, verb],
    )
    return [row[0] for row in found]


def _reach(rows: Rows, verb: str, granted: list[str], context: str | None, ask: Ask) -> str:
    columns = granted or rows.columns[:1]
    listed = ", ".join(columns)
    if verb == "INSERT":
        got = ask(
            context,
            f"INSERT INTO {rows.table} ({listed}) SELECT {listed}"
            f" FROM jsonb_populate_record(NULL::{rows.table}, %s::jsonb)",
            (rows.sample,),
        )
        return "reached" if got == 1 else str(got)
    if verb == "SELECT" and rows.zone in granted and context is not None:
        foreign = ask(context, f"SELECT 1 FROM {rows.table} WHERE {rows.zone} IS DISTINCT FROM %s", (context,))
        own = ask(context, f"SELECT {listed} FROM {rows.table}", ())
        word = rows.word(context, own)
        return "foreign" if word == "zone" and foreign != 0 else word
    statement = {
        "SELECT": f"SELECT {listed} FROM {rows.table}",
        "UPDATE": f"UPDATE {rows.table} SET {', '.join(f'{name} = {name}' for name in columns)}",
        "DELETE": f"DELETE FROM {rows.table}",
    }[verb]
    return rows.word(context, ask(context, statement, ()))


def walls(admin: psycopg.Connection, table: str) -> dict[Key, str]:
    """Return whether row security is switched on, and binds the owner too."""
    row = admin.execute(
        "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = %s::regclass", [table]
    ).fetchone()
    assert row is not None
    told = " ".join(word for word, is_so in zip(("enabled", "forced"), row, strict=True) if is_so)
    return {(table, WALLS, "SELECT"): told}


def tables_of(admin: psycopg.Connection) -> list[str]:
    """Return every table, view and foreign table of the database."""
    found = admin.execute(
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 1"
    )
    return [row[0] for row in found]


def measure_as_admin(admin: psycopg.Connection, tables: Iterable[str], roles: Iterable[str] = ROLES) -> dict[Key, str]:
    """Measure inside one transaction of the administrator, who puts on each role in turn."""
    found: dict[Key, str] = {}
    for table in tables:
        for role in roles:

            def ask(context: str | None, statement: str, values: tuple[object, ...], role: str = role) -> Outcome:
                return attempt(admin, context, statement, *values, role=role)

            found |= measure_table(admin, table, role, ask)
        found |= walls(admin, table)
    return found


def measure_logged_in(world: World, admin: psycopg.Connection) -> dict[Key, str]:
    """Measure every table through a login of each role; the owner, as whom nobody signs in, is put on."""
    tables = tables_of(admin)
    found = measure_as_admin(admin, tables, (OWNER,))
    for role in APP_ROLES:
        with login(world, role) as connection:

            def ask(
                context: str | None,
                statement: str,
                values: tuple[object, ...],
                connection: psycopg.Connection = connection,
            ) -> Outcome:
                return attempt(connection, context, statement, *values)

            for table in tables:
                found |= measure_table(admin, table, role, ask)
    return found


def functions_gone_wrong(admin: psycopg.Connection) -> list[str]:
    """Return each function and role whose right to call it is not the reviewed one."""
    found = admin.execute(
        "SELECT p.proname::text, r.rolname::text FROM pg_proc p CROSS JOIN pg_roles r"
        " WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef AND r.rolname = ANY (%s)"
        "   AND has_function_privilege(r.oid, p.oid, 'EXECUTE')",
        [list(APP_ROLES)],
    )
    held = {(row[0], row[1]) for row in found}
    wanted = {(name, role) for name, roles in DEFINER_FUNCTIONS.items() for role in roles}
    return [f"{name} {role}" for name, role in sorted(held ^ wanted)]


def read_reviewed(path: Path = REVIEWED) -> dict[Key, str]:
    """Return the reviewed table: what each role may reach."""
    with path.open(encoding="utf-8", newline="") as file:
        return {
            (row["table"], row["role"], verb): row[verb]
            for row in csv.DictReader(file)
            for verb in (*VERBS, "rest")
            if row["role"] != WALLS or verb == "SELECT"
        }


def write_measured(found: Mapping[Key, str], path: Path) -> None:
    """Write what was measured in the shape of the reviewed table, for a person to read against the design."""
    pairs = sorted({(table, role) for table, role, _ in found})
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([*pair, *(found.get((*pair, verb), "") for verb in (*VERBS, "rest"))] for pair in pairs)


def differences(found: Mapping[Key, str], reviewed: Mapping[Key, str]) -> list[str]:
    """Return every cell that is not as reviewed, or that nobody has reviewed."""
    return [
        f"{' '.join(key)}: {text!r}, reviewed {reviewed.get(key)!r}"
        for key, text in sorted(found.items())
        if reviewed.get(key) != text
    ]


def cells(found: Mapping[Key, str]) -> int:
    """Count table × role × verb × zone; the other privileges and the switches of row security count once."""
    return sum(len(CONTEXTS) if verb in VERBS and role != WALLS else 1 for _, role, verb in found)
