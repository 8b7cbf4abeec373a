"""The published contract says what every machine route takes and gives."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import yaml
from drf_spectacular.drainage import GENERATOR_STATS
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no stubs

from docs.generate import openapi

METHODS = {"get", "post", "put", "patch", "delete"}


@cache
def contract() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(openapi())
    return loaded


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield (method, path, operation)."""
    for path, methods in document.get("paths", {}).items():
        for method, operation in methods.items():
            if method in METHODS:
                yield method, path, operation


def gaps(document: dict[str, Any]) -> list[str]:
    """Say which operations do not describe their body or their good answer."""
    found = []
    for method, path, operation in operations(document):
        good = {code: answer for code, answer in operation["responses"].items() if code.startswith("2")}
        if method == "post" and not operation.get("requestBody"):
            found.append(f"{method} {path}: no body")
        if not good or any(code != "204" and not answer.get("content") for code, answer in good.items()):
            found.append(f"{method} {path}: no answer")
    return found


def test_the_contract_is_openapi_3_1() -> None:
    assert contract()["openapi"].startswith("3.1")
    assert contract()["info"]["title"]


def test_every_machine_route_describes_body_and_answer() -> None:
    assert list(operations(contract())) != []
    assert gaps(contract()) == []


def test_what_is_sent_takes_no_further_key() -> None:
    shapes = contract()["components"]["schemas"]
    sent = ("TorokuYokyu", "JohoKihon", "RirekiKensaku", "UketsukeYokyu", "ShoriKekka", "PmhIdIrai", "FugoIkkatsuItem")

    assert {shapes[name].get("additionalProperties") for name in sent} == {False}
    assert "additionalProperties" not in shapes["TorokuKekka"]


def test_a_question_is_about_exactly_one() -> None:
    asked = Draft202012Validator(contract()["components"]["schemas"]["RirekiKensaku"])
    edaban = {"hihokensha_edaban": "0000000001"}

    assert asked.is_valid(edaban)
    assert asked.is_valid({"kojin_bango": "1", "hihokensha_edaban": None})
    assert not asked.is_valid({})
    assert not asked.is_valid({"hihokensha_edaban": None})
    assert not asked.is_valid({**edaban, "kojin_bango": "1"})


def test_the_contract_is_made_without_guessing() -> None:
    GENERATOR_STATS.reset()
    openapi()

    assert not GENERATOR_STATS, "drf-spectacular guessed; it says where on standard error"


def test_example_operation_without_body_or_answer_is_found() -> None:
    whole = {"requestBody": {"content": {}}, "responses": {"201": {"content": {"application/json": {}}}}}
    bare: dict[str, Any] = {"responses": {"200": {}}}

    assert gaps({"paths": {"/a": {"post": whole}}}) == []
    assert gaps({"paths": {"/a": {"post": bare}}}) == ["post /a: no body", "post /a: no answer"]
    assert gaps({"paths": {"/a": {"post": {**whole, "responses": {"204": {}}}}}}) == []
