"""Ears on the lines of a running product: the broker, the line to オン資, the database's sessions, the processes.

They only listen. What they heard is one content each, for a search.
"""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import psycopg

from chukan.embedded.process_table import ROOT, ProcessSpec, Stage

PAUSE = 0.05
_PIECE = 65_536
_OPEN_FILE_MAX = 8 * 1024 * 1024


class Ear:
    """A thread that listens until it is told to stop."""

    def __init__(self) -> None:
        """Listen from now on."""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Stop listening."""
        self._over.set()
        self._thread.join(timeout=10)

    def _listen(self) -> None:
        raise NotImplementedError


class BrokerEar(Ear):
    """Every command the broker gets, by MONITOR; connects again when the broker was away."""

    def __init__(self, path: str) -> None:
        """Remember the socket."""
        super().__init__()
        self._path = path
        self._heard: list[bytes] = []

    @property
    def heard(self) -> bytes:
        """Return all of it."""
        return b"".join(self._heard)

    def _listen(self) -> None:
        while not self._over.is_set():
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as line:
                line.settimeout(0.2)
                line.connect(self._path)
                line.sendall(b"MONITOR\r\n")
                self._take(line)
            self._over.wait(PAUSE)

    def _take(self, line: socket.socket) -> None:
        while not self._over.is_set():
            try:
                piece = line.recv(_PIECE)
            except TimeoutError:
                continue
            if not piece:
                return
            self._heard.append(piece)


class PartnerLine:
    """Stands where a stand-in would listen, passes everything on to the one behind it, and keeps all bytes."""

    def __init__(self, port_of: Callable[[Stage], int | None]) -> None:
        """Nothing listens yet; the product's own start of the stand-in opens the line."""
        self._heard: list[bytes] = []
        self._server: socket.socket | None = None
        self._port_of = port_of
        self.behind = 0
        self.url = ""

    @property
    def heard(self) -> bytes:
        """Return all that went either way."""
        return b"".join(self._heard)

    def spec(self, given: ProcessSpec) -> ProcessSpec:
        """Return the stand-in's place in the process table, moved behind this line."""
        return replace(given, argv=lambda stage: self._argv(stage, given.argv(stage)))

    def _argv(self, stage: Stage, given: Sequence[str]) -> Sequence[str]:
        port = self._port_of(stage)
        assert port is not None
        if self._server is None:  # else the stand-in was started again
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self.behind = int(free.getsockname()[1])
            self._open(port)
        return [str(self.behind) if part == str(port) else part for part in given]

    def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()

    def _open(self, port: int) -> int:
        self._server = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, args=(self._server,), daemon=True).start()
        return int(self._server.getsockname()[1])

    def _accept(self, server: socket.socket) -> None:
        while True:
            try:
                caller, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=self._pass_on, args=(caller,), daemon=True).start()

    def _pass_on(self, caller: socket.socket) -> None:
        try:
            called = socket.create_connection(("127.0.0.1", self.behind), timeout=30)
        except OSError:
            caller.close()
            return
        back = threading.Thread(target=self._pump, args=(called, caller), daemon=True)
        back.start()
        self._pump(caller, called)
        back.join(timeout=30)
        caller.close()
        called.close()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(_PIECE):
                self._heard.append(piece)
                target.sendall(piece)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)


class HubLine(PartnerLine):
    """Stands before the hub for one caller and keeps all bytes."""

    def __init__(self) -> None:
        """The line opens when the caller is started."""
        super().__init__(lambda stage: stage.port)

    def _argv(self, stage: Stage, given: Sequence[str]) -> Sequence[str]:
        if self._server is None:
            self.behind = stage.port
            self.url = f"http://localhost:{self._open(0)}"
        return [self.url if part == stage.web_url else part for part in given]


class SessionEar(Ear):
    """Every statement that a look at pg_stat_activity shows, values put in or not."""

    def __init__(self, connect: Callable[[], psycopg.Connection]) -> None:
        """Remember how to connect."""
        super().__init__()
        self._connect = connect
        self._seen: set[str] = set()

    @property
    def heard(self) -> bytes:
        """Return all of it."""
        return "\n".join(self._seen).encode()

    def look(self, admin: psycopg.Connection) -> None:
        """Note what is running now."""
        rows = admin.execute("SELECT query FROM pg_stat_activity WHERE pid <> pg_backend_pid()").fetchall()
        self._seen |= {str(query) for (query,) in rows if query}

    def _listen(self) -> None:
        while not self._over.is_set():
            with contextlib.suppress(psycopg.Error), self._connect() as admin:
                while not self._over.wait(PAUSE):
                    self.look(admin)


class ProcessEar(Ear):
    """Command lines, environments and open files of the product's processes, also of files without a name."""

    def __init__(self, home: Path) -> None:
        """Remember whose processes are looked for."""
        super().__init__()
        self._mark = f"CHUKAN_HOME={home}".encode()
        self._home = home
        self._seen: set[bytes] = set()
        self.pids: set[int] = set()
        self._files: dict[tuple[str, int], bytes] = {}

    @property
    def heard(self) -> bytes:
        """Return command lines and environments."""
        return b"\n".join(self._seen)

    @property
    def open_files(self) -> dict[str, bytes]:
        """Return what stood in files that were open and are no part of CHUKAN_HOME, by name."""
        return {name: content for (name, _), content in self._files.items()}

    def look(self) -> None:
        """Note what runs now."""
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                environment = (process / "environ").read_bytes()
                if self._mark in environment.split(b"\0"):
                    self._seen |= {environment, (process / "cmdline").read_bytes()}
                    self.pids.add(int(process.name))
                    self._look_at_files(process)

    def _look_at_files(self, process: Path) -> None:
        for descriptor in (process / "fd").iterdir():
            with contextlib.suppress(OSError):
                name = str(descriptor.readlink())
                known = name.startswith((str(self._home), str(ROOT), sys.prefix, sys.base_prefix, "/proc", "/dev"))
                if not name.startswith("/") or known or not descriptor.is_file():
                    continue
                size = descriptor.stat().st_size
                if size <= _OPEN_FILE_MAX and (name, size) not in self._files:
                    self._files[name, size] = descriptor.read_bytes()

    def _listen(self) -> None:
        while not self._over.is_set():
            self.look()
            self._over.wait(PAUSE * 6)


def wait_for(condition: Callable[[], bool], *, seconds: float, what: str) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(PAUSE)
