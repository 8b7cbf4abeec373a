"""AU-002 生体認証: completes a sign-in that the password alone does not open, and registers the first authenticator."""

from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from chukan.controls.seitai.actions.sign_in import complete_sign_in
from chukan.controls.seitai.domain import LOGIN, is_refusal
from chukan.controls.seitai.queries import list_own_authenticators
from chukan.controls.seitai.views.keys import Urls, begin_page, form_context, keep
from chukan.controls.seitai.views.step_up import REFUSED, Act, answered_seitai, ask_for_seitai
from chukan.controls.shokuin.domain import StaffSession
from chukan.controls.shokuin.views.middleware import remember_key
from chukan.controls.shokuin.views.pages import Page
from chukan.controls.shokuin.views.request import access, bare_principal, half_of, safe_next
from chukan.kernel import clock
from chukan.kernel.errors import NotPermitted, RuleBroken

AU_002: Final = Page("AU-002", "生体認証によるログイン")


def _urls() -> Urls:
    return Urls(reverse("seitai:login_toroku"), reverse("seitai:login_toroku_kanryo"), reverse("seitai:login"))


def _act(request: HttpRequest, staff: StaffSession) -> Act:
    return Act(
        purpose=LOGIN,
        bound=staff.session_id.bytes,
        title="ログイン",
        rows=(("職員", f"{staff.shokuin_id}　{staff.shimei}"), ("操作", "運用管理端末へのログイン")),
        act_url=reverse("seitai:login_kakunin"),
        back_url=reverse("shokuin:login"),
        submit_label="生体認証でログインする",
        fields=(("next", safe_next(request)),),
        page=AU_002,
    )


def _to_login() -> HttpResponse:
    return HttpResponseRedirect(reverse("shokuin:login"))


@access("everybody")
@never_cache
@require_GET
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for the confirmation, or for the registration of an authenticator when there is none."""
    staff = half_of(request)
    if staff is None:
        return _to_login()
    if list_own_authenticators(by=bare_principal(request, staff)):
        return ask_for_seitai(request, _act(request, staff))
    return _form(request, error=None)


@access("everybody")
@never_cache
@require_POST
def confirm(request: HttpRequest) -> HttpResponse:
    """Complete the sign-in. 根拠: KJ-AUTH-04."""
    staff = half_of(request)
    if staff is None:
        return _to_login()
    try:
        ninsho_id = answered_seitai(request)
        key = complete_sign_in(
            by=bare_principal(request, staff), zone=staff.zone, session=staff, ninsho_id=ninsho_id, now=clock.now()
        )
    except NotPermitted as error:
        if not is_refusal(error):
            raise
        return ask_for_seitai(request, _act(request, staff), error=error)
    rotate_token(request)
    response = HttpResponseRedirect(safe_next(request))
    remember_key(response, key)
    return response


@access("everybody")
@never_cache
@sensitive_post_parameters("witness_1_password", "witness_2_password")
@require_POST
def begin_key(request: HttpRequest) -> HttpResponse:
    """Confirm the two administrators; show the page on which the authenticator makes its key."""
    staff = half_of(request)
    # Whoever has one confirms by it first: the password alone and two colleagues add no second key.
    if staff is None or list_own_authenticators(by=bare_principal(request, staff)):
        return _to_login()
    try:
        return begin_page(request, page=AU_002, urls=_urls())
    except (RuleBroken, NotPermitted) as error:
        return _form(request, error=error)


@access("everybody")
@never_cache
@require_POST
def keep_key(request: HttpRequest) -> HttpResponse:
    """Register the key and ask for the confirmation by it."""
    if half_of(request) is None:
        return _to_login()
    try:
        keep(request)
    except (RuleBroken, NotPermitted) as error:
        return _form(request, error=error)
    return HttpResponseRedirect(reverse("seitai:login"))


def _form(request: HttpRequest, *, error: RuleBroken | NotPermitted | None) -> HttpResponse:
    context = {"screen": AU_002, **form_context(request, urls=_urls(), error=error)}
    return render(request, "controls/seitai/first_key.html", context, status=200 if error is None else REFUSED)
