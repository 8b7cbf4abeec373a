"""Without a Chromium: skipped and said at the end, or a failure where a browser is required."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TESTS = "def test_one(chromium): assert chromium.exists()\ndef test_two(chromium): pass\n"


def run(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run two browser tests where no browser can be found, unless one is named."""
    (folder / "test_screens.py").write_text(TESTS)
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "tests.plugins_browser", "-p", "no:cacheprovider"),
            *(str(folder), "--rootdir", str(folder), "-c", os.devnull),
        ],
        env={"PATH": "/nonexistent", "HOME": str(folder), "PYTHONPATH": str(ROOT), **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


class TestChromium:
    def test_missing_one_is_counted_in_the_last_lines(self, tmp_path: Path) -> None:
        done = run(tmp_path)

        assert done.returncode == 0
        assert "画面の試験 2 件を飛ばしました" in done.stdout
        assert "playwright install chromium" in done.stdout

    def test_missing_one_fails_where_it_is_required(self, tmp_path: Path) -> None:
        done = run(tmp_path, CHUKAN_REQUIRE_BROWSER="1")

        assert done.returncode == 1
        assert "Chromium がありません" in done.stdout

    def test_named_one_is_used_and_nothing_is_said(self, tmp_path: Path) -> None:
        done = run(tmp_path, CHUKAN_CHROMIUM=sys.executable)

        assert done.returncode == 0
        assert "飛ばしました" not in done.stdout
