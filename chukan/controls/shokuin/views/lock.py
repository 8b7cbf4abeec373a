"""AU-004 再認証: lock, unlock in place, keep alive, and the confirmation before one sensitive act."""

from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from chukan.controls.shokuin.actions.keep_session import (
    consume_step_up,
    lock_session,
    step_up,
    touch_session,
    unlock_session,
)
from chukan.controls.shokuin.domain import StaffSession
from chukan.controls.shokuin.queries import is_session_live, times
from chukan.controls.shokuin.views.middleware import remember_key
from chukan.controls.shokuin.views.pages import AU_004
from chukan.controls.shokuin.views.request import (
    access,
    ask_to_sign_in,
    bare_principal,
    is_fragment,
    is_locked,
    safe_next,
    staff_of,
)
from chukan.kernel import clock
from chukan.kernel.errors import NotAuthenticated
from chukan.kernel.values.kojin_bango import contains_kojin_bango

LOCKED: Final = 423
REFUSED: Final = 422


def locked_page(
    request: HttpRequest, *, message: str = "", status: int = LOCKED, wanted: str | None = None
) -> HttpResponse:
    """Show the cover that asks for the password; a script gets the status alone.

    The body of a kept-out request is never parsed: it may be an upload, which must not reach the disk in the clear.
    """
    if is_fragment(request):
        detail = message or "画面がロックされています。パスワードを入力してロックを解除してください。"
        return JsonResponse({"code": "lock_chu", "detail": detail}, status=status)
    if wanted is None:
        # A number typed into the address bar is not given back by the page. 根拠: KJ-UI-04
        wanted = request.path if request.method == "GET" and not contains_kojin_bango(request.path) else "/"
    context = {"screen": AU_004, "staff": staff_of(request), "next": wanted, "message": message}
    return render(request, "controls/shokuin/lock.html", context, status=status)


@access("session")
@never_cache
@require_POST
def lock(request: HttpRequest) -> HttpResponse:
    """Lock the session now."""
    staff = staff_of(request)
    if staff is None:
        return ask_to_sign_in(request)
    lock_session(by=bare_principal(request, staff), zone=staff.zone, session_id=staff.session_id, now=clock.now())
    return HttpResponse(status=204)


@access("session")
@never_cache
@require_GET
def lock_page(request: HttpRequest) -> HttpResponse:
    """Show the locked page, or leave it when nothing is locked."""
    if staff_of(request) is None:
        return ask_to_sign_in(request)
    return (
        locked_page(request, wanted=safe_next(request))
        if is_locked(request)
        else HttpResponseRedirect(safe_next(request))
    )


@access("session")
@never_cache
@sensitive_post_parameters("password")
@require_POST
def unlock(request: HttpRequest) -> HttpResponse:
    """Unlock by password and go on in the same place."""
    staff = staff_of(request)
    if staff is None:
        return ask_to_sign_in(request)
    by, now = bare_principal(request, staff), clock.now()
    try:
        unlock_session(by=by, session=staff, password=request.POST.get("password", "")[:200], now=now)
    except NotAuthenticated as error:
        if _has_ended(request, staff):
            return ask_to_sign_in(request)
        return locked_page(request, message=error.message, status=REFUSED, wanted=safe_next(request))
    return HttpResponse(status=204) if is_fragment(request) else HttpResponseRedirect(safe_next(request))


@access("session")
@never_cache
@require_POST
def keepalive(request: HttpRequest) -> HttpResponse:
    """Note activity in a page that sends nothing else; 423 when locked."""
    staff = staff_of(request)
    if staff is None:
        return ask_to_sign_in(request)
    if is_locked(request):
        return locked_page(request)
    touch_session(by=bare_principal(request, staff), zone=staff.zone, session_id=staff.session_id, now=clock.now())
    return HttpResponse(status=204)


@access("signed_in")
@never_cache
@sensitive_post_parameters("password")
@require_POST
def confirm(request: HttpRequest) -> HttpResponse:
    """Confirm the person again by password; good for one act within five minutes."""
    staff = staff_of(request)
    if staff is None:
        return ask_to_sign_in(request)
    response = HttpResponse(status=204)
    try:
        confirm_again(request, response, password=request.POST.get("password", "")[:200])
    except NotAuthenticated as error:
        if _has_ended(request, staff):
            return ask_to_sign_in(request)
        return JsonResponse({"code": error.code, "detail": error.message}, status=REFUSED)
    return response


def confirm_again(request: HttpRequest, response: HttpResponse, *, password: str) -> None:
    """Confirm the person by password and give `response` the session's new key. Raises NotAuthenticated."""
    staff = staff_of(request)
    if staff is None:
        raise NotAuthenticated("login_nashi", "ログインし直してください。")
    key = step_up(by=bare_principal(request, staff), session=staff, password=password, now=clock.now())
    remember_key(response, key)


def use_step_up(request: HttpRequest) -> bool:
    """Use up the confirmation of this session; tell whether there was a fresh one. One opens one act."""
    staff = staff_of(request)
    return staff is not None and consume_step_up(
        by=bare_principal(request, staff),
        zone=staff.zone,
        session_id=staff.session_id,
        times=times(),
        now=clock.now(),
    )


def _has_ended(request: HttpRequest, staff: StaffSession) -> bool:
    return not is_session_live(by=bare_principal(request, staff), zone=staff.zone, session_id=staff.session_id)
