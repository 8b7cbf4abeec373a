"""What a run leaves: a JSON file that says on what it was measured, and a table for the eye."""

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.ground import ROOT, Ground
from bench.measure import Figure
from bench.peers import middle

RESULTS = Path(__file__).parent / "results"
_GIBI = 1 << 30


def surroundings(ground: Ground) -> dict[str, Any]:
    """Return what the figures depend on, without the name of the machine or a path."""
    with ground.admin() as admin:
        row = admin.execute("SELECT current_setting('server_version'), current_setting('shared_buffers')").fetchone()
    version, buffers = row or ("", "")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": commit(),
        "machine": {
            "cores": os.cpu_count(),
            "memory_gib": round(memory / _GIBI, 1),
            "system": f"{platform.system()} {platform.machine()}",
            "python": platform.python_version(),
            "postgresql": version,
            "shared_buffers": buffers,
            "load_before": round(os.getloadavg()[0], 2),
        },
    }


def commit() -> str:
    """Return the short name of the commit that was measured, with `+` when files were changed since."""
    told = subprocess.run(
        ["git", "describe", "--always", "--dirty=+"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return told.stdout.strip() or "unknown"


def save(name: str, data: Mapping[str, Any]) -> Path:
    """Write one result file and return it; `name` comes before date and commit unless it is empty."""
    RESULTS.mkdir(exist_ok=True)
    stem = "-".join(part for part in (data["date"], data["commit"].replace("+", "_changed"), name) if part)
    path = RESULTS / f"{stem}.json"
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


def table(figures: Sequence[Figure]) -> str:
    """Return the figures side by side with their peers and limits."""
    lines = [
        f"{'':3} {'製品':>12} {'相手':>12}  {'相手':14} {'比（中央値）':>8} {'幅':>15} {'最初の目標':>8} {'目標':>6}"
    ]
    for figure in figures:
        sign = "≥" if figure.higher_is_better else "≤"
        spread = f"{min(figure.ratios):.2f}–{max(figure.ratios):.2f}"
        lines.append(
            f"{figure.key:3} {middle(figure.ours):>12,.0f} {middle(figure.peer):>12,.0f}"
            f"  {figure.more['peer_name']:14} {middle(figure.ratios):>8.2f} {spread:>15}"
            f" {sign} {figure.aim:<6} {sign} {figure.goal:<5} {'達成' if figure.reached else '未達'}  {figure.title}"
        )
    return "\n".join(lines)
