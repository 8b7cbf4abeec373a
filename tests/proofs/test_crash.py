"""F-crash: whoever dies, wherever, each line is applied once, nothing is stuck, and the upload is gone."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from chukan.kernel.crash_points import FUGO_POINTS, POINTS, ROTATION_POINTS, SAIHAKKO_POINTS, deaths
from tests.journeys.sample import made_sample
from tests.plugins_figures import Proof
from tests.proofs.crash_field import Field, SentFile, every_point
from tests.proofs.end_state import faults
from tests.support.principals import KENPO, KYOKAI, OTHER_KENPO
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)

# A sender has one file of a field: the truth of a file is known for an empty zone.
REFUSED = (KYOKAI, "kyokai_kenpo")
SENDERS = ((KENPO, "kenpo_kumiai"), (OTHER_KENPO, "kenpo_kumiai"), ("31130016", "kokkyo"), ("32130015", "chikyo"))
OF_FILES = POINTS - ROTATION_POINTS - FUGO_POINTS - SAIHAKKO_POINTS
NO_HEADER = "これは登録ファイルではありません\r\n1,2,3\r\n"


def files_of(folder: Path, dice: random.Random, *, senders: int, lines: int) -> Sequence[SentFile]:
    """Return files that come by REST and by the terminal, with faulty lines and without, and one that is none."""
    folder.mkdir()
    sent = []
    for number, (zone, shubetsu) in enumerate(SENDERS[:senders]):
        errors = 0.06 if number % 2 == 0 else 0.0
        sample = made_sample(
            folder, hokensha=zone, seed=dice.randrange(10**6), lines=lines, shubetsu=shubetsu, errors=errors
        )
        sent.append(SentFile(sample.file, zone, sample, key=f"key-{number}" if number % 2 == 0 else ""))
    unreadable = folder / "unreadable.csv"
    unreadable.write_text(NO_HEADER, encoding="utf-8")
    return [*sent, SentFile(unreadable, REFUSED[0], None, key="key-unreadable")]


@pytest.mark.slow
def test_no_line_is_lost_or_applied_twice_whoever_dies(proof: Proof, world: World, tmp_path: Path) -> None:
    dice = random.Random(proof.seed)
    fields = proof.at(ci=1, full=10)
    wanted = proof.at(ci=50, full=1100)  # a point that is passed once does not end two processes
    times = proof.at(ci=1, full=2)
    died = lines = files = database = 0
    found: list[str] = []
    never: set[str] = set(OF_FILES)
    for number in range(fields):
        world.empty()
        folder = tmp_path / str(number)
        sent = files_of(folder, dice, senders=proof.at(ci=2, full=4), lines=proof.at(ci=90, full=600))
        with Field(
            world,
            folder,
            sent,
            dice,
            crash_at=every_point(times),
            wanted_random=max(0, wanted // fields - times * len(OF_FILES)),
            wanted_database=proof.at(ci=1, full=3),
        ) as field:
            database += field.wanted_database
            field.run()
            found += faults(field)
            died += field.deaths
            never -= set(deaths())
        files += len(sent)
        lines += sum(len(file.sample.answers) for file in sent if file.sample)

    proof.keep(
        "F-crash",
        "kills over the files of several insurers",
        died + database,
        unit="kills",
        aim=f">= {proof.at(ci=40, full=1000)}",
        reached=died + database >= proof.at(ci=40, full=1000),
        note=f"{files} files, {lines} lines, {database} of the database",
    )
    proof.keep(
        "F-crash",
        "named points at which no process died",
        len(never),
        unit=f"of {len(OF_FILES)}",
        aim="0",
        reached=not never,
    )
    proof.keep(
        "F-crash",
        "lines lost or applied twice, files stuck, uploads left",
        len(found),
        unit="faults",
        aim="0",
        reached=not found,
    )
    assert found == []
    assert never == set()
    assert died + database >= proof.at(ci=40, full=1000)


# What is broken on purpose, where somebody dies then, and what the check says.
MUTANTS = {
    "results_after_the_commit": ("register_block.committed", "results for"),
    "bookmark_stays": ("", "line 0 of"),
    "receiver_forgets": ("telegram.sent", "other telegrams arrived"),
    "uploads_stay": ("", "upload left"),
}


@pytest.mark.parametrize("mutant", list(MUTANTS))
def test_mutant_is_seen(mutant: str, proof: Proof, world: World, tmp_path: Path) -> None:
    crash_at, red = MUTANTS[mutant]
    dice = random.Random(proof.seed)
    sent = files_of(tmp_path / "mutant", dice, senders=1, lines=50)
    with Field(world, tmp_path / "mutant", sent, dice, crash_at=crash_at, mutant=mutant) as field:
        field.run()

        assert any(red in fault for fault in faults(field))


def test_the_same_small_field_without_a_mutant_is_clean(proof: Proof, world: World, tmp_path: Path) -> None:
    dice = random.Random(proof.seed)
    sent = files_of(tmp_path / "clean", dice, senders=1, lines=50)
    crashes = "register_block.committed,telegram.sent"
    with Field(world, tmp_path / "clean", sent, dice, crash_at=crashes) as field:
        field.run()

        assert faults(field) == []
        assert field.deaths == 2
