"""`make pia`: how many of the controls are proven by a passing test of this tree, and which due ones are not.

Results are those the test runner left in build/pia.json; when they are of another tree, the claiming tests run first.
Exit code 1 when a control that is due has no passing test.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from docs.pia.catalogue import claims, controls, tree_state  # noqa: E402  # needs the path above

RESULTS = ROOT / "build" / "pia.json"


def load_results(state: str) -> dict[str, dict[str, Any]] | None:
    """Return the results of this tree, or None when there are none."""
    if not RESULTS.exists():
        return None
    content = json.loads(RESULTS.read_text(encoding="utf-8"))
    return content["results"] if content.get("state") == state else None


def proven(results: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Return control id -> passed | failed | skipped; passed needs a passing claim and no failing one."""
    outcomes: dict[str, set[str]] = {}
    for entry in results.values():
        for control in entry["kj"]:
            outcomes.setdefault(control, set()).add(entry["outcome"])
    order = ("failed", "passed", "skipped", "none")
    return {control: next(word for word in order if word in seen) for control, seen in outcomes.items()}


def run_claiming_tests() -> None:
    """Run every test that claims a control; their results land in build/pia.json."""
    print("この版の結果がないため、統制を示す試験を実行します。", flush=True)
    subprocess.run([sys.executable, "-m", "pytest", "-m", "kj", "-q", "tests"], cwd=ROOT, check=False)


def main() -> int:
    """Print the count, the themes and what is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-run", action="store_true", help="use what is in build/, never run tests")
    parser.add_argument("--run", action="store_true", help="run the claiming tests even when there are results")
    options = parser.parse_args()
    results = load_results(tree_state())
    if options.run or (results is None and not options.no_run):
        run_claiming_tests()
        results = load_results(tree_state())
    outcome = proven(results or {})
    claimed = claims()
    catalogue = controls()
    passed = [control for control in catalogue if outcome.get(control.id) == "passed"]
    due = [control for control in catalogue if control.is_due]
    missing = [control for control in due if outcome.get(control.id) != "passed"]
    total, by_theme = Counter(c.id.split("-")[1] for c in catalogue), Counter(c.id.split("-")[1] for c in passed)
    print(f"合格した試験で示した統制: {len(passed)} / {len(catalogue)} 件")
    print(f"今の納品で示すべき統制:   {len(due) - len(missing)} / {len(due)} 件")
    print("  ".join(f"{theme} {by_theme[theme]}/{total[theme]}" for theme in total))
    for control in missing:
        why = outcome.get(control.id) or ("未実行" if control.id in claimed else "主張する試験なし")
        print(f"  未達 {control.id} [{control.app}] {why}: {control.promise}")
    for control_id in sorted(key for key, value in outcome.items() if value == "failed"):
        print(f"  不合格 {control_id}: {', '.join(claimed.get(control_id, []))}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
