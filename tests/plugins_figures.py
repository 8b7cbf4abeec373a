"""Figures of the proofs: asked for by `--figures ci|full`, kept by the controlling process in `--figures-to`."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import pytest

from docs.figures import DOCS, Figure, keep, measured

SIZES = ("ci", "full")
_PROPERTY = "figure"


class Proof:
    """What a proof is told (its size and seed) and where it leaves its figures."""

    def __init__(self, size: str, seed: int, test: str, leave: Callable[[Figure], None]) -> None:
        self.size, self.seed, self._test, self._leave = size, seed, test, leave

    def at(self, *, ci: int, full: int) -> int:
        """Return how much of something this size does."""
        return full if self.size == "full" else ci

    def keep(
        self, name: str, measure: str, value: float | str, *, unit: str, aim: str, reached: bool, note: str = ""
    ) -> None:
        """Leave one figure; the proof itself asserts what must be so."""
        self._leave(
            measured(
                name, measure, value, unit=unit, aim=aim, reached=reached, size=self.size, seed=self.seed, note=note,
                test=self._test,
            )
        )  # fmt: skip


@pytest.fixture
def proof(request: pytest.FixtureRequest) -> Proof:
    """The proof's size, seed and keeper; a failing proof is run again with the seed its figure names."""
    leave = request.node.user_properties.append
    size = request.config.getoption("--figures") or "ci"
    seed = int(request.config.getoption("--figures-seed"))
    return Proof(size, seed, request.node.nodeid, lambda figure: leave((_PROPERTY, asdict(figure))))


class FigureReporter:
    """Collects the figures of every process, shows them and keeps them."""

    def __init__(self, folder: Path, size: str) -> None:
        self._folder, self._size = folder, size
        self._figures: list[Figure] = []
        self._failed: set[tuple[str, str]] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and "/proofs/" in report.nodeid:
            self._failed.add((report.nodeid, self._size))
        if report.when == "call":
            values = [cast("dict[str, Any]", value) for name, value in report.user_properties if name == _PROPERTY]
            self._figures += [Figure(**value) for value in values]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self._figures and not self._failed:
            return
        terminalreporter.section("figures")
        for figure in self._figures:
            sign = "reached" if figure.reached else "NOT REACHED"
            terminalreporter.line(
                f"{figure.proof:14} {figure.measure}: {figure.value} {figure.unit}"
                f"  (aim {figure.aim}; {sign}; {figure.size}, seed {figure.seed})"
            )
        keep(self._figures, self._folder, failed=self._failed)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("figures")
    group.addoption("--figures", choices=SIZES, help="run the proofs of tests/proofs at this size")
    group.addoption("--figures-to", default=str(DOCS), help="folder of figures.json and figures.md")
    group.addoption("--figures-seed", default=os.environ.get("CHUKAN_FIGURES_SEED", "1"), help="seed of the dice")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the proofs out of an ordinary run; they are asked for by their size."""
    if collection_path.name == "proofs" and not config.getoption("--figures"):
        return True
    return None


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        folder, size = Path(config.getoption("--figures-to")), config.getoption("--figures") or "ci"
        config.pluginmanager.register(FigureReporter(folder, size), "figure-reporter")
