import ast
import csv
import re
from collections.abc import Iterable, Iterator
from functools import cache

from tests.architecture.model_tree import columns, product_models
from tests.architecture.test_record_items import record_groups
from tests.architecture.tree import ROOT, product_files, snake, source

COLUMNS = ["ja", "code", "short", "app", "kind", "gloss_en", "wire_name", "source_id", "banned"]
KINDS = {"item", "noun", "code", "generic"}
CODE = re.compile(r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")


@cache
def glossary() -> tuple[dict[str, str], ...]:
    with (ROOT / "docs/glossary.csv").open(encoding="utf-8", newline="") as stream:
        return tuple(csv.DictReader(stream))


def spelled_by_glossary(ja: str, code: str, rows: Iterable[dict[str, str]]) -> bool:
    """Tell whether the dictionary spells this Japanese word this way."""
    return any(row["ja"] == ja and code in {row["code"], row["short"]} - {""} for row in rows)


def defined_names(text: str) -> Iterator[str]:
    """Yield the names a module makes: functions, classes, arguments, variables, attributes of self."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr


def banned_in(names: Iterable[str], banned: Iterable[str]) -> set[str]:
    """Return the names that hold a banned spelling as whole words."""
    patterns = [re.compile(rf"(^|_){re.escape(word)}(_|$)") for word in banned]
    return {name for name in names if any(pattern.search(snake(name)) for pattern in patterns)}


def banned_spellings() -> set[str]:
    return {word for row in glossary() for word in row["banned"].split()}


def test_the_dictionary_is_well_formed() -> None:
    rows = glossary()
    keys = [(row["ja"], row["code"], row["app"]) for row in rows]

    assert list(rows[0]) == COLUMNS
    assert [row for row in rows if row["kind"] not in KINDS or not CODE.match(row["code"]) or not row["ja"]] == []
    assert [key for key in set(keys) if keys.count(key) > 1] == []


def test_no_banned_spelling_is_an_accepted_one() -> None:
    assert banned_spellings() & {row[column] for row in glossary() for column in ("code", "short")} == set()


def test_every_record_item_is_in_the_dictionary() -> None:
    missing = [
        (name, column)
        for group in record_groups()
        for name, column, _note in group["items"]
        if not spelled_by_glossary(name, column, glossary())
    ]

    assert missing == []


def test_every_model_is_spelled_as_in_the_dictionary() -> None:
    missing = [
        f"{model._meta.verbose_name},{snake(model.__name__)}"
        for model in product_models()
        if not spelled_by_glossary(str(model._meta.verbose_name), snake(model.__name__), glossary())
    ]

    assert missing == [], "add these rows (ja,code) to docs/glossary.csv, or use the spelling it has"


def test_every_column_is_spelled_as_in_the_dictionary() -> None:
    missing = {
        f"{field.verbose_name},{field.name}"
        for model in product_models()
        for field in columns(model)
        if not spelled_by_glossary(str(field.verbose_name), field.name, glossary())
    }

    assert sorted(missing) == [], "add these rows (ja,code) to docs/glossary.csv, or use the spelling it has"


def test_no_name_uses_a_banned_spelling() -> None:
    banned = banned_spellings()
    found = {path.as_posix(): banned_in(defined_names(source(path)), banned) for path in product_files()}

    assert {path: names for path, names in found.items() if names} == {}


def test_example_spelling() -> None:
    rows = [{"ja": "個人番号", "code": "kojin_bango", "short": ""}]

    assert spelled_by_glossary("個人番号", "kojin_bango", rows)
    assert not spelled_by_glossary("個人番号", "my_number", rows)
    assert not spelled_by_glossary("番号", "kojin_bango", rows)


def test_example_banned_names() -> None:
    names = list(defined_names("class MyNumber: ...\ndef find_my_number(x): my_numbers = 1\n"))

    assert banned_in(names, ["my_number"]) == {"MyNumber", "find_my_number"}
