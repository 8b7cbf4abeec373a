"""Everybody who knocks at the doors: staff in every state, operators, connecting systems with good and bad keys."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric import ed25519
from django.conf import settings
from django.http.response import HttpResponseBase
from django.test import Client

from chukan.controls.kengen.queries import possible_rights_of
from chukan.kernel import clock
from tests.builders.doors import Knocker, Right
from tests.builders.files import send_file
from tests.builders.lines import file_text, message
from tests.builders.stage import Stage, Things
from tests.support.machines import Machine, new_machine
from tests.support.principals import KENPO, OTHER_KENPO, SHICHOSON, shuyaku
from tests.support.staff import a_staff, an_operator, browser
from tests.support.world import as_role

TODAY = "(now() AT TIME ZONE 'Asia/Tokyo')::date"
# What brings a signed-in person into a state; `replaced` is a second sign-in.
STATES = {
    "in_force": "",
    "not_yet": f"UPDATE shokuin_account SET valid_from = {TODAY} + 1, valid_to = {TODAY} + 30,"
    f" confirmed_on = {TODAY} + 1 WHERE id = %(account)s",
    "expired": f"UPDATE shokuin_account SET valid_from = {TODAY} - 30, valid_to = {TODAY} - 1,"
    f" confirmed_on = {TODAY} - 30 WHERE id = %(account)s",
    "stopped": f"UPDATE shokuin_account SET valid_from = {TODAY} - 30, valid_to = {TODAY},"
    f" confirmed_on = {TODAY} - 30 WHERE id = %(account)s",
    "signed_out": "UPDATE shokuin_session SET ended_at = now(), ended_reason = 'logout' WHERE id = %(session)s",
    "replaced": "",
    "too_long": "UPDATE shokuin_session SET started_at = now() - interval '12 hours 1 second' WHERE id = %(session)s",
    "locked_too_long": "UPDATE shokuin_session SET locked_at = now() - interval '61 minutes' WHERE id = %(session)s",
    "locked": "UPDATE shokuin_session SET locked_at = now() WHERE id = %(session)s",
    "idle": "UPDATE shokuin_session SET active_at = now() - interval '10 minutes 1 second' WHERE id = %(session)s",
    "password_due": "UPDATE shokuin_account SET password_changed_at = now() - interval '90 days 1 second'"
    " WHERE id = %(account)s",
    "first_password": "UPDATE shokuin_account SET must_change = true WHERE id = %(account)s",
    "rights_ended": f"UPDATE kengen_fuyo SET valid_from = {TODAY} - 30, valid_to = {TODAY} WHERE shokuin_id ="
    " (SELECT shokuin_id FROM shokuin_account WHERE id = %(account)s)",
}
# Only of those whose sign-in needs 生体認証: the password alone.
_HALF = {"half": "UPDATE shokuin_session SET seitai_at = NULL WHERE id = %(session)s"}
_FEW_STATES = ("in_force", "expired", "locked", "password_due")
_SESSION = """
SELECT s.id, s.account_id FROM shokuin_session s JOIN shokuin_account a ON a.id = s.account_id
JOIN shokuin_shokuin p ON p.id = a.shokuin_id WHERE p.shokuin_id = %s ORDER BY s.started_at LIMIT 1
"""
# Whatever a request did to the session it came in, the next one finds it in its state again.
_PUT_BACK = """
UPDATE shokuin_session s SET key_hash = k.key_hash, started_at = k.started_at, active_at = k.active_at,
  locked_at = k.locked_at, step_up_at = k.step_up_at, seitai_at = k.seitai_at,
  ended_at = k.ended_at, ended_reason = k.ended_reason
FROM jsonb_populate_record(NULL::shokuin_session, %s::jsonb) k WHERE s.id = k.id
"""
_INSURER_JIMU = ("shikaku", "joho_renkei", "honnin_kakunin", "kanri")
FULL = frozenset((jimu, verb) for jimu in _INSURER_JIMU for verb in ("shokai", "koshin"))
NUMBERS = frozenset({"shikaku", "honnin_kakunin"})
WHOLE = "every right"
_KINDS = ("hokensha", "kokuho_shuyaku", "onshi", "pmh", "nws")
_FEW_KEYS = ("signed_key_expired", "signed_key_stopped", "signed_by_another")
_STALE = timedelta(seconds=400)
Form = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Caller(Knocker):
    """One who knocks, with the way to send, the own zone and the other one."""

    send: Callable[[str, str, Form, object], HttpResponseBase] = field(repr=False)
    own: Things = field(repr=False)
    other: Things = field(repr=False)
    staff_id: str = ""

    @property
    def is_whole(self) -> bool:
        """Tell whether nothing but the door itself keeps this caller out."""
        return self.state in {"nobody", "signed"} or (self.state == "in_force" and self.name.endswith(WHOLE))


def everybody(stage: Stage, *, everything: bool) -> Iterator[Caller]:
    """Yield one caller after the other, signed in when it is yielded; a few states and keys unless `everything`."""
    yield nobody(stage)
    yield from _clerks(stage)
    yield from _operators(stage, STATES if everything else _FEW_STATES)
    yield from systems(stage, everything=everything)


def those_kept_out(stage: Stage) -> Iterator[Caller]:
    """Yield those of whom each wall keeps somebody out, and one of each sort whom none does."""
    yield nobody(stage)
    yield clerk_caller(stage, WHOLE, FULL, numbers=NUMBERS)
    yield clerk_caller(stage, "no right", frozenset())
    for verb, lacks in (("koshin", "no right to read"), ("shokai", "no right to write")):
        yield clerk_caller(stage, lacks, frozenset({("shikaku", verb)}), numbers=frozenset({"shikaku"}))
    yield clerk_caller(stage, "no number", FULL)
    for state in ("locked", "password_due", "expired"):
        yield clerk_caller(stage, WHOLE, FULL, numbers=NUMBERS, state=state)
    operator = possible_rights_of(soshiki="shiharai_kikin", hokensha_shubetsu=None, on=clock.today_jst())
    yield operator_caller(stage, "shiharai_kikin", WHOLE, operator)
    yield operator_caller(stage, "shiharai_kikin", "no right", frozenset())
    for kind in _KINDS:
        yield _good_system(stage, kind)
    for kind in ("hokensha", "onshi", "pmh", "nws"):
        yield bad_system(stage, kind, "signed_by_another")


def nobody(stage: Stage) -> Caller:
    """Return one who has neither session nor signature."""
    client = Client(raise_request_exception=False)

    def send(method: str, path: str, form: Form, _body: object) -> HttpResponseBase:
        client.cookies.clear()
        return _ask(client, method, path, form)

    return Caller(name="nobody", state="nobody", send=send, own=stage.mine, other=stage.theirs)


# --- people


def _clerks(stage: Stage) -> Iterator[Caller]:
    by_number = partial(clerk_caller, stage, numbers=frozenset({"shikaku"}))
    yield clerk_caller(stage, "no right", frozenset())
    for right in sorted(FULL):
        yield clerk_caller(stage, "/".join(right), frozenset({right}))
    yield by_number("shikaku/shokai, number", frozenset({("shikaku", "shokai")}))
    yield by_number("shikaku/koshin, number", frozenset({("shikaku", "koshin")}))
    elsewhere = frozenset({("shikaku", "koshin"), ("honnin_kakunin", "koshin")})
    yield clerk_caller(stage, "number of another 事務", elsewhere, numbers=frozenset({"honnin_kakunin"}))
    yield clerk_caller(stage, "all but the number", FULL)
    yield clerk_caller(stage, f"of the other insurer, {WHOLE}", FULL, numbers=NUMBERS, code=OTHER_KENPO)
    for state in STATES:
        yield clerk_caller(stage, WHOLE, FULL, numbers=NUMBERS, state=state)


def clerk_caller(
    stage: Stage,
    name: str,
    rights: frozenset[Right],
    *,
    numbers: frozenset[str] = frozenset(),
    state: str = "in_force",
    code: str = KENPO,
) -> Caller:
    """Return an insurer's person with these rights, in a state."""

    def register(staff_id: str) -> str:
        return a_staff(staff_id, hokensha=code, kengen=rights, kojin_bango=numbers)

    number = "shikaku" in numbers
    who = Knocker(name=f"clerk: {name}", state=state, soshiki="hokensha", rights=rights, number=number)
    return _staff(stage, who, register, code)


def _operators(stage: Stage, states: Iterable[str]) -> Iterator[Caller]:
    for soshiki in ("shiharai_kikin", "kokuho_chuokai", "unyo_hoshu"):
        possible = possible_rights_of(soshiki=soshiki, hokensha_shubetsu=None, on=clock.today_jst())
        for right in sorted(possible):
            yield operator_caller(stage, soshiki, "/".join(right), frozenset({right}))
        for state in states if soshiki == "shiharai_kikin" else ("in_force",):
            yield operator_caller(stage, soshiki, WHOLE, possible, state=state)
        if soshiki == "unyo_hoshu":
            yield operator_caller(stage, soshiki, WHOLE, possible, state="half")


def operator_caller(
    stage: Stage, soshiki: str, name: str, rights: frozenset[Right], *, state: str = "in_force"
) -> Caller:
    """Return an operator's person with these rights, in a state."""
    register = partial(an_operator, soshiki=soshiki, kengen=rights)
    return _staff(stage, Knocker(name=f"{soshiki}: {name}", state=state, soshiki=soshiki, rights=rights), register, "")


def _staff(stage: Stage, who: Knocker, register: Callable[[str], str], code: str) -> Caller:
    with as_role(stage.world, "kanri"):
        staff_id = register(f"D{uuid4().hex[:12]}")
    key = browser(staff_id, hokensha=code).cookies[settings.SESSION_COOKIE_NAME].value
    if who.state == "replaced":
        browser(staff_id, hokensha=code)
    session, account = stage.admin.execute(_SESSION, [staff_id]).fetchone() or (None, None)
    change = {**STATES, **_HALF}[who.state]
    if change:
        stage.admin.execute(change.encode(), {"session": session, "account": account})
    held = stage.admin.execute("SELECT to_jsonb(s)::text FROM shokuin_session s WHERE id = %s", [session]).fetchone()
    client = Client(raise_request_exception=False)

    def send(method: str, path: str, form: Form, _body: object) -> HttpResponseBase:
        stage.admin.execute(_PUT_BACK, held)
        client.cookies.clear()
        client.cookies[settings.SESSION_COOKIE_NAME] = key
        return _ask(client, method, path, form)

    if who.state == "rights_ended":
        who = replace(who, state="in_force", rights=frozenset(), number=False, name=f"{who.name}, ended")
    own, other = (stage.theirs, stage.mine) if code == OTHER_KENPO else (stage.mine, stage.theirs)
    return Caller(**vars(who), send=send, own=own, other=other, staff_id=staff_id)


def _ask(client: Client, method: str, path: str, form: Form) -> HttpResponseBase:
    content = urlencode(form) if method in {"POST", "PUT", "PATCH"} else ""
    kind = "application/x-www-form-urlencoded" if content else ""
    answer: HttpResponseBase = client.generic(method, path, content, content_type=kind)
    return answer


# --- systems


def systems(stage: Stage, *, everything: bool) -> Iterator[Caller]:
    """Yield every kind of connecting system, with its own key and with keys that must not do: a few for most kinds."""
    for kind in _KINDS:
        yield _good_system(stage, kind)
        for state in BAD_SYSTEMS if everything or kind == "hokensha" else _FEW_KEYS:
            yield bad_system(stage, kind, state)
    machine = new_machine(stage.world, hokensha=(OTHER_KENPO,))
    yield _system("hokensha", machine, own=stage.theirs, other=stage.mine)


def _registered(stage: Stage, kind: str, **given: Any) -> Machine:
    codes = {"hokensha": (KENPO,), "kokuho_shuyaku": SHICHOSON}.get(kind, ())
    return new_machine(stage.world, kind=kind, hokensha=codes, **given)


def _good_system(stage: Stage, kind: str) -> Caller:
    machine = _registered(stage, kind)
    if kind == "kokuho_shuyaku":
        return _system(kind, machine, own=_carried(stage, machine), other=stage.mine)
    return _system(kind, machine, own=stage.mine, other=stage.theirs)


def _key_days(stage: Stage, kind: str, start: int, end: int) -> Machine:
    machine, on = _registered(stage, kind), clock.today_jst()
    days = [on + timedelta(days=start), on + timedelta(days=end), machine.client_id]
    stage.admin.execute("UPDATE setsuzoku_client_key SET valid_from = %s, valid_to = %s WHERE client_id = %s", days)
    return machine


def _forged(stage: Stage, kind: str) -> Machine:
    return Machine(_registered(stage, kind).client_id, {"k1": ed25519.Ed25519PrivateKey.generate()})


def _unknown(_stage: Stage, _kind: str) -> Machine:
    return Machine(str(uuid4()), {"k1": ed25519.Ed25519PrivateKey.generate()})


def _client_days(stage: Stage, kind: str, start: int, end: int) -> Machine:
    on = clock.today_jst()
    return _registered(stage, kind, valid_from=on + timedelta(days=start), valid_to=on + timedelta(days=end))


BAD_SYSTEMS: dict[str, Callable[[Stage, str], Machine]] = {
    "signed_not_yet": partial(_client_days, start=1, end=30),
    "signed_expired": partial(_client_days, start=-30, end=-1),
    "signed_stopped": partial(_client_days, start=-30, end=0),
    "signed_key_not_yet": partial(_key_days, start=1, end=30),
    "signed_key_expired": partial(_key_days, start=-30, end=-1),
    "signed_key_stopped": partial(_key_days, start=-30, end=0),
    "signed_by_another": _forged,
    "signed_unknown": _unknown,
    "signed_long_ago": _registered,
}


def bad_system(stage: Stage, kind: str, state: str) -> Caller:
    """Return a connecting system whose signature must not do."""
    machine = BAD_SYSTEMS[state](stage, kind)
    return _system(kind, machine, state=state, own=stage.mine, other=stage.theirs)


def _carried(stage: Stage, carrying: Machine) -> Things:
    code, by = SHICHOSON[0], replace(shuyaku(), actor_id=carrying.client_id)
    start = 4000 + int(uuid4().hex[:4], 16)
    with as_role(stage.world, "worker"):
        sent = send_file(file_text([message(start, hokensha=code, bango="138057")]), by=by, now=clock.now())
    return Things(code=code, file=sent, held=sent, person=start, start=start)


def _system(kind: str, machine: Machine, *, own: Things, other: Things, state: str = "signed") -> Caller:
    late = _STALE if state == "signed_long_ago" else timedelta()

    def send(method: str, path: str, _form: Form, body: object) -> HttpResponseBase:
        content = b"" if method in {"GET", "HEAD", "OPTIONS", "TRACE"} else json.dumps(body).encode()
        given = {"Content-Type": "application/json", "Idempotency-Key": uuid4().hex} if content else {}
        headers = machine.headers(method, path, content, given=given, now=datetime.now(UTC) - late)
        content_type = headers.pop("Content-Type", "")
        return machine.http.generic(method, path, content, content_type=content_type, headers=headers)

    return Caller(name=f"system: {kind} of {own.code}", state=state, soshiki=kind, send=send, own=own, other=other)
