"""What each path does: the signed call of オンライン資格確認, the resident's pages, the JSON door for tests."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx

from simulators import clock
from simulators.client import HubClient
from simulators.mynaportal import pages
from simulators.mynaportal.store import PortalStore
from simulators.shell.answers import Answer, Request, html_answer, json_answer, see, unreadable
from simulators.shell.faults import Dice, Plan, PlanHolder
from simulators.shell.partners import Partners
from simulators.shell.routes import COMMON, forget_faults
from simulators.shell.running import backoff, problem_code
from simulators.shell.server import Doors, Routes

RENKEI_KEYS = ("serial_bango", "kamei_shikibetsushi", "pmh_key", "shimei")
COOKIE = "mynaportal_card"
NOT_SIGNED_IN = "ログインしていません。カードを選び直してください。"
UNREACHABLE = "予防接種のシステムにつながりません。少し待って、もう一度試してください。"
RIYU = {
    "taishosha_nashi": "お住まいの自治体が、まだあなたを対象者として登録していません。登録されると自動でつながります。",
    "tsushin": UNREACHABLE,
}


@dataclass
class Portal:
    """What every request handler shares; `vaccination` is the line to 予診情報・予防接種記録管理／請求支払システム."""

    store: PortalStore
    partners: Partners
    vaccination: HubClient
    plan: PlanHolder[Plan]
    dice: Dice
    public_url: str = ""

    def admit(self, request: Request) -> str | Answer:
        """The 接続ID of who signed, or the refusal."""
        return self.partners.admit(request)

    def work(self) -> bool:
        """Hand one PMH仮名識別子 on; whether there was one."""
        row = self.store.due()
        if row is None:
            return False
        message = {name: row[name] for name in ("pmh_key", "pmh_kamei_shikibetsushi")}
        try:
            answer = self.vaccination.send_json("/kamei-shikibetsushi", message)
            done, code = answer.is_success, problem_code(answer) or str(answer.status_code)
        except httpx.HTTPError:
            done, code = False, "tsushin"
        if done:
            self.store.handed_on(row["serial_bango"], at=clock.now().isoformat())
        else:
            reason = RIYU.get(code, f"予防接種のシステムが受け取れませんでした（{code}）。自動でやり直します。")
            self.store.not_yet(row["serial_bango"], riyu=reason, after=backoff(row["kaisu"]))
        return True

    def ask(self, path: str, message: Mapping[str, object]) -> tuple[str, Any]:
        """Why there is no answer ('' when there is one), and the answer."""
        try:
            answer = self.vaccination.send_json(path, message)
        except httpx.HTTPError:
            return UNREACHABLE, None
        if answer.is_success:
            return "", answer.json() if answer.content else None
        try:
            told = answer.json()
        except ValueError:
            return UNREACHABLE, None
        return f"{told.get('title', '')}。{told.get('detail', '')}", None


def _take(app: Portal, request: Request) -> Answer:
    if refusal := app.partners.refusal(request, shurui="onshi"):
        return refusal
    words = request.words(*RENKEI_KEYS)
    if words is None:
        return unreadable(*RENKEI_KEYS)
    serial, kamei, key, name = words
    app.store.add(serial_bango=serial, kamei_shikibetsushi=kamei, pmh_key=key, shimei=name, at=clock.now().isoformat())
    return Answer(HTTPStatus.NO_CONTENT)


def _page(app: Portal, request: Request) -> Answer:
    del request
    return html_answer(
        pages.overview(
            state=app.store.state(), residents=app.store.all(), plan=app.plan.current, struck=app.dice.struck
        )
    )


def _login(app: Portal, request: Request) -> Answer:
    token = app.store.sign_in(request.form.get("serial_bango", ""))
    if not token:
        text = "そのカードはありません。一覧から選び直してください。"
        return html_answer(pages.refused(text, back="/"), HTTPStatus.NOT_FOUND)
    return see("/watashi", cookie=f"{COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict")


def _logout(app: Portal, request: Request) -> Answer:
    app.store.sign_out(request.cookie(COOKIE))
    return see("/", cookie=f"{COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict")


def _mine(app: Portal, request: Request) -> Answer:
    resident = app.store.of_session(request.cookie(COOKIE))
    if resident is None:
        return html_answer(pages.refused(NOT_SIGNED_IN, back="/"), HTTPStatus.FORBIDDEN)
    refusal, told = app.ask("/shimin/joho", _who(resident)) if resident["jotai"] == "zumi" else ("", None)
    return html_answer(pages.mine(resident=resident, refusal=refusal, told=told["items"] if told else []))


def _who(resident: Mapping[str, Any]) -> dict[str, str]:
    return {"pmh_kamei_shikibetsushi": resident["pmh_kamei_shikibetsushi"]}


def _begin(app: Portal, request: Request) -> Answer:
    resident = app.store.of_session(request.cookie(COOKIE))
    if resident is None:
        return html_answer(pages.refused(NOT_SIGNED_IN, back="/"), HTTPStatus.FORBIDDEN)
    app.store.begin(resident["serial_bango"])
    return see("/watashi")


def _answer(app: Portal, request: Request) -> Answer:
    resident = app.store.of_session(request.cookie(COOKIE))
    if resident is None or resident["jotai"] != "zumi":
        return html_answer(pages.refused(NOT_SIGNED_IN, back="/"), HTTPStatus.FORBIDDEN)
    form = request.form
    message = {
        **_who(resident),
        "jichitai_code": form.get("jichitai_code", ""),
        "yobosesshu_kanri_id": form.get("yobosesshu_kanri_id", ""),
        "kaito": {name.removeprefix("k-"): value.strip() for name, value in form.items() if name.startswith("k-")},
    }
    refusal, _ = app.ask("/shimin/kaito", message)
    if refusal:
        text = f"予診票を送れませんでした。{refusal}"
        return html_answer(pages.refused(text), HTTPStatus.UNPROCESSABLE_ENTITY)
    return see("/watashi")


def _sim_state(app: Portal, request: Request) -> Answer:
    del request
    return json_answer({**app.store.state(), "futo": app.dice.struck})


def _sim_residents(app: Portal, request: Request) -> Answer:
    del request
    return json_answer({"items": app.store.all()})


def _sim_reset(app: Portal, request: Request) -> Answer:
    del request
    app.store.empty()
    forget_faults(app)
    return Answer(HTTPStatus.NO_CONTENT)


def _reset_form(app: Portal, request: Request) -> Answer:
    _sim_reset(app, request)
    return see("/")


SIGNED: Routes[Portal] = {"POST": {"/renkei": _take}}
FREE: Routes[Portal] = {
    "GET": {
        **COMMON["GET"],
        "/": _page,
        "/watashi": _mine,
        "/_sim/state": _sim_state,
        "/_sim/riyosha": _sim_residents,
    },
    "POST": {
        **COMMON["POST"],
        "/login": _login,
        "/logout": _logout,
        "/kaishi": _begin,
        "/kaito": _answer,
        "/shokika": _reset_form,
        "/_sim/reset": _sim_reset,
    },
}
DOORS = Doors(name="mynaportal", signed=SIGNED, free=FREE)
