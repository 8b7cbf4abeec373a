"""住基ネット and 情報提供NWS of a running product, as a journey asks them, and the request files that wait between."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import httpx

from simulators.nws.fugo import CodeMaker
from simulators.shell.hidden import secret
from tests.support.stack import Stack


def ask(stack: Stack, name: str, path: str = "/_sim/state", value: object = None) -> dict[str, Any]:
    """Ask a stand-in, or tell it something."""
    url = f"{stack.stage.partner_url(name)}{path}"
    if value is None:
        answer = httpx.get(url, trust_env=False, timeout=30)
    else:
        answer = httpx.post(url, json=value, trust_env=False, timeout=60)
    answer.raise_for_status()
    return dict(answer.json())


def waiting_files(stack: Stack) -> list[str]:
    """Return the request files that wait for an operator, oldest first."""
    query = "SELECT id FROM fugo_yokyu_file WHERE state = 'soshin_machi' ORDER BY created_at, id"
    with stack.admin() as admin:
        return [str(row[0]) for row in admin.execute(query)]


def made_codes(stack: Stack) -> set[str]:
    """Return every code 情報提供NWS has made: it keeps none, and derives them from what it was asked for."""
    home = stack.stage.demo / "nws"
    maker = CodeMaker(secret(home / "himitsu.key"))
    with closing(sqlite3.connect(f"{(home / 'nws.sqlite3').as_uri()}?mode=ro", uri=True)) as store:
        asked = store.execute("SELECT kikan_code, shutoku_bango, sedai FROM yokyu").fetchall()
    return {maker.fugo(kikan_code=kikan, shutoku_bango=bango, sedai=sedai) for kikan, bango, sedai in asked}
