"""F-crash: whoever dies, wherever, each line is applied once, nothing is stuck, and the upload is gone."""

from __future__ import annotations

import random
import signal
from collections import Counter
from pathlib import Path

import pytest
from psycopg import sql

from chukan.kernel.crash_points import ALONE_POINTS, FILE_POINTS, FUGO_ASIDE_POINTS, deaths
from tests.plugins_figures import Proof
from tests.proofs import test_fugo_kills as codes
from tests.proofs.crash_codes import die_aside
from tests.proofs.crash_field import UNDER, Field, every_point
from tests.proofs.crash_files import files_of
from tests.proofs.end_state import faults, left_behind
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def test_no_line_is_lost_or_applied_twice_whoever_dies(proof: Proof, world: World, tmp_path: Path) -> None:
    dice = random.Random(proof.seed)
    fields = proof.at(ci=1, full=10)
    times = proof.at(ci=1, full=2)  # a point that is passed once does not end two processes
    died = lines = files = database = 0
    found: list[str] = []
    never: set[str] = set(FILE_POINTS)
    by_chance: Counter[str] = Counter()
    struck: Counter[str] = Counter()
    for number in range(fields):
        world.empty()
        folder = tmp_path / str(number)
        sent = files_of(
            folder,
            dice,
            senders=proof.at(ci=2, full=4),
            lines=proof.at(ci=90, full=600),
            later=proof.at(ci=40, full=200),
        )
        with Field(
            world,
            folder,
            sent,
            dice,
            crash_at=every_point(times),
            wanted_random=proof.at(ci=12, full=30),
            wanted_database=Counter(UNDER) + Counter(worker=proof.at(ci=0, full=2)),
        ) as field:
            field.run()
            found += faults(field)
            field.run_out()
            found += left_behind(field)
            died += field.deaths
            database += field.database_deaths
            by_chance += field.by_chance
            struck += field.struck
            never -= set(deaths())
        files += len(sent)
        lines += sum(len(file.sample.answers) for file in sent if not file.reason)

    proof.keep(
        "F-crash",
        "kills over the files of several insurers",
        died + database,
        unit="kills",
        aim=f">= {proof.at(ci=40, full=1000)}",
        reached=died + database >= proof.at(ci=40, full=1000),
        note=f"{files} files, {lines} lines; at random {_told(by_chance)}; the database {database}, of these under"
        f" {_told(struck)}",
    )
    proof.keep(
        "F-crash",
        "named points at which no process died",
        len(never),
        unit=f"of {len(FILE_POINTS)}",
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
    assert set(struck) == set(UNDER)
    assert proof.at(ci=1, full=3) <= len({"web", "worker", "relay"} & set(by_chance))


def _told(counted: Counter[str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in counted.most_common() if number)


# What is broken on purpose, where somebody dies then, and what the check says.
MUTANTS = {
    "results_after_the_commit": ("register_block.committed", "results for"),
    "bookmark_stays": ("", "line 0 of"),
    "receiver_forgets": ("telegram.sent", "other telegrams arrived"),
    "uploads_stay": ("", "upload left"),
    "next_begins_early": ("register_block.committed", "has another result"),
    "decided_again": ("release_horyu.committed", "2 file_released for 1"),
}


# The sender of these sends on; the others are seen by its first file.
LATER = {"next_begins_early": 20, "decided_again": 20}


@pytest.mark.parametrize("mutant", list(MUTANTS))
def test_mutant_is_seen(mutant: str, proof: Proof, world: World, tmp_path: Path) -> None:
    crash_at, red = MUTANTS[mutant]
    dice = random.Random(proof.seed)
    sent = files_of(tmp_path / "mutant", dice, senders=1, lines=50, later=LATER.get(mutant, 0))
    with Field(world, tmp_path / "mutant", sent, dice, crash_at=crash_at, mutant=mutant) as field:
        field.run()

        found = faults(field)
        assert any(red in fault for fault in found)
        assert any("began too early" in fault for fault in found) == (mutant == "next_begins_early")


def test_the_same_small_field_without_a_mutant_is_clean(proof: Proof, world: World, tmp_path: Path) -> None:
    dice = random.Random(proof.seed)
    sent = files_of(tmp_path / "clean", dice, senders=1, lines=50, later=20)
    crashes = "register_block.committed,telegram.sent,release_horyu.committed,call_next.committed"
    with Field(world, tmp_path / "clean", sent, dice, crash_at=crashes) as field:
        field.run()

        assert faults(field) == []
        assert field.deaths == 4


ONE = "shikaku.actions.register_one.register_one"


@pytest.mark.parametrize(("side", "everything"), [("committing", False), ("committed", True)])
def test_an_action_that_is_alone_leaves_nothing_or_everything(
    side: str, everything: bool, world: World, tmp_path: Path
) -> None:
    """All of them pass the same two places of one decorator: nothing comes after the commit but the answer."""
    assert {f"{ONE}.{side}"} <= ALONE_POINTS
    with Field(world, tmp_path, [], random.Random(1)) as field:
        nothing = rows_of(world)
        assert field.live("alone", serial=1) == 0
        whole = rows_of(world)
        world.empty()

        field.crash_at = f"{ONE}.{side}"
        assert field.live("alone", serial=1) == -signal.SIGKILL

        assert whole != nothing
        assert rows_of(world) == (whole if everything else nothing)


def rows_of(world: World) -> dict[str, int]:
    """Return how many rows each table has; keys are made when one is asked for first and stay."""
    with world.admin() as admin:
        tables = [row[0] for row in admin.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        return {
            table: admin.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchall()[0][0]
            for table in tables
            if not table.startswith("crypto_")
        }


@pytest.mark.slow
def test_the_places_aside_of_the_way_of_a_code_lose_none(world: World, tmp_path: Path) -> None:
    """A file whose builder died, that is not taken, not sent in time, or over, and facts whose listener is done."""
    with codes.lives(world, tmp_path) as life:
        for point in sorted(FUGO_ASIDE_POINTS):
            die_aside(world, life, point)
        life.finish()

        assert codes.faults(world, life) == []
    assert life.died_at.keys() == FUGO_ASIDE_POINTS
