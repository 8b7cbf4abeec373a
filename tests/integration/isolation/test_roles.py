"""A process whose database role is too strong does not start; an app role opens nothing it was not given."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection

from chukan.kernel.roles import refuse_unsafe_role
from chukan.settings import env
from tests.support.world import ROOT, World

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "mihon-no-aikotoba"
# How each kind of process comes up, as far as its first look at the database.
STARTS = {
    "web": "import chukan.wsgi",
    "relay": "import django; django.setup(); from django.core.management import call_command as c; c('relay_outbox')",
    "sealer": "import django; django.setup(); from django.core.management import call_command as c; c('seal_sosa_log')",
    "deliver": "import django; django.setup(); from django.core.management import call_command as c;"
    " c('deliver_onshi')",
    "worker": "import django; django.setup(); from celery.signals import worker_process_init as s;"
    " import chukan.celery; s.send(sender=None)",
}


@contextmanager
def a_role(world: World, attributes: str, *statements: str) -> Iterator[str]:
    """Make a login role for a while and return the address that names it."""
    with world.admin() as admin:
        admin.execute(f"CREATE ROLE tsuyoi LOGIN {attributes} PASSWORD '{PASSWORD}'")
        admin.execute("GRANT CONNECT ON DATABASE chukan TO tsuyoi")
        for statement in statements:
            admin.execute(statement)
    target = env.parse_database_url(world.urls.database_url)
    try:
        yield f"postgresql://tsuyoi:{PASSWORD}@/{target['NAME']}?host={target['HOST']}&port={target['PORT']}"
    finally:
        with world.admin() as admin:
            admin.execute("DROP OWNED BY tsuyoi")
            admin.execute("DROP ROLE tsuyoi")


def start(process: str, url: str, *, only: str = "") -> subprocess.CompletedProcess[str]:
    """Bring a process up with its own address for every role it knows."""
    given = {f"CHUKAN_DATABASE_URL_{role}": url for role in ([only] if only else ("WEB", "WORKER", "RELAY", "SEALER"))}
    role = {"web": "web", "worker": "worker", "sealer": "sealer"}.get(process, "relay")
    return subprocess.run(
        [sys.executable, "-c", STARTS[process]],
        env={**os.environ, **given, "CHUKAN_ROLE": role, "DJANGO_SETTINGS_MODULE": "chukan.settings.base"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


class TestRefuseUnsafeRole:
    @pytest.mark.kj("KJ-ZONE-05")
    @pytest.mark.parametrize("process", list(STARTS))
    def test_no_process_starts_as_superuser(self, world: World, process: str) -> None:
        with a_role(world, "SUPERUSER") as url:
            done = start(process, url)

        assert done.returncode != 0
        assert "データベースの役割が強すぎます" in done.stderr

    @pytest.mark.kj("KJ-ZONE-05")
    @pytest.mark.parametrize(
        ("attributes", "statements"),
        [
            ("BYPASSRLS", ()),
            ("CREATEROLE", ()),
            ("", ("CREATE TABLE mochimono (id int)", "ALTER TABLE mochimono OWNER TO tsuyoi")),
            ("", ("GRANT chukan_owner TO tsuyoi",)),
        ],
        ids=["bypasses", "makes roles", "owns a table", "can become the owner"],
    )
    def test_web_does_not_start_as_a_role_that_could_pass_the_wall(
        self, world: World, attributes: str, statements: tuple[str, ...]
    ) -> None:
        with a_role(world, attributes, *statements) as url:
            done = start("web", url)

        assert done.returncode != 0
        assert "データベースの役割が強すぎます" in done.stderr

    def test_web_does_not_start_when_only_the_console_s_role_is_too_strong(self, world: World) -> None:
        with a_role(world, "SUPERUSER") as url:
            done = start("web", url, only="OPERATOR")

        assert done.returncode != 0
        assert "データベースの役割が強すぎます" in done.stderr

    @pytest.mark.usefixtures("as_worker")
    def test_staging_tables_of_another_session_are_no_mark_against_a_role(self, world: World) -> None:
        with connection.cursor() as cursor:
            cursor.execute("CREATE TEMP TABLE stage_of_a_running_block (id int)")
        try:
            refuse_unsafe_role()
        finally:
            connection.close()

    def test_web_starts_as_its_own_role(self, world: World) -> None:
        done = subprocess.run(
            [sys.executable, "-c", STARTS["web"]],
            env={**os.environ, "CHUKAN_ROLE": "web", "DJANGO_SETTINGS_MODULE": "chukan.settings.base"},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

        assert done.returncode == 0, done.stderr


class TestAppRole:
    @pytest.mark.parametrize(
        "statement",
        [
            "SET ROLE chukan_owner",
            "SET SESSION AUTHORIZATION chukan_owner",
            "SET session_replication_role = replica",
            "ALTER TABLE shikaku_rireki DISABLE TRIGGER ALL",
            "ALTER TABLE shikaku_rireki NO FORCE ROW LEVEL SECURITY",
            "DROP POLICY zone ON shikaku_rireki",
            "CREATE TABLE nukemichi (id int)",
            "CREATE FUNCTION nukemichi() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "TRUNCATE shikaku_rireki",
            "COPY (SELECT 1) TO PROGRAM 'true'",
            "SELECT pg_read_file('PG_VERSION')",
        ],
    )
    @pytest.mark.parametrize("role", ["web", "worker", "relay", "sealer", "kanri", "operator"])
    def test_has_no_way_round_the_wall(self, world: World, role: str, statement: str) -> None:
        target = env.parse_database_url(world.urls.database_url)
        with (
            psycopg.connect(
                host=str(target["HOST"]),
                port=str(target["PORT"]),
                dbname=str(target["NAME"]),
                user=f"chukan_{role}",
                password=env.role_password(role),
            ) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(statement)
