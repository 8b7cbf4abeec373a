"""Walls of every door, each taken down by itself: made from the URL table, so that a new route has its own at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import wraps
from http import HTTPStatus
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from chukan.controls.kengen.views.guard import GuardMiddleware, principal_of
from chukan.controls.setsuzoku.domain import KINDS, ClientFacts, machine_principal
from chukan.controls.setsuzoku.queries import find_client
from chukan.controls.setsuzoku.views import MachineUser, SignatureAuthentication, signed_request
from chukan.controls.shokuin.domain import StaffSession
from chukan.controls.shokuin.views.request import ask_to_sign_in, is_locked, staff_of
from chukan.kernel import clock
from chukan.kernel.errors import NotFound
from chukan.kernel.http.signatures import Claim, read_claim
from chukan.kernel.principal import Principal, system_principal
from chukan.kernel.transactions import own_transaction
from tests.builders.doors import Door
from tests.builders.knockers import FULL, Caller
from tests.builders.routes import NOBODY, Route
from tests.builders.stage import Things
from tests.support.principals import machine as insurers_system

View = Callable[..., HttpResponse]
Bend = Callable[[HttpRequest], None]
_RIGHTS = FULL | {(jimu, verb) for jimu in ("unyo", "fugo", "shonin") for verb in ("shokai", "koshin")}
_PAGES = frozenset({"session", "awake", "own", "start", "screen"})
_NO_IDS = {NOBODY, "20261120-ZZZZZZZZZZ"}


@dataclass(frozen=True)
class Wall:
    """One wall of a door: where it stands, who would be seen behind it, and the view without it."""

    name: str
    stands: Callable[[Door], bool]
    keeps_out: Callable[[Caller, Door], bool]
    down: Callable[[View, Door, Around], View]
    methods: tuple[str, ...] = ()


@dataclass(frozen=True)
class Around:
    """What a view without a wall knows: somebody who is signed in, and the zone that is not the caller's."""

    staff: StaffSession
    other: Things


@contextmanager
def taken_down(wall: Wall, route: Route, door: Door, around: Around) -> Iterator[None]:
    """Let one route be without one wall."""
    held = route.url.callback
    route.url.callback = wall.down(cast("View", held), door, around)
    try:
        yield
    finally:
        route.url.callback = held


# --- pages: the request is bent before the guard looks at it, or before the view does


def _bent(view: View, bend: Bend, *, by_page: bool = True) -> View:
    """Return the view behind the product's own guard, which sees the request bent."""

    @wraps(view)
    def bent(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        bend(request)
        kept_out = GuardMiddleware(view).process_view(request, view, args, dict(kwargs)) if by_page else None
        return view(request, *args, **kwargs) if kept_out is None else kept_out

    if by_page:
        bent.chukan_access = "everybody"  # type: ignore[attr-defined]  # the guard looks from inside
    return bent


def _as_if(change: Callable[[Principal], Principal]) -> Callable[[View, Door, Around], View]:
    def bend(request: HttpRequest) -> None:
        if staff_of(request) is not None and not is_locked(request):
            request.principal = change(principal_of(request))  # type: ignore[attr-defined]  # read by principal_of

    return lambda view, _door, _around: _bent(view, bend)


def _no_sign_in(view: View, door: Door, around: Around) -> View:
    def bend(request: HttpRequest) -> None:
        if staff_of(request) is None:
            request.staff = around.staff  # type: ignore[attr-defined]  # read by staff_of

    return _bent(view, bend, by_page=door.kind in _PAGES)


def _no_lock(view: View, door: Door, _around: Around) -> View:
    def bend(request: HttpRequest) -> None:
        request.staff_locked = False  # type: ignore[attr-defined]  # read by is_locked

    return _bent(view, bend, by_page=door.kind in _PAGES)


def _no_due_day(view: View, door: Door, _around: Around) -> View:
    def bend(request: HttpRequest) -> None:
        staff = staff_of(request)
        request.staff_password_due = False  # type: ignore[attr-defined]  # read by doors of the contract
        if staff is not None:
            changed = replace(staff, must_change=False, password_changed_at=clock.now())
            request.staff = changed  # type: ignore[attr-defined]  # read by staff_of

    return _bent(view, bend, by_page=door.kind in _PAGES)


def _every_zone(view: View, _door: Door, around: Around) -> View:
    @wraps(view)
    def opened(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        with suppress(NotFound):
            answer = view(request, *args, **kwargs)
            if answer.status_code != HTTPStatus.NOT_FOUND:
                return answer
        there = replace(principal_of(request), hokensha_code=around.other.code, actor_id=f"S{around.other.start}")
        request.principal = there  # type: ignore[attr-defined]  # read by principal_of
        return view(request, *args, **kwargs)

    return opened


def _telling(view: View, _door: Door, _around: Around) -> View:
    @wraps(view)
    def telling(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        is_there = _NO_IDS.isdisjoint(str(value) for value in kwargs.values())
        try:
            answer = view(request, *args, **kwargs)
        except NotFound as error:
            if not is_there:
                raise
            raise NotFound(error.code, f"{error.message}（ほかの保険者のもの）") from None
        if is_there:
            answer["X-Row"] = "1"
        return answer

    return telling


def _shut(view: View, _door: Door, _around: Around) -> View:
    @wraps(view)
    def shut(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        return ask_to_sign_in(request) if staff_of(request) is None else view(request, *args, **kwargs)

    return shut


def _one_method_more(view: View, door: Door, _around: Around) -> View:
    first = min(door.methods)
    resource = _class_of(view)
    if resource is not None:
        return _as_view(type("Wider", (resource,), {"put": getattr(resource, first.lower())}), view)

    def bend(request: HttpRequest) -> None:
        request.method = first if request.method == "PUT" else request.method

    return _bent(view, bend, by_page=False)


# --- systems: the class of the view is another one


def _class_of(view: View) -> type[APIView] | None:
    return getattr(view, "cls", None)


def _as_view(resource: type[APIView], view: View, **given: Any) -> View:
    made = cast("View", resource.as_view(**given))
    return wraps(view)(made)


class _AsInsurer(SignatureAuthentication):
    """Takes every system for one of an insurer: behind the door it would be refused a second time."""

    def authenticate(self, request: Request) -> tuple[MachineUser, Claim]:
        user, claim = super().authenticate(request)
        return MachineUser(replace(insurers_system(), actor_id=user.client.client_id), user.client), claim


def _every_kind(view: View, _door: Door, _around: Around) -> View:
    resource = _class_of(view)
    assert resource is not None
    return _as_view(resource, view, kinds=frozenset(KINDS), authentication_classes=(_AsInsurer,))


@own_transaction
def _believe(*, by: Principal, request: HttpRequest) -> tuple[ClientFacts | None, Claim]:
    claim = read_claim(signed_request(request), now=clock.now())
    return find_client(claim.keyid.partition("#")[0], on=clock.today_jst()), claim


class _Believing(SignatureAuthentication):
    """Takes the name a request gives itself, whoever signed it."""

    def authenticate(self, request: Request) -> tuple[MachineUser, Claim]:
        client, claim = _believe(by=system_principal(actor_id="setsuzoku"), request=request._request)
        if client is None:
            return super().authenticate(request)
        return MachineUser(_principal_of_system(client), client), claim


def _principal_of_system(client: ClientFacts) -> Principal:
    return machine_principal(client, hokensha_shubetsu="kenpo_kumiai", request_id="req", terminal="-")


def _any_signature(view: View, _door: Door, _around: Around) -> View:
    resource = _class_of(view)
    assert resource is not None
    return _as_view(resource, view, authentication_classes=(_Believing,))


def _zone_of_the_other(view: View, _door: Door, around: Around) -> View:
    class Elsewhere(SignatureAuthentication):
        def authenticate(self, request: Request) -> tuple[MachineUser, Claim]:
            user, claim = super().authenticate(request)
            code = around.other.code if user.principal.hokensha_code else None
            return MachineUser(replace(user.principal, hokensha_code=code), user.client), claim

    resource = _class_of(view)
    assert resource is not None
    return _as_view(resource, view, authentication_classes=(Elsewhere,))


# --- all of them


def _is_page(door: Door) -> bool:
    return door.kind in _PAGES


def _has_row(door: Door) -> bool:
    return door.about not in {"-", "kanyusha", "kensaku"}


def _whole_of(caller: Caller, door: Door) -> bool:
    return caller.is_whole and (door.opens(caller) if door.kind in {"screen", "start", "machine"} else True)


WALLS = (
    Wall(
        "sign-in",
        # Who signs out is asked to sign in anyway.
        lambda door: door.kind not in {"open", "machine"} and {"login"} not in door.methods.values(),
        lambda caller, _: caller.state == "nobody",
        _no_sign_in,
    ),
    Wall(
        "lock",
        lambda door: door.kind in {"awake", "own", "start", "screen", "docs"},
        lambda caller, _: caller.state == "locked",
        _no_lock,
    ),
    Wall(
        "password due",
        lambda door: door.kind in {"start", "screen", "docs"},
        lambda caller, _: caller.state == "password_due",
        _no_due_day,
    ),
    Wall(
        "right",
        lambda door: door.kind in {"start", "screen"},
        lambda caller, door: "no right" in caller.name and caller.soshiki in door.opens_to.split(" "),
        _as_if(lambda by: replace(by, kengen=frozenset(_RIGHTS))),
    ),
    Wall(
        "個人番号取扱権限",
        lambda door: bool(door.number),
        lambda caller, _: caller.name.endswith("no number"),
        _as_if(lambda by: replace(by, kojin_bango_jimu=frozenset({"shikaku"}))),
    ),
    Wall("zone", lambda door: _is_page(door) and door.about != "-", _whole_of, _every_zone),
    Wall("zone", lambda door: door.kind == "machine" and door.about != "-", _whole_of, _zone_of_the_other),
    Wall("likeness to nobody", _has_row, _whole_of, _telling),
    Wall(
        "kind of system",
        lambda door: door.kind == "machine",
        lambda caller, door: caller.state == "signed" and not door.opens(caller),
        _every_kind,
    ),
    Wall(
        "signature",
        lambda door: door.kind in {"machine", "docs"},
        lambda caller, door: caller.state == "signed_by_another" and door.opens(caller),
        _any_signature,
    ),
    Wall("method", lambda _: True, _whole_of, _one_method_more, ("PUT",)),
    Wall(
        "openness",
        # A door that itself asks nobody in particular to sign in says the same when it is shut.
        lambda door: door.kind == "open" and not any("login" in words for words in door.methods.values()),
        lambda caller, _: caller.state == "nobody",
        _shut,
    ),
)
