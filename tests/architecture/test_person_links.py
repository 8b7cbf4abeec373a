"""By which keys persons may be tied between the four files, and that nothing else ties them."""

import ast
import re
from collections.abc import Iterable
from itertools import combinations

import pytest

from tests.architecture.model_tree import columns, product_models, room
from tests.architecture.test_record_items import record_groups
from tests.architecture.tree import APPS, product_files, source

# Items that name a person or a person's case and stand in more than one file of 別添2: the only bridges there are.
BRIDGES = {"hihokensha_edaban", "himozuke_bango", "kojin_bango", "kikanbetsu_fugo", "shori_tsuban"}
DESCRIBING = {  # also common to two files; they describe a person and must tie nobody
    "shimei",
    "shimei_kana",
    "seinengappi",
    "jusho",
    "shichoson_code",
}
BOOKKEEPING = {  # common words of processing, not of persons
    "hokensha_code",
    "koshin_nichiji",
    "toroku_nichiji",
    "shori_kekka_shosai_code",
    "uketsuke_bango",
    "uketsuke_meisai_bango",
}
HOMES = {  # docs/adr/0004
    "himozuke_bango": {"shikaku", "pmh", "fugo", "kiroku"},
    "hihokensha_edaban": {"shikaku", "fugo", "kiroku", "chukan.controls.uketsuke"},
    "kikanbetsu_fugo": {"fugo", "kiroku"},
    "shori_tsuban": {"fugo", "kiroku"},
}


def common_items() -> set[str]:
    """Return the item names that stand in more than one file."""
    by_file: dict[str, set[str]] = {}
    for group in record_groups():
        by_file.setdefault(group["file"], set()).update(column for _, column, _ in group["items"])
    return {name for one, other in combinations(by_file.values(), 2) for name in one & other}


def apps_joined(sql: str, tables: Iterable[str]) -> set[str]:
    """Return the apps whose tables stand in one SQL text."""
    words = set(re.findall(r"\b[a-z][a-z0-9_]+\b", sql))
    return {table.split("_")[0] for table in tables if table in words}


def sql_texts() -> list[tuple[str, str]]:
    texts = [
        (path.as_posix(), node.value)
        for path in product_files()
        for node in ast.walk(ast.parse(source(path)))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return [(place, text) for place, text in texts if "SELECT" in text.upper()]


@pytest.mark.kj("KJ-ZONE-16")
def test_the_files_share_only_the_items_of_the_fixed_table() -> None:
    assert common_items() == BRIDGES | DESCRIBING | BOOKKEEPING


@pytest.mark.kj("KJ-ZONE-16")
def test_each_bridge_stands_only_in_its_rooms() -> None:
    wrong = [
        f"{model.__name__}.{field.name} in {room(model)}"
        for model in product_models()
        for field in columns(model)
        for bridge, homes in HOMES.items()
        if field.name.endswith(bridge) and room(model) not in homes
    ]

    assert wrong == []


@pytest.mark.kj("KJ-ZONE-16")
def test_no_relation_crosses_two_files() -> None:
    wrong = [
        f"{model.__name__}.{relation.name}"
        for model in product_models()
        for relation in model._meta.get_fields()
        if relation.is_relation
        and relation.related_model in product_models()
        and {room(model), room(relation.related_model)} <= set(APPS)
        and room(model) != room(relation.related_model)
    ]

    assert wrong == []


@pytest.mark.kj("KJ-ZONE-16")
def test_no_sql_joins_the_tables_of_two_files() -> None:
    tables = [model._meta.db_table for model in product_models() if room(model) in APPS]

    assert [place for place, sql in sql_texts() if len(apps_joined(sql, tables)) > 1] == []


def test_example_join_of_two_files_is_found() -> None:
    tables = ["shikaku_rireki", "fugo_kikanbetsu_fugo"]
    joined = "SELECT 1 FROM shikaku_rireki JOIN fugo_kikanbetsu_fugo USING (x)"

    assert apps_joined("SELECT 1 FROM shikaku_rireki", tables) == {"shikaku"}
    assert apps_joined(joined, tables) == {
        "shikaku",
        "fugo",
    }
