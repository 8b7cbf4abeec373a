"""What each path does: the signed calls of the hub, the page, and the JSON door for tests."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qs

from simulators import clock
from simulators.onshi import pages
from simulators.onshi.answers import Answer, Onshi, Route, html_answer, json_answer, problem
from simulators.onshi.faults import FaultPlan
from simulators.onshi.hub import epoch
from simulators.onshi.jisseki import make_jisseki
from simulators.onshi.store import OK
from simulators.onshi.telegrams import Telegram, TelegramRefused, read_telegram

MAX_ITEMS = 1000
MAX_PAGE = 5000
STYLE = Path(__file__).with_name("style.css")


def _kept(app: Onshi, telegrams: list[Telegram]) -> list[str]:
    plan = app.plan.current
    after = epoch() + plan.result_delay_ms / 1000
    late = {
        telegram.soshin_bango: after + plan.result_late_ms / 1000
        for telegram in telegrams
        if app.dice.hits(plan, "result_late", telegram.soshin_bango)
    }
    return app.store.receive(telegrams, at=clock.now().isoformat(), answer_after=after, late=late)


def _take_one(app: Onshi, query: Mapping[str, str], body: bytes) -> Answer:
    del query
    try:
        telegram = read_telegram(json.loads(body))
    except (ValueError, TelegramRefused):
        app.store.count(denbun_fusei=1)
        return problem(HTTPStatus.BAD_REQUEST, "denbun_fusei", "電文を読み取れません")
    code = _kept(app, [telegram])[0]
    if code != OK:
        return problem(HTTPStatus.CONFLICT, code, "同じ送信番号で内容が違います")
    return Answer(HTTPStatus.NO_CONTENT)


def _take_many(app: Onshi, query: Mapping[str, str], body: bytes) -> Answer:
    del query
    try:
        value = json.loads(body)
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


def _jisseki_log(app: Onshi, query: Mapping[str, str], body: bytes) -> Answer:
    del body
    items, following = app.store.jisseki(after=_number(query, "after", 0), limit=500)
    return json_answer({"items": items, "next": str(following) if items else None})


def _shogo(app: Onshi, query: Mapping[str, str], body: bytes) -> Answer:
    del body
    return json_answer(app.store.shogo(query.get("hokensha_code", "")))


def _sim_state(app: Onshi, query: Mapping[str, str], body: bytes) -> Answer:
    del query, body
    return json_answer(app.store.state() | {"futo": app.dice.struck})


def _sim_telegrams(app: Onshi, query: Mapping[str, str], body: bytes) -> Answer:
    del body
    items = app.store.telegrams(after=_number(query, "after", 0), limit=min(MAX_PAGE, _number(query, "limit", 500)))
    return json_answer({"items": items, "next": items[-1]["seq"] if items else None})


def _sim_persons(app: Onshi, query: Mapping[str, str], body: bytes) -> Answer:
    del body
    items = app.store.persons(
        after=query.get("after", ""),
        limit=min(MAX_PAGE, _number(query, "limit", 500)),
        hokensha_code=query.get("hokensha_code", ""),
    )
    return json_answer({"items": items, "next": items[-1]["himozuke_bango"] if items else None})


def _sim_person(app: Onshi, query: Mapping[str, str], body: bytes) -> Answer:
    del query
    person = app.store.person(str(json.loads(body or b"{}").get("himozuke_bango", "")))
    return json_answer(person) if person else problem(HTTPStatus.NOT_FOUND, "nashi", "ありません")


def _sim_faults(app: Onshi, query: Mapping[str, str], body: bytes) -> Answer:
    del query
    if body:
        try:
            app.plan.current = app.plan.current.changed_by(json.loads(body))
        except (ValueError, AttributeError) as error:
            return problem(HTTPStatus.BAD_REQUEST, "futo_fusei", str(error))
        app.dice.reset()
    return json_answer(app.plan.current.as_dict())


def _sim_reset(app: Onshi, query: Mapping[str, str], body: bytes) -> Answer:
    del query, body
    app.store.reset()
    app.dice.forget()
    app.plan.current = FaultPlan()
    return Answer(HTTPStatus.NO_CONTENT)


def _sim_jisseki(app: Onshi, query: Mapping[str, str], body: bytes) -> Answer:
    del query
    wanted = json.loads(body or b"{}")
    items = make_jisseki(
        app.store, count=int(wanted.get("kensu", 10)), seed=int(wanted.get("seed", 1)), now=clock.now()
    )
    app.store.add_jisseki(items)
    return json_answer({"kensu": len(items)})


def _form(body: bytes) -> Mapping[str, str]:
    return {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}


def _page(app: Onshi, query: Mapping[str, str], body: bytes) -> Answer:
    del query, body
    return html_answer(
        pages.overview(
            state=app.store.state(),
            latest=app.store.telegrams(after=0, limit=50, newest_first=True),
            findings=app.store.findings(limit=20),
            plan=app.plan.current,
            struck=app.dice.struck,
        )
    )


def _person_page(app: Onshi, query: Mapping[str, str], body: bytes) -> Answer:
    del query
    asked = _form(body).get("himozuke_bango", "").strip().lower()
    return html_answer(pages.person(asked=asked, person=app.store.person(asked)))


def _fault_form(app: Onshi, query: Mapping[str, str], body: bytes) -> Answer:
    del query
    try:
        app.plan.current = app.plan.current.changed_by(pages.faults_from_form(_form(body)))
    except ValueError as error:
        return html_answer(pages.mistake(str(error)), HTTPStatus.BAD_REQUEST)
    app.dice.reset()
    return Answer(HTTPStatus.SEE_OTHER, location="/")


def _faults_off(app: Onshi, query: Mapping[str, str], body: bytes) -> Answer:
    del query, body
    app.plan.current = FaultPlan()
    app.dice.reset()
    return Answer(HTTPStatus.SEE_OTHER, location="/")


def _reset_form(app: Onshi, query: Mapping[str, str], body: bytes) -> Answer:
    _sim_reset(app, query, body)
    return Answer(HTTPStatus.SEE_OTHER, location="/")


def _style(app: Onshi, query: Mapping[str, str], body: bytes) -> Answer:
    del app, query, body
    return Answer(HTTPStatus.OK, STYLE.read_bytes(), "text/css; charset=utf-8")


def _no_icon(app: Onshi, query: Mapping[str, str], body: bytes) -> Answer:
    del app, query, body
    return Answer(HTTPStatus.NO_CONTENT)


def _live(app: Onshi, query: Mapping[str, str], body: bytes) -> Answer:
    del app, query, body
    return json_answer({"jotai": "ok"})


SIGNED_ROUTES: Mapping[str, Mapping[str, Route]] = {
    "POST": {"/shikaku-joho": _take_one, "/shikaku-joho/ikkatsu": _take_many},
    "GET": {"/jisseki-log": _jisseki_log, "/shogo": _shogo},
}
OPEN_ROUTES: Mapping[str, Mapping[str, Route]] = {
    "GET": {
        "/": _page,
        "/style.css": _style,
        "/favicon.ico": _no_icon,
        "/health/live": _live,
        "/_sim/state": _sim_state,
        "/_sim/telegrams": _sim_telegrams,
        "/_sim/persons": _sim_persons,
        "/_sim/faults": _sim_faults,
    },
    "POST": {
        "/hito": _person_page,
        "/futo": _fault_form,
        "/futo/teishi": _faults_off,
        "/shokika": _reset_form,
        "/_sim/person": _sim_person,
        "/_sim/faults": _sim_faults,
        "/_sim/reset": _sim_reset,
        "/_sim/jisseki": _sim_jisseki,
    },
}
