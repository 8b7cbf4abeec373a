"""A file that an insurer's own system has sent over REST and waited for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from simulators.hokensha.kizon_system import KizonSystem
from tests.journeys.sample import Sample, read_kekka


@dataclass(frozen=True)
class SentFile:
    """The receipt, the last state, and the result of every line."""

    system: KizonSystem
    uketsuke_bango: str
    states: list[str]
    state: dict[str, Any]
    kekka: list[dict[str, str]]

    @classmethod
    def send(cls, system: KizonSystem, sample: Sample, *, folder: Path, seconds: float = 180) -> Self:
        """Send, wait to the end, fetch the results."""
        bango = system.send_file(sample.file)
        return cls.wait(system, bango, folder=folder, seconds=seconds)

    @classmethod
    def wait(cls, system: KizonSystem, bango: str, *, folder: Path, seconds: float = 180) -> Self:
        """Wait for a file that was sent before and fetch the results."""
        states: list[str] = []
        state = system.wait(bango, seconds=seconds, tell=lambda told: states.append(str(told["jotai"])))
        target = folder / f"{bango}.kekka.csv"
        system.fetch_results(bango, target)
        return cls(system, bango, states, state, read_kekka(target.read_bytes()))
