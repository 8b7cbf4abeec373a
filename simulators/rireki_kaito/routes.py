"""One signed door, one page: PMHキー in, ID5 out, by way of オンライン資格確認."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx

from simulators import clock
from simulators.client import HubClient
from simulators.shell import pages
from simulators.shell.answers import Answer, Request, html_answer, json_answer, problem, see, unreadable
from simulators.shell.faults import Dice, Plan, PlanHolder
from simulators.shell.partners import Partners
from simulators.shell.routes import COMMON, forget_faults
from simulators.shell.running import problem_code
from simulators.shell.server import Doors, Routes
from simulators.shell.store import Database

SYSTEM = "履歴照会回答システム"
SCHEMA = """
create table if not exists bango (hihokensha_bango text primary key, id5 text not null) without rowid;
create table if not exists toi (seq integer primary key autoincrement, nichiji text not null, kekka text not null);
"""
NUMBER = ("hokensha_bango", "hihokenshasho_kigo", "hihokenshasho_bango", "edaban")


class RirekiStore(Database):
    """The one file of this stand-in: 被保険者番号 and the ID5 of whose it is; never a PMHキー."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, SCHEMA)

    def id5_of(self, numbers: Sequence[str]) -> str:
        """The ID5 of who has these 被保険者番号: the one given before under any of them, else a new one."""
        with self.transaction() as db:
            known = db.execute(
                "select id5 from bango where hihokensha_bango in (select value from json_each(?)) limit 1",
                [json.dumps(numbers)],
            ).fetchone()
            id5 = known[0] if known else secrets.token_hex(32)
            db.executemany("insert or ignore into bango values (?, ?)", [(number, id5) for number in numbers])
        return str(id5)


@dataclass
class Rireki:
    """What every request handler shares; `onshi` is the line to オンライン資格確認等システム."""

    store: RirekiStore
    partners: Partners
    onshi: HubClient
    plan: PlanHolder[Plan]
    dice: Dice
    public_url: str = ""

    def admit(self, request: Request) -> str | Answer:
        """The 接続ID of who signed, or the refusal."""
        return self.partners.admit(request)


def _id5(app: Rireki, request: Request) -> Answer:
    if refusal := app.partners.refusal(request, shurui="yobosesshu"):
        return refusal
    words = request.words("pmh_key")
    if words is None:
        return unreadable("pmh_key")
    answer, result = _asked(app, words[0])
    app.store.change("insert into toi (nichiji, kekka) values (?, ?)", [clock.now().isoformat(), result])
    return answer


def _asked(app: Rireki, pmh_key: str) -> tuple[Answer, str]:
    try:
        told = app.onshi.send_json("/hihokensha-bango", {"pmh_id": pmh_key})
    except httpx.HTTPError:
        told = None
    if told is not None and told.is_success:
        items: list[Mapping[str, Any]] = told.json()["items"]
        numbers = [":".join(str(item.get(name) or "") for name in NUMBER) for item in items]
        if numbers:
            return json_answer({"id5": app.store.id5_of(numbers)}), "ok"
    if told is not None and (told.is_success or problem_code(told) == "pmh_id_nashi"):
        detail = "PMHキーがオンライン資格確認等システムに届くのを待ち、もう一度照会してください。"
        title = "被保険者番号が見つかりません"
        return problem(HTTPStatus.NOT_FOUND, "hihokensha_nashi", title, detail=detail), "hihokensha_nashi"
    title = "オンライン資格確認等システムから答えがありません"
    detail = "少し待って、もう一度照会してください。"
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, "onshi_tsushin", title, detail=detail), "onshi_tsushin"


def _state(app: Rireki) -> dict[str, int]:
    found = {row["kekka"]: row["n"] for row in app.store.rows("select kekka, count(*) n from toi group by 1")}
    hito = app.store.rows("select count(distinct id5) n from bango")[0]["n"]
    return {name: int(found.get(name, 0)) for name in ("ok", "hihokensha_nashi", "onshi_tsushin")} | {"hito": int(hito)}


def _sim_state(app: Rireki, request: Request) -> Answer:
    del request
    return json_answer({**_state(app), "futo": app.dice.struck})


def _sim_reset(app: Rireki, request: Request) -> Answer:
    del request
    app.store.empty()
    forget_faults(app)
    return Answer(HTTPStatus.NO_CONTENT)


def _reset_form(app: Rireki, request: Request) -> Answer:
    _sim_reset(app, request)
    return see("/")


def _page(app: Rireki, request: Request) -> Answer:
    del request
    state = _state(app)
    counts = pages.counts(
        (
            ("ID5を答えた", state["ok"]),
            ("被保険者番号なし", state["hihokensha_nashi"]),
            ("オン資から答えなし", state["onshi_tsushin"]),
            ("ID5のある人", state["hito"]),
        )
    )
    latest = app.store.rows("select * from toi order by seq desc limit 20")
    words = {"ok": "ID5を答えた", "hihokensha_nashi": "被保険者番号なし", "onshi_tsushin": "オン資から答えなし"}
    rows = [[pages.time(row["nichiji"]), words[row["kekka"]]] for row in latest]
    return html_answer(
        pages.layout(
            "照会｜履歴照会回答システム（模擬）",
            '<p><a href="/">最新の状態にする</a></p><h2>件数</h2>'
            + counts
            + "<h2>照会</h2>"
            + pages.table("新しい順に20件", ("日時", "結果"), rows)
            + pages.faults(app.plan.current, app.dice.struck, reset="すべて消す"),
            system=SYSTEM,
        )
    )


SIGNED: Routes[Rireki] = {"POST": {"/id5": _id5}}
FREE: Routes[Rireki] = {
    "GET": {**COMMON["GET"], "/": _page, "/_sim/state": _sim_state},
    "POST": {**COMMON["POST"], "/shokika": _reset_form, "/_sim/reset": _sim_reset},
}
DOORS = Doors(name="rireki_kaito", signed=SIGNED, free=FREE)
