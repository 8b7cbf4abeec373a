"""F-crypto: keys are replaced while persons are read and files registered, whoever dies at it."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from chukan.kernel.crash_points import REINDEX_POINTS, RESEAL_POINTS, deaths
from chukan.kernel.crypto.data_key import BI_GLOBAL, BI_ZONE
from tests.builders.asking import two_sides
from tests.plugins_figures import Proof
from tests.proofs.rotation_field import (
    LONGEST_LIFE,
    Butcher,
    keys_in_replacement,
    looking,
    old_envelopes,
    reading,
    registering,
    rows_that_open,
    under_old_kek,
    wait_until,
)
from tests.proofs.rotation_lives import NEW_PER_FILE
from tests.support.index_keys import KINDS, code_of, second_persons, under_former_keys, whole_keys
from tests.support.noticing import NOTICING
from tests.support.principals import KENPO, OTHER_KENPO
from tests.support.web_process import running_web
from tests.support.world import World, manage

pytestmark = pytest.mark.django_db(transaction=True)

# For mutants that do not wait: others know the former key until long after the job is over, on a slow machine, too.
_LATE = str(10 * LONGEST_LIFE)
_PAUSE = 0.5  # between two files, so that the walks come to an end on a slow machine, too
FIRST = 1_000_000
OF_KEK = ("start_kek_version.committing", "start_kek_version.committed", "key.wrapped_again")
OF_DEK = tuple(sorted(RESEAL_POINTS - set(OF_KEK)))
OF_INDEX = tuple(sorted(REINDEX_POINTS))


@pytest.fixture
def butcher(world: World, proof: Proof, tmp_path: Path) -> Butcher:
    shutil.rmtree(world.home / "run" / "crashed", ignore_errors=True)
    return Butcher(world, tmp_path, random.Random(proof.seed))


@pytest.fixture
def whole(world: World) -> Iterator[None]:
    with whole_keys(world):
        yield


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
    assert set(deaths()) == RESEAL_POINTS
    assert reached


@pytest.mark.parametrize("mutant", ["skips_a_table", "does_not_wait"])
def test_mutant_that_leaves_rows_under_the_former_key_is_seen(
    mutant: str, world: World, tmp_path: Path, butcher: Butcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    butcher.mutant = mutant
    if mutant == "does_not_wait":
        monkeypatch.setenv(NOTICING, _LATE)
    with registering(tmp_path, start=FIRST) as files:
        wait_until(lambda: files.lines > 60, seconds=LONGEST_LIFE)  # numbers have changed by then
        manage("rotate_dek", "--hokensha", KENPO)
        butcher.run("worker", "reseal_rows", "--hokensha", KENPO, "--persons", "50")
        heard = files.lines
        wait_until(lambda: files.lines > heard + 2 * NEW_PER_FILE, seconds=LONGEST_LIFE)  # one begun since then

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
        wait_until(lambda: asked.seen["wrong"] + asked.seen["lost"] > 0, seconds=LONGEST_LIFE)

    assert sum(count for what, count in rows_that_open(world).items() if what != "open") > 0


@pytest.mark.slow
@pytest.mark.kj("KJ-ENC-06", "KJ-ENC-07")
@pytest.mark.usefixtures("whole")
def test_index_and_token_keys_are_replaced_under_load(
    proof: Proof, world: World, tmp_path: Path, butcher: Butcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    sooner = {NOTICING: "0.5"} if proof.size == "ci" else {}  # else keys are noticed within 15 seconds, as ever
    for name, seconds in sooner.items():
        monkeypatch.setenv(name, seconds)
    side, _ = two_sides(world, proof.at(ci=60, full=1_000))
    with (
        running_web(world, tmp_path, noticing=sooner) as port,
        butcher.nursing("kanri", "worker"),
        registering(tmp_path, start=FIRST, pause=_PAUSE) as files,
        registering(tmp_path, start=FIRST, pause=_PAUSE, code=OTHER_KENPO) as others,  # the same people, at once
        reading(f"http://127.0.0.1:{port}", side, seed=proof.seed) as asked,
        looking(tmp_path, side) as looked,
    ):
        for turn, kind in enumerate(KINDS, start=1):
            times, at_random = proof.at(ci=1, full=turn), proof.at(ci=1, full=5)
            butcher.replace_index(kind, OF_INDEX, times, at_random)

    lost = asked.seen["wrong"] + asked.seen["lost"] + looked.failed.total()
    failed, lines = files.failed + others.failed, files.lines + others.lines
    hashes, twice = under_former_keys(world), second_persons(world)
    old = hashes.total() + keys_in_replacement(world)
    wanted = proof.at(ci=15, full=50)
    right, registered = f"{asked.seen['right'] + looked.asked:,} right", f"{lines:,} registered"
    print(dict(asked.seen), looked, files.codes, others.codes, dict(hashes), deaths())
    for measure, value, unit, note in (
        ("failed look-ups while keys of indexes and tokens are replaced", lost, "look-ups", right),
        ("lines not registered while keys of indexes and tokens are replaced", failed, "lines", registered),
        ("numbers that lead to two persons after keys of indexes were replaced", twice, "numbers", registered),
        ("keys, hashes and tokens left of a former index key", old, "left", registered),
    ):
        proof.keep("F-crypto", measure, value, unit=unit, aim="0", reached=value == 0, note=note)
    reached = butcher.kills >= wanted
    proof.keep(
        "F-crypto", "jobs killed that replace keys of indexes and tokens", butcher.kills, unit="kills",
        aim=f">= {wanted}", reached=reached,
    )  # fmt: skip
    assert (lost, failed, twice, old) == (0, 0, 0, 0)
    assert min(asked.seen["right"], looked.asked, files.lines, others.lines) > 100
    assert set(deaths()) == REINDEX_POINTS
    assert reached


def of(kind: str) -> tuple[str, ...]:
    code = code_of(kind)
    return ("--kind", kind, *(() if code is None else ("--hokensha", code)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("whole")
def test_mutant_that_looks_by_one_key_is_seen(kind: str, world: World, tmp_path: Path) -> None:
    side, _ = two_sides(world, 30)
    with looking(tmp_path, side, mutant="knows_one_key") as looked:
        manage("rotate_index", *of(kind))
        wait_until(lambda: looked.failed.total() > 0, seconds=LONGEST_LIFE)

    assert set(looked.failed) == {kind}  # somebody who is not found in the zone is found across insurers


@pytest.mark.usefixtures("whole")
def test_mutant_that_registers_by_one_key_is_seen(world: World, tmp_path: Path) -> None:
    with registering(tmp_path, start=FIRST):
        pass
    manage("rotate_index", *of(BI_GLOBAL))

    with registering(tmp_path, start=FIRST, code=OTHER_KENPO, mutant="knows_one_key"):
        pass

    assert second_persons(world) > 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("whole")
def test_mutant_that_does_not_wait_until_everybody_looks_is_seen(
    kind: str, world: World, tmp_path: Path, butcher: Butcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    butcher.mutant = "does_not_wait_to_be_noticed"
    monkeypatch.setenv(NOTICING, _LATE)
    side, _ = two_sides(world, 30)
    with looking(tmp_path, side) as looked:
        butcher.run("kanri", "rotate_index", *of(kind))
        butcher.run("worker", "reindex_rows", *of(kind))
        wait_until(lambda: looked.failed.total() > 0, seconds=LONGEST_LIFE)

    assert set(looked.failed) == {kind}


@pytest.mark.usefixtures("whole")
def test_mutant_that_forgets_former_numbers_is_seen(world: World, tmp_path: Path, butcher: Butcher) -> None:
    butcher.mutant = "forgets_former_numbers"
    with registering(tmp_path, start=FIRST) as files:
        wait_until(lambda: files.lines > 60, seconds=LONGEST_LIFE)  # numbers have changed by then
    manage("rotate_index", *of(BI_ZONE))
    butcher.run("worker", "reindex_rows", *of(BI_ZONE))

    assert set(under_former_keys(world)) == {"kyu.bi_bango"}
