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
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from chukan.embedded.processes import read_mark
from chukan.kernel.crash_points import FILE_POINTS, deaths
from tests.proofs.crash_files import GIVEN_UP, LOST, SentFile
from tests.support.world import ROOT, World

BLOCK_LINES = 20
HERE = 10**9  # no file is so long that a second process reads ahead in it
READER = {"block.ready", "block.handed_over"}
BROKER_GONE = {"postpone.committing", "postpone.committed"}
NO_ANSWER = {"give_back.committing", "give_back.committed"}
FEW = 5  # telegrams of a call that gets no answer, so that the next one is ready by then
# Longer than a lease of a file, of a telegram or of the relay, than a bell nobody answered is waited for, and than
# the minute an ended file is left to its own process.
REST_MINUTES = 3
# Longer than an upload nobody names is left alone, and than the longest pause between two tries of a telegram.
LONG_REST_MINUTES = 7 * 60
# Longer than refused lines are kept.
DAYS_OVER = 8 * 24 * 60
# Under which lives the database may be killed.
UNDER = ("web", "worker", "deliver", "seal")
KINDS_BY_CHANCE = 4  # of lives, at least, share the deaths from outside
BRIEF = 0.04  # seconds: a life that has named points before it seldom lasts longer
STRIKES = 20  # aimed at a life of one kind, at most
ROUNDS_WITHOUT_DEATH = 6


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
    wanted_random: int = 0
    by_chance: Counter[str] = field(default_factory=Counter)  # lives that were killed from outside
    wanted_database: Counter[str] = field(default_factory=Counter)  # by the life it is to be killed under
    database_deaths: int = 0
    struck: Counter[str] = field(default_factory=Counter)  # lives under which the database was killed
    # Lives that failed though the database served them, and the process that read ahead for them did not die.
    failures: list[str] = field(default_factory=list)
    _lasted: dict[str, float] = field(default_factory=dict)  # the longest life of a kind
    _strikes: Counter[str] = field(default_factory=Counter)
    _cut: list[str] | None = None  # lives that failed while the database is being killed, None while it is not
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
        return sum(deaths().values()) + self.by_chance.total()

    def run(self) -> None:
        """Live until everything is done and every death was died; give up when nothing dies and nothing ends."""
        idle = 0
        while idle < ROUNDS_WITHOUT_DEATH:
            before = self.deaths + self.database_deaths
            self._round()
            self.minutes += REST_MINUTES
            idle = 0 if self.deaths + self.database_deaths > before else idle + 1
            if idle and self._is_done():
                break
        # What was dropped by the dead is cleared up hours later; with nobody dying any more.
        crash_at, self.crash_at, self.wanted_random = self.crash_at, "", 0
        self.minutes += LONG_REST_MINUTES
        self._round()
        self.crash_at = crash_at

    def run_out(self) -> None:
        """Live on until the refused lines have been kept long enough, and die over them, too."""
        self.minutes += DAYS_OVER
        while self.live("expire") != 0:
            self.minutes += REST_MINUTES
        self.live("sweep")
        self.live("seal")

    def _round(self) -> None:
        for file in self.files:
            while not file.received:
                file.sent_at = self.minutes
                with self._power_cut("web"):
                    file.received = self.live("web", file=str(file.path), zone=file.zone, key=file.key) == 0
        self.live("relay", broker_gone=self._wants(BROKER_GONE))
        while bells := self._bells():
            for uketsuke_id in bells:
                self._work(uketsuke_id)
        for file in self.files:
            self._act_on(file)
        silent = self._wants(NO_ANSWER)
        with self._power_cut("deliver"):
            self.live("deliver", silent=silent, batch=FEW if silent else BLOCK_LINES)
        self.live("answer", unanswered=self._unanswered())
        with self._power_cut("seal"):
            self.live("seal")
        self.live("sweep")

    def _work(self, uketsuke_id: str) -> None:
        file = self._file_of(uketsuke_id)
        if file.worked:
            with self._power_cut("worker"):
                self.live(
                    "worker",
                    uketsuke_id=uketsuke_id,
                    zone=file.zone,
                    percent=file.percent,
                    apart_lines=1 if self._wants(READER) else HERE,
                )

    def _act_on(self, file: SentFile) -> None:
        """Let people do what is theirs with a file; whoever had no answer does it again."""
        if file.settled:
            return
        uketsuke_id, bango, file_key, state = self._row_of(file)
        told = {"uketsuke_id": uketsuke_id, "uketsuke_bango": bango, "zone": file.zone}
        if file.decision and (state == "horyu" or self._is_decided(uketsuke_id)):
            file.settled = self.live("decide", decision=file.decision, **told) == 0
        elif file.reason == GIVEN_UP and self.minutes > file.sent_at:
            file.settled = self.live("give_up", **told) == 0
        elif file.reason == LOST:
            lost = not file_key or self.live("lose", file_key=file_key) == 0
            file.settled = lost and self.live("replay") == 0

    def live(self, job: str, **told: Any) -> int:
        """Let one process live and return how it ended: 0, -9, or an error it failed with."""
        known = {
            "job": job,
            "minutes": self.minutes,
            "crash_at": self.crash_at,
            "mutant": self.mutant,
            "kill_after": self._moment(job),
            "bells": str(self.folder / "bells"),
            "onshi": str(self.onshi),
            "block_lines": BLOCK_LINES,
        }
        before = Counter(deaths())
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._program.stdin.write(json.dumps({**known, **told}) + "\n")
        self._program.stdin.flush()
        answer = json.loads(self._program.stdout.readline())
        ended, seconds = int(answer["ended"]), min(float(answer["seconds"]), 1.0)
        died = Counter(deaths()) - before
        if ended == -signal.SIGKILL and not died:
            self.by_chance[job] += 1
            self.wanted_random -= 1
        elif ended == 0:
            self._lasted[job] = max(self._lasted.get(job, 0.0), seconds)
        elif ended != -signal.SIGKILL and not READER & died.keys():
            (self.failures if self._cut is None else self._cut).append(job)
        return ended

    def _moment(self, job: str) -> float | None:
        """When a life that is killed from outside ends: half of them are, as long as deaths are wanted.

        No kind of life has more than its share, or all deaths were those of the first ones, which receive the files.
        """
        share = (self.wanted_random + self.by_chance.total()) / KINDS_BY_CHANCE
        if self.wanted_random <= 0 or self.by_chance[job] >= share or self.dice.random() < 0.5:
            return None
        return self.dice.uniform(0.001, self.dice.choice((BRIEF, self._lasted.get(job, 0.1))))

    @contextmanager
    def _power_cut(self, job: str) -> Iterator[None]:
        """Kill the database under a life, as long as that is wanted, and start it again."""
        if self.wanted_database[job] <= 0 or self._strikes[job] >= STRIKES:
            yield
            return
        self._strikes[job] += 1
        mark = read_mark(self.world.home / "run" / "postgres.pid")
        assert mark is not None
        fell: list[float] = []

        def strike(pid: int) -> None:
            os.kill(pid, signal.SIGKILL)
            fell.append(time.monotonic())

        blow = threading.Timer(self.dice.uniform(0.005, max(0.02, self._lasted.get(job, 0.1))), strike, [mark.pid])
        self._cut = []
        blow.start()
        yield
        ended = time.monotonic()
        blow.join()
        deadline = time.monotonic() + 10
        while not self.world.revive():  # it takes a moment to be seen as dead
            assert time.monotonic() < deadline, "the database did not die"
            time.sleep(0.01)
        self.database_deaths += 1
        if fell[0] < ended:  # only then may the life have failed
            self.struck[job] += 1
            self.wanted_database[job] -= 1
        else:
            self.failures += self._cut
        self._cut = None

    def _wants(self, points: set[str]) -> bool:
        """Tell whether these points have deaths to give: they are passed only where something is made so."""
        return any(point in self.crash_at and deaths().get(point, 0) < self._times(point) for point in points)

    def _times(self, point: str) -> int:
        asked = dict(word.partition(":")[::2] for word in self.crash_at.split(","))
        return int(asked.get(point) or 1)

    def _bells(self) -> list[str]:
        path = self.folder / "bells"
        rung = path.read_text(encoding="ascii").split() if path.exists() else []
        path.unlink(missing_ok=True)
        return list(dict.fromkeys(rung))

    def _file_of(self, uketsuke_id: str) -> SentFile:
        with self.world.admin() as admin:
            row = admin.execute("SELECT digest FROM uketsuke_uketsuke WHERE id = %s", [uketsuke_id]).fetchone()
        assert row is not None
        return next(file for file in self.files if file.digest == bytes(row[0]))

    def _row_of(self, file: SentFile) -> tuple[str, str, str, str]:
        query = "SELECT id::text, uketsuke_bango, file_key, state FROM uketsuke_uketsuke WHERE digest = %s"
        with self.world.admin() as admin:
            row = admin.execute(query, [file.digest]).fetchone()
        assert row is not None
        return str(row[0]), str(row[1]), str(row[2]), str(row[3])

    def _is_decided(self, uketsuke_id: str) -> bool:
        query = "SELECT count(*) FROM uketsuke_horyu WHERE uketsuke_id = %s AND decision <> ''"
        with self.world.admin() as admin:
            row = admin.execute(query, [uketsuke_id]).fetchone()
        return row is not None and int(row[0]) > 0

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
        return int(row[0]) == 0 and self.wanted_random <= 0 and not self._strikes_left()

    def _strikes_left(self) -> bool:
        return any(left > 0 and self._strikes[job] < STRIKES for job, left in self.wanted_database.items())


def every_point(times: int) -> str:
    """Return the variable that lets every point end a process so often."""
    return ",".join(f"{point}:{times}" for point in sorted(FILE_POINTS))
