"""S1 to S4: registration by file beside raw COPY, beside `bulk_create`, and the memory it takes."""

from __future__ import annotations

import pytest

from bench.ground import open_ground
from bench.measure import Figure, Size, measure_all
from bench.peers import middle
from tests.plugins_figures import Proof

pytestmark = pytest.mark.slow
NAMES = {
    "S1": "incremental registration against raw COPY of the same rows",
    "S2": "incremental registration against bulk_create of the same rows",
    "S3": "first load of an insurer against raw COPY of the same rows",
    "S4": "peak memory of the worker against that of a file a tenth as long",
}
# On a small file the start of the second process weighs; beside other work on two cores it has none to itself.
FLOORS = {"ci": {"S1": 0.3, "S2": 3.0, "S4": 1.2}, "full": {"S1": 0.5, "S2": 4.0, "S3": 0.4, "S4": 1.1}}


def measured(size: Size) -> dict[str, Figure]:
    """No database of the tests: every run has a copy of one of its own, as `make bench` has."""
    with open_ground() as ground:
        return {figure.key: figure for figure in measure_all(ground, size, print)}


def test_registration_keeps_up_with_its_peers(proof: Proof) -> None:
    full = proof.size == "full"
    size = Size(lines=proof.at(ci=200_000, full=1_000_000), repeats=2, seed=proof.seed, initial=full)
    figures = measured(size)
    for key, figure in figures.items():
        ratio, least, most = middle(figure.ratios), min(figure.ratios), max(figure.ratios)
        ours, peer = f"{middle(figure.ours):,.0f}", f"{middle(figure.peer):,.0f}"
        proof.keep(
            "F-speed",
            f"{key} {NAMES[key]}",
            round(ratio, 2),
            unit="×",
            aim=f"{'≥' if figure.higher_is_better else '≤'} {figure.goal:g}",
            reached=ratio >= figure.goal if figure.higher_is_better else ratio <= figure.goal,
            note=f"{least:.2f}–{most:.2f}; {ours} and {peer} {figure.more['unit']}; {size.lines:,} lines",
        )
    assert figures.keys() == (NAMES.keys() if full else NAMES.keys() - {"S3"})
    for key, figure in figures.items():
        ratio, floor = middle(figure.ratios), FLOORS[proof.size][key]
        assert ratio >= floor if figure.higher_is_better else ratio <= floor, (key, figure.ratios)


def test_mutant_that_commits_a_few_lines_at_a_time_is_seen(proof: Proof) -> None:
    """S3 is the same way into an empty insurer."""
    figures = measured(Size(lines=60_000, repeats=1, seed=proof.seed, initial=False, arguments=("--block-lines", "40")))

    for key in ("S1", "S2"):
        assert middle(figures[key].ratios) < FLOORS["ci"][key]


def test_mutant_that_holds_the_whole_file_is_seen(proof: Proof) -> None:
    whole = ("--block-lines", "1000000")
    figures = measured(Size(lines=200_000, repeats=1, seed=proof.seed, initial=False, arguments=whole))

    assert middle(figures["S4"].ratios) > FLOORS["ci"]["S4"]
