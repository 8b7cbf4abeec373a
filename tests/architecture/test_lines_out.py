"""Which room may speak to which partner."""

import ast
from pathlib import Path

import pytest

from tests.architecture.tree import product_files, source

# Line -> rooms that may use it. 情報提供NWS belongs to the exchange and the code alone, never to the registers.
USERS = {
    "nws": ("kiroku/gateways/", "fugo/gateways/"),
    "juki_ap": ("fugo/gateways/", "honnin/gateways/"),
    "onshi": ("shikaku/gateways/", "pmh/gateways/"),
}
ADDRESSES = {"CHUKAN_NWS_URL": "nws", "CHUKAN_JUKI_URL": "juki_ap", "CHUKAN_ONSHI_URL": "onshi"}
HOMES = ("chukan/outside/", "chukan/settings/", "chukan/embedded/")


def lines_used(text: str) -> set[str]:
    """Return the partner lines a module reaches for: by import or by address."""
    used: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            used |= {line for line in USERS if f"chukan.outside.{line}" in names}
        elif isinstance(node, ast.Import):
            used |= {line for line in USERS for alias in node.names if alias.name == f"chukan.outside.{line}"}
        elif isinstance(node, ast.Attribute) and node.attr in ADDRESSES:
            used.add(ADDRESSES[node.attr])
        elif isinstance(node, ast.Constant) and node.value in ADDRESSES:
            used.add(ADDRESSES[str(node.value)])
    return used


def unlawful(path: Path, text: str) -> set[str]:
    """Return the lines a module uses without being named for them."""
    place = path.as_posix()
    if place.startswith(HOMES):
        return set()
    return {line for line in lines_used(text) if not place.startswith(USERS[line])}


def test_every_line_is_used_by_its_named_rooms_only() -> None:
    found = {path.as_posix(): unlawful(path, source(path)) for path in product_files()}

    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.kj("KJ-EXT-15")
@pytest.mark.parametrize("register", ["shikaku/", "honnin/", "kiroku/models/", "kiroku/domain/", "kiroku/actions/"])
def test_no_register_speaks_to_nws(register: str) -> None:
    modules = [path for path in product_files() if path.as_posix().startswith(register)]

    assert [path.as_posix() for path in modules if "nws" in lines_used(source(path))] == []


@pytest.mark.kj("KJ-EXT-15")
def test_example_register_that_reaches_for_nws_is_found() -> None:
    assert unlawful(Path("shikaku/actions/x.py"), "from chukan.outside import nws\n") == {"nws"}
    assert unlawful(Path("honnin/tasks.py"), "from django.conf import settings\nsettings.CHUKAN_NWS_URL\n") == {"nws"}
    assert unlawful(Path("kiroku/gateways/nws.py"), "from chukan.outside import nws\n") == set()
    assert unlawful(Path("shikaku/gateways/onshi.py"), "from chukan.outside.onshi import post\n") == set()
