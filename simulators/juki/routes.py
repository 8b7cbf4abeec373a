"""What each path does: the file of the hub, the page, and the JSON door for tests."""

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from simulators import clock
from simulators.client import NonceMemory, SignedRequest
from simulators.juki import pages
from simulators.juki.faults import FaultPlan
from simulators.juki.jumin import Jumin
from simulators.juki.store import JukiStore, Line
from simulators.juki.yokyu_file import FileRefused, read_requests
from simulators.shell.answers import Answer, Request, html_answer, json_answer, problem, see
from simulators.shell.blocks import blocks
from simulators.shell.faults import Dice, PlanHolder
from simulators.shell.hidden import fingerprint
from simulators.shell.hub_keys import HubKeys, signer_of
from simulators.shell.pages import mistake
from simulators.shell.routes import COMMON, forget_faults
from simulators.shell.server import Doors, Routes
from simulators.wire import is_kojin_bango

BLOCK = 5000


@dataclass
class Juki:
    """What every request handler shares."""

    store: JukiStore
    jumin: Jumin
    keys: HubKeys
    secret: bytes
    plan: PlanHolder[FaultPlan]
    dice: Dice
    public_url: str = ""
    nonces: NonceMemory = field(default_factory=NonceMemory)

    def signer_of(self, request: SignedRequest) -> str | Answer:
        """The keyid of the hub, or the refusal."""
        caller = signer_of(request, keys=self.keys, nonces=self.nonces)
        if isinstance(caller, Answer) and caller.status == HTTPStatus.UNAUTHORIZED:
            self.store.count(shomei_fusei=1)
        return caller

    def admit(self, request: Request) -> str | Answer:
        """Who signed the call, or the refusal."""
        return self.signer_of(SignedRequest(request.method, request.url, request.headers, request.body))

    def shimon(self, value: str | None) -> str:
        """A hidden value in short, '' for none."""
        return fingerprint(self.secret, value) if value else ""


def take_file(app: Juki, file_id: str, body: Iterable[bytes], *, stated: str, fits: Callable[[], bool]) -> Answer:
    """Keep a 符号取得要求ファイル while it streams in; nothing of it counts before all of it has come and fits.

    The same bytes again under the same name: 202, nothing twice; other bytes: 409.
    """
    uketsuke = secrets.token_hex(8)
    kensu = 0
    try:
        if app.store.digest_of(file_id):
            for _ in body:
                pass
        else:
            for lines in blocks(read_requests(body), BLOCK):
                app.store.stage(uketsuke, kensu, [_judged(app, *line) for line in lines])
                kensu += len(lines)
        if not fits():
            app.store.count(digest_fusei=1)
            return problem(HTTPStatus.UNAUTHORIZED, "digest_fusei", "本文が Content-Digest と合いません")
        if app.store.accept(file_id, stated, uketsuke=uketsuke, at=clock.now().isoformat()) == "file_fuitchi":
            return problem(
                HTTPStatus.CONFLICT,
                "file_fuitchi",
                "同じファイルIDで内容が違います",
                detail="内容を変えたファイルには、新しいファイルIDを付けてください。",
            )
    except FileRefused as error:
        app.store.count(file_fusei=1)
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "file_fusei", "ファイルを受け取れません", detail=str(error))
    finally:
        if kensu:
            app.store.unstage(uketsuke)
    return Answer(HTTPStatus.ACCEPTED)


def _judged(app: Juki, shori_tsuban: str, kojin_bango: str) -> Line:
    if not is_kojin_bango(kojin_bango):
        return shori_tsuban, None, "kensa_suji"
    found = app.jumin.shutoku_bango(kojin_bango)
    return shori_tsuban, found, "" if found else "jumin_nashi"


def _sim_state(app: Juki, request: Request) -> Answer:
    del request
    return json_answer(app.store.state() | {"jumin_tsuika": app.jumin.added, "futo": app.dice.struck})


def _sim_jumin(app: Juki, request: Request) -> Answer:
    try:
        asked = request.json()
        numbers, former = list(asked["kojin_bango"]), str(asked.get("kyu_kojin_bango", ""))
    except (ValueError, TypeError, KeyError, AttributeError):
        return problem(HTTPStatus.BAD_REQUEST, "jumin_fusei", "kojin_bango の並びを送ってください")
    added = sum(app.jumin.add(str(number), kyu_kojin_bango=former) for number in numbers)
    return json_answer({"kensu": added})


def _sim_tsuban(app: Juki, request: Request) -> Answer:
    found = _shown(app, str((request.json() or {}).get("shori_tsuban", "")))
    return json_answer(found) if found else problem(HTTPStatus.NOT_FOUND, "nashi", "ありません")


def _shown(app: Juki, shori_tsuban: str) -> Mapping[str, object] | None:
    row = app.store.of_tsuban(shori_tsuban)
    if row is None:
        return None
    return {name: value for name, value in row.items() if name not in {"seq", "shutoku_bango"}} | {
        "hito": app.shimon(row["shutoku_bango"])
    }


def _sim_reset(app: Juki, request: Request) -> Answer:
    del request
    app.store.empty()
    app.jumin.forget_added()
    forget_faults(app)
    return Answer(HTTPStatus.NO_CONTENT)


def _page(app: Juki, request: Request) -> Answer:
    del request
    return html_answer(
        pages.overview(
            state=app.store.state() | {"jumin_tsuika": app.jumin.added},
            files=app.store.files(limit=20),
            households=app.jumin.households,
            plan=app.plan.current,
            struck=app.dice.struck,
        )
    )


def _tsuban_page(app: Juki, request: Request) -> Answer:
    asked = request.form.get("shori_tsuban", "").strip().lower()
    return html_answer(pages.tsuban(asked=asked, row=_shown(app, asked)))


def _jumin_form(app: Juki, request: Request) -> Answer:
    number, former = (request.form.get(name, "").strip() for name in ("kojin_bango", "kyu_kojin_bango"))
    if not app.jumin.add(number, kyu_kojin_bango=former):
        text = (
            "加えていません。個人番号の12桁と検査数字を確かめてください。"
            "すでに住民のいる番号は加えられません。前の番号は住民のいる番号に限ります。"
        )
        return html_answer(mistake(text, system=pages.SYSTEM), HTTPStatus.UNPROCESSABLE_ENTITY)
    return see("/")


def _reset_form(app: Juki, request: Request) -> Answer:
    _sim_reset(app, request)
    return see("/")


FREE: Routes[Juki] = {
    "GET": {**COMMON["GET"], "/": _page, "/_sim/state": _sim_state},
    "POST": {
        **COMMON["POST"],
        "/tsuban": _tsuban_page,
        "/jumin-form": _jumin_form,
        "/shokika": _reset_form,
        "/_sim/jumin": _sim_jumin,
        "/_sim/tsuban": _sim_tsuban,
        "/_sim/reset": _sim_reset,
    },
}
DOORS = Doors(name="juki", signed={}, free=FREE)
