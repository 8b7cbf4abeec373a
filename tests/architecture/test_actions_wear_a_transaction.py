import ast

from tests.architecture.tree import decorator_names, modules_of, public_functions, source

TRANSACTION = {"own_transaction", "joins_transaction", "outside_transaction"}
WITHOUT_DEFAULT = {"by", "now", "on"}


def transaction_problems(text: str) -> list[str]:
    """Say which public actions of a module do not wear exactly one of the three decorators."""
    problems = []
    for function in public_functions(ast.parse(text)):
        worn = [name for name in decorator_names(function) if name in TRANSACTION]
        if len(worn) != 1:
            problems.append(f"{function.name}: wears {worn or 'none'} of {sorted(TRANSACTION)}")
    return problems


def signature_problems(text: str) -> list[str]:
    """Say which public actions take positional arguments, or give actor or time a default."""
    problems = []
    for function in public_functions(ast.parse(text)):
        if function.args.args or function.args.posonlyargs:
            problems.append(f"{function.name}: arguments of an action are keyword-only")
        for argument, default in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True):
            if argument.arg in WITHOUT_DEFAULT and default is not None:
                problems.append(f"{function.name}: {argument.arg} has a default")
    return problems


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
