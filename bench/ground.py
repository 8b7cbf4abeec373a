"""The ground the measurements stand on: services of their own, a database per run, copied from one template."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from chukan.embedded.services import Services

ROOT = Path(__file__).resolve().parents[1]
ZONE = "06132013"
EMPTY, HELD = "bench_empty", "bench_held"


@dataclass(slots=True)
class Ground:
    """Running services and the folder of everything a measurement writes."""

    home: Path
    url: str
    files: Path
    made: list[str] = field(default_factory=list)

    def url_of(self, database: str) -> str:
        """Return the administrator's address of one database."""
        parts = urlsplit(self.url)
        return urlunsplit(parts._replace(path=f"/{database}"))

    def admin(self, database: str = "postgres") -> psycopg.Connection:
        """Return a connection of the administrator."""
        return psycopg.connect(self.url_of(database), autocommit=True)

    def environment(self, database: str, role: str) -> dict[str, str]:
        """Return the environment of a process that works as an app role on one database."""
        return {
            **os.environ,
            "CHUKAN_HOME": str(self.home),
            "CHUKAN_ROLE": role,
            "CHUKAN_DATABASE_URL": self.url_of(database),
            "DJANGO_SETTINGS_MODULE": "chukan.settings.base",
        }

    def run(self, *arguments: str, database: str, role: str) -> str:
        """Run a Python program of this repository in a process of its own and return what it printed."""
        done = subprocess.run(
            [sys.executable, *arguments],
            env=self.environment(database, role),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            message = f"{' '.join(arguments[:2])}: {done.stdout[-2000:]}{done.stderr[-4000:]}"
            raise RuntimeError(message)
        return done.stdout

    def copy(self, template: str, name: str) -> str:
        """Make a database that is the same as the template to the last page, and write both out."""
        with self.admin() as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            admin.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )
            admin.execute("CHECKPOINT")
        return name

    def drop(self, name: str) -> None:
        """Remove a database of a run."""
        with self.admin() as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def settle(self, database: str) -> None:
        """Leave a template as a long-running database would be: vacuumed, with statistics."""
        with self.admin(database) as admin:
            admin.execute("VACUUM (ANALYZE)")

    def register(self, database: str, file: Path, *arguments: str) -> dict[str, Any]:
        """Send one file through the product in a fresh worker process; return what it measured of itself."""
        told = self.run("-m", "bench.register", str(file), *arguments, database=database, role="worker")
        found: dict[str, Any] = json.loads(told.splitlines()[-1])
        return found

    def sample(self, name: str, lines: int, *, seed: int, first_household: int = 0) -> Path:
        """Write a registration file of made-up people: mostly new ones, some changes, some wrong lines."""
        out = self.files / f"{name}.csv"
        subprocess.run(
            [
                sys.executable, "-m", "simulators.people", "--n", str(lines), "--seed", str(seed),
                "--hokensha", ZONE, "--bango", ZONE, "--errors", "0.005", "--date", "2026-11-20",
                "--first-household", str(first_household), "--out", str(out),
            ],
            cwd=ROOT,
            check=True,
            capture_output=True,
        )  # fmt: skip  # a command line
        return out


@contextmanager
def open_ground() -> Iterator[Ground]:
    """Start the services, make the schema and one insurer in `EMPTY`; remove everything at the end."""
    with tempfile.TemporaryDirectory(prefix="chukan-bench-") as folder:
        home = Path(folder) / "home"
        services = Services(home)
        urls = services.start()
        try:
            ground = Ground(home=home, url=urls.database_url, files=Path(folder))
            _make_schema(ground)
            yield ground
        finally:
            services.erase()


def _make_schema(ground: Ground) -> None:
    for arguments, role in (
        (["setup_database"], "kanri"),
        (["migrate", "--verbosity=0"], "migrator"),
        (["ensure_keys"], "kanri"),
        (["load_reference_data"], "kanri"),
    ):
        ground.run("manage.py", *arguments, database=EMPTY, role=role)
    ground.run("-m", "bench.register", "--insurer", database=EMPTY, role="kanri")
    ground.settle(EMPTY)
