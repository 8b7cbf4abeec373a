"""An action takes the actor (`by`). Functions of `actions` without one are parts of an action: no door calls them."""

import ast
from collections.abc import Iterable
from pathlib import Path

from tests.architecture.tree import decorator_names, layer, modules_of, product_files, public_functions, source

TRANSACTION = {"own_transaction", "joins_transaction", "outside_transaction"}
WITHOUT_DEFAULT = {"by", "now", "on"}


def is_action(function: ast.FunctionDef) -> bool:
    arguments = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    return any(argument.arg == "by" for argument in arguments)


def transaction_problems(text: str) -> list[str]:
    """Say which public actions of a module do not wear exactly one of the three decorators."""
    problems = []
    for function in public_functions(ast.parse(text)):
        worn = [name for name in decorator_names(function) if name in TRANSACTION]
        if len(worn) != 1 and (worn or is_action(function)):
            problems.append(f"{function.name}: wears {worn or 'none'} of {sorted(TRANSACTION)}")
    return problems


def signature_problems(text: str) -> list[str]:
    """Say which public actions take positional arguments, or give actor or time a default."""
    problems = []
    for function in filter(is_action, public_functions(ast.parse(text))):
        if function.args.args or function.args.posonlyargs:
            problems.append(f"{function.name}: arguments of an action are keyword-only")
        for argument, default in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True):
            if argument.arg in WITHOUT_DEFAULT and default is not None:
                problems.append(f"{function.name}: {argument.arg} has a default")
    return problems


def bare_functions(text: str) -> set[str]:
    """Return the public functions of an actions module that wear no transaction decorator."""
    return {f.name for f in public_functions(ast.parse(text)) if not TRANSACTION & set(decorator_names(f))}


def imports(text: str) -> Iterable[tuple[str, str]]:
    """Yield (module, name) of all that a module takes from others."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)


def called_undressed(actions: Iterable[tuple[str, str]], callers: Iterable[tuple[Path, str]]) -> list[str]:
    """Say which functions of `actions` are used from outside the layer without a decorator."""
    bare = {module: bare_functions(text) for module, text in actions}
    return [
        f"{path} uses {module}.{name}"
        for path, text in callers
        for module, name in sorted(imports(text))
        if name in bare.get(module, ())
    ]


def test_no_function_of_actions_is_used_from_outside_without_a_decorator() -> None:
    actions = [(".".join(path.with_suffix("").parts), source(path)) for path in modules_of("actions")]
    callers = [(path, source(path)) for path in product_files() if layer(path) != "actions"]

    assert called_undressed(actions, callers) == []


def test_every_action_wears_exactly_one_decorator() -> None:
    found = {str(path): transaction_problems(source(path)) for path in modules_of("actions")}

    assert {path: problems for path, problems in found.items() if problems} == {}


def test_every_action_takes_keywords_and_is_told_actor_and_time() -> None:
    found = {str(path): signature_problems(source(path)) for path in modules_of("actions")}

    assert {path: problems for path, problems in found.items() if problems} == {}


def test_example_good_action_passes() -> None:
    text = "@own_transaction\ndef accept_file(*, by, now): ...\ndef _helper(x): ...\n"

    assert transaction_problems(text) == []
    assert signature_problems(text) == []


def test_example_action_without_or_with_two_decorators_is_refused() -> None:
    bare = "def accept_file(*, by, now): ...\n"
    two = "@own_transaction\n@joins_transaction\ndef accept_file(*, by, now): ...\n"

    assert transaction_problems(bare) != []
    assert transaction_problems(two) != []


def test_example_positional_argument_and_default_time_are_refused() -> None:
    assert signature_problems("@own_transaction\ndef f(by): ...\n") != []
    assert signature_problems("@own_transaction\ndef f(*, by, now=None): ...\n") != []


def test_example_part_of_an_action_is_refused_at_a_door() -> None:
    actions = [("shikaku.actions.block", "def cut_blocks(lines): ...\n")]
    door = [(Path("shikaku/http/views.py"), "from shikaku.actions.block import cut_blocks\n")]

    assert transaction_problems(actions[0][1]) == []
    assert called_undressed(actions, door) == ["shikaku/http/views.py uses shikaku.actions.block.cut_blocks"]
    assert called_undressed(actions, [(Path("shikaku/http/views.py"), "import shikaku.actions.block\n")]) == []
