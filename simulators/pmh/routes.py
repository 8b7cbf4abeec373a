"""What each path does: signed calls of municipalities and オンライン資格確認, the pages, the JSON door for tests."""

from dataclasses import dataclass
from http import HTTPStatus

from simulators import clock
from simulators.pmh import pages
from simulators.pmh.faults import FaultPlan
from simulators.pmh.messages import JIMU, MessageRefused, read_registration
from simulators.pmh.store import JOSEI, PmhStore
from simulators.shell.answers import Answer, Request, html_answer, json_answer, problem, see
from simulators.shell.faults import Dice, PlanHolder
from simulators.shell.pages import mistake
from simulators.shell.partners import Partners
from simulators.shell.routes import COMMON, forget_faults
from simulators.shell.server import Doors, Routes


@dataclass
class Pmh:
    """What every request handler shares."""

    store: PmhStore
    partners: Partners
    plan: PlanHolder[FaultPlan]
    dice: Dice
    public_url: str = ""

    def admit(self, request: Request) -> str | Answer:
        """The 接続ID of who signed, or the refusal."""
        return self.partners.admit(request)

    @property
    def jichitai_codes(self) -> list[str]:
        """The municipalities of all connected systems."""
        return sorted({code for partner in self.partners.known.values() for code in partner.jichitai_code})


def _register(app: Pmh, request: Request) -> Answer:
    try:
        jichitai, jimu, items = read_registration(request.json())
    except (ValueError, MessageRefused) as error:
        return _unreadable(error)
    if refusal := app.partners.refusal(request, shurui="jichitai", jichitai_code=jichitai, jimu_kubun=jimu):
        return refusal
    app.store.register(jichitai_code=jichitai, jimu_kubun=jimu, items=items, at=clock.now().isoformat())
    return json_answer({"kensu": len(items)}, HTTPStatus.ACCEPTED)


def _unreadable(error: Exception) -> Answer:
    detail = str(error) if isinstance(error, MessageRefused) else "本文を JSON として読める形にしてください。"
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "toroku_fusei", "登録の内容を受け取れません", detail=detail)


def _results(app: Pmh, request: Request) -> Answer:
    try:
        asked = request.json()
        jichitai, jimu = str(asked["jichitai_code"]), str(asked["jimu_kubun"])
    except (ValueError, TypeError, KeyError):
        return _unreadable(MessageRefused("jichitai_code と jimu_kubun を送ってください。"))
    if refusal := app.partners.refusal(request, shurui="jichitai", jichitai_code=jichitai, jimu_kubun=jimu):
        return refusal
    names = ("jichitai_gyomu_id", "kojin_bango", "pmh_id", "jotai", "riyu")
    kept = app.store.kept(jichitai_code=jichitai, jimu_kubun=jimu)
    return json_answer({"items": [{name: row[name] for name in names} for row in kept]})


def _ask_again(app: Pmh, request: Request) -> Answer:
    try:
        asked = request.json()
        jichitai, jimu = str(asked["jichitai_code"]), str(asked["jimu_kubun"])
    except (ValueError, TypeError, KeyError):
        return _unreadable(MessageRefused("jichitai_code と jimu_kubun を送ってください。"))
    if refusal := app.partners.refusal(request, shurui="jichitai", jichitai_code=jichitai, jimu_kubun=jimu):
        return refusal
    return json_answer({"kensu": app.store.ask_again(jichitai_code=jichitai, jimu_kubun=jimu)}, HTTPStatus.ACCEPTED)


def _josei_kigen(app: Pmh, request: Request) -> Answer:
    if refusal := app.partners.refusal(request, shurui="onshi"):
        return refusal
    try:
        pmh_id = str(request.json()["pmh_id"])
    except (ValueError, TypeError, KeyError):
        return _unreadable(MessageRefused("pmh_id を送ってください。"))
    found = app.store.josei(pmh_id)
    app.store.change("insert into toi (nichiji, kensu) values (?, ?)", [clock.now().isoformat(), len(found)])
    return json_answer({"items": found})


def _sim_state(app: Pmh, request: Request) -> Answer:
    del request
    return json_answer(app.store.state() | {"futo": app.dice.struck})


def _sim_taisho(app: Pmh, request: Request) -> Answer:
    kept = app.store.kept(
        jichitai_code=request.query.get("jichitai_code", ""), jimu_kubun=request.query.get("jimu_kubun", "")
    )
    return json_answer({"items": kept})


def _sim_irai(app: Pmh, request: Request) -> Answer:
    del request
    return json_answer({"items": app.store.requests(limit=1000)})


def _sim_reset(app: Pmh, request: Request) -> Answer:
    del request
    app.store.empty()
    forget_faults(app)
    return Answer(HTTPStatus.NO_CONTENT)


def _page(app: Pmh, request: Request) -> Answer:
    del request
    return html_answer(
        pages.overview(
            state=app.store.state(),
            by_jichitai=app.store.by_jichitai(),
            requests=app.store.requests(limit=20),
            jichitai_codes=app.jichitai_codes,
            plan=app.plan.current,
            struck=app.dice.struck,
        )
    )


def _jichitai_page(app: Pmh, request: Request) -> Answer:
    code = request.query.get("code", "")
    if code not in app.jichitai_codes:
        text = "その自治体コードは登録されていません。一覧の表から選んでください。"
        return html_answer(mistake(text, system=pages.SYSTEM), HTTPStatus.NOT_FOUND)
    return html_answer(pages.jichitai(code=code, kept=app.store.kept(jichitai_code=code)))


def _registration_form(app: Pmh, request: Request) -> Answer:
    form = {name: value.strip() for name, value in request.form.items() if value.strip()}
    code, jimu = form.get("jichitai_code", ""), form.get("jimu_kubun", "")
    names = ("jichitai_gyomu_id", "kojin_bango", *JOSEI)
    item = {name: form[name] for name in names if name in form}
    try:
        read_registration({"jichitai_code": code, "jimu_kubun": jimu, "items": [item]})
    except MessageRefused as error:
        return html_answer(mistake(f"登録していません。{error}", system=pages.SYSTEM), HTTPStatus.UNPROCESSABLE_ENTITY)
    if code not in app.jichitai_codes:
        return html_answer(mistake("その自治体コードは登録されていません。", system=pages.SYSTEM), HTTPStatus.NOT_FOUND)
    app.store.register(jichitai_code=code, jimu_kubun=jimu, items=[item], at=clock.now().isoformat())
    return see(f"/jichitai?code={code}")


def _ask_again_form(app: Pmh, request: Request) -> Answer:
    code, jimu = request.form.get("jichitai_code", ""), request.form.get("jimu_kubun", "")
    if code not in app.jichitai_codes or jimu not in JIMU:
        return html_answer(mistake("自治体コードか事務区分が違います。", system=pages.SYSTEM), HTTPStatus.NOT_FOUND)
    app.store.ask_again(jichitai_code=code, jimu_kubun=jimu)
    return see(f"/jichitai?code={code}")


def _reset_form(app: Pmh, request: Request) -> Answer:
    _sim_reset(app, request)
    return see("/")


SIGNED: Routes[Pmh] = {
    "POST": {
        "/toroku": _register,
        "/kekka": _results,
        "/sai-irai": _ask_again,
        "/josei-kigen": _josei_kigen,
    }
}
FREE: Routes[Pmh] = {
    "GET": {
        **COMMON["GET"],
        "/": _page,
        "/jichitai": _jichitai_page,
        "/_sim/state": _sim_state,
        "/_sim/taisho": _sim_taisho,
        "/_sim/irai": _sim_irai,
    },
    "POST": {
        **COMMON["POST"],
        "/toroku-form": _registration_form,
        "/sai-irai-form": _ask_again_form,
        "/shokika": _reset_form,
        "/_sim/reset": _sim_reset,
    },
}
DOORS = Doors(name="pmh", signed=SIGNED, free=FREE)
