"""AU-001 ログイン and sign-out."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from chukan.controls.shokuin.actions.keep_session import end_session
from chukan.controls.shokuin.actions.sign_in import sign_in
from chukan.controls.shokuin.domain import EndReason
from chukan.controls.shokuin.views.middleware import forget_key, remember_key
from chukan.controls.shokuin.views.pages import AU_001
from chukan.controls.shokuin.views.request import (
    access,
    bare_principal,
    is_locked,
    request_id_of,
    safe_next,
    staff_of,
    terminal_of,
)
from chukan.kernel import clock
from chukan.kernel.errors import NotAuthenticated
from chukan.kernel.values.kojin_bango import without_kojin_bango


@access("everybody")
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Show the sign-in form, or sign in; every refusal has the same words."""
    if request.method == "GET":
        if staff_of(request) is not None and not is_locked(request):
            return HttpResponseRedirect(safe_next(request))
        return _page(request, hokensha_code="", shokuin_id="", message="", status=200)
    typed = {name: request.POST.get(name, "")[:200] for name in ("hokensha_code", "shokuin_id", "password")}
    try:
        signed_in = sign_in(**typed, terminal=terminal_of(request), request_id=request_id_of(request), now=clock.now())
    except NotAuthenticated as error:
        return _page(
            request,
            hokensha_code=typed["hokensha_code"],
            shokuin_id=typed["shokuin_id"],
            message=error.message,
            status=422,
        )
    rotate_token(request)
    wanted = safe_next(request)
    if signed_in.session.is_half:
        wanted = f"{reverse('seitai:login')}?{urlencode({'next': wanted}, safe='/')}"
    response = HttpResponseRedirect(wanted)
    remember_key(response, signed_in.key)
    return response


def _page(request: HttpRequest, *, hokensha_code: str, shokuin_id: str, message: str, status: int) -> HttpResponse:
    return render(
        request,
        "controls/shokuin/login.html",
        {
            "screen": AU_001,
            # A 個人番号 typed by mistake is not given back.
            "hokensha_code": without_kojin_bango(hokensha_code),
            "shokuin_id": without_kojin_bango(shokuin_id),
            "next": safe_next(request),
            "message": message,
        },
        status=status,
    )


@access("session")
@never_cache
@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """End the session and go to the sign-in form."""
    staff = staff_of(request)
    if staff is not None:
        end_session(
            by=bare_principal(request, staff),
            zone=staff.zone,
            session_id=staff.session_id,
            reason=EndReason.LOGOUT,
            now=clock.now(),
        )
    response = HttpResponseRedirect(reverse("shokuin:login"))
    forget_key(response)
    return response
