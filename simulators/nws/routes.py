"""What each path does: signed calls of 住基ネット and the hub, the page, and the JSON door for tests."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from simulators import clock
from simulators.client import ClientKey, NonceMemory, SignedRequest
from simulators.nws import pages
from simulators.nws.faults import FaultPlan
from simulators.nws.fugo import CodeMaker
from simulators.nws.shogo_list import shogo_list
from simulators.nws.store import NwsStore, filled_tsuban
from simulators.shell.answers import Answer, Request, html_answer, json_answer, problem, see
from simulators.shell.faults import Dice, PlanHolder
from simulators.shell.hub_keys import HubKeys, signer_of
from simulators.shell.pages import mistake
from simulators.shell.partners import Partners
from simulators.shell.routes import COMMON, forget_faults
from simulators.shell.server import Doors, Routes

HUB_PATHS = frozenset({"/shogo-list"})
ITEM_KEYS = frozenset({"shori_tsuban", "shutoku_bango"})
MAX_ITEMS = 10_000
MAX_FILL = 10_000_000


@dataclass
class Nws:
    """What every request handler shares."""

    store: NwsStore
    maker: CodeMaker
    key: ClientKey
    keys: HubKeys
    partners: Partners
    kikan_code: str
    plan: PlanHolder[FaultPlan]
    dice: Dice
    public_url: str = ""
    nonces: NonceMemory = field(default_factory=NonceMemory)

    def admit(self, request: Request) -> str | Answer:
        """Who signed the call, by the keys of the hub or of 住基ネット; or the refusal."""
        if request.path not in HUB_PATHS:
            return self.partners.admit(request)
        signed = SignedRequest(request.method, request.url, request.headers, request.body)
        return signer_of(signed, keys=self.keys, nonces=self.nonces)


def _take_requests(app: Nws, request: Request) -> Answer:
    if refusal := app.partners.refusal(request, shurui="juki"):
        return refusal
    try:
        told = request.json()
        kikan_code, items = str(told["kikan_code"]), list(_pairs(told["items"]))
    except (ValueError, TypeError, KeyError, AttributeError):
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "yokyu_fusei", "要求を受け取れません")
    app.store.accept(kikan_code=kikan_code, items=items, at=clock.now().isoformat())
    return Answer(HTTPStatus.ACCEPTED)


def _pairs(items: object) -> Iterator[tuple[str, str]]:
    if not isinstance(items, list) or len(items) > MAX_ITEMS:
        raise TypeError
    for item in items:
        if item.keys() != ITEM_KEYS:
            raise KeyError
        yield str(item["shori_tsuban"]), str(item["shutoku_bango"])


def _shogo_list(app: Nws, request: Request) -> Answer:
    del app, request
    return json_answer(shogo_list())


def _jwks(app: Nws, request: Request) -> Answer:
    del request
    return json_answer({"keys": [app.key.public_jwk()]})


def _shown(app: Nws, shori_tsuban: str) -> Mapping[str, Any] | None:
    row = app.store.of_tsuban(shori_tsuban)
    if row is None:
        return None
    code = app.maker.fugo(kikan_code=row["kikan_code"], shutoku_bango=row["shutoku_bango"], sedai=row["sedai"])
    return {name: value for name, value in row.items() if name not in {"seq", "shutoku_bango"}} | {
        "hito": app.maker.shimon(row["shutoku_bango"]),
        "fugo": app.maker.shimon(code),
        "dekigoto": app.store.events(limit=100, shori_tsuban=shori_tsuban),
    }


def _sim_state(app: Nws, request: Request) -> Answer:
    del request
    return json_answer(app.store.state() | app.store.clock() | {"futo": app.dice.struck})


def _sim_tsuban(app: Nws, request: Request) -> Answer:
    found = _shown(app, str((request.json() or {}).get("shori_tsuban", "")))
    return json_answer(found) if found else problem(HTTPStatus.NOT_FOUND, "nashi", "ありません")


def _sim_clock(app: Nws, request: Request) -> Answer:
    if request.body:
        try:
            app.store.set_clock({name: float(value) for name, value in request.json().items()})
        except (ValueError, TypeError, AttributeError) as error:
            return problem(HTTPStatus.BAD_REQUEST, "tokei_fusei", str(error))
    return json_answer(app.store.clock())


def _sim_fill(app: Nws, request: Request) -> Answer:
    wanted = request.json() or {}
    kensu, seed = int(wanted.get("kensu", 1000)), int(wanted.get("seed", 1))
    if not 0 < kensu <= MAX_FILL or not 0 <= seed < 2**32:
        return problem(HTTPStatus.BAD_REQUEST, "fill_fusei", f"kensu は1から{MAX_FILL}までです")
    tsuban = (filled_tsuban(seed, number) for number in range(kensu))
    made = app.store.fill(kikan_code=app.kikan_code, tsuban=tsuban, at=clock.now().isoformat())
    return json_answer({"kensu": made})


def _sim_reset(app: Nws, request: Request) -> Answer:
    del request
    app.store.empty()
    forget_faults(app)
    return Answer(HTTPStatus.NO_CONTENT)


def _page(app: Nws, request: Request) -> Answer:
    del request
    return html_answer(
        pages.overview(
            state=app.store.state(),
            hours=app.store.clock(),
            now=app.store.now(),
            events=app.store.events(limit=20),
            plan=app.plan.current,
            struck=app.dice.struck,
        )
    )


def _tsuban_page(app: Nws, request: Request) -> Answer:
    asked = request.form.get("shori_tsuban", "").strip().lower()
    return html_answer(pages.tsuban(asked=asked, row=_shown(app, asked)))


def _clock_form(app: Nws, request: Request) -> Answer:
    try:
        app.store.set_clock({name: float(text or "0") for name, text in request.form.items()})
    except ValueError as error:
        return html_answer(mistake(f"時計を変えていません。{error}", system=pages.SYSTEM), HTTPStatus.BAD_REQUEST)
    return see("/")


def _reset_form(app: Nws, request: Request) -> Answer:
    _sim_reset(app, request)
    return see("/")


SIGNED: Routes[Nws] = {"POST": {"/shutoku-yokyu": _take_requests}, "GET": {"/shogo-list": _shogo_list}}
FREE: Routes[Nws] = {
    "GET": {
        **COMMON["GET"],
        "/": _page,
        "/.well-known/jwks.json": _jwks,
        "/_sim/state": _sim_state,
        "/_sim/tokei": _sim_clock,
    },
    "POST": {
        **COMMON["POST"],
        "/tsuban": _tsuban_page,
        "/tokei": _clock_form,
        "/shokika": _reset_form,
        "/_sim/tsuban": _sim_tsuban,
        "/_sim/tokei": _sim_clock,
        "/_sim/fill": _sim_fill,
        "/_sim/reset": _sim_reset,
    },
}
DOORS = Doors(name="nws", signed=SIGNED, free=FREE)
