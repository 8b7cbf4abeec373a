"""The door of every page: signed in, not locked, password not due, organisation, right, 保険者種別, start date.

Default is closed: a view opens only by a screen of the registry, or by saying who may open it without one.
根拠: KJ-AUTH-03, KJ-MENU-02.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Final, TypeVar, cast

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from chukan.controls.kengen.domain import BY_ID, BY_URL_NAME, NOT_PERMITTED_MESSAGE, Screen
from chukan.controls.kengen.queries import check_screen, principal_with_rights
from chukan.controls.shokuin.queries import times
from chukan.controls.shokuin.views.lock import locked_page
from chukan.controls.shokuin.views.request import ask_to_sign_in, bare_principal, is_locked, staff_of
from chukan.controls.sosa_log.actions import record_sosa_alone
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel import clock
from chukan.kernel.clock import business_date_jst
from chukan.kernel.errors import NotAuthenticated, NotFound, NotPermitted
from chukan.kernel.http.problems import answer_error
from chukan.kernel.principal import KengenAction, Principal

View = TypeVar("View", bound=Callable[..., HttpResponse])

# Doors with their own lock: signatures and sessions of /api/, health for probes, public keys.
_OWN_LOCK: Final = ("/api/", "/health/", "/.well-known/")


def principal_of(request: HttpRequest) -> Principal:
    """Return who acts in this request with what that person may do today, read once per request.

    Raises NotAuthenticated when nobody is signed in or the session is locked.
    """
    known = getattr(request, "principal", None)
    if isinstance(known, Principal):
        return known
    staff = staff_of(request)
    if staff is None or is_locked(request):
        raise NotAuthenticated("login_nashi", "ログインしていません。ログインしてから操作してください。")
    principal = principal_with_rights(
        bare=bare_principal(request, staff), staff=staff, on=business_date_jst(clock.now())
    )
    request.principal = principal  # type: ignore[attr-defined]  # read here and by templates
    return principal


def screen(screen_id: str, *, action: KengenAction | None = None) -> Callable[[View], View]:
    """Guard a view as the screen of that 画面ID; the view finds `request.principal` and `request.screen`.

    `action`: the right an operation of the screen demands in the place of the one that opens it.
    """
    wanted = BY_ID[screen_id] if action is None else replace(BY_ID[screen_id], action=action)

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            refusal = guard(request, wanted)
            return view(request, *args, **kwargs) if refusal is None else refusal

        guarded.screen_id = screen_id  # type: ignore[attr-defined]  # as a class of views says it; read by tests, too
        guarded.wanted_screen = wanted  # type: ignore[attr-defined]  # read by the middleware
        return cast("View", guarded)

    return decorate


def guard(request: HttpRequest, wanted: Screen) -> HttpResponse | None:
    """Return the answer that keeps this request out of a screen, or None; a refusal is one operation-log event."""
    if getattr(request, "screen", None) == wanted:
        return None
    kept_out = session_answer(request)
    if kept_out is not None:
        return kept_out
    principal, now = principal_of(request), clock.now()
    try:
        check_screen(principal, wanted, on=business_date_jst(now))
    except NotPermitted as error:
        record_refusal(request, error, wanted)
        return answer_error(request, error)
    request.screen = wanted  # type: ignore[attr-defined]  # read by views and templates
    return None


def session_answer(request: HttpRequest) -> HttpResponse | None:
    """Return the answer for a session that cannot open screens, or None: none, locked, password due."""
    staff = staff_of(request)
    if staff is None:
        return ask_to_sign_in(request)
    if is_locked(request):
        return locked_page(request)
    if staff.is_password_due(times=times(), now=clock.now()):
        return HttpResponseRedirect(reverse("shokuin:password"))
    return None


def record_refusal(request: HttpRequest, error: NotPermitted | NotFound, wanted: Screen | None) -> None:
    """Write down that an operation was refused, or asked for what is not there or not theirs. 根拠: KJ-LOG-18."""
    record_sosa_alone(
        by=principal_of(request),
        kind=SosaKind.REFUSED,
        jimu=(wanted.jimu if wanted else None) or "kanri",
        target_file=wanted.file if wanted else "fumei",
        result="not_found" if isinstance(error, NotFound) else "refused",
        detail={"code": error.code, "method": request.method or ""},
        screen_id=wanted.id if wanted else "",
        now=clock.now(),
    )


class GuardMiddleware:
    """Lets a request through to a view only as far as the view says who may open it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponse],
        _args: tuple[object, ...],
        _kwargs: dict[str, object],
    ) -> HttpResponse | None:
        """Answer in place of the view, or return None to let it answer."""
        if request.path.startswith(_OWN_LOCK):
            return None
        match getattr(view, "chukan_access", None):
            case "everybody":
                return None
            case "session":
                return ask_to_sign_in(request) if staff_of(request) is None else None
            case "signed_in":
                return self._signed_in(request)
        wanted = self._screen_of(request, view)
        if wanted is not None:
            return guard(request, wanted)
        kept_out = session_answer(request)
        if kept_out is not None:
            return kept_out
        error = NotPermitted("kengen_nashi", NOT_PERMITTED_MESSAGE)
        record_refusal(request, error, None)
        return answer_error(request, error)

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Write down what an action refused to a person or did not find; the page itself is made further out."""
        if isinstance(exception, NotPermitted | NotFound) and staff_of(request) is not None and not is_locked(request):
            wanted = getattr(request, "screen", None)
            record_refusal(request, exception, wanted if isinstance(wanted, Screen) else None)

    @staticmethod
    def _signed_in(request: HttpRequest) -> HttpResponse | None:
        if staff_of(request) is None:
            return ask_to_sign_in(request)
        return locked_page(request) if is_locked(request) else None

    @staticmethod
    def _screen_of(request: HttpRequest, view: Callable[..., HttpResponse]) -> Screen | None:
        wanted, named = getattr(view, "wanted_screen", None), getattr(view, "screen_id", None)
        if isinstance(wanted, Screen):
            return wanted
        if isinstance(named, str):
            return BY_ID.get(named)
        match = request.resolver_match
        return None if match is None else BY_URL_NAME.get(match.view_name)
