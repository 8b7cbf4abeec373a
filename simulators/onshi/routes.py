"""What each path does: the signed calls of the hub, the page, and the JSON door for tests."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from simulators import clock
from simulators.onshi import pages
from simulators.onshi.answers import Onshi
from simulators.onshi.hub import epoch
from simulators.onshi.jisseki import make_jisseki
from simulators.onshi.store import OK
from simulators.onshi.telegrams import Telegram, TelegramRefused, read_telegram
from simulators.shell.answers import Answer, Request, html_answer, json_answer, problem, see, unreadable
from simulators.shell.routes import COMMON, forget_faults
from simulators.shell.server import Routes

MAX_ITEMS = 1000
MAX_PAGE = 5000


def _kept(app: Onshi, telegrams: list[Telegram]) -> list[str]:
    plan = app.plan.current
    after = epoch() + plan.result_delay_ms / 1000
    late = {
        telegram.soshin_bango: after + plan.result_late_ms / 1000
        for telegram in telegrams
        if app.dice.hits(plan, "result_late", telegram.soshin_bango)
    }
    return app.store.receive(telegrams, at=clock.now().isoformat(), answer_after=after, late=late)


def _take_one(app: Onshi, request: Request) -> Answer:
    try:
        telegram = read_telegram(request.json())
    except (ValueError, TelegramRefused):
        app.store.count(denbun_fusei=1)
        return problem(HTTPStatus.BAD_REQUEST, "denbun_fusei", "電文を読み取れません")
    code = _kept(app, [telegram])[0]
    if code != OK:
        return problem(HTTPStatus.CONFLICT, code, "同じ送信番号で内容が違います")
    return Answer(HTTPStatus.NO_CONTENT)


def _take_many(app: Onshi, request: Request) -> Answer:
    try:
        value = request.json()
    except ValueError:
        value = None
    items = value.get("items") if isinstance(value, dict) and value.keys() == {"items"} else None
    if not isinstance(items, list) or len(items) > MAX_ITEMS:
        app.store.count(denbun_fusei=1)
        return problem(HTTPStatus.BAD_REQUEST, "denbun_fusei", "items は1,000件までの電文の並びです")
    plan = app.plan.current
    codes: list[str] = []
    taken: list[Telegram] = []
    persons: set[str] = set()
    for item in items:
        try:
            telegram = read_telegram(item)
        except TelegramRefused:
            app.store.count(denbun_fusei=1)
            codes.append("denbun_fusei")
            continue
        if telegram.himozuke_bango in persons:
            app.store.count(onaji_hito=1)
            codes.append("onaji_hito")
        elif app.dice.hits(plan, "item_error", telegram.soshin_bango):
            codes.append("kunren_fuka")
        else:
            persons.add(telegram.himozuke_bango)
            taken.append(telegram)
            codes.append("")
    kept = iter(_kept(app, taken))
    kekka = [
        {"soshin_bango": item.get("soshin_bango") if isinstance(item, dict) else None, "code": code or next(kept)}
        for item, code in zip(items, codes, strict=True)
    ]
    return json_answer({"kekka": kekka})


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() else default


def _jisseki_log(app: Onshi, request: Request) -> Answer:
    items, following = app.store.jisseki(after=_number(request.query, "after", 0), limit=500)
    return json_answer({"items": items, "next": str(following) if items else None})


def _shogo(app: Onshi, request: Request) -> Answer:
    return json_answer(app.store.shogo(request.query.get("hokensha_code", "")))


def _hihokensha_bango(app: Onshi, request: Request) -> Answer:
    if app.partners is None or app.renkei is None:
        return problem(HTTPStatus.NOT_FOUND, "nashi", "ありません")
    if refusal := app.partners.refusal(request, shurui="rireki_kaito"):
        return refusal
    words = request.words("pmh_id")
    if words is None:
        return unreadable("pmh_id")
    found = app.renkei.hihokensha_bango(words[0])
    if found is None:
        return problem(HTTPStatus.NOT_FOUND, "pmh_id_nashi", "そのPMH-IDの人は届いていません")
    return json_answer({"items": found})


def _josei_page(app: Onshi, request: Request) -> Answer:
    asked = request.form.get("himozuke_bango", "").strip().lower()
    if app.renkei is None:
        refusal, told = (
            "PMH への接続が設定されていません。--pmh-url を指定して起動してください。",
            list[dict[str, Any]](),
        )
    else:
        refusal, told = app.renkei.ask_josei(asked)
    return html_answer(pages.josei(asked=asked, refusal=refusal, told=told))


def _sim_state(app: Onshi, request: Request) -> Answer:
    del request
    return json_answer(app.store.state() | {"futo": app.dice.struck})


def _sim_telegrams(app: Onshi, request: Request) -> Answer:
    items = app.store.telegrams(
        after=_number(request.query, "after", 0), limit=min(MAX_PAGE, _number(request.query, "limit", 500))
    )
    return json_answer({"items": items, "next": items[-1]["seq"] if items else None})


def _sim_persons(app: Onshi, request: Request) -> Answer:
    items = app.store.persons(
        after=request.query.get("after", ""),
        limit=min(MAX_PAGE, _number(request.query, "limit", 500)),
        hokensha_code=request.query.get("hokensha_code", ""),
    )
    return json_answer({"items": items, "next": items[-1]["himozuke_bango"] if items else None})


def _sim_person(app: Onshi, request: Request) -> Answer:
    person = app.store.person(str((request.json() or {}).get("himozuke_bango", "")))
    return json_answer(person) if person else problem(HTTPStatus.NOT_FOUND, "nashi", "ありません")


def _sim_reset(app: Onshi, request: Request) -> Answer:
    del request
    app.store.empty()
    if app.renkei is not None:
        app.renkei.empty()
    forget_faults(app)
    return Answer(HTTPStatus.NO_CONTENT)


def _sim_jisseki(app: Onshi, request: Request) -> Answer:
    wanted = request.json() or {}
    items = make_jisseki(
        app.store, count=int(wanted.get("kensu", 10)), seed=int(wanted.get("seed", 1)), now=clock.now()
    )
    app.store.add_jisseki(items)
    return json_answer({"kensu": len(items)})


def _page(app: Onshi, request: Request) -> Answer:
    del request
    return html_answer(
        pages.overview(
            state=app.store.state(),
            latest=app.store.telegrams(after=0, limit=50, newest_first=True),
            findings=app.store.findings(limit=20),
            plan=app.plan.current,
            struck=app.dice.struck,
        )
    )


def _person_page(app: Onshi, request: Request) -> Answer:
    typed = request.form.get("himozuke_bango", "").strip()
    by_pmh_id = app.renkei.with_pmh_id(typed) if app.renkei else None
    asked = by_pmh_id["himozuke_bango"] if by_pmh_id else typed.lower()
    return html_answer(
        pages.person(
            asked=asked,
            person=app.store.person(asked),
            renkei=app.renkei.of(asked) if app.renkei else None,
        )
    )


def _reset_form(app: Onshi, request: Request) -> Answer:
    _sim_reset(app, request)
    return see("/")


SIGNED_ROUTES: Routes[Onshi] = {
    "POST": {"/shikaku-joho": _take_one, "/shikaku-joho/ikkatsu": _take_many, "/hihokensha-bango": _hihokensha_bango},
    "GET": {"/jisseki-log": _jisseki_log, "/shogo": _shogo},
}
OPEN_ROUTES: Routes[Onshi] = {
    "GET": {
        **COMMON["GET"],
        "/": _page,
        "/_sim/state": _sim_state,
        "/_sim/telegrams": _sim_telegrams,
        "/_sim/persons": _sim_persons,
    },
    "POST": {
        **COMMON["POST"],
        "/hito": _person_page,
        "/josei": _josei_page,
        "/shokika": _reset_form,
        "/_sim/person": _sim_person,
        "/_sim/reset": _sim_reset,
        "/_sim/jisseki": _sim_jisseki,
    },
}
