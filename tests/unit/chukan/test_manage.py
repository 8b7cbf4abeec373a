"""The role each management command works as, where nobody names one."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from chukan.embedded.preparation import STEPS
from chukan.embedded.process_table import PROCESSES, Stage

ROOT = Path(__file__).resolve().parents[3]


def roles() -> dict[str, str]:
    spec = importlib.util.spec_from_file_location("manage", ROOT / "manage.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return dict(module.ROLES)


def test_a_command_that_demands_a_role_works_as_it() -> None:
    commands = [path for path in ROOT.glob("*/**/management/commands/*.py") if ".venv" not in path.parts]
    demanded = {
        path.stem: re.findall(r"demand_role\(\"(\w+)\"\)", path.read_text(encoding="utf-8")) for path in commands
    }

    assert {name: [roles().get(name)] for name, found in demanded.items() if found} == {
        name: found for name, found in demanded.items() if found
    }
    assert sum(bool(found) for found in demanded.values()) >= 6
    assert roles().keys() - demanded.keys() == {"migrate"}, "a name that is no command of ours"


def test_a_process_and_a_step_work_as_the_role_their_command_has_by_hand() -> None:
    stage = Stage(home=Path("home"), port=0)
    given = [(spec.role, spec.argv(stage)) for spec in PROCESSES if spec.name in ("relay", "sealer", "deliver_onshi")]
    given += [(step.role, step.argv(stage)) for step in STEPS]
    commands = [(argv[2], role) for role, argv in given if argv[1].endswith("manage.py")]

    assert len(commands) > 8
    assert [(name, roles().get(name, "kanri")) for name, _ in commands] == commands
