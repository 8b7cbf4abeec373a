"""F-crypto: keys are replaced while persons are read and files registered, whoever dies at it."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from chukan.kernel.crash_points import ROTATION_POINTS, deaths
from tests.builders.asking import two_sides
from tests.plugins_figures import Proof
from tests.proofs.rotation_field import (
    LONGEST_LIFE,
    Butcher,
    old_envelopes,
    reading,
    registering,
    rows_that_open,
    under_old_kek,
    wait_until,
)
from tests.support.principals import KENPO
from tests.support.world import World, manage

pytestmark = pytest.mark.django_db(transaction=True)

FIRST, SECOND = 1_000_000, 1_900_000
OF_KEK = ("start_kek_version.committing", "start_kek_version.committed", "key.wrapped_again")
OF_DEK = tuple(sorted(ROTATION_POINTS - set(OF_KEK)))


@pytest.fixture
def butcher(world: World, proof: Proof, tmp_path: Path) -> Butcher:
    shutil.rmtree(world.home / "run" / "crashed", ignore_errors=True)
    return Butcher(world, tmp_path, random.Random(proof.seed))


@pytest.mark.slow
@pytest.mark.kj("KJ-ENC-07")
def test_kek_and_data_key_are_replaced_under_load(
    proof: Proof, world: World, port: int, tmp_path: Path, butcher: Butcher
) -> None:
    side, _ = two_sides(world, proof.at(ci=120, full=1_000))
    times, at_random = proof.at(ci=1, full=2), proof.at(ci=4, full=28)
    with (
        registering(tmp_path, start=FIRST) as files,
        reading(f"http://127.0.0.1:{port}", side, seed=proof.seed) as asked,
    ):
        butcher.rotate_kek(OF_KEK, times)
        butcher.rotate_dek(OF_DEK, times, at_random)

    old = sum(old_envelopes(world).values()) + under_old_kek(world)
    opened = rows_that_open(world)
    lost = asked.seen["wrong"] + asked.seen["lost"]
    wanted = proof.at(ci=12, full=50)
    right, registered = f"{asked.seen['right']:,} right", f"{files.lines:,} registered"
    print(dict(asked.seen), files.codes, dict(opened), deaths())
    for measure, value, unit, note in (
        ("failed reads while KEK and data key are replaced", lost, "reads", right),
        ("lines not registered while KEK and data key are replaced", files.failed, "lines", registered),
        ("data keys and rows left under a former key", old, "left", f"{opened['open']:,} rows open"),
    ):
        proof.keep("F-crypto", measure, value, unit=unit, aim="0", reached=value == 0, note=note)
    reached = butcher.kills >= wanted
    proof.keep(
        "F-crypto", "jobs killed that replace KEK and data key", butcher.kills, unit="kills", aim=f">= {wanted}",
        reached=reached,
    )  # fmt: skip
    assert (lost, files.failed, old) == (0, 0, 0)
    assert set(opened) == {"open"}
    assert min(asked.seen["right"], files.lines) > 100
    assert set(deaths()) == ROTATION_POINTS
    assert reached


@pytest.mark.parametrize("mutant", ["skips_a_table", "does_not_wait"])
def test_mutant_that_leaves_rows_under_the_former_key_is_seen(
    mutant: str, world: World, tmp_path: Path, butcher: Butcher
) -> None:
    butcher.mutant = mutant
    with registering(tmp_path, start=FIRST) as files:
        wait_until(lambda: files.lines > 60, seconds=LONGEST_LIFE)  # numbers have changed by then
        with registering(tmp_path, start=SECOND):  # knows the former key for some 15 seconds from now
            manage("rotate_dek", "--hokensha", KENPO)
            butcher.run("worker", "reseal_rows", "--hokensha", KENPO, "--persons", "50")

    assert old_envelopes(world) != {}


def test_mutant_whose_bookmark_goes_before_its_rows_is_seen(world: World, tmp_path: Path, butcher: Butcher) -> None:
    butcher.mutant = "bookmark_before_the_rows"
    with registering(tmp_path, start=FIRST):
        pass
    manage("rotate_dek", "--hokensha", KENPO)

    reseal = ("reseal_rows", "--hokensha", KENPO, "--persons", "5")
    assert not butcher.run("worker", *reseal, crash_at="reseal_persons.committing")
    butcher.run("worker", *reseal)

    assert old_envelopes(world) != {}


def test_mutant_that_seals_for_another_row_is_seen(proof: Proof, world: World, port: int, butcher: Butcher) -> None:
    butcher.mutant = "seals_for_another_row"
    side, _ = two_sides(world, 30)
    with reading(f"http://127.0.0.1:{port}", side, seed=proof.seed) as asked:
        manage("rotate_dek", "--hokensha", KENPO)
        butcher.run("worker", "reseal_rows", "--hokensha", KENPO, "--persons", "50")

    assert asked.seen["wrong"] + asked.seen["lost"] > 0
    assert sum(count for what, count in rows_that_open(world).items() if what != "open") > 0
