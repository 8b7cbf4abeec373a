"""A process dies where the environment says, as often as it says, and never in 本番."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
from pathlib import Path

from chukan.kernel.crash_points import COMMITS, POINTS
from tests.architecture.tree import product_files, source
from tests.support.world import ROOT

# Settings are read, but no app is loaded: the look before a start would end the process before it comes here.
PASS = "from chukan.kernel.crash_points import crash_point; crash_point('{}'); print('alive')"


def run(code: str, home: Path, **given: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "chukan.settings.base", "CHUKAN_HOME": str(home), **given},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def outcome(point: str, home: Path, **given: str) -> str | int:
    done = run(PASS.format(point), home, **given)
    return done.stdout.strip() or done.returncode


class TestCrashPoint:
    def test_ends_the_process_once_under_the_same_environment(self, tmp_path: Path) -> None:
        given = {"CHUKAN_CRASH_AT": "seal.kept,telegram.sent"}

        assert [outcome("seal.kept", tmp_path, **given) for _ in range(2)] == [-signal.SIGKILL, "alive"]
        assert outcome("telegram.sent", tmp_path, **given) == -signal.SIGKILL

    def test_ends_as_many_processes_as_it_says(self, tmp_path: Path) -> None:
        given = {"CHUKAN_CRASH_AT": "seal.kept:2"}

        assert [outcome("seal.kept", tmp_path, **given) for _ in range(3)] == [-signal.SIGKILL] * 2 + ["alive"]

    def test_passes_where_nothing_or_another_point_is_named(self, tmp_path: Path) -> None:
        assert outcome("seal.kept", tmp_path) == "alive"
        assert outcome("seal.kept", tmp_path, CHUKAN_CRASH_AT="seal.committed") == "alive"

    def test_is_deaf_in_production(self, tmp_path: Path) -> None:
        given = {"CHUKAN_CRASH_AT": "seal.kept", "CHUKAN_MODE": "production"}

        assert outcome("seal.kept", tmp_path, **given) == "alive"
        assert outcome("seal.kept", tmp_path, **{**given, "CHUKAN_MODE": "demo"}) == -signal.SIGKILL


class TestProduction:
    def test_refuses_to_start_with_a_crash_point(self, tmp_path: Path) -> None:
        given = {"CHUKAN_MODE": "production", "CHUKAN_TLS": "1"}
        refused = run("import django; django.setup()", tmp_path, CHUKAN_CRASH_AT="seal.kept", **given)
        other = run("import django; django.setup()", tmp_path, **given)

        assert refused.returncode != 0
        assert "CHUKAN_CRASH_AT" in refused.stderr
        assert "chukan.E003" in refused.stderr
        assert "chukan.E003" not in other.stderr


def named_in_code() -> set[str]:
    """Return every point the product passes by a call."""
    found: set[str] = set()
    for path in product_files():
        for node in ast.walk(ast.parse(source(path))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "crash_point":
                found |= {str(given.value) for given in node.args if isinstance(given, ast.Constant)}
    return found


def owning_actions() -> set[str]:
    return {
        node.name
        for path in product_files()
        for node in ast.parse(source(path)).body
        if isinstance(node, ast.FunctionDef)
        for mark in node.decorator_list
        if isinstance(mark, ast.Name) and mark.id == "own_transaction"
    }


def test_every_name_is_a_place_in_the_code_and_the_other_way_round() -> None:
    steps = {point for point in POINTS if point.rpartition(".")[0] not in COMMITS}

    assert named_in_code() == steps
    assert set(COMMITS) <= owning_actions()
