"""The pages of users, each bound to one municipality, and the JSON door for tests."""

from collections.abc import Callable
from http import HTTPStatus

from simulators import clock
from simulators.shell.answers import Answer, Request, html_answer, json_answer, see
from simulators.shell.routes import COMMON, forget_faults
from simulators.shell.server import Doors, Routes
from simulators.shell.store import Row
from simulators.yobosesshu import pages
from simulators.yobosesshu.kiroku import NAMES, refusal_of
from simulators.yobosesshu.messages import KEYS, MessageRefused, check_item
from simulators.yobosesshu.settei import SETTEI
from simulators.yobosesshu.store import Zone
from simulators.yobosesshu.system import SIGNED, Yobosesshu, ask_anew

COOKIE = "yobosesshu_user"
NOT_SIGNED_IN = "ログインしていません。利用者を選び直してください。"
NOBODY = "その対象者は、この自治体の区画にありません。一覧から選び直してください。"
NOT_FOR_THEM = "この操作は、この利用者には許されていません。利用者を選び直してください。"
Page = Callable[[Yobosesshu, Request, Row, Zone], Answer]


def _for_users(page: Page, *, kubun: str = "") -> Callable[[Yobosesshu, Request], Answer]:
    """The page for a signed-in user (of this ユーザー区分), who gets the zone of the own municipality and no other."""

    def route(app: Yobosesshu, request: Request) -> Answer:
        user = app.zones.users.of_session(request.cookie(COOKIE))
        zone = app.zones.of(user["jichitai_code"]) if user else None
        if user is None or zone is None:
            return html_answer(pages.refused(NOT_SIGNED_IN, back="/"), HTTPStatus.FORBIDDEN)
        if kubun and user["user_kubun"] != kubun:
            return html_answer(pages.refused(NOT_FOR_THEM), HTTPStatus.FORBIDDEN)
        return page(app, request, user, zone)

    return route


def _page(app: Yobosesshu, request: Request) -> Answer:
    del request
    return html_answer(
        pages.overview(
            zones=list(app.zones), users=app.zones.users.all(), plan=app.plan.current, struck=app.dice.struck
        )
    )


def _login(app: Yobosesshu, request: Request) -> Answer:
    token = app.zones.users.sign_in(request.form.get("kikan_user_id", ""))
    if not token:
        text = "その利用者はいません。一覧から選び直してください。"
        return html_answer(pages.refused(text, back="/"), HTTPStatus.NOT_FOUND)
    return see("/hitobito", cookie=f"{COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict")


def _logout(app: Yobosesshu, request: Request) -> Answer:
    app.zones.users.sign_out(request.cookie(COOKIE))
    return see("/", cookie=f"{COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict")


def _people(app: Yobosesshu, request: Request, user: Row, zone: Zone) -> Answer:
    del app, request
    return html_answer(pages.people(user=user, zone=zone, logged=zone.logged(limit=20)))


def _log(zone: Zone, user: Row, sosa: str, bango: str, kekka: str) -> None:
    zone.log(user=user["kikan_user_id"], sosa=sosa, bango=bango, kekka=kekka, at=clock.now().isoformat())


def _story(app: Yobosesshu, request: Request, user: Row, zone: Zone) -> Answer:
    del app
    person = zone.person(request.query.get("id", ""))
    if person is None:
        _log(zone, user, "閲覧", "", "対象者なし")
        return html_answer(pages.refused(NOBODY), HTTPStatus.NOT_FOUND)
    _log(zone, user, "閲覧", person["yobosesshu_taishosha_bango"], "正常")
    today = clock.now().astimezone(clock.JST).date().isoformat()
    return html_answer(pages.story(user=user, zone=zone, person=person, today=today))


def _register(app: Yobosesshu, request: Request, user: Row, zone: Zone) -> Answer:
    del app
    item = {name: value.strip() for name, value in request.form.items() if name in KEYS and value.strip()}
    try:
        check_item(item)
    except MessageRefused as error:
        _log(zone, user, "対象者の登録", "", "断った")
        return html_answer(pages.refused(f"登録していません。{error}"), HTTPStatus.UNPROCESSABLE_ENTITY)
    at = clock.now().isoformat()
    zone.register({**item, "renkei_file_mei": "画面から入力"}, settei=SETTEI, at=at)
    _log(zone, user, "対象者の登録", "", "正常")
    return see("/hitobito")


def _ask_again(app: Yobosesshu, request: Request, user: Row, zone: Zone) -> Answer:
    del app
    person = zone.person(request.form.get("id", ""))
    if person is None:
        return html_answer(pages.refused(NOBODY), HTTPStatus.NOT_FOUND)
    done = ask_anew(zone, person)
    _log(zone, user, "採番の再依頼", person["yobosesshu_taishosha_bango"], "正常" if done else "不要")
    return see(f"/hito?id={person['row_id']}")


def _record(app: Yobosesshu, request: Request, user: Row, zone: Zone) -> Answer:
    del app
    form = {name: value.strip() for name, value in request.form.items()}
    person = zone.person(form.get("id", ""))
    mine = zone.sesshu_of(person["seq"]) if person else []
    sesshu = next((one for one in mine if one["yobosesshu_kanri_id"] == form.get("kanri")), None)
    if person is None or sesshu is None:
        return html_answer(pages.refused(NOBODY), HTTPStatus.NOT_FOUND)
    back, bango = f"/hito?id={person['row_id']}", person["yobosesshu_taishosha_bango"]
    given = {name: form.get(name, "") for name in NAMES}
    now = clock.now()
    if zone.records(sesshu["yobosesshu_kanri_id"]):
        refusal = "この予防接種は、もう記録されています。二度の接種になっていないか確かめてください。"
    else:
        refusal = refusal_of(
            given,
            person=person,
            answers=zone.answers(sesshu["yobosesshu_kanri_id"]),
            today=now.astimezone(clock.JST).date(),
        )
    _log(zone, user, "接種の記録", bango, "断った" if refusal else "正常")
    if refusal:
        text = f"接種を記録していません。{refusal}"
        return html_answer(pages.refused(text, back=back), HTTPStatus.UNPROCESSABLE_ENTITY)
    kept = {
        **given,
        "yobosesshu_kanri_id": sesshu["yobosesshu_kanri_id"],
        "sesshu_taishosha_kubun": person["sesshu_taishosha_kubun"] or "",
        "genmen_kubun": person["genmen_kubun"] or "",
    }
    zone.record(person["seq"], kept, at=now.isoformat())
    return see(back)


def _sim_state(app: Yobosesshu, request: Request) -> Answer:
    del request
    zones = {zone.code: zone.state() for zone in app.zones}
    return json_answer({**app.state(), "jichitai": zones, "futo": app.dice.struck})


def _sim_reset(app: Yobosesshu, request: Request) -> Answer:
    del request
    app.zones.empty()
    forget_faults(app)
    return Answer(HTTPStatus.NO_CONTENT)


def _reset_form(app: Yobosesshu, request: Request) -> Answer:
    _sim_reset(app, request)
    return see("/")


FREE: Routes[Yobosesshu] = {
    "GET": {
        **COMMON["GET"],
        "/": _page,
        "/hitobito": _for_users(_people),
        "/hito": _for_users(_story),
        "/_sim/state": _sim_state,
    },
    "POST": {
        **COMMON["POST"],
        "/login": _login,
        "/logout": _logout,
        "/toroku-form": _for_users(_register, kubun="jichitai"),
        "/sai-irai": _for_users(_ask_again, kubun="jichitai"),
        "/kiroku": _for_users(_record, kubun="iryokikan"),
        "/shokika": _reset_form,
        "/_sim/reset": _sim_reset,
    },
}
DOORS = Doors(name="yobosesshu", signed=SIGNED, free=FREE)
