from __future__ import annotations

import psycopg
import pytest

from tests.builders.catalogue import DEFINER_FUNCTIONS, declared_kinds, find_gaps, refused_verbs
from tests.support.world import World, undone

pytestmark = pytest.mark.django_db(transaction=True)

FEWER_ROWS = (
    'POLICY "across',
    'POLICY "reseal',
    'POLICY "expired',
    'POLICY "added" ON "sosa_log',
    'POLICY "zone" ON "sosa_log',
)
APPEND_ONLY = ("sosa_log_event", "sosa_log_leaf", "sosa_log_checkpoint", "shikaku_rireki")


class TestCatalogue:
    @pytest.mark.kj("KJ-ZONE-01", "KJ-ZONE-05")
    def test_every_wall_stands_as_declared(self, world: World) -> None:
        with world.admin() as admin:
            assert find_gaps(admin) == []

    def test_the_catalogue_is_not_empty(self) -> None:
        kinds = list(declared_kinds().values())

        assert kinds.count("insurer") >= 12
        assert kinds.count("person") == 6
        assert kinds.count("append_only") == 3

    @pytest.mark.kj("KJ-ZONE-01", "KJ-ZONE-05")
    def test_each_wall_taken_down_is_seen(self, world: World) -> None:
        with undone(world) as admin:
            walled = [name for name, kind in sorted(declared_kinds().items()) if kind == "insurer"]
            policies = list(admin.execute("SELECT tablename, policyname FROM pg_policies WHERE schemaname = 'public'"))
            mutants = [
                *[f'DROP POLICY "{policy}" ON "{table}"' for table, policy in policies],
                *[f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY' for table in walled],
                *[f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY' for table in walled],
            ]
            seen = [mutant for mutant in mutants if self._is_seen(admin, mutant)]

        # Without its policy a role sees less, never more; where another policy names the role too, that is no hole.
        lesser = {mutant for mutant in mutants if any(part in mutant for part in FEWER_ROWS)}
        assert set(mutants) - set(seen) - lesser == set()
        assert len(set(mutants) - lesser) >= 40

    @pytest.mark.parametrize(
        "mutant",
        [
            "GRANT SELECT ON shikaku_kojin_bango_sakuin TO chukan_web",
            "GRANT SELECT (jun) ON shikaku_himozuke TO chukan_operator",
            "GRANT TRUNCATE ON shikaku_himozuke TO chukan_worker",
            "GRANT SELECT ON shikaku_rireki TO PUBLIC",
            "GRANT SELECT (id) ON crypto_key TO PUBLIC",
            "GRANT USAGE ON SCHEMA public TO PUBLIC",
            "GRANT EXECUTE ON FUNCTION shikaku_new_himozuke(uuid[]) TO PUBLIC",
            "GRANT EXECUTE ON FUNCTION shikaku_find_himozuke(bytea[]) TO chukan_operator",
            "ALTER FUNCTION shikaku_hokensha_at(uuid, date) RESET search_path",
            "CREATE FUNCTION public.peek() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
            "CREATE VIEW peek AS SELECT * FROM shikaku_rireki",
            "CREATE TABLE stray (id int)",
            "ALTER TABLE shikaku_rireki OWNER TO chukan_web",
            "ALTER ROLE chukan_web BYPASSRLS",
            "ALTER ROLE chukan_worker SUPERUSER",
            "GRANT chukan_owner TO chukan_relay",
            "CREATE POLICY open ON shikaku_rireki FOR SELECT TO chukan_web USING (true)",
            "ALTER POLICY zone ON shikaku_rireki USING (true)",
            "ALTER POLICY zone ON shikaku_rireki WITH CHECK (true)",
            "CREATE UNIQUE INDEX telling ON shikaku_itaku_kukaku_kanyusha (bi_bango)",
            "ALTER TABLE shikaku_kyu_kojin_bango ADD FOREIGN KEY (id) REFERENCES shikaku_itaku_kukaku_kanyusha (id)",
        ],
    )
    def test_each_hole_made_is_seen(self, world: World, mutant: str) -> None:
        with undone(world) as admin:
            assert self._is_seen(admin, mutant), mutant

    @staticmethod
    def _is_seen(admin: psycopg.Connection, mutant: str) -> bool:
        admin.execute("SAVEPOINT whole")
        admin.execute(mutant)
        seen = bool(find_gaps(admin))
        admin.execute("ROLLBACK TO whole")
        return seen

    def test_the_list_of_definer_functions_has_no_dead_entry(self, world: World) -> None:
        with world.admin() as admin:
            found = {
                row[0]
                for row in admin.execute(
                    "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef"
                )
            }
        assert found == set(DEFINER_FUNCTIONS)


class TestAppendOnly:
    """Neither an app role nor the owner changes what was written."""

    @pytest.mark.kj("KJ-LOG-10")
    @pytest.mark.parametrize("table", APPEND_ONLY)
    def test_no_app_role_has_a_verb_that_changes(self, world: World, table: str) -> None:
        verbs = ("DELETE", "TRUNCATE", "TRIGGER") if table == "shikaku_rireki" else ("UPDATE", "DELETE", "TRUNCATE")
        with world.admin() as admin:
            holders = admin.execute(
                "SELECT r.rolname, v.verb FROM pg_roles r CROSS JOIN unnest(%s::text[]) AS v (verb)"
                " WHERE r.rolname LIKE 'chukan%%' AND r.rolcanlogin AND NOT r.rolsuper"
                "   AND has_table_privilege(r.oid, %s::regclass, v.verb)",
                [list(verbs), table],
            ).fetchall()
            changed = admin.execute(
                "SELECT DISTINCT column_name::text FROM information_schema.column_privileges"
                " WHERE table_name = %s AND privilege_type = 'UPDATE'"
                "   AND grantee LIKE 'chukan%%' AND grantee <> 'chukan_owner'",
                [table],
            ).fetchall()

        assert holders == []
        assert changed == ([("superseded_at",)] if table == "shikaku_rireki" else [])

    @pytest.mark.kj("KJ-LOG-10")
    @pytest.mark.parametrize("table", APPEND_ONLY)
    def test_the_owner_is_refused_by_a_trigger_on_every_verb(self, world: World, table: str) -> None:
        with world.admin() as admin:
            triggers = refused_verbs(admin, table)
            admin.autocommit = False
            admin.execute("SET ROLE chukan_owner")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                admin.execute(f"TRUNCATE {table}")
            admin.rollback()

        assert triggers == {"UPDATE", "DELETE", "TRUNCATE"}

    @pytest.mark.parametrize("table", APPEND_ONLY)
    def test_a_trigger_switched_off_is_seen(self, world: World, table: str) -> None:
        with undone(world) as admin:
            admin.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            assert refused_verbs(admin, table) == set()
