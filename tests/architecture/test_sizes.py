import ast
from pathlib import Path

from tests.architecture.tree import ROOT, product_files, source

CODE_LINES, TEST_LINES, STATEMENTS = 400, 600, 40


def lines(text: str) -> int:
    return len(text.splitlines())


def long_functions(text: str, limit: int = STATEMENTS) -> list[str]:
    """Return functions with more statements than a reader keeps in mind."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            count = sum(isinstance(inner, ast.stmt) for inner in ast.walk(node)) - 1
            if count > limit:
                found.append(f"{node.name}: {count} statements")
    return found


def other_files(*folders: str) -> list[Path]:
    return [path.relative_to(ROOT) for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def test_no_module_is_longer_than_400_lines() -> None:
    files = [*product_files(), *other_files("simulators", "bench", "docs")]

    assert {str(path): lines(source(path)) for path in files if lines(source(path)) > CODE_LINES} == {}


def test_no_test_module_is_longer_than_600_lines() -> None:
    files = other_files("tests")

    assert {str(path): lines(source(path)) for path in files if lines(source(path)) > TEST_LINES} == {}


def test_no_function_has_more_than_40_statements() -> None:
    files = [*product_files(), *other_files("simulators", "bench", "docs")]
    found = {str(path): long_functions(source(path)) for path in files}

    assert {path: what for path, what in found.items() if what} == {}


def test_example_40_statements_pass_and_41_do_not() -> None:
    body = "def f():\n" + "    x = 1\n" * STATEMENTS

    assert long_functions(body) == []
    assert long_functions(body + "    x = 1\n") == ["f: 41 statements"]
