"""What the proofs measured: kept in docs/figures.json by whoever measures, shown in docs/figures.md.

Every figure carries the commit and the day it was taken; a later one takes the place of the former of its size.
`python docs/figures.py` writes the page again from what is kept.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Container, Iterable
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
NAME = "figures.json"
PAGE = "figures.md"
_GIBI = 1 << 30

PROOFS = {
    "F-speed": "Speed and memory beside limits and peers",
    "F-crash": "Killed at every boundary and at random",
    "F-queue": "The queue lost, restarted, paused, disconnected",
    "F-partner": "A partner that drops, doubles, delays and refuses",
    "F-isolation": "Nothing of another insurer",
    "F-canary": "No 個人番号 outside its place",
    "F-history": "資格履歴 against a naive reference",
    "F-log": "The sealed log under attack",
    "F-crypto": "Sealed rows moved, keys replaced",
    "F-api": "The published interface under attack",
    "F-right-person": "The answer is about the person asked for",
    "F-pmh": "One PMH-ID a person, whoever asks, dies or guesses",
    "F-fugo": "One code a person, asked for once and stored once",
    "F-saihakko": "Codes issued anew: one valid code a person, the former one kept",
    "F-restore": "Backup and restore, timed",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure of a proof; `reached` tells whether it comes up to its aim at this size."""

    proof: str
    measure: str
    value: float | str
    unit: str
    aim: str
    reached: bool
    size: str
    seed: int | None
    commit: str
    date: str
    machine: str
    note: str = ""
    test: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """Return what a later measurement of the same thing has in common with this one."""
        return self.proof, self.measure, self.size


def measured(
    proof: str, measure: str, value: float | str, *, unit: str, aim: str, reached: bool, size: str,
    seed: int | None = None, note: str = "", test: str = "",
) -> Figure:  # fmt: skip
    """Return a figure taken now, on this machine, of this commit."""
    if proof not in PROOFS:
        message = f"{proof} is no proof of docs/figures.py"
        raise ValueError(message)
    return Figure(
        proof, measure, value, unit, aim, reached, size, seed, commit(), datetime.now(UTC).date().isoformat(),
        machine(), note, test,
    )  # fmt: skip


def commit() -> str:
    """Return the short name of the commit, with `+` when files were changed since."""
    told = subprocess.run(
        ["git", "describe", "--always", "--dirty=+"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return told.stdout.strip() or "unknown"


def machine() -> str:
    """Return what a figure depends on, without the name of the machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIBI
    system = f"{platform.system()} {platform.machine()}"
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {system}, Python {platform.python_version()}"


def keep(figures: Iterable[Figure], folder: Path = DOCS, *, failed: Container[tuple[str, str]] = ()) -> None:
    """Put the figures in the place of earlier ones and write both files.

    `failed` are tests and sizes: what such a test measured before is no longer so, and goes.
    """
    kept = {figure.key: figure for figure in load(folder) if (figure.test, figure.size) not in failed}
    kept |= {figure.key: figure for figure in figures}
    order = list(PROOFS)
    ordered = sorted(kept.values(), key=lambda figure: (order.index(figure.proof), figure.size, figure.measure))
    folder.mkdir(parents=True, exist_ok=True)
    content = json.dumps([_entry(figure) for figure in ordered], ensure_ascii=False, indent=1)
    (folder / NAME).write_text(content + "\n", encoding="utf-8")
    (folder / PAGE).write_text(page(ordered), encoding="utf-8")


def _entry(figure: Figure) -> dict[str, Any]:
    return {name: value for name, value in asdict(figure).items() if value or name != "test"}


def load(folder: Path = DOCS) -> list[Figure]:
    """Return what is kept."""
    path = folder / NAME
    if not path.exists():
        return []
    names = {field.name for field in fields(Figure)}
    content: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return [Figure(**{name: value for name, value in entry.items() if name in names}) for entry in content]


def page(figures: Iterable[Figure]) -> str:
    """Return the readable page."""
    lines = [
        "# Figures",
        "",
        "What the proofs measured, by `make figures` (a size that fits a build) and `make figures-full`. Speeds",
        "depend on the machine, and so do ratios of Python to the database, though less (ADR 0015). A proof fails when",
        "its property is broken on purpose: the mutants stand beside the proofs in `tests/proofs/`. `docs/figures.py`",
        "writes this page from what is kept.",
    ]
    by_proof: dict[str, list[Figure]] = {}
    for figure in figures:
        by_proof.setdefault(figure.proof, []).append(figure)
    for proof, title in PROOFS.items():
        if proof not in by_proof:
            continue
        lines += ["", f"## {proof}: {title}", ""]
        lines += [
            "| measure | figure | aim | reached | size | seed | commit | date |",
            "|---|---|---|---|---|---|---|---|",
        ]
        lines += [_row(figure) for figure in by_proof[proof]]
        notes = [figure for figure in by_proof[proof] if figure.note]
        lines += ["", *(f"- {figure.measure}: {figure.note}" for figure in notes)] if notes else []
    machines = sorted({figure.machine for figures in by_proof.values() for figure in figures})
    return "\n".join([*lines, "", "## Machines", "", *(f"- {name}" for name in machines)]) + "\n"


def _row(figure: Figure) -> str:
    value = figure.value if isinstance(figure.value, str) else f"{figure.value:,.10g}"
    cells = (
        figure.measure, f"{value} {figure.unit}".strip(), figure.aim, "yes" if figure.reached else "**no**",
        figure.size,
        "" if figure.seed is None else str(figure.seed), f"`{figure.commit}`", figure.date,
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    keep(())
