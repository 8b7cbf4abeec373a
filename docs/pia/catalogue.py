"""Reads the catalogue of controls and the claims of the tests; used by the reports and the test runner."""

from __future__ import annotations

import ast
import hashlib
import shutil
import subprocess
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DELIVERED = frozenset({"toroku", "pmh", "fugo"})  # the deliveries whose controls must be proven today


@dataclass(frozen=True, slots=True)
class Control:
    """One control of docs/pia/controls.toml."""

    id: str
    app: str
    due: str
    promise: str
    source: str

    @property
    def is_due(self) -> bool:
        """Tell whether a passing test must stand behind it today."""
        return self.due in DELIVERED


@cache
def controls() -> tuple[Control, ...]:
    """Return the catalogue in its own order."""
    with (ROOT / "docs/pia/controls.toml").open("rb") as stream:
        return tuple(Control(**entry) for entry in tomllib.load(stream)["control"])


@cache
def control_ids() -> frozenset[str]:
    """Return every id of the catalogue."""
    return frozenset(control.id for control in controls())


class _Claims(ast.NodeVisitor):
    """Finds `pytest.mark.kj("…")` and the test, class or file it stands on."""

    def __init__(self) -> None:
        self.stack: list[str] = []
        self.found: list[tuple[str, str]] = []

    def _visit_named(self, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.stack.append(node.name)
        self.generic_visit(node)
        self.stack.pop()

    visit_ClassDef = _visit_named  # noqa: N815  # names given by ast
    visit_FunctionDef = _visit_named  # noqa: N815
    visit_AsyncFunctionDef = _visit_named  # noqa: N815

    def visit_Call(self, node: ast.Call) -> None:
        """Keep the claimed ids of one marker."""
        if isinstance(node.func, ast.Attribute) and node.func.attr == "kj":
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    self.found.append((argument.value, "::".join(self.stack)))
        self.generic_visit(node)


def claims_in(source: str) -> list[tuple[str, str]]:
    """Return (control id, place inside the file) of every claim in a test module."""
    visitor = _Claims()
    visitor.visit(ast.parse(source))
    return sorted(visitor.found)


def claims() -> dict[str, list[str]]:
    """Return control id -> tests that claim it, as `path::Class::test`."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        if "architecture" in path.parts and path.name == "test_controls_claimed.py":
            continue  # its examples are not claims
        for control, place in claims_in(path.read_text(encoding="utf-8")):
            name = path.relative_to(ROOT).as_posix()
            found[control].add(f"{name}::{place}" if place else name)
    return {control: sorted(places) for control, places in found.items()}


def _git(*args: str) -> bytes | None:
    git = shutil.which("git")
    if git is None:
        return None
    done = subprocess.run([git, *args], cwd=ROOT, capture_output=True, check=False)  # noqa: S603  # fixed words
    return done.stdout if done.returncode == 0 else None


def tree_state() -> str:
    """Return the commit id, with a digest of what differs from it when something does."""
    head = _git("rev-parse", "HEAD")
    if head is None:
        return "unknown"
    changed = (_git("diff", "HEAD") or b"") + (_git("ls-files", "--others", "--exclude-standard") or b"")
    commit = head.decode().strip()
    return f"{commit}+{hashlib.sha256(changed).hexdigest()[:12]}" if changed else commit
