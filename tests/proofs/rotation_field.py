"""People who are asked about and registered all the while, keys that are replaced, and jobs that are killed at it."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from psycopg import sql

from chukan.kernel.crash_points import deaths
from chukan.kernel.crypto import get_keyring, open_envelope
from chukan.kernel.crypto.data_key import BI_GLOBAL, INDEX_PURPOSES
from chukan.kernel.crypto.errors import EnvelopeRefused
from shikaku.actions.reseal_rows import EXPIRING
from tests.builders.asking import Side, Tally, ask_about
from tests.support.principals import KENPO
from tests.support.world import ROOT, World, manage

READERS = 3
LONGEST_LIFE = 60.0
_PAUSE = 0.02
_BY_CHANCE = 0.7
# Where every sealed value that lasts belongs: it opens under this row only.
_SEALED = {
    "shikaku_itaku_kukaku_kanyusha": "SELECT id, ct_kojin_bango FROM shikaku_itaku_kukaku_kanyusha"
    " WHERE hokensha_code = %s AND ct_kojin_bango IS NOT NULL",
    "shikaku_kyu_kojin_bango": "SELECT k.id, o.ct_kojin_bango FROM shikaku_kyu_kojin_bango o"
    " JOIN shikaku_itaku_kukaku_kanyusha k USING (hokensha_code, hihokensha_edaban) WHERE o.hokensha_code = %s",
    "shikaku_rireki": "SELECT id, ct_joho FROM shikaku_rireki WHERE hokensha_code = %s",
}
_RUNS = "SELECT run FROM shikaku_reseal_job UNION SELECT run FROM shikaku_reindex_job ORDER BY 1"
_BOUND_TO = {
    "shikaku_itaku_kukaku_kanyusha": ("shikaku_itaku_kukaku_kanyusha", "kojin_bango"),
    "shikaku_kyu_kojin_bango": ("shikaku_itaku_kukaku_kanyusha", "kojin_bango"),
    "shikaku_rireki": ("shikaku_rireki", "joho"),
}


def environment(role: str, crash_at: str = "") -> dict[str, str]:
    """Return the surroundings of a process of the hub."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("COV_")}
    return {
        **ours,
        "CHUKAN_ROLE": role,
        "DJANGO_SETTINGS_MODULE": "chukan.settings.base",
        "CHUKAN_CRASH_AT": crash_at,
        "PYTHONPATH": str(ROOT),
    }


def lives(*arguments: str) -> list[str]:
    """Return the command line of a process of `rotation_lives`."""
    return [sys.executable, "-m", "tests.proofs.rotation_lives", *arguments]


@dataclass
class Registering:
    """What the process that registers files said so far."""

    process: subprocess.Popen[str]
    lines: int = 0
    failed: int = 0
    codes: Counter[str] = field(default_factory=Counter)

    def listen(self) -> None:
        """Take in what it says until it ends."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            told = json.loads(line)
            self.lines += told["lines"]
            self.failed += told["failed"]
            self.codes.update(told["codes"])


@dataclass
class Looking:
    """What the process that looks for people said so far."""

    process: subprocess.Popen[str]
    asked: int = 0
    failed: Counter[str] = field(default_factory=Counter)

    def listen(self) -> None:
        """Take in what it says until it ends."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            told = json.loads(line)
            self.asked += told["asked"]
            self.failed.update(told["failed"])


@contextmanager
def registering(
    folder: Path, *, start: int, code: str = KENPO, mutant: str = "", pause: float = 0.0
) -> Iterator[Registering]:
    """Let a worker register file after file; when this returns it has registered one, and in the end the last."""
    with _living(folder, "worker", "registers", mutant, code, str(start), str(pause)) as process:
        told = Registering(process)
        with _heard(process, told.listen, lambda: told.lines > 0):
            yield told


@contextmanager
def looking(folder: Path, side: Side, *, mutant: str = "") -> Iterator[Looking]:
    """Let a process of the web's role look for the people of one insurer; when this returns it has asked once."""
    start, count = side.people[0].n, len(side.people)
    with _living(folder, "web", "looks", mutant, side.code, str(start), str(count)) as process:
        told = Looking(process)
        with _heard(process, told.listen, lambda: told.asked > 0):
            yield told


@contextmanager
def _living(folder: Path, role: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Start a process of `rotation_lives`; it ends when its stdin does, and ends well."""
    kept = folder / f"{'-'.join(arguments)}.log"
    with kept.open("w") as log:
        process = subprocess.Popen(
            lives(*arguments),
            env=environment(role),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            yield process
        finally:
            assert process.stdin is not None
            process.stdin.close()
            ended = process.wait(timeout=LONGEST_LIFE)
    assert ended == 0, kept.read_text()[-2000:]


@contextmanager
def _heard(process: subprocess.Popen[str], listen: Callable[[], None], began: Callable[[], bool]) -> Iterator[None]:
    """Listen to a process from its first word to its last."""
    ears = threading.Thread(target=listen)
    ears.start()
    try:
        wait_until(began, seconds=LONGEST_LIFE)
        yield
    finally:
        assert process.stdin is not None
        process.stdin.close()
        ears.join()


@contextmanager
def reading(url: str, side: Side, *, seed: int) -> Iterator[Tally]:
    """Ask the real web about the people of one insurer again and again."""
    tally, over = Tally(), threading.Event()

    def ask(number: int) -> None:
        dice = random.Random(seed * 100 + number)
        with side.client(url) as client:
            while not over.wait(dice.random() * _PAUSE):
                person = dice.choice(side.people)
                verdict, foreign = ask_about(client, person, person.question(dice))
                tally.note("lookup", verdict, foreign)

    readers = [threading.Thread(target=ask, args=(number,)) for number in range(READERS)]
    for reader in readers:
        reader.start()
    try:
        yield tally
    finally:
        over.set()
        for reader in readers:
            reader.join()


def wait_until(condition: object, *, seconds: float) -> None:
    """Wait until a condition is true, or fail."""
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class Job(Protocol):
    """A process that runs one management command."""

    def poll(self) -> int | None:
        """Return how it ended, None while it runs."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Return how it ended, when it has."""
        ...

    def send_signal(self, sig: int) -> None:
        """Send it a signal."""
        ...


class Born:
    """A job that a nursery forked: a process of its own, which had nothing to load."""

    def __init__(self, nursery: subprocess.Popen[bytes], arguments: Sequence[str], crash_at: str) -> None:
        """Have it forked."""
        assert nursery.stdin is not None
        assert nursery.stdout is not None
        self._ears = nursery.stdout
        self._code: int | None = None
        nursery.stdin.write(json.dumps({"arguments": arguments, "crash_at": crash_at}).encode() + b"\n")
        self._pid = int(json.loads(self._ears.readline())["pid"])

    def poll(self) -> int | None:
        """Return how it ended, None while it runs."""
        return self._heard(0)

    def wait(self, timeout: float | None = None) -> int:
        """Return how it ended, when it has."""
        code = self._heard(timeout)
        assert code is not None
        return code

    def send_signal(self, sig: int) -> None:
        """Send it a signal; the nursery keeps its number until it was told of its end."""
        os.kill(self._pid, sig)

    def _heard(self, timeout: float | None) -> int | None:
        if self._code is None and select.select([self._ears], [], [], timeout)[0]:
            self._code = int(json.loads(self._ears.readline())["ended"])
        return self._code


@dataclass
class Butcher:
    """Starts jobs and kills them: at the named points, and from outside at a moment the dice give."""

    world: World
    folder: Path
    dice: random.Random
    mutant: str = ""
    at_random: int = 0
    nurseries: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @contextmanager
    def nursing(self, *roles: str) -> Iterator[None]:
        """Have the jobs of these roles forked by a process that has everything loaded."""
        with ExitStack() as stack:
            for role in roles:
                log = stack.enter_context((self.folder / f"nursery-{role}.log").open("wb"))
                # Closing its stdin ends it; unbuffered, so that `select` sees every line.
                self.nurseries[role] = stack.enter_context(
                    subprocess.Popen(
                        lives("nursery", self.mutant), env=environment(role), cwd=ROOT, bufsize=0,
                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                    )
                )  # fmt: skip
            try:
                yield
            finally:
                self.nurseries.clear()

    @property
    def kills(self) -> int:
        """How many jobs were killed so far."""
        return sum(deaths().values()) + self.at_random

    def run(self, role: str, *arguments: str, crash_at: str = "", kill: bool = False) -> bool:
        """Run a management command once and tell whether it came to its end; `kill` ends it from outside."""
        before = self.kills
        kept = self.folder / (f"nursery-{role}.log" if role in self.nurseries else "jobs.log")
        with kept.open("a") as log:
            job: Job
            if role in self.nurseries:
                job = Born(self.nurseries[role], arguments, crash_at)
            else:
                job = subprocess.Popen(
                    lives("job", self.mutant, *arguments),
                    env=environment(role, crash_at), cwd=ROOT, stdout=log, stderr=log,
                )  # fmt: skip
            if kill:
                self._strike(job)
            ended = job.wait(timeout=4 * LONGEST_LIFE)
        assert ended == 0 or self.kills > before, kept.read_text()[-2000:]
        return ended == 0

    def _strike(self, process: Job) -> None:
        """Kill the job a moment after it took its work up."""
        seen = self._runs()
        while process.poll() is None and self._runs() == seen:
            time.sleep(0.005)
        time.sleep(self.dice.uniform(0.0, 0.6))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            self.at_random += process.wait() == -signal.SIGKILL

    def _runs(self) -> object:
        with self.world.admin() as admin:
            return admin.execute(_RUNS).fetchall()

    def rotate_kek(self, points: Sequence[str], times: int) -> None:
        """Replace the KEK; whoever dies at it is followed by one that goes on."""
        crash_at = ",".join(f"{point}:{times}" for point in points)
        while not self.run("kanri", "rotate_kek", crash_at=crash_at):
            if deaths().get("start_kek_version.committed", 0) == times:  # the last version stands
                while not self.run("kanri", "rotate_kek", "--resume", crash_at=crash_at):
                    pass
                return

    def rotate_dek(self, points: Sequence[str], times: int, at_random: int) -> None:
        """Replace the data key and bring the rows under it, as often as it takes to have everybody killed."""
        wanted = self.at_random + at_random
        died, over = sum(deaths().values()) + times * len(points), True
        crash_at = ",".join(f"{point}:{times}" for point in points)
        while True:
            if over:
                manage("rotate_dek", "--hokensha", KENPO)
            left = (wanted - self.at_random, died - sum(deaths().values()))
            by_chance = left[0] > 0 and self.dice.random() * sum(left) < left[0]
            over = self.run(
                "worker", "reseal_rows", "--hokensha", KENPO, "--persons", "5",
                crash_at="" if by_chance else crash_at, kill=by_chance,
            )  # fmt: skip
            if over and left[0] <= 0 and left[1] <= 0:
                return

    def replace_index(self, kind: str, points: Sequence[str], times: int, at_random: int) -> None:
        """Replace the key of an index and make its hashes again, as often as it takes to have everybody killed."""
        which = ("--kind", kind, *(() if kind == BI_GLOBAL else ("--hokensha", KENPO)))
        wanted, crash_at = self.at_random + at_random, ",".join(f"{point}:{times}" for point in points)
        of_walk = [point for point in points if "reindex" in point]
        while True:
            while not self.run("kanri", "rotate_index", *which, crash_at=crash_at):
                pass
            over = False
            while not over:
                died = all(deaths().get(point, 0) >= times for point in of_walk)
                by_chance = self.at_random < wanted and (died or self.dice.random() < _BY_CHANCE)
                over = self.run(
                    "worker", "reindex_rows", *which, "--persons", "25",
                    crash_at="" if by_chance else crash_at, kill=by_chance,
                )  # fmt: skip
            while not self.run("kanri", "rotate_index", *which, "--end", crash_at=crash_at):
                pass
            if self.at_random >= wanted and all(deaths().get(point, 0) >= times for point in points):
                return


def old_envelopes(world: World, code: str = KENPO) -> dict[str, int]:
    """Count, in every column of bytes that lasts, what a retired data key of the insurer sealed.

    The rows tell it, whatever the job thinks is sealed: an envelope begins with the number of its key.
    """
    found = {}
    with world.admin() as admin:
        every = admin.execute(
            "SELECT table_name::text, column_name::text FROM information_schema.columns"
            " WHERE table_schema = 'public' AND udt_name = 'bytea'"
        ).fetchall()
        for table, column in sorted(set(every) - EXPIRING):
            query = sql.SQL(
                "SELECT count(*) FROM {table} t JOIN crypto_key k ON k.purpose = 'field' AND k.hokensha_code = %s"
                " AND k.state <> 'active' AND substring(t.{column} FROM 1 FOR 6) = '\\x0101'::bytea || int4send(k.id)"
            ).format(table=sql.Identifier(table), column=sql.Identifier(column))
            row = admin.execute(query, [code]).fetchone()
            assert row is not None
            if row[0]:
                found[f"{table}.{column}"] = int(row[0])
    return found


def keys_in_replacement(world: World) -> int:
    """Count the keys of indexes that are not, or no more, the ones that make hashes and are still asked by."""
    with world.admin() as admin:
        query = "SELECT count(*) FROM crypto_key WHERE purpose = ANY (%s) AND state IN ('pre', 'decrypt_only')"
        row = admin.execute(query, [list(INDEX_PURPOSES)]).fetchone()
    assert row is not None
    return int(row[0])


def under_old_kek(world: World) -> int:
    """Count the data keys of use that another KEK version than the newest wraps."""
    with world.admin() as admin:
        query = "SELECT count(*) FROM crypto_key WHERE kek_version <> %s AND state <> 'destroyed'"
        row = admin.execute(query, [get_keyring().kms.current_version()]).fetchone()
    assert row is not None
    return int(row[0])


def rows_that_open(world: World, code: str = KENPO) -> Counter[str]:
    """Open every sealed row that lasts; count those that open and those that do not."""
    keyring, seen = get_keyring(), Counter[str]()
    keyring.forget()
    with world.admin() as admin:
        for stored_in, query in _SEALED.items():
            table, envelope = _BOUND_TO[stored_in]
            for row_id, data in admin.execute(query.encode(), [code]):
                try:
                    open_envelope(keyring, table=table, envelope=envelope, hokensha_code=code, row_id=row_id, data=data)
                except EnvelopeRefused:
                    seen[f"closed: {stored_in}"] += 1
                else:
                    seen["open"] += 1
    return seen
