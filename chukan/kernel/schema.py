"""Migration operations that say, per table, who may see and change what, and how it is kept.

Five kinds of tables: `insurer` (row-level security by 保険者コード), `person` (granted to nobody, reached through
functions only), `hub`, `append_only`, `reference`. The kind stands in the model's `ChukanMeta` too; a test compares
the two with the database catalogue. 根拠: KJ-ZONE-01, KJ-LOG-10.
"""

from collections.abc import Mapping, Sequence

from django.db.migrations.operations import RunSQL

OWNER = "chukan_owner"
WEB, WORKER, RELAY, SEALER, KANRI, OPERATOR = (
    "chukan_web",
    "chukan_worker",
    "chukan_relay",
    "chukan_sealer",
    "chukan_kanri",
    "chukan_operator",
)
APP_ROLES = (WEB, WORKER, RELAY, SEALER, KANRI, OPERATOR)
# Whichever comes first takes statistics; each also waits for its share of a large table. Finished migrations read this.
COUNTED_AFTER = (
    "autovacuum_analyze_threshold",
    "autovacuum_vacuum_threshold",
    "autovacuum_vacuum_insert_threshold",
)

Grants = Mapping[str, str]


def _grant_sql(table: str, grants: Grants) -> str:
    statements = [f'REVOKE ALL ON "{table}" FROM PUBLIC;']
    for role, privileges in grants.items():
        statements.append(f'GRANT {privileges} ON "{table}" TO {role};')
    return "\n".join(statements)


def _revoke_sql(table: str, grants: Grants) -> str:
    return "\n".join(f'REVOKE ALL ON "{table}" FROM {role};' for role in grants)


class Grant(RunSQL):
    """Grant privileges on a table: `{role: "SELECT, INSERT (a, b)"}`; nothing goes to PUBLIC."""

    def __init__(self, table: str, grants: Grants) -> None:
        """Build the statements and their reverse."""
        self.table, self.grants = table, grants
        super().__init__(_grant_sql(table, grants), _revoke_sql(table, grants))

    def deconstruct(self) -> tuple[str, list[object], dict[str, object]]:
        """Return what Django writes into a migration file."""
        return type(self).__name__, [self.table, dict(self.grants)], {}


class HubTable(Grant):
    """A table of the hub itself, without a zone."""


class ReferenceTable(Grant):
    """Dated data of the law: everybody reads, the 管理 role loads."""

    def __init__(self, table: str) -> None:
        """Grant SELECT to every role and writing to the management role."""
        grants = dict.fromkeys(APP_ROLES, "SELECT") | {KANRI: "SELECT, INSERT, UPDATE, DELETE"}
        super().__init__(table, grants)

    def deconstruct(self) -> tuple[str, list[object], dict[str, object]]:
        """Return what Django writes into a migration file."""
        return type(self).__name__, [self.table], {}


class PersonTable(RunSQL):
    """A table across insurers that no login role may touch; SECURITY DEFINER functions are the only way."""

    def __init__(self, table: str) -> None:
        """Take every privilege away."""
        self.table = table
        super().__init__(f'REVOKE ALL ON "{table}" FROM PUBLIC, {", ".join(APP_ROLES)};', RunSQL.noop)

    def deconstruct(self) -> tuple[str, list[object], dict[str, object]]:
        """Return what Django writes into a migration file."""
        return type(self).__name__, [self.table], {}


class InsurerTable(RunSQL):
    """Row-level security: a role sees and writes the rows of the zone set in its transaction, and no other's.

    `column` holds the zone, `setting` the database setting that names the caller's. `across` maps a role to the verb
    (SELECT or ALL) it may use on every insurer's rows: delivery and the operators' console, by column grants only.
    """

    def __init__(
        self,
        table: str,
        grants: Grants,
        *,
        column: str = "hokensha_code",
        setting: str = "chukan.hokensha_code",
        across: Mapping[str, str] | None = None,
    ) -> None:
        """Build the statements and their reverse."""
        self.table, self.grants, self.column, self.setting = table, grants, column, setting
        self.across = dict(across or {})
        own = f"(\"{column}\" = (SELECT NULLIF(current_setting('{setting}', true), '')))"
        zoned = [role for role in grants if role not in self.across]
        statements = [
            f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY;',
            f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY;',
            f'CREATE POLICY zone ON "{table}" TO {", ".join(zoned)} USING {own} WITH CHECK {own};',
        ]
        reverse = [f'DROP POLICY zone ON "{table}";']
        for role, verb in self.across.items():
            statements.append(f'CREATE POLICY across_{role} ON "{table}" FOR {verb} TO {role} USING (true);')
            reverse.append(f'DROP POLICY across_{role} ON "{table}";')
        statements.append(_grant_sql(table, grants))
        reverse.append(_revoke_sql(table, grants))
        super().__init__("\n".join(statements), "\n".join(reverse))

    def deconstruct(self) -> tuple[str, list[object], dict[str, object]]:
        """Return what Django writes into a migration file."""
        kwargs: dict[str, object] = {"column": self.column, "setting": self.setting}
        return type(self).__name__, [self.table, dict(self.grants)], kwargs | {"across": self.across}


class CountedLate(RunSQL):
    """Statistics of tables that are written by blocks are taken after so many changes only.

    Taken while a first block of thousands is not committed, they say that the table has one row on many pages, and
    until the next minute plans join every code of a message with every row. `changes` is to be several blocks, each of
    8,000 rows that change up to six times.
    """

    def __init__(self, changes: int, *tables: str) -> None:
        """Build the statements and their reverse."""
        self.changes, self.tables = changes, tables
        super().__init__(
            "\n".join(
                f'ALTER TABLE "{table}" SET ({", ".join(f"{name} = {changes}" for name in COUNTED_AFTER)});'
                for table in tables
            ),
            "\n".join(f'ALTER TABLE "{table}" RESET ({", ".join(COUNTED_AFTER)});' for table in tables),
        )

    def deconstruct(self) -> tuple[str, list[object], dict[str, object]]:
        """Return what Django writes into a migration file."""
        return type(self).__name__, [self.changes, *self.tables], {}


# What reaches persons across insurers is not for whoever works for one of them: `PERFORM chukan_refuse_zone('name')`.
REFUSE_ZONE = """
CREATE OR REPLACE FUNCTION chukan_refuse_zone(caller text) RETURNS void LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF COALESCE(current_setting('chukan.hokensha_code', true), '') <> '' THEN
    RAISE EXCEPTION '%: called in a zone', caller USING ERRCODE = 'insufficient_privilege';
  END IF;
END $$;
"""
_REFUSE_FUNCTION = """
CREATE OR REPLACE FUNCTION chukan_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'append-only table %: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
"""


class AppendOnly(RunSQL):
    """Triggers that refuse UPDATE, DELETE and TRUNCATE for everybody, the owner included. 根拠: KJ-LOG-10."""

    def __init__(self, table: str, *, verbs: Sequence[str] = ("UPDATE", "DELETE")) -> None:
        """Build the row and the statement trigger."""
        self.table, self.verbs = table, tuple(verbs)
        super().__init__(
            f"{_REFUSE_FUNCTION}"
            f'CREATE TRIGGER append_only BEFORE {" OR ".join(verbs)} ON "{table}" '
            "FOR EACH ROW EXECUTE FUNCTION chukan_refuse_change();\n"
            f'CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON "{table}" '
            "FOR EACH STATEMENT EXECUTE FUNCTION chukan_refuse_change();",
            f'DROP TRIGGER append_only ON "{table}"; DROP TRIGGER append_only_truncate ON "{table}";',
        )

    def deconstruct(self) -> tuple[str, list[object], dict[str, object]]:
        """Return what Django writes into a migration file."""
        return type(self).__name__, [self.table], {"verbs": list(self.verbs)}
