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
    """Return app -> the columns that are neither our own nor named by the published contract (SRC-040)."""
    with (ROOT / "docs/glossary.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    ours = {(row["ja"], row["code"]) for row in rows if row["kind"] == "generic" or row["source_id"] == "SRC-040"}
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


def known_groups() -> dict[str, list[tuple[str, str]]]:
    """Return the groups a registration names, with the line's own fields as part of システム基本情報."""
    items = importlib.import_module("shikaku.domain.items")
    groups = {key: [(item.ja, item.key) for item in group.items] for key, group in items.GROUPS.items()}
    declared = next(group["items"] for group in record_groups() if group["key"] == "system")
    of_system = {column for _, column, _ in declared}
    groups["system"] += [(ja, key) for key, ja in items.TOP.items() if key in of_system]
    return groups


def test_every_group_of_a_registration_has_exactly_its_items() -> None:
    declared = {g["key"]: [(name, column) for name, column, _ in g["items"]] for g in record_groups()}
    found = {key: differences(declared[key], built) for key, built in known_groups().items()}

    assert {key: what for key, what in found.items() if what} == {}


def test_the_groups_that_are_stored_are_those_marked_built() -> None:
    items = importlib.import_module("shikaku.domain.items")
    built = {group["key"] for group in record_groups() if group["built"]}

    assert {"system", *items.SINGLE_GROUPS, *items.REPEATED_GROUPS} == built


def test_the_remaining_fields_of_a_line_are_items_of_sonota() -> None:
    items = importlib.import_module("shikaku.domain.items")
    declared = {
        (name, column) for g in record_groups() if g["key"] in {"system", "sonota"} for name, column, _ in g["items"]
    }

    assert {(ja, key) for key, ja in items.TOP.items()} - declared == set()


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
