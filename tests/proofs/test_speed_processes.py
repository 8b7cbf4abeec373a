"""S10, S12: telegrams drained beside sending without a queue, and a small insurer beside a large file."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chukan.embedded.process_table import ROOT
from simulators.hokensha.kizon_system import KizonSystem
from tests.journeys.sample import Sample, made_sample
from tests.plugins_figures import Proof
from tests.support.stack import Stack, running_stack

pytestmark = pytest.mark.slow
LARGE, SMALL = "06132013", "06139992"
SMALL_LINES = 10
DELIVER = "deliver_onshi"


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A running product with two insurers."""
    with running_stack() as made:
        for code in (LARGE, SMALL):
            made.register_hokensha(code, bango=code, shubetsu="kenpo_kumiai", meisho="見本健康保険組合")
        yield made


def sent(system: KizonSystem, sample: Sample) -> str:
    """Send a file and return its 受付番号."""
    return system.send_file(sample.file)


def ended(system: KizonSystem, uketsuke_bango: str) -> bool:
    return bool(system.state(uketsuke_bango)["jotai"] == "kanryo")


def test_telegrams_drain_as_fast_as_they_can_be_sent(stack: Stack, proof: Proof, tmp_path: Path) -> None:
    lines = proof.at(ci=20_000, full=100_000)
    # What another proof left owed would be drained, and measured, with this one's.
    stack.wait_for_deliveries(LARGE, seconds=600)
    stack.wait_for_deliveries(SMALL, seconds=600)
    stack.send_signal(DELIVER, signal.SIGSTOP)
    try:
        system = stack.register_client("hokensha", SMALL)
        bango = sent(system, made_sample(tmp_path, hokensha=SMALL, seed=proof.seed, lines=lines, errors=0))
        stack.wait_until("the file is done", lambda: ended(system, bango), seconds=60 + lines / 500)
        done = subprocess.run(
            [sys.executable, "-m", "bench.drain"],
            env=stack.stage.environment("relay"),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        stack.send_signal(DELIVER, signal.SIGCONT)
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout.splitlines()[-1])
    ratio = told["plain_seconds"] / told["seconds"]
    proof.keep(
        "F-speed",
        "S10 telegrams drained, against sending the same bodies without a queue",
        round(ratio, 2),
        unit="",
        aim="≥ 0.8",
        reached=ratio >= 0.8,
        note=f"{told['telegrams']:,} telegrams, {told['telegrams'] / told['seconds']:,.0f} a second, built from what is"
        " sealed, one process",
    )
    assert told["telegrams"] >= lines * 0.9


def test_a_small_insurer_does_not_wait_for_a_large_file(stack: Stack, proof: Proof, tmp_path: Path) -> None:
    lines = proof.at(ci=60_000, full=1_000_000)
    large, small = stack.register_client("hokensha", LARGE), stack.register_client("hokensha", SMALL)
    large_bango = sent(large, made_sample(tmp_path, hokensha=LARGE, seed=proof.seed + 1, lines=lines, errors=0.005))
    stack.wait_until("the large file runs", lambda: int(large.state(large_bango)["shori_zumi"]) > 0, seconds=120)
    seconds = []
    for number in range(proof.at(ci=2, full=9)):
        sample = made_sample(tmp_path, hokensha=SMALL, seed=proof.seed + 100 + number, lines=SMALL_LINES, errors=0)
        started = time.monotonic()
        bango = sent(small, sample)
        stack.wait_until("the small file is done", lambda: ended(small, bango), seconds=60, pause=0.05)  # noqa: B023
        seconds.append(time.monotonic() - started)
        assert not ended(large, large_bango), "the large file was done first: nothing was shown"
    worst = max(seconds)
    proof.keep(
        "F-speed",
        f"S12 a file of {SMALL_LINES} lines while one of {lines:,} runs, worst of {len(seconds)}",
        round(worst, 2),
        unit="s",
        aim="< 10",
        reached=worst < 10,
    )
    assert worst < 30
    stack.wait_until("the large file is done", lambda: ended(large, large_bango), seconds=lines / 1_000 + 60)
