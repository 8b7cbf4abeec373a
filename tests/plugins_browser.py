"""Finds a Chromium for the tests marked `browser`; without one they are skipped and the last lines say so.

`CHUKAN_REQUIRE_BROWSER=1` turns such a skip into a failure. `CHUKAN_CHROMIUM` names the program.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

NO_CHROMIUM = "Chromium がありません"
HOW_TO_GET = "apt-get install chromium fonts-noto-cjk（または .venv/bin/python -m playwright install chromium）"
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def find_chromium() -> Path | None:
    """The Chromium of this machine: named, installed, or fetched by playwright."""
    named = os.environ.get("CHUKAN_CHROMIUM")
    if named:
        return Path(named)
    for program in _PROGRAMS:
        found = shutil.which(program)
        if found:
            return Path(found)
    if _MAC.exists():
        return _MAC
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    return next(iter(sorted(cache.glob("chromium-*/chrome-linux*/chrome"), reverse=True)), None)


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Path of the Chromium, or a skip (a failure where a browser is required)."""
    found = find_chromium()
    if found is not None:
        return found
    if os.environ.get("CHUKAN_REQUIRE_BROWSER") == "1":
        pytest.fail(f"{NO_CHROMIUM}: {HOW_TO_GET}")
    pytest.skip(NO_CHROMIUM)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the very end how many browser tests did not run, and what would let them run."""
    skipped = [
        report
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple) and NO_CHROMIUM in report.longrepr[2]
    ]
    if skipped:
        terminalreporter.write_line("")
        terminalreporter.write_line(f"画面の試験 {len(skipped)} 件を飛ばしました: {NO_CHROMIUM}。", yellow=True)
        terminalreporter.write_line(f"  入れ方: {HOW_TO_GET}")
