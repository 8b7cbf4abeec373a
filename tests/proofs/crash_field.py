"""Files on their way through processes that die: who lives next, what time it is, and when all is done."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from chukan.embedded.processes import read_mark
from chukan.kernel.crash_points import FUGO_POINTS, POINTS, ROTATION_POINTS, SAIHAKKO_POINTS, deaths
from tests.journeys.sample import Sample
from tests.support.world import ROOT, World

BLOCK_LINES = 20
HERE = 10**9  # no file is so long that a second process reads ahead in it
READER = {"block.ready", "block.handed_over"}
# Longer than a lease of a file, of a telegram or of the relay, than a bell nobody answered is waited for, and than
# the minute an ended file is left to its own process.
REST_MINUTES = 3
# Longer than an upload nobody names is left alone, and than the longest pause between two tries of a telegram.
LONG_REST_MINUTES = 7 * 60
ROUNDS_WITHOUT_DEATH = 6


@dataclass
class SentFile:
    """One file of a sender of its own; without a `sample` the hub has to refuse it as a whole."""

    path: Path
    zone: str
    sample: Sample | None
    key: str = ""  # Idempotency-Key of the REST door; '' is the terminal's
    received: bool = False

    @property
    def digest(self) -> bytes:
        """What the hub knows the content by."""
        return sha256(self.path.read_bytes()).digest()


@dataclass
class Field:
    """One emptied world, its files, and the lives that work on them."""

    world: World
    folder: Path
    files: Sequence[SentFile]
    dice: random.Random
    crash_at: str = ""
    mutant: str = ""
    minutes: int = 0
    random_deaths: int = 0
    longest: float = 0.02
    wanted_random: int = 0
    wanted_database: int = 0
    failures: int = 0
    _program: subprocess.Popen[str] = field(init=False)

    def __enter__(self) -> Self:
        """Forget the deaths and seals of a former field and start the program of lives."""
        for left in ("run/crashed", "journal/checkpoints", "objects"):
            shutil.rmtree(self.world.home / left, ignore_errors=True)
        self._program = subprocess.Popen(
            [sys.executable, "-m", "tests.proofs.crash_lives"],
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("COV_")},
                "DJANGO_SETTINGS_MODULE": "chukan.settings.base",
                "CHUKAN_ROLE": "worker",
                "PYTHONPATH": str(ROOT),
            },
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(self.folder / "lives.log").open("w"),
            text=True,
        )
        return self

    def __exit__(self, *_error: object) -> None:
        """End the program; its lives are over."""
        self._program.kill()
        self._program.communicate()

    @property
    def onshi(self) -> Path:
        """What the stand-in has kept."""
        return self.folder / "onshi.sqlite3"

    @property
    def deaths(self) -> int:
        """How many processes died so far."""
        return sum(deaths().values()) + self.random_deaths

    def run(self) -> None:
        """Live until everything is done and every death was died; give up when nothing dies and nothing ends."""
        idle = 0
        while idle < ROUNDS_WITHOUT_DEATH:
            before = self.deaths
            self._round()
            self.minutes += REST_MINUTES
            idle = 0 if self.deaths > before else idle + 1
            if idle and self._is_done():
                break
        # What was dropped by the dead is cleared up hours later; with nobody dying any more.
        self.crash_at, self.wanted_random = "", 0
        self.minutes += LONG_REST_MINUTES
        self._round()

    def _round(self) -> None:
        for file in self.files:
            while not file.received:
                file.received = self._live("web", file=str(file.path), zone=file.zone, key=file.key) == 0
        self._live("relay")
        for uketsuke_id in self._bells():
            zone = self._sender_of(uketsuke_id)
            with self._power_cut():
                self._live("worker", uketsuke_id=uketsuke_id, zone=zone, apart_lines=self._apart_lines())
        self._live("deliver")
        self._live("answer", unanswered=self._unanswered())
        self._live("seal")
        self._live("sweep")

    def _live(self, job: str, **told: Any) -> int:
        known = {
            "job": job,
            "minutes": self.minutes,
            "crash_at": self.crash_at,
            "mutant": self.mutant,
            "kill_after": self._moment(),
            "bells": str(self.folder / "bells"),
            "onshi": str(self.onshi),
            "block_lines": BLOCK_LINES,
            "apart_lines": HERE,
        }
        before = sum(deaths().values())
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._program.stdin.write(json.dumps({**known, **told}) + "\n")
        self._program.stdin.flush()
        answer = json.loads(self._program.stdout.readline())
        ended = int(answer["ended"])
        if ended == -signal.SIGKILL and sum(deaths().values()) == before:
            self.random_deaths += 1
            self.wanted_random -= 1
        elif ended == 0:
            self.longest = max(self.longest, min(float(answer["seconds"]), 1.0))
        else:
            self.failures += ended > 0
        return ended

    def _moment(self) -> float | None:
        """When a life that is killed from outside ends: half of them are, as long as deaths are wanted."""
        if self.wanted_random <= 0 or self.dice.random() < 0.5:
            return None
        return self.dice.uniform(0.001, self.longest)

    @contextmanager
    def _power_cut(self) -> Iterator[None]:
        """Kill the database under a life, as long as that is wanted, and start it again."""
        if self.wanted_database <= 0:
            yield
            return
        self.wanted_database -= 1
        mark = read_mark(self.world.home / "run" / "postgres.pid")
        assert mark is not None
        blow = threading.Timer(self.dice.uniform(0.01, 0.15), os.kill, (mark.pid, signal.SIGKILL))
        blow.start()
        yield
        blow.join()
        deadline = time.monotonic() + 10
        while not self.world.revive():  # it takes a moment to be seen as dead
            assert time.monotonic() < deadline, "the database did not die"
            time.sleep(0.01)

    def _apart_lines(self) -> int:
        """Whether a second process reads ahead: as long as its own points have deaths to give."""
        wanted = any(point in self.crash_at and deaths().get(point, 0) < self._times(point) for point in READER)
        return 1 if wanted else HERE

    def _times(self, point: str) -> int:
        asked = dict(word.partition(":")[::2] for word in self.crash_at.split(","))
        return int(asked.get(point) or 1)

    def _bells(self) -> list[str]:
        path = self.folder / "bells"
        rung = path.read_text(encoding="ascii").split() if path.exists() else []
        path.unlink(missing_ok=True)
        return list(dict.fromkeys(rung))

    def _sender_of(self, uketsuke_id: str) -> str:
        with self.world.admin() as admin:
            row = admin.execute("SELECT sender FROM uketsuke_uketsuke WHERE id = %s", [uketsuke_id]).fetchone()
        assert row is not None
        return str(row[0])

    def _unanswered(self) -> list[str]:
        query = "SELECT soshin_bango FROM shikaku_onshi_soshin WHERE sent_at IS NOT NULL AND shori_kekka_kubun = ''"
        with self.world.admin() as admin:
            return [str(row[0]) for row in admin.execute(query)]

    def _is_done(self) -> bool:
        query = (
            "SELECT (SELECT count(*) FROM uketsuke_uketsuke WHERE state NOT IN ('kanryo', 'kyohi'))"
            " + (SELECT count(*) FROM shikaku_onshi_soshin WHERE sent_at IS NULL)"
            " + (SELECT count(*) FROM outbox_message WHERE delivered_at IS NULL)"
        )
        with self.world.admin() as admin:
            row = admin.execute(query).fetchone()
        assert row is not None
        return int(row[0]) == 0 and self.wanted_random <= 0 and self.wanted_database <= 0


def every_point(times: int) -> str:
    """Return the variable that lets every point end a process so often."""
    return ",".join(f"{point}:{times}" for point in sorted(POINTS - ROTATION_POINTS - FUGO_POINTS - SAIHAKKO_POINTS))
