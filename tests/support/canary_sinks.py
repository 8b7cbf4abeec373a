"""Everything a running product leaves behind or sends out, as contents to search; and one deliberate leak into each."""

from __future__ import annotations

import base64
import json
import os
import re
import resource
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import redis

from chukan.embedded.process_table import ROOT
from chukan.embedded.programs import find_postgres
from tests.builders.canary_entrances import Answers
from tests.builders.canary_family import Family, told
from tests.builders.sinks import cells
from tests.support.stack import Stack
from tests.support.taps import BrokerEar, PartnerLine, ProcessEar, SessionEar, wait_for

Contents = Iterable[tuple[str, bytes]]
_SMALL = 2 * 1024 * 1024
_FILE_MAX = 256 * 1024 * 1024
_CORE = re.compile(r"core([.][0-9]+)?")
_WAITS = "import sys, tempfile, time\nf = tempfile.TemporaryFile(); f.write(sys.stdin.buffer.read()); f.flush()\n"
_WAITS += "print('ready', flush=True); time.sleep(60)"


@dataclass(frozen=True)
class Sink:
    """One place: how to read all of it, and how to leak a number into it on purpose."""

    name: str
    read: Callable[[], Contents]
    leak: Callable[[str], object]
    digests_alone: bool = False

    def search(self, family: Family) -> list[str]:
        """Return where, whose and how for every number of the family that stands here."""
        hits = set()
        for where, content in self.read():
            found = family.found_in(content)
            if self.digests_alone or len(content) <= _SMALL:
                found |= family.digested_in(content, alone=self.digests_alone)
            hits |= {(f"{self.name}, {where}", who, how) for who, how in found}
        return told(hits)


def files_under(folder: Path, *, without: Iterable[Path] = (), names: str = "*") -> Iterator[tuple[str, bytes]]:
    """Yield every file under a folder; one that vanishes meanwhile is left out."""
    left_out = tuple(without)
    for path in sorted(folder.rglob(names)):
        if any(path.is_relative_to(one) for one in left_out):
            continue
        try:
            if path.is_file() and path.stat().st_size <= _FILE_MAX:
                yield path.relative_to(folder).as_posix(), path.read_bytes()
        except OSError:
            continue


@dataclass
class Ears:
    """Who listened while the canaries went in."""

    broker: BrokerEar
    sessions: SessionEar
    processes: ProcessEar
    onshi: PartnerLine
    juki: PartnerLine
    nws: PartnerLine


@dataclass
class Sinks:
    """All sinks of one product."""

    stack: Stack
    answers: Answers
    ears: Ears
    temporary: Path
    artefacts: tuple[Path, ...]
    exported: Path = field(init=False)

    def __post_init__(self) -> None:
        """Find the database's folder."""
        self.home = self.stack.home
        self.exported = self.temporary.parent / "exported"
        with self.stack.admin() as admin:
            row = admin.execute("SHOW data_directory").fetchone()
        assert row is not None
        self.data = Path(str(row[0]))

    def all(self) -> dict[str, Sink]:
        """Return them by name."""
        sinks = (*self._database(), *self._broker(), *self._files(), *self._lines(), *self._served())
        return {sink.name: sink for sink in sinks}

    # --- the database

    def _database(self) -> Iterator[Sink]:
        data, log = self.data, self.home / "log" / "postgres.log"
        yield Sink("columns", self._cells, self._leak_row, digests_alone=True)
        yield Sink("pg_dump", self._dump, self._leak_row)
        yield Sink("tables and indexes", lambda: self._settled("base", "global"), self._leak_row)
        yield Sink("WAL", lambda: self._settled("pg_wal"), self._leak_row)
        yield Sink(
            "other files of the database",
            lambda: files_under(data, without=(data / "base", data / "global", data / "pg_wal")),
            self._into(data / "leak"),
        )
        yield Sink("database log", lambda: [(log.name, log.read_bytes())], self._leak_to_log)
        yield Sink("sessions", lambda: [("pg_stat_activity", self.ears.sessions.heard)], self._leak_statement)

    def _cells(self) -> Contents:
        with self.stack.admin() as admin:
            yield from cells(admin)

    def _dump(self) -> Contents:
        program = find_postgres().bin / "pg_dump"
        done = subprocess.run([program, f"--dbname={self.stack.urls.database_url}"], capture_output=True, check=True)
        # What is binary stands in a dump as hexadecimal text; the cells are searched as they are as well.
        yield "dump", done.stdout

    def _settled(self, *folders: str) -> Contents:
        with self.stack.admin() as admin:
            admin.execute("CHECKPOINT")
        for folder in folders:
            yield from files_under(self.data / folder)

    def _leak_row(self, number: str) -> None:
        with self.stack.admin() as admin:
            admin.execute("CREATE TABLE IF NOT EXISTS leak (bango text, packed bytea)")
            admin.execute("INSERT INTO leak VALUES (%s, %s)", [number, bytes.fromhex(number)])

    def _leak_to_log(self, number: str) -> None:
        with self.stack.admin() as admin:
            admin.execute(f"DO $$ BEGIN RAISE LOG 'refused: {number}'; END $$")

    def _leak_statement(self, number: str) -> None:
        with self.stack.admin() as leaking, self.stack.admin() as admin:
            leaking.execute(f"SELECT '{number}'".encode())
            self.ears.sessions.look(admin)

    # --- the broker

    def _broker(self) -> Iterator[Sink]:
        yield Sink("keys of the broker", self._keys, self._leak_message)
        yield Sink("commands to the broker", lambda: [("MONITOR", self.ears.broker.heard)], self._leak_command)

    @contextmanager
    def _redis(self) -> Iterator[Any]:  # the stubs do not tell the synchronous client from the other
        with redis.Redis(unix_socket_path=self.stack.urls.redis_url.removeprefix("redis+socket://")) as client:
            yield client

    def _keys(self) -> Contents:
        with self._redis() as client:
            for key in client.scan_iter():
                kind = client.type(key)
                yield "key", key
                if kind == b"list":
                    yield from ((f"list {key!r}", one) for one in client.lrange(key, 0, -1))
                elif kind == b"hash":
                    yield from ((f"hash {key!r}", b"\0".join(pair)) for pair in client.hgetall(key).items())
                elif kind in {b"set", b"zset"}:
                    members = client.smembers(key) if kind == b"set" else client.zrange(key, 0, -1)
                    yield from ((f"{kind!r} {key!r}", one) for one in members)
                elif kind == b"string":
                    yield f"string {key!r}", client.get(key) or b""

    def _leak_message(self, number: str) -> None:
        body = base64.b64encode(json.dumps([[], {"uketsuke_id": number}]).encode()).decode()
        with self._redis() as client:
            client.lpush("leak", json.dumps({"body": body}))

    def _leak_command(self, number: str) -> None:
        with self._redis() as client:
            client.set("leak-of-a-moment", number)
            client.delete("leak-of-a-moment")
        heard = self.ears.broker
        wait_for(lambda: number.encode() in heard.heard, seconds=10, what="MONITOR hears")

    # --- files

    def _files(self) -> Iterator[Sink]:
        home, log = self.home, self.home / "log"
        yield Sink(
            "logs of the processes",
            lambda: files_under(log, without=(log / "postgres.log",)),
            lambda number: _append(log / "web.log", f'{{"event": "refused", "reason": "{number}"}}\n'),
        )
        yield Sink("objects", lambda: files_under(home / "objects"), self._into(home / "objects" / "leak"))
        apart = (home / "objects", log, self.data, home / "demo" / "onshi", home / "demo" / "juki")
        yield Sink("the rest of CHUKAN_HOME", lambda: files_under(home, without=apart), self._into(home / "run" / "x"))
        yield Sink("temporary files", lambda: files_under(self.temporary), self._into(self.temporary / "upload.csv"))
        yield Sink("files held open", self._open_files, self._leak_open_file)
        yield Sink("core files", self._cores, self._into(self.temporary / "core.4711"))
        yield Sink("test artefacts", self._artefacts, self._into(self.artefacts[0] / "leak" / "answers.txt"))
        yield Sink("exported operation log", self._export, self._leak_export)

    @staticmethod
    def _into(path: Path) -> Callable[[str], object]:
        def leak(number: str) -> None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"01,06132013,{number},", encoding="utf-8")

        return leak

    def _cores(self) -> Contents:
        for folder in (self.home, self.temporary, self.data, ROOT):
            found = files_under(folder, names="core*", without=(ROOT / ".venv",))
            yield from ((where, content) for where, content in found if _CORE.fullmatch(Path(where).name))

    def _artefacts(self) -> Contents:
        for folder in self.artefacts:
            yield from files_under(folder, without=(self.temporary, self.exported))

    def _export(self) -> Contents:
        if not self.exported.exists():
            self.stack.wait_until("the log is sealed", self._is_sealed, seconds=60)
            self.stack.command("export_sosa_log", "--to", self.exported)
        yield from files_under(self.exported)

    def _is_sealed(self) -> bool:
        query = "SELECT (SELECT max(id) FROM sosa_log_event) - (SELECT coalesce(max(event_id), 0) FROM sosa_log_leaf)"
        return self.stack.count(query) <= 0

    def _leak_export(self, number: str) -> None:
        body = base64.b64encode(json.dumps({"kind": "toroku", "targets": [number]}).encode()).decode()
        list(self._export())
        _append(self.exported / "entries-000000.jsonl", json.dumps({"body": body}) + "\n")

    @contextmanager
    def _process(self, *arguments: str, stdin: bytes = b"") -> Iterator[None]:
        environment = {**os.environ, "CHUKAN_HOME": str(self.home)}
        with subprocess.Popen(
            [sys.executable, "-c", _WAITS, *arguments],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        ) as process:  # fmt: skip
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(stdin)
            process.stdin.close()
            process.stdout.readline()
            try:
                yield
            finally:
                process.kill()

    def _open_files(self) -> Contents:
        return self.ears.processes.open_files.items()

    def _leak_open_file(self, number: str) -> None:
        with self._process(stdin=number.encode()):
            self.ears.processes.look()

    def _leak_argument(self, number: str) -> None:
        with self._process("--kojin-bango", number):
            self.ears.processes.look()

    # --- lines out

    def _lines(self) -> Iterator[Sink]:
        store = self.stack.onshi_store
        yield Sink("store of オン資", self._onshi_store, self._leak_to_store)
        yield Sink("files of オン資", lambda: files_under(store.parent), self._leak_to_store)
        yield Sink("line to オン資", lambda: [("both ways", self.ears.onshi.heard)], self._leak_to_onshi)
        yield Sink("line of 情報提供NWS", lambda: [("both ways", self.ears.nws.heard)], self._leak_to_hub)
        yield Sink(
            "command lines and environments", lambda: [("/proc", self.ears.processes.heard)], self._leak_argument
        )

    def _onshi_store(self) -> Contents:
        with closing(sqlite3.connect(self.stack.onshi_store)) as store:
            yield "dump", "\n".join(store.iterdump()).encode()

    def _leak_to_store(self, number: str) -> None:
        with closing(sqlite3.connect(self.stack.onshi_store, timeout=30)) as store, store:
            store.execute("insert into hakken (soshin_bango, shurui, basho) values (?, 'x', 'x')", [number])

    def _leak_to_onshi(self, number: str) -> None:
        httpx.post(f"{self.stack.onshi_url}/leak", content=number.encode(), trust_env=False)

    def _leak_to_hub(self, number: str) -> None:
        httpx.post(f"{self.ears.nws.url}/leak", content=number.encode(), trust_env=False)

    # --- what was served

    def _served(self) -> Iterator[Sink]:
        answers = self.answers
        for name, place in (
            ("pages", answers.pages),
            ("answers of REST", answers.rest),
            ("downloads", answers.downloads),
        ):
            yield Sink(name, place.items, self._as_body(place))
        yield Sink(
            "headers of answers",
            lambda: [("headers", b"\n".join(answers.headers))],
            lambda number: answers.keep(_answer({"Location": f"/shikaku/kanyusha/{number}/"}), answers.rest),
        )
        yield Sink(
            "addresses",
            lambda: [("addresses", b"\n".join(answers.addresses))],
            lambda number: answers.addresses.append(f"/shikaku/kensaku/?bango={number}".encode()),
        )

    @staticmethod
    def _as_body(place: dict[str, bytes]) -> Callable[[str], object]:
        def leak(number: str) -> None:
            place["leak"] = f'<input name="kojin_bango" value="{number}">'.encode()

        return leak


def core_limits(pids: Iterable[int]) -> set[str]:
    """Return what the system lets these processes write as a core file."""
    found = set()
    for pid in pids:
        try:
            limits = Path(f"/proc/{pid}/limits").read_text(encoding="ascii")
        except OSError:
            continue
        found |= {" ".join(line.split()[4:6]) for line in limits.splitlines() if line.startswith("Max core file size")}
    return found


def allow_core_files() -> None:
    """Let processes begun from here write core files, so that it is the product that forbids them."""
    # The test's own process is set up as the product is and has forbidden itself core files; root may undo that.
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def _append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as stream:
        stream.write(text)


def _answer(headers: dict[str, str]) -> httpx.Response:
    return httpx.Response(303, headers=headers, content=b"", request=httpx.Request("POST", "http://127.0.0.1/"))


def temporary_folder() -> Path:
    """Return a fresh folder for what processes leave in their temporary place."""
    return Path(tempfile.mkdtemp(prefix="ck-canary-", dir="/tmp")) / "tmp"
