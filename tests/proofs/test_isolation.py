"""F-isolation, in the database: every table by role by verb by zone against the reviewed table, and every wall down."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from chukan.kernel.schema import APP_ROLES
from tests.builders.catalogue import ACROSS, DEFINER_FUNCTIONS, declared_kinds
from tests.builders.reach import (
    ROLES,
    VERBS,
    Key,
    cells,
    differences,
    functions_gone_wrong,
    is_zoned,
    measure_as_admin,
    measure_logged_in,
    read_reviewed,
    write_measured,
)
from tests.builders.two_insurers import seed_two
from tests.plugins_figures import Proof
from tests.support.principals import KENPO
from tests.support.world import World, undone

pytestmark = pytest.mark.django_db(transaction=True)

NAME = "F-isolation"
_GRANTS = """
SELECT c.relname::text, g.grantee::regrole::text, g.privilege_type::text, NULL::text
FROM pg_class c, aclexplode(c.relacl) g
WHERE c.relnamespace = 'public'::regnamespace AND g.grantee <> c.relowner AND c.relkind <> 'S'
UNION ALL
SELECT c.relname::text, g.grantee::regrole::text, g.privilege_type::text, a.attname::text
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid, aclexplode(a.attacl) g
WHERE c.relnamespace = 'public'::regnamespace AND g.grantee <> c.relowner
ORDER BY 1, 2, 3, 4
"""
_EXPIRED = """
INSERT INTO setsuzoku_idempotency SELECT (jsonb_populate_record(kept, jsonb_build_object(
  'id', gen_random_uuid(), 'key', md5(kept.key || n), 'expires_at', now() - interval '1 day'))).*
FROM setsuzoku_idempotency kept, generate_series(1, 2) n
"""
_CALLS = """
SELECT p.oid::regprocedure::text, g.grantee::regrole::text FROM pg_proc p, aclexplode(p.proacl) g
WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef AND g.grantee <> p.proowner ORDER BY 1, 2
"""


@dataclass(frozen=True)
class Mutant:
    """One wall taken down, and where that must show."""

    kind: str
    statement: str
    table: str
    roles: tuple[str, ...] = ROLES


@pytest.fixture
def seeded(world: World) -> World:
    """Two insurers with rows in every table, and kept answers of each that have expired."""
    seed_two(world)
    with world.admin() as admin:
        admin.execute(_EXPIRED)
    return world


def walls_to_take_down(admin: psycopg.Connection) -> list[Mutant]:
    """Return every policy, grant and switch of row security of the catalogue, each to be removed."""
    found = [
        Mutant("policy", f'DROP POLICY "{policy}" ON "{table}"', table)
        for table, policy in admin.execute(
            "SELECT tablename::text, policyname::text FROM pg_policies WHERE schemaname = 'public' ORDER BY 1, 2"
        )
    ]
    for table in sorted(filter(is_zoned, [*declared_kinds(), "sosa_log_event"])):
        found.append(Mutant("FORCE", f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY', table))
        found.append(Mutant("ENABLE", f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY', table))
    for table, role, verb, column in admin.execute(_GRANTS):
        on = verb if column is None else f'{verb} ("{column}")'
        found.append(Mutant("grant", f'REVOKE {on} ON "{table}" FROM {role}', table, (role,)))
    for function, role in admin.execute(_CALLS):
        found.append(Mutant("call", f"REVOKE EXECUTE ON FUNCTION {function} FROM {role}", ""))
    return list(dict.fromkeys(found))


def shows(admin: psycopg.Connection, mutant: Mutant, reviewed: dict[Key, str]) -> list[str]:
    """Return what the matrix says of a broken wall; the wall stands again afterwards."""
    with admin.transaction(force_rollback=True):
        admin.execute(mutant.statement.encode())
        if not mutant.table:
            return functions_gone_wrong(admin)
        return differences(measure_as_admin(admin, [mutant.table], mutant.roles), reviewed)


class TestTables:
    @pytest.mark.kj("KJ-ZONE-01", "KJ-ZONE-05")
    def test_every_role_reaches_what_was_reviewed_and_no_more(self, seeded: World, proof: Proof) -> None:
        with seeded.admin() as admin:
            found = measure_logged_in(seeded, admin)
            calls = functions_gone_wrong(admin)
        if folder := os.environ.get("CHUKAN_REVIEW"):
            write_measured(found, Path(folder) / "tables.csv")
        wrong = differences(found, read_reviewed())
        all_cells = cells(found)
        right = all_cells - len(wrong)
        proof.keep(
            NAME,
            "table × role × {own, other, none} × verb as reviewed",
            f"{right}/{all_cells}",
            unit="cells",
            aim="N/N",
            reached=not wrong,
        )
        asked = len(DEFINER_FUNCTIONS) * len(APP_ROLES)
        proof.keep(
            NAME,
            "function across zones × role as reviewed",
            f"{asked - len(calls)}/{asked}",
            unit="cells",
            aim="N/N",
            reached=not calls,
        )

        assert wrong == []
        assert calls == []
        assert set(read_reviewed()) == set(found)
        assert all_cells >= 3000

    @pytest.mark.kj("KJ-ZONE-01", "KJ-ZONE-06", "KJ-ENC-06")
    def test_what_was_reviewed_keeps_to_the_kinds_of_tables(self) -> None:
        kinds = declared_kinds()
        wrong = []
        for (table, role, verb), text in read_reviewed().items():
            words = text.split(" ")[0].split("/")
            across = bool({(table, role, verb), (table, role, "ALL")} & set(ACROSS))
            if kinds.get(table) == "person" and role in APP_ROLES and text not in {"-", ""}:
                wrong.append((table, role, verb, text))
            if kinds.get(table) != "insurer" or verb not in VERBS or across or words == [""]:
                continue
            if verb == "INSERT" and words not in [["-"], ["refused"] * 3, ["reached", "refused", "refused"]]:
                wrong.append((table, role, verb, text))
            if verb in {"SELECT", "UPDATE", "DELETE"} and {"all", "some", "foreign"} & set(words):
                wrong.append((table, role, verb, text))
            if role in ROLES and len(words) == 3 and words[2] not in {"nothing", "refused"}:
                wrong.append((table, role, verb, text))

        assert wrong == []

    @pytest.mark.kj("KJ-ZONE-01", "KJ-ZONE-05")
    def test_each_policy_grant_and_switch_removed_turns_it_red(self, seeded: World, proof: Proof) -> None:
        reviewed = read_reviewed()
        with undone(seeded) as admin:
            mutants = walls_to_take_down(admin)
            alive = [mutant for mutant in mutants if not shows(admin, mutant, reviewed)]
            assert differences(measure_as_admin(admin, ["shikaku_rireki"]), reviewed) == []
        for kind in ("policy", "FORCE", "ENABLE", "grant", "call"):
            of_kind = sum(mutant.kind == kind for mutant in mutants)
            killed = of_kind - sum(mutant.kind == kind for mutant in alive)
            proof.keep(
                NAME,
                f"walls of kind {kind} removed in turn that turn the matrix red",
                f"{killed}/{of_kind}",
                unit="mutants",
                aim="N/N",
                reached=killed == of_kind,
            )

        assert alive == []
        assert len(mutants) >= 300

    @pytest.mark.parametrize(
        "opening",
        [
            "ALTER POLICY zone ON shikaku_rireki USING (true)",
            "ALTER POLICY zone ON shikaku_rireki WITH CHECK (true)",
            "CREATE POLICY open ON shikaku_rireki FOR SELECT TO chukan_web USING (true)",
            f"ALTER POLICY zone ON shikaku_rireki USING (hokensha_code = '{KENPO}')",
            "GRANT DELETE ON shikaku_rireki TO chukan_web",
            "GRANT UPDATE (zone_key) ON shikaku_rireki TO chukan_web",
            "GRANT TRUNCATE ON shikaku_rireki TO chukan_worker",
            "GRANT SELECT ON shikaku_rireki TO PUBLIC",
        ],
    )
    def test_a_wall_opened_turns_it_red(self, seeded: World, opening: str) -> None:
        with undone(seeded) as admin:
            column = "hihokensha_edaban"
            mutant = Mutant("opened", opening.replace("zone_key", column), "shikaku_rireki")
            assert shows(admin, mutant, read_reviewed()), opening

    def test_a_table_nobody_reviewed_turns_it_red(self, seeded: World) -> None:
        with undone(seeded) as admin:
            admin.execute("CREATE TABLE stray (id int)")
            assert differences(measure_as_admin(admin, ["stray"]), read_reviewed())
