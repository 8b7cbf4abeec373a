"""Every variable of the environment that the product reads is in the list an operator is given."""

import ast
from collections.abc import Iterator

from chukan.settings.env import VARIABLES
from docs.generate import parsed, python_files

# For proofs and for the starter alone; 本番 refuses the first.
NOT_SET_BY_OPERATORS = {"CHUKAN_CRASH_AT", "CHUKAN_STARTED_BY"}
_ENV_READERS = {"text", "choice", "number", "flag", "words", "partner_url"}


def variables_read(tree: ast.Module) -> Iterator[str]:
    """Yield the name of every variable that a module reads by a literal name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in _ENV_READERS or ast.unparse(node.func) in {"os.environ.get", "os.getenv"}:
                yield from _names(node.args[:1])
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
            yield from _names([node.slice])


def _names(found: list[ast.expr]) -> Iterator[str]:
    for one in found:
        if isinstance(one, ast.Constant) and str(one.value).startswith("CHUKAN_"):
            yield str(one.value)


def test_every_variable_read_is_listed() -> None:
    read = {name for path in python_files() for name in variables_read(parsed(path))}

    assert read - NOT_SET_BY_OPERATORS - {variable.name for variable in VARIABLES} == set()
    assert {"CHUKAN_MODE", "CHUKAN_PORT", "CHUKAN_CRASH_AT"} <= read


def test_example_every_way_to_read_is_seen() -> None:
    text = 'env.text("CHUKAN_A"); os.environ.get("CHUKAN_B"); os.environ["CHUKAN_C"]; other("CHUKAN_D")'

    assert list(variables_read(ast.parse(text))) == ["CHUKAN_A", "CHUKAN_B", "CHUKAN_C"]
