"""The files of a field and what has to become of each: registered, refused, held and decided, given up, or lost."""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from chukan.settings import limits
from simulators.people.__main__ import main as make_people
from tests.journeys.sample import Sample, made_sample
from tests.support.principals import KENPO, KYOKAI, OTHER_KENPO

# Who sends a first file; the truth of a file is known for a zone that was empty before the sender's first one.
SENDERS = ((KENPO, "kenpo_kumiai"), (OTHER_KENPO, "kenpo_kumiai"), ("31130016", "kokkyo"), ("32130015", "chikyo"))
REFUSING, LOSING = (KYOKAI, "kyokai_kenpo"), ("34130013", "shigaku")
LATER_DAY = "2026-11-27"
NO_HEADER = "これは登録ファイルではありません\r\n1,2,3\r\n"
# What a file ends by, as its reason code; '' is registered to its last line.
UNREADABLE, WITHDRAWN, GIVEN_UP, LOST = "midashi_fumei", "torisage", "uchikiri", "fukugen"
# Members are counted and too few lose anything: such a file goes on.
MANY_PERCENT = 60


@dataclass
class SentFile:
    """One file; `reason` it has to be refused with, as a whole, '' when each of its lines gets a result.

    `decision`: it has to be held, and what its insurer decides then. `percent`: more of the members hold a file.
    """

    path: Path
    zone: str
    sample: Sample
    key: str = ""  # Idempotency-Key of the REST door; '' is the terminal's
    reason: str = ""
    decision: str = ""
    percent: int = limits.HORYU_PERCENT
    received: bool = False
    sent_at: int = 0  # minute of the field
    settled: bool = False  # who acted on it from outside has had an answer

    @property
    def digest(self) -> bytes:
        """What the hub knows the content by."""
        return sha256(self.path.read_bytes()).digest()

    @property
    def worked(self) -> bool:
        """Tell whether a worker takes it up: nobody does for what is to be given up or lost."""
        return self.reason not in {GIVEN_UP, LOST}


def files_of(folder: Path, dice: random.Random, *, senders: int, lines: int, later: int = 0) -> Sequence[SentFile]:
    """Return files that come by REST and by the terminal, with faulty lines and without, and one that is none.

    With `later` lines the first sender sends on: what is registered after its first file, what is held and let
    through, and what is held and taken back. Then one is given up, behind which another waits, and one is lost.
    """
    folder.mkdir()
    sent = []
    for number, (zone, shubetsu) in enumerate(SENDERS[:senders]):
        errors = 0.06 if number % 2 == 0 else 0.0
        sample = made_sample(folder, hokensha=zone, seed=_seed(dice), lines=lines, shubetsu=shubetsu, errors=errors)
        sent.append(SentFile(sample.file, zone, sample, key=f"key-{number}" if number % 2 == 0 else ""))
    if later:
        sent += later_files(folder, dice, sent[0].sample, lines=later)
        given_up, lost = (
            made_sample(folder, hokensha=zone, seed=_seed(dice), lines=later, shubetsu=shubetsu)
            for zone, shubetsu in (REFUSING, LOSING)
        )
        sent.append(SentFile(given_up.file, given_up.hokensha, given_up, reason=GIVEN_UP))
        sent.append(SentFile(lost.file, lost.hokensha, lost, reason=LOST))
    unreadable = folder / "unreadable.csv"
    unreadable.write_text(NO_HEADER, encoding="utf-8")
    nothing = Sample(unreadable, unreadable, REFUSING[0])
    return [*sent, SentFile(unreadable, REFUSING[0], nothing, key="key-unreadable", reason=UNREADABLE)]


def later_files(folder: Path, dice: random.Random, first: Sample, *, lines: int) -> list[SentFile]:
    """Return what a sender sends after its first file; the truth of each is known when they go in this order."""
    zone = first.hokensha
    second = _following(folder, "second", first, seed=_seed(dice), lines=lines)
    both = joined_sample(folder, "both", [first, second])
    held = _following(folder, "held", both, seed=_seed(dice), lines=lines)
    taken_back = _following(folder, "taken_back", both, seed=_seed(dice), lines=lines)
    return [
        SentFile(second.file, zone, second, key="key-second", percent=MANY_PERCENT),
        SentFile(held.file, zone, held, decision="kaijo"),
        SentFile(taken_back.file, zone, taken_back, key="key-back", decision="torisage", reason=WITHDRAWN),
    ]


def joined_sample(folder: Path, name: str, samples: Sequence[Sample]) -> Sample:
    """Return the lines of files one after the other, as if they had come in one."""
    if len(samples) == 1:
        return samples[0]
    whole = Sample(folder / f"{name}.csv", folder / f"{name}_seikai.csv", samples[0].hokensha)
    head = samples[0].file.read_bytes().split(b"\r\n", 1)[0]
    whole.file.write_bytes(
        b"\r\n".join(
            [head, *(sample.file.read_bytes().split(b"\r\n", 1)[1].removesuffix(b"\r\n") for sample in samples), b""]
        )
    )
    answers = [answer for sample in samples for answer in sample.answers]
    with whole.truth.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(answers[0]))
        writer.writeheader()
        writer.writerows({**answer, "行番号": str(line)} for line, answer in enumerate(answers, start=2))
    return whole


def _following(folder: Path, name: str, before: Sample, *, seed: int, lines: int) -> Sample:
    """Make a file about some of the people of those before: moves, losses, corrections, items cleared, mistakes."""
    made = Sample(folder / f"{name}.csv", folder / f"{name}_seikai.csv", before.hokensha)
    done = make_people(
        [
            *("--n", str(lines), "--seed", str(seed)),
            *("--hokensha", before.hokensha, "--bango", before.hokensha),
            *("--date", LATER_DAY, "--errors", "0.05"),
            *("--follow-up", str(before.file), "--follow-up-truth", str(before.truth)),
            *("--out", str(made.file), "--truth", str(made.truth)),
        ]
    )
    assert done == 0
    return made


def _seed(dice: random.Random) -> int:
    return dice.randrange(10**6)
