"""A process dies where the environment says, as often as it says, and never in 本番."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

from chukan.kernel.crash_points import (
    ALONE,
    ALONE_POINTS,
    COMMITS,
    FILE_POINTS,
    FUGO_ASIDE_POINTS,
    FUGO_POINTS,
    POINTS,
    ROTATION_POINTS,
    SAIHAKKO_POINTS,
    STEPS,
    crash_points_of,
)
from shikaku.actions.hold_toroku_file import hold_file
from shikaku.actions.terminal_slip import keep_slip
from tests.architecture.tree import product_files, source
from tests.support.world import ROOT

OWNS = "own_transaction"
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


def owning_actions() -> list[tuple[str, str]]:
    """Return (module, name) of every action that owns a transaction, by its mark or by a call that gives it one."""
    found = []
    for path in product_files():
        module = ".".join(path.with_suffix("").parts)
        for node in ast.parse(source(path)).body:
            found += [(module, name) for name in _owned_by(node)]
    return found


def _owned_by(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef):
        return [node.name for mark in node.decorator_list if isinstance(mark, ast.Name) and mark.id == OWNS]
    given = node.value if isinstance(node, ast.Assign) else None
    if isinstance(given, ast.Call) and isinstance(given.func, ast.Name) and given.func.id == OWNS:
        return [argument.id for argument in given.args if isinstance(argument, ast.Name)]
    return []


def uses_of_the_mark() -> int:
    """Count how often the product says `own_transaction`, however: what is found in no known place is not overseen."""
    return sum(
        (isinstance(node, ast.Name) and node.id == OWNS) or (isinstance(node, ast.Attribute) and node.attr == OWNS)
        for path in product_files()
        for node in ast.walk(ast.parse(source(path)))
    )


def groups_are_whole(owning: list[tuple[str, str]]) -> list[str]:
    """Return every action that is in no group, and every name in a group that is not one action."""
    names = Counter(name for _, name in owning)
    paths = Counter(f"{module}.{name}" for module, name in owning)
    found = [f"{path}: in no group" for module, name in owning
             if name not in COMMITS and (path := f"{module}.{name}") not in ALONE]  # fmt: skip
    found += [f"{name}: {names[name]} actions" for name in COMMITS if names[name] != 1]
    found += [f"{path}: {paths[path]} actions" for path in ALONE if paths[path] != 1]
    return found


class TestGroups:
    def test_every_owning_action_is_in_one_and_every_name_is_an_action(self) -> None:
        owning = owning_actions()

        assert len(owning) == uses_of_the_mark()
        assert groups_are_whole(owning) == []
        assert len({*COMMITS, *ALONE}) == len(COMMITS) + len(ALONE)

    def test_a_new_action_in_no_group_is_seen(self) -> None:
        assert groups_are_whole([*owning_actions(), ("shikaku.actions.new", "do_something")]) == [
            "shikaku.actions.new.do_something: in no group"
        ]

    def test_a_name_that_two_actions_have_is_seen(self) -> None:
        assert groups_are_whole([*owning_actions(), ("shikaku.actions.new", "hold_file")]) == ["hold_file: 2 actions"]

    def test_a_name_that_is_no_action_is_seen(self) -> None:
        without = [one for one in owning_actions() if one[1] not in {"hold_file", "keep_slip"}]

        assert groups_are_whole(without) == [
            "hold_file: 0 actions",
            "shikaku.actions.terminal_slip.keep_slip: 0 actions",
        ]

    def test_each_point_is_of_one_group(self) -> None:
        groups = (FILE_POINTS, ROTATION_POINTS, FUGO_POINTS, FUGO_ASIDE_POINTS, SAIHAKKO_POINTS, ALONE_POINTS)

        assert sum(len(group) for group in groups) == len(POINTS)

    def test_the_points_of_an_action_are_those_it_passes(self) -> None:
        assert crash_points_of(hold_file) == ("hold_file.committing", "hold_file.committed")
        assert crash_points_of(keep_slip)[0] == "shikaku.actions.terminal_slip.keep_slip.committing"
        assert {*crash_points_of(hold_file), *crash_points_of(keep_slip)} <= POINTS


def test_every_step_is_a_place_in_the_code_and_the_other_way_round() -> None:
    assert named_in_code() == set(STEPS)
