"""Reporting of controls: which `kj` tests ran for this state of the tree, kept in build/pia.json for `make pia`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from docs.pia.catalogue import control_ids, tree_state

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "build" / "pia.json"


def pytest_itemcollected(item: pytest.Item) -> None:
    """Tie the claimed controls to the test, so that they travel with its report (also between processes)."""
    claimed = [control for mark in item.iter_markers("kj") for control in mark.args]
    if not claimed:
        return
    unknown = sorted(set(claimed) - control_ids())
    if unknown:
        message = f"{item.nodeid} claims unknown controls: {', '.join(unknown)} (docs/pia/controls.toml)"
        raise pytest.UsageError(message)
    item.user_properties.append(("kj", sorted(set(claimed))))


class ControlReporter:
    """Collects the outcome of every claiming test and merges it into the results of the same tree."""

    def __init__(self) -> None:
        self.results: dict[str, dict[str, Any]] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the worst outcome of setup, call and teardown."""
        claimed = next((value for name, value in report.user_properties if name == "kj"), None)
        if claimed is None:
            return
        entry = self.results.setdefault(report.nodeid, {"kj": claimed, "outcome": "none"})
        if report.failed:
            entry["outcome"] = "failed"
        elif report.skipped and entry["outcome"] != "failed":
            entry["outcome"] = "skipped"
        elif report.when == "call" and entry["outcome"] == "none":
            entry["outcome"] = "passed"

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write what was seen; results of another tree are dropped."""
        if not self.results or session.config.option.collectonly:
            return
        state = tree_state()
        kept: dict[str, Any] = {}
        if RESULTS.exists():
            earlier = json.loads(RESULTS.read_text(encoding="utf-8"))
            if earlier.get("state") == state:
                kept = earlier["results"]
        RESULTS.parent.mkdir(exist_ok=True)
        content = {"state": state, "results": dict(sorted((kept | self.results).items()))}
        RESULTS.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    """Report in the controlling process only; workers send their reports there."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(ControlReporter(), "kj-reporter")
