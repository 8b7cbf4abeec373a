"""AU-003 パスワードの変更: by choice, at the first sign-in, and when the password is too old."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from chukan.controls.shokuin.actions.change_password import change_own_password
from chukan.controls.shokuin.domain import PASSWORD_MAX, PASSWORD_MIN, StaffSession
from chukan.controls.shokuin.queries import times
from chukan.controls.shokuin.views.pages import AU_003
from chukan.controls.shokuin.views.request import access, ask_to_sign_in, bare_principal, staff_of
from chukan.kernel import clock
from chukan.kernel.errors import ErrorItem, RuleBroken

_FIELDS = (
    ("current", "今のパスワード", "current-password", ""),
    (
        "new",
        "新しいパスワード",
        "new-password",
        f"{PASSWORD_MIN}文字以上{PASSWORD_MAX}文字以内。記号や空白も使えます。",
    ),
    ("repeated", "新しいパスワード（確認用）", "new-password", "同じものをもう一度入力してください。"),
)


@access("signed_in")
@never_cache
@sensitive_post_parameters("current", "new", "repeated")
@require_http_methods(["GET", "POST"])
def change_password(request: HttpRequest) -> HttpResponse:
    """Show the form, or change the password; nothing typed is sent back."""
    staff = staff_of(request)
    if staff is None:
        return ask_to_sign_in(request)
    if request.method == "GET":
        return _page(request, staff, errors=(), status=200)
    typed = {name: request.POST.get(name, "")[:400] for name, *_ in _FIELDS}
    try:
        change_own_password(by=bare_principal(request, staff), session=staff, **typed, now=clock.now())
    except RuleBroken as error:
        return _page(request, staff, errors=error.errors, status=422)
    return HttpResponseRedirect(reverse("shokuin:password_changed"))


@access("signed_in")
@never_cache
@require_http_methods(["GET"])
def password_changed(request: HttpRequest) -> HttpResponse:
    """Say that the password is changed."""
    if staff_of(request) is None:
        return ask_to_sign_in(request)
    return render(request, "controls/shokuin/password_changed.html", {"screen": AU_003})


def _page(request: HttpRequest, staff: StaffSession, *, errors: tuple[ErrorItem, ...], status: int) -> HttpResponse:
    by_field = {item.pointer: item.message for item in errors}
    context = {
        "screen": AU_003,
        "errors": [{"field": f"f-{item.pointer}", "message": item.message} for item in errors],
        "submit_label": "パスワードを変更する",
        "fields": [
            {"name": name, "label": label, "autocomplete": autocomplete, "hint": hint, "error": by_field.get(name, "")}
            for name, label, autocomplete, hint in _FIELDS
        ],
        "first": staff.must_change,
        "due": staff.is_password_due(times=times(), now=clock.now()),
        "max_age_days": times().password_max_age.days,
    }
    return render(request, "controls/shokuin/password.html", context, status=status)
