"""The world tests run in: services of their own, the schema made by its owner, ten insurers, the app roles."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connections
from psycopg import sql

from chukan.controls.kikan.actions import register_hokensha
from chukan.controls.sosa_log.sealing import WATCH
from chukan.embedded.places import erase
from chukan.embedded.services import Services, ServiceUrls
from chukan.kernel import clock
from chukan.kernel.principal import Principal
from chukan.settings import env

ROOT = Path(__file__).resolve().parents[2]
# Each with its 保険者コード, 保険者番号 (生活保護: 公費負担者番号), 保険者種別 and name.
HOKENSHA = (
    ("06132013", "06132013", "kenpo_kumiai", "見本健康保険組合"),
    ("06139992", "06139992", "kenpo_kumiai", "試験健康保険組合"),
    ("01130012", "01130012", "kyokai_kenpo", "見本協会"),
    ("00133033", "133033", "kokuho_kumiai", "見本国民健康保険組合"),
    ("00138057", "138057", "shichoson_kokuho", "見本市"),
    ("00138065", "138065", "shichoson_kokuho", "試験市"),
    ("39131008", "39131008", "koki_koiki", "見本広域連合"),
    ("31130016", "31130016", "kokkyo", "見本国家公務員共済組合"),
    ("32130015", "32130015", "chikyo", "見本地方公務員共済組合"),
    ("34130013", "34130013", "shigaku", "見本私学事業団"),
    ("12130019", "12130019", "seikatsu_hogo", "見本福祉事務所"),
)
# Loaded once and the same for every test; never emptied between tests.
_KEPT_PREFIXES = ("kikan_", "crypto_", "django_migrations")


def manage(*arguments: str, role: str = "kanri", stdin: str = "") -> str:
    """Run a management command in a process of its own and return what it printed; without `role` as its own role."""
    env = {name: value for name, value in os.environ.items() if name != "CHUKAN_ROLE"}
    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        env={**env, **({"CHUKAN_ROLE": role} if role else {}), "DJANGO_SETTINGS_MODULE": "chukan.settings.base"},
        cwd=ROOT,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        message = f"{arguments[0]}: {done.stdout}{done.stderr}"
        raise RuntimeError(message)
    return done.stdout


_NOTHING_WAITS = """
CREATE OR REPLACE FUNCTION sosa_log_oldest_unsealed(p_stream text) RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS 'SELECT NULL::timestamptz'
"""


@contextmanager
def undone(world: World) -> Iterator[psycopg.Connection]:
    """Break something as the administrator; whatever was broken is whole again afterwards."""
    with world.admin() as admin:
        admin.autocommit = False
        try:
            yield admin
        finally:
            admin.rollback()


class World:
    """The services and the schema of one test process."""

    def __init__(self) -> None:
        """Start the services and make the schema as its owner."""
        self.home: Path = settings.CHUKAN_HOME
        self._services = Services(self.home)
        self.urls: ServiceUrls = self._services.start()
        try:
            manage("setup_database")
            manage("migrate", "--verbosity=0", role="migrator")
            manage("ensure_keys")
            manage("load_reference_data")
            self._real_watch = self._take_watch()
            self._register()
            self.empty()  # the log of the registrations is no test's own
        except BaseException:
            self.stop()
            raise

    def _register(self) -> None:
        by = Principal(channel="command", soshiki="command", actor_id="tests", actor_name="tests")
        self.connect("kanri")
        for code, bango, shubetsu, name in HOKENSHA:
            kohi = [bango] if shubetsu == "seikatsu_hogo" else []
            register_hokensha(
                by=by,
                hokensha_code=code,
                hokensha_shubetsu=shubetsu,
                hokensha_meisho=name,
                hokensha_bango=[] if kohi else [bango],
                kohi_futansha_bango=kohi,
                now=clock.now(),
            )
        self.connect("web")

    def _take_watch(self) -> str:
        """Let the log count as sealed: no sealer runs beside tests, and their dates are of any year."""
        with self.admin() as admin:
            row = admin.execute("SELECT pg_get_functiondef('sosa_log_oldest_unsealed'::regproc)").fetchone()
            assert row is not None
            admin.execute(_NOTHING_WAITS)
        return str(row[0])

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Let the log count as it is sealed, for tests of what happens when nobody seals."""
        with self.admin() as admin:
            admin.execute(self._real_watch)
            WATCH.forget()
            try:
                yield
            finally:
                admin.execute(_NOTHING_WAITS)
                WATCH.forget()

    def connect(self, role: str) -> None:
        """Make Django talk to the database as an app role."""
        self.role = role
        for alias, name in (("default", role), ("operator", "operator")):
            target = env.parse_database_url(self.urls.database_url)
            target.pop("SSLMODE")
            target |= {"USER": f"chukan_{name}", "PASSWORD": env.role_password(name)}
            connections[alias].close()
            connections[alias].settings_dict.update(target)
            connections[alias].settings_dict["OPTIONS"].pop("pool", None)

    def admin(self) -> psycopg.Connection:
        """Return a connection of the database's administrator, for looking and for cleaning up."""
        return psycopg.connect(self.urls.database_url, autocommit=True)

    def empty(self) -> None:
        """Empty every table a test may have written, whatever guards it against the app roles."""
        with self.admin() as admin:
            admin.execute("SET session_replication_role = replica")
            tables = [
                row[0]
                for row in admin.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
                if not row[0].startswith(_KEPT_PREFIXES)
            ]
            names = sql.SQL(", ").join(sql.Identifier(name) for name in tables)
            admin.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(names))

    def revive(self) -> list[str]:
        """Start again a service that was killed; returns the names."""
        return self._services.revive()

    def stop(self) -> None:
        """Stop the services and remove everything."""
        for alias in connections:
            connections[alias].close()
        self._services.stop()
        erase(self.home)
        shutil.rmtree(self.home, ignore_errors=True)


@contextmanager
def as_role(world: World, role: str) -> Iterator[None]:
    """Work as another app role for a while, then as the one before."""
    before = world.role
    world.connect(role)
    try:
        yield
    finally:
        world.connect(before)
