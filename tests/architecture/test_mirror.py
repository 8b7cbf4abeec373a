import ast
from collections.abc import Iterable
from pathlib import Path

from tests.architecture.test_actions_wear_a_transaction import is_action
from tests.architecture.tree import DOMAIN_LAYERS, ROOT, layer, modules_of, product_files, source


def expected_tests(module: Path) -> list[str]:
    """Return where the test of a module may stand: the same path, `chukan` may be left out."""
    parent = module.parent.parts
    short = parent[1:] if parent[0] == "chukan" else parent
    name = f"test_{module.name}"
    return ["/".join((*folder, name)) for folder in {parent, short}]


def has_test(module: Path, tests: Iterable[str]) -> bool:
    """Tell whether a test module mirrors the module; `test_<name>_<aspect>.py` counts too."""
    wanted = [place.removesuffix(".py") for place in expected_tests(module)]
    for test in tests:
        place = test.split("/", maxsplit=1)[1].removesuffix(".py")  # without unit/, integration/
        if any(place == name or place.startswith(f"{name}_") for name in wanted):
            return True
    return False


def has_behaviour(module: Path, text: str) -> bool:
    """Tell whether a module decides or does something; shapes and parts of an action are tested elsewhere."""
    functions = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    return any(map(is_action, functions)) if layer(module) == "actions" else bool(functions)


def mirrored_modules() -> list[Path]:
    values = [p for p in product_files() if p.parts[:3] == ("chukan", "kernel", "values") and p.name != "__init__.py"]
    return [*modules_of(*DOMAIN_LAYERS), *values]


def test_every_rule_format_action_and_query_has_its_test_module() -> None:
    tests = [path.relative_to(ROOT / "tests").as_posix() for path in (ROOT / "tests").rglob("test_*.py")]
    missing = [
        str(module)
        for module in mirrored_modules()
        if has_behaviour(module, source(module)) and not has_test(module, tests)
    ]

    assert missing == []


def test_example_mirror_is_found() -> None:
    module = Path("shikaku/domain/toroku.py")

    assert has_test(module, ["unit/shikaku/domain/test_toroku.py"])
    assert has_test(module, ["unit/shikaku/domain/test_toroku_overlap.py"])
    assert has_test(Path("chukan/kernel/values/period.py"), ["unit/kernel/values/test_period.py"])


def test_example_test_elsewhere_is_not_a_mirror() -> None:
    assert not has_test(Path("shikaku/domain/toroku.py"), ["unit/shikaku/test_toroku.py"])
    assert not has_test(Path("shikaku/domain/toroku.py"), ["unit/shikaku/domain/test_items.py"])


def test_example_shapes_and_parts_need_no_test_of_their_own() -> None:
    assert not has_behaviour(Path("shikaku/domain/line.py"), "class TorokuLine: ...\n")
    assert not has_behaviour(Path("shikaku/actions/block.py"), "def cut_blocks(lines): ...\n")
    assert has_behaviour(Path("shikaku/domain/toroku.py"), "def plan_registration(): ...\n")
    assert has_behaviour(Path("shikaku/actions/register.py"), "def register(*, by): ...\n")
