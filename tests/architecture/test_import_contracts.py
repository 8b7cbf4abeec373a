import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.tree import APPS, ROOT

GUIDANCE = (
    "See docs/architecture.md for the map; a new layer or app starts with a change of the contracts in pyproject.toml."
)


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = shutil.which("lint-imports") or str(Path(sys.executable).with_name("lint-imports"))
    return subprocess.run(
        [command, "--no-cache", "--config", "pyproject.toml"], cwd=folder, capture_output=True, text=True, check=False
    )


def contracts() -> list[dict[str, object]]:
    with (ROOT / "pyproject.toml").open("rb") as stream:
        found: list[dict[str, object]] = tomllib.load(stream)["tool"]["importlinter"]["contracts"]
    return found


def built_apps() -> list[str]:
    """Apps with more than the three files of a placeholder."""
    placeholder = {"__init__.py", "apps.py"}
    return [app for app in APPS if any(p.name not in placeholder for p in (ROOT / app).rglob("*.py"))]


def test_every_contract_is_kept() -> None:
    done = lint_imports(ROOT)

    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{GUIDANCE}"


def test_no_contract_has_exceptions() -> None:
    assert [c["id"] for c in contracts() if c.get("ignore_imports")] == []


@pytest.mark.parametrize("app", built_apps())
def test_every_built_app_has_layers_and_a_front_door(app: str) -> None:
    by_id = {str(contract["id"]): contract for contract in contracts()}

    assert app in by_id["app-layers"]["containers"], f"{app} is in no layers contract. {GUIDANCE}"  # type: ignore[operator]  # list in TOML
    assert f"front-door-{app}" in by_id, f"{app} has no front door. {GUIDANCE}"


def test_the_front_door_protects_every_room_of_the_app() -> None:
    by_id = {str(contract["id"]): contract for contract in contracts()}
    for app in built_apps():
        rooms = {
            f"{app}.{path.name.removesuffix('.py')}"
            for path in (ROOT / app).iterdir()
            if (path.is_dir() and (path / "__init__.py").exists()) or path.suffix == ".py"
        }
        open_rooms = {f"{app}.{name}" for name in ("__init__", "apps", "public", "events", "migrations", "management")}
        protected = set(by_id[f"front-door-{app}"]["protected_modules"])  # type: ignore[call-overload]  # list in TOML

        assert rooms - open_rooms <= protected


def _small_tree(folder: Path, body: str) -> Path:
    (folder / "shikaku" / "domain").mkdir(parents=True)
    (folder / "shikaku" / "__init__.py").write_text("")
    (folder / "shikaku" / "domain" / "__init__.py").write_text("")
    (folder / "shikaku" / "domain" / "rule.py").write_text(body)
    (folder / "pyproject.toml").write_text(
        '[tool.importlinter]\nroot_packages = ["shikaku"]\ninclude_external_packages = true\n'
        '[[tool.importlinter.contracts]]\nid = "pure"\nname = "pure"\ntype = "forbidden"\n'
        'source_modules = ["shikaku.domain"]\nforbidden_modules = ["django"]\n'
    )
    return folder


def test_example_plain_rule_is_accepted(tmp_path: Path) -> None:
    assert lint_imports(_small_tree(tmp_path, "import datetime\n")).returncode == 0


def test_example_rule_that_imports_django_is_refused(tmp_path: Path) -> None:
    done = lint_imports(_small_tree(tmp_path, "from django.db import models\n"))

    assert done.returncode != 0
    assert "shikaku.domain.rule -> django" in done.stdout
