"""The steps from an empty database to the demo world; those whose inputs have not changed are left out."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import socket
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from chukan.embedded.process_table import ROOT, Stage, jichitai_options, manage, module
from chukan.embedded.processes import write_private
from chukan.embedded.supervisor import Supervisor

SAMPLE_FILE = "sample_10000.csv"
FIRST_MEMBERS_FILE = "first_members.csv"
# Below those that systems give to calls going out: none of these takes a port between its choice and its use.
_PORTS = range(20_000, 32_000)
HOKENSHA_CODE = "06132013"  # the insurer of the demo whose members the files hold


@dataclass(frozen=True, kw_only=True)
class Step:
    """One preparing command and the files it depends on (relative globs)."""

    name: str
    role: str
    argv: Callable[[Stage], list[str]]
    inputs: tuple[str, ...] = ()


def _people(stage: Stage, name: str, *, lines: int, seed: int) -> list[str]:
    path = stage.demo / name
    return module(
        "simulators.people",
        *("--n", str(lines), "--seed", str(seed), "--hokensha", HOKENSHA_CODE, "--bango", HOKENSHA_CODE),
        *("--out", str(path), "--truth", str(path.with_suffix(".seikai.csv"))),
    )


_DATABASE_INPUTS = (
    "requirements.lock",
    "chukan/kernel/management/commands/setup_database.py",
    "chukan/kernel/schema.py",
    "**/migrations/*.py",
    "**/migrations/sql/*.sql",
)

STEPS: tuple[Step, ...] = (
    Step(
        name="データベース",
        role="migrator",
        argv=lambda _stage: manage("setup_database"),
        inputs=_DATABASE_INPUTS,
    ),
    Step(
        name="表",
        role="migrator",
        argv=lambda _stage: manage("migrate", "--no-input", "--verbosity", "0"),
        inputs=_DATABASE_INPUTS,
    ),
    Step(name="鍵", role="kanri", argv=lambda _stage: manage("ensure_keys"), inputs=_DATABASE_INPUTS),
    Step(
        name="基準データ",
        role="kanri",
        argv=lambda _stage: manage("load_reference_data"),
        inputs=(*_DATABASE_INPUTS, "chukan/controls/kikan/data/*.csv", "chukan/controls/kikan/actions.py"),
    ),
    Step(
        name="画面の部品",
        role="kanri",
        argv=lambda _stage: manage("collectstatic", "--no-input", "--verbosity", "0"),
        inputs=("requirements.lock", "static/**/*"),
    ),
    Step(
        name="見本の接続先",
        role="kanri",
        argv=lambda stage: module("simulators.shell", "--home", str(stage.demo), *jichitai_options()),
        inputs=("simulators/shell/__main__.py",),
    ),
    Step(
        name="見本の世界",
        role="kanri",
        argv=lambda _stage: manage("seed_demo"),
        inputs=(*_DATABASE_INPUTS, "chukan/controls/kikan/management/commands/seed_demo.py"),
    ),
    Step(
        name="見本の権限",
        role="web",
        argv=lambda _stage: manage("seed_demo_kengen"),
        inputs=(*_DATABASE_INPUTS, "chukan/controls/shonin/management/commands/seed_demo_kengen.py"),
    ),
    Step(
        name="見本ファイル",
        role="kanri",
        argv=lambda stage: _people(stage, SAMPLE_FILE, lines=10_000, seed=1),
        inputs=("simulators/people/*.py",),
    ),
    Step(
        name="見本の加入者",
        role="kanri",
        # Other people with other cards than those of any sample file, and no mistakes: a search finds somebody. They
        # live in the same country as those (the seed): else the stand-in of 住基ネット knows none of them.
        argv=lambda stage: [
            *_people(stage, FIRST_MEMBERS_FILE, lines=300, seed=1),
            *("--errors", "0", "--first-household", "900000"),
        ],
        inputs=("simulators/people/*.py",),
    ),
)


def prepare(stage: Stage, supervisor: Supervisor, *, database_url: str, say: Callable[[str], None]) -> None:
    """Run the steps whose inputs changed since they last ran on this very database."""
    note = stage.home / "run" / "prepared.json"
    done = _read(note)
    database = database_identity(database_url)
    for step in STEPS:
        state = hashlib.sha256(f"{database}:{step.argv(stage)}:{_digest(step.inputs)}".encode()).hexdigest()
        if database and done.get(step.name) == state:
            continue
        say(f"準備しています: {step.name}")
        supervisor.run_step(step.name, step.argv(stage), role=step.role)
        if not database:
            database = database_identity(database_url)
            state = hashlib.sha256(f"{database}:{step.argv(stage)}:{_digest(step.inputs)}".encode()).hexdigest()
        done[step.name] = state
        write_private(note, json.dumps(done, ensure_ascii=False))


def database_identity(url: str) -> str:
    """What tells this database from any other; '' while it does not exist."""
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            row = connection.execute(
                "SELECT system_identifier || ':' || d.oid FROM pg_control_system(), pg_database d"
                " WHERE d.datname = current_database()"
            ).fetchone()
    except psycopg.Error:
        return ""
    return str(row[0]) if row else ""


def free_port(note: Path) -> int:
    """A port on the loopback address: the one noted before while it is free, else a new one."""
    with contextlib.suppress(OSError, ValueError):
        before = int(note.read_text())
        if is_free(before):
            return before
    port = next(port for port in secrets.SystemRandom().sample(_PORTS, len(_PORTS)) if is_free(port))
    write_private(note, str(port))
    return port


def free_ports(folder: Path, names: Iterable[str], *, taken: Iterable[int | None] = ()) -> dict[str, int]:
    """A port for each name, all different and none of the taken ones, each noted in the folder."""
    found: dict[str, int] = {}
    for name in names:
        note = folder / f"{name}.port"
        while (port := free_port(note)) in {*found.values(), *taken}:
            note.unlink()
        found[name] = port
    return found


def is_free(port: int) -> bool:
    """Whether a server may listen on this port of the loopback address."""
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            line.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _read(note: Path) -> dict[str, str]:
    try:
        return dict(json.loads(note.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _digest(globs: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for path in sorted({path for pattern in globs for path in _files(pattern)}):
        digest.update(os.fsencode(path.relative_to(ROOT)))
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _files(pattern: str) -> Iterator[Path]:
    rooms = ("chukan", "shikaku", "pmh", "fugo", "kiroku", "honnin")
    roots = [ROOT / room for room in rooms] if pattern.startswith("**/") else [ROOT]
    for root in roots:
        for path in root.glob(pattern):
            if path.is_file():
                yield path
