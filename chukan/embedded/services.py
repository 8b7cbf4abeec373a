"""The two services of one CHUKAN_HOME, as one thing to start, watch and stop."""

from __future__ import annotations

import fcntl
import json
import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from chukan.embedded.errors import AlreadyRunning
from chukan.embedded.places import Places, erase, make_home, prepare
from chukan.embedded.postgres import Postgres
from chukan.embedded.processes import read_mark, stop_left_over, write_private
from chukan.embedded.valkey import Valkey

_HOW_TO_STOP = {"postgres.pid": signal.SIGINT, "valkey.pid": signal.SIGTERM}
_STOP_PATIENCE = 30.0


@dataclass(frozen=True, kw_only=True)
class ServiceUrls:
    """Where the two services answer."""

    database_url: str
    redis_url: str


class Services:
    """PostgreSQL and the Redis-protocol server of one CHUKAN_HOME.

    `CHUKAN_DATABASE_URL` and `CHUKAN_REDIS_URL` each put a real server in the place of an embedded one.
    """

    def __init__(self, home: str | Path) -> None:
        """Nothing is started or written yet."""
        self.home = Path(home).expanduser().resolve()
        self._lock: IO[str] | None = None
        self._running: list[Postgres | Valkey] = []
        self._attached = False

    def start(self) -> ServiceUrls:
        """Start what is not replaced; take over from an earlier starter that was killed.

        Services that run detached are used as they are and left running by `stop`.
        """
        make_home(self.home)
        self._take_lock()
        try:
            told = read_addresses(self.home)
            if told.get("detached") == "1" and _marks_alive(self.home):
                self._attached = True
                return ServiceUrls(database_url=told["database_url"], redis_url=told["redis_url"])
            return self._start_fresh()
        except BaseException:
            self.stop()
            raise

    def revive(self) -> list[str]:
        """Start again what has died; returns the names."""
        revived = []
        for service in self._running:
            if not service.is_alive():
                service.start()
                revived.append(service.name)
        return revived

    def stop(self) -> None:
        """Stop what this starter started, in reverse order."""
        started = bool(self._running)
        while self._running:
            self._running.pop().stop()
        if started:
            _addresses_file(self.home).unlink(missing_ok=True)
        self._release()

    def detach(self) -> None:
        """Leave the services running; `stop_detached` ends them."""
        for service in self._running:
            service.let_go()
        self._running.clear()
        add_addresses(self.home, detached="1")
        self._release()

    def erase(self) -> None:
        """Stop and remove all data, also what stands outside CHUKAN_HOME; for tests and measurements."""
        if self._attached:
            stop_detached(self.home)
        self.stop()
        erase(self.home)

    def _start_fresh(self) -> ServiceUrls:
        database_url = os.environ.get("CHUKAN_DATABASE_URL", "")
        redis_url = os.environ.get("CHUKAN_REDIS_URL", "")
        places: Places | None = None if database_url and redis_url else prepare(self.home)
        _end_left_overs(self.home)
        if places is not None and not database_url:
            database = Postgres(places)
            self._running.append(database)
            database.start()
            database_url = database.url
        if places is not None and not redis_url:
            broker = Valkey(places)
            self._running.append(broker)
            broker.start()
            redis_url = broker.url
        # A real server's address stays in the environment it came from: it may hold a password that is not ours.
        embedded = {"database_url": database_url, "redis_url": redis_url}
        for name in embedded:
            if os.environ.get(f"CHUKAN_{name.upper()}"):
                embedded[name] = ""
        write_private(_addresses_file(self.home), json.dumps({k: v for k, v in embedded.items() if v}))
        return ServiceUrls(database_url=database_url, redis_url=redis_url)

    def _take_lock(self) -> None:
        lock = (self.home / "run" / "services.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise AlreadyRunning(f"このフォルダのサービスは既に動いています: {self.home}") from None
        self._lock = lock

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def read_addresses(home: Path) -> dict[str, str]:
    """The addresses noted for the processes of this CHUKAN_HOME."""
    try:
        return dict(json.loads(_addresses_file(home).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def add_addresses(home: Path, **addresses: str) -> None:
    """Note further addresses beside those of the services."""
    write_private(_addresses_file(home), json.dumps({**read_addresses(home), **addresses}))


def stop_detached(home: Path) -> bool:
    """Stop services that run detached (or were left behind); True when there were any."""
    home = home.expanduser().resolve()
    found = _end_left_overs(home)
    _addresses_file(home).unlink(missing_ok=True)
    return found


def _end_left_overs(home: Path) -> bool:
    ended = [
        stop_left_over(home / "run" / name, how=how, patience=_STOP_PATIENCE) for name, how in _HOW_TO_STOP.items()
    ]
    return any(ended)


def _marks_alive(home: Path) -> bool:
    marks = [read_mark(home / "run" / name) for name in _HOW_TO_STOP if (home / "run" / name).exists()]
    return bool(marks) and all(mark is not None and mark.is_alive() for mark in marks)


def _addresses_file(home: Path) -> Path:
    return home / "run" / "services.json"
