import csv
import importlib
import tomllib
from functools import cache
from typing import Any

from tests.architecture.model_tree import columns, product_models, room
from tests.architecture.tree import ROOT

COUNTS = {"shikaku_rireki": 167, "kikanbetsu_fugo": 18, "teikyo_kiroku": 13, "honnin_kakunin": 27}
APP_OF = {"shikaku_rireki": "shikaku", "kikanbetsu_fugo": "fugo", "teikyo_kiroku": "kiroku", "honnin_kakunin": "honnin"}


@cache
def record_groups() -> tuple[dict[str, Any], ...]:
    """Return the groups of docs/pia/record_items.toml."""
    with (ROOT / "docs/pia/record_items.toml").open("rb") as stream:
        return tuple(tomllib.load(stream)["group"])


def differences(declared: list[tuple[str, str]], built: list[tuple[str, str]]) -> dict[str, list[tuple[str, str]]]:
    """Return what the code lacks and what it has beyond the report."""
    lacks = [item for item in declared if item not in built]
    extra = [item for item in built if item not in declared]
    return {key: value for key, value in (("lacks", lacks), ("extra", extra)) if value}


def romaji_columns() -> dict[str, set[str]]:
    """Return app -> the columns that the dictionary does not call our own."""
    with (ROOT / "docs/glossary.csv").open(encoding="utf-8", newline="") as stream:
        ours = {(row["ja"], row["code"]) for row in csv.DictReader(stream) if row["kind"] == "generic"}
    found: dict[str, set[str]] = {}
    for model in product_models():
        names = {f.name for f in columns(model) if (str(f.verbose_name), f.name) not in ours}
        found.setdefault(room(model), set()).update(names)
    return found


def test_the_list_is_the_reports() -> None:
    counts: dict[str, int] = {}
    for group in record_groups():
        counts[group["file"]] = counts.get(group["file"], 0) + len(group["items"])

    assert counts == COUNTS


def test_every_built_group_has_exactly_its_items() -> None:
    items = importlib.import_module("shikaku.domain.items")
    found = {}
    for group in record_groups():
        if group["built"]:
            built = [(item.ja, item.name) for item in items.GROUPS[group["key"]]]
            found[group["name"]] = differences([(name, column) for name, column, _ in group["items"]], built)

    assert {name: what for name, what in found.items() if what} == {}


def test_no_group_is_built_that_the_list_calls_unbuilt() -> None:
    items = importlib.import_module("shikaku.domain.items")
    unbuilt = {group["key"] for group in record_groups() if not group["built"] and group["key"] != "sonota"}

    assert set(items.GROUPS) & unbuilt == set()


def test_romaji_columns_of_the_registers_are_record_items() -> None:
    declared: dict[str, set[str]] = {}
    for group in record_groups():
        declared.setdefault(APP_OF[group["file"]], set()).update(column for _, column, _ in group["items"])
    extra = {app: names - declared.get(app, set()) for app, names in romaji_columns().items() if app in declared}

    assert {app: sorted(names) for app, names in extra.items() if names} == {}


def test_example_differences_both_ways() -> None:
    declared = [("氏名", "shimei"), ("住所", "jusho")]

    assert differences(declared, declared) == {}
    assert differences(declared, [("氏名", "shimei")]) == {"lacks": [("住所", "jusho")]}
    assert differences(declared, [*declared, ("電話", "denwa")]) == {"extra": [("電話", "denwa")]}
