"""個人番号 and 機関別符号 never meet: in no table, no module, no message of a door. 根拠: KJ-FUGO-08."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
import yaml
from django.apps import apps

from tests.architecture.tree import ROOT, product_files, source

NUMBER = re.compile(r"(?<!_shutoku_)kojin_bango|bi_bango|KojinBango")
CODE = re.compile(r"(?:ct|bi)_kikanbetsu_fugo|^kikanbetsu_fugo$|KikanbetsuFugo")


def of_both(named: Mapping[str, Iterable[str]]) -> set[str]:
    """Return what has names of both kinds."""
    return {
        name
        for name, parts in named.items()
        if any(NUMBER.search(part) for part in parts) and any(CODE.search(part) for part in parts)
    }


def tables() -> dict[str, list[str]]:
    return {
        model._meta.db_table: [str(field.column) for field in model._meta.concrete_fields]
        for model in apps.get_models()
    }


def described() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text("utf-8"))
    return found


def keys_of(schema: Any, schemas: Mapping[str, Any]) -> list[str]:
    """Return every key that a described message may have, at any depth."""
    if isinstance(schema, list):
        return [key for one in schema for key in keys_of(one, schemas)]
    if not isinstance(schema, dict):
        return []
    named = str(schema.get("$ref", "")).rpartition("/")[2]
    within = [*schema.values(), *([schemas[named]] if named in schemas else [])]
    return [*schema.get("properties", {}), *(key for one in within for key in keys_of(one, schemas))]


def messages(*, answers_only: bool = False) -> dict[str, list[str]]:
    document = described()
    schemas = document["components"]["schemas"]
    return {
        f"{method} {path}": keys_of(operation.get("responses") if answers_only else operation, schemas)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if isinstance(operation, dict)
    }


@pytest.mark.kj("KJ-FUGO-08")
def test_no_table_holds_both() -> None:
    held = tables()

    assert any(NUMBER.search(column) for columns in held.values() for column in columns)
    assert any(CODE.search(column) for columns in held.values() for column in columns)
    assert of_both(held) == set()


@pytest.mark.kj("KJ-FUGO-08")
def test_no_module_of_the_product_knows_both() -> None:
    """The place where keyed hashes are made serves every kind; it holds neither."""
    types = re.compile(r"\b(?:KojinBango|KikanbetsuFugo)\b")
    known = {path.as_posix(): types.findall(source(path)) for path in product_files()}

    assert sum("KikanbetsuFugo" in names for names in known.values()) > 1
    assert of_both(known) == set()


@pytest.mark.kj("KJ-FUGO-08", "KJ-FUGO-09")
def test_no_message_of_a_door_has_both_and_no_answer_has_a_code() -> None:
    doors = messages()

    assert [door for door, keys in doors.items() if "kikanbetsu_fugo" in keys] == [
        "post /api/v1/nws/fugo",
        "post /api/v1/nws/fugo/ikkatsu",
    ]
    assert of_both(doors) == set()
    assert [door for door, keys in messages(answers_only=True).items() if "kikanbetsu_fugo" in keys] == []


def test_where_they_meet_is_seen() -> None:
    assert of_both({"t": ["id", "ct_kojin_bango", "bi_kikanbetsu_fugo"]}) == {"t"}
    assert of_both({"m": ["KojinBango", "KikanbetsuFugo"]}) == {"m"}
    nested = json.loads('{"a": [{"properties": {"kojin_bango": {}, "x": {"properties": {"kikanbetsu_fugo": {}}}}}]}')
    assert of_both({"d": keys_of(nested, {})}) == {"d"}
