"""What every page shows: who is signed in, the menu of that person, the times of the session."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from chukan.controls.kengen.domain import Screen
from chukan.controls.kengen.queries import menu_for, screens_of
from chukan.controls.kengen.views.guard import principal_of, session_answer
from chukan.controls.kikan.domain import OPERATORS
from chukan.controls.shokuin.domain import StaffSession
from chukan.controls.shokuin.queries import times
from chukan.controls.shokuin.views.request import access, is_locked, staff_of
from chukan.kernel import clock
from chukan.kernel.clock import business_date_jst
from chukan.kernel.errors import NotPermitted

_SESSION_URLS: Final = {
    "login_url": "shokuin:login",
    "logout_url": "shokuin:logout",
    "lock_url": "shokuin:lock",
    "lock_page_url": "shokuin:lock_page",
    "unlock_url": "shokuin:unlock",
    "keepalive_url": "shokuin:keepalive",
    "confirm_url": "shokuin:confirm",
    "password_url": "shokuin:password",
}

MenuItem = tuple[str, str, str, bool]


def page(request: HttpRequest) -> dict[str, object]:
    """Return the context of every page; before sign-in and while locked it names nobody."""
    context: dict[str, object] = {"kankyo": settings.CHUKAN_KANKYO}
    staff = staff_of(request)
    if staff is None:
        return context
    context |= {name: reverse(url_name) for name, url_name in _SESSION_URLS.items()}
    if is_locked(request):
        return context
    now = clock.now()
    principal = principal_of(request)
    shown = getattr(request, "screen", None)
    held = times()
    context |= {
        "principal": principal,
        "shozoku_mei": shozoku_mei(staff),
        "previous_login_at": staff.previous_login_at,
        "session_times": {
            "blank": int(settings.IDLE_MASK.total_seconds()),
            "warn": int(settings.IDLE_WARN.total_seconds()),
            "lock": int(held.idle_lock.total_seconds()),
        },
    }
    if isinstance(shown, Screen):
        context["screen"] = shown
    if not staff.is_password_due(times=held, now=now):
        context["menu"] = _menu(request)
    return context


def shozoku_mei(staff: StaffSession) -> str:
    """Return the name of the organisation a person belongs to."""
    return staff.hokensha_meisho or OPERATORS.get(staff.soshiki, staff.soshiki)


def _menu(request: HttpRequest) -> list[tuple[str, list[MenuItem]]]:
    on = business_date_jst(clock.now())
    shown = getattr(request, "screen", None)
    menu = []
    for group, screens in menu_for(principal_of(request), on=on).items():
        items = [(item.id, item.name, url, item == shown) for item in screens if (url := _url(item)) is not None]
        if items:
            menu.append((group, items))
    return menu


def _url(screen: Screen) -> str | None:
    try:
        return reverse(screen.url_name)
    except NoReverseMatch:
        return None


@access("signed_in")
@never_cache
@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """Send a person to the first screen of that person's menu. Raises NotPermitted when there is none."""
    kept_out = session_answer(request)
    if kept_out is not None:
        return kept_out
    for candidate in screens_of(principal_of(request), on=business_date_jst(clock.now())):
        url = _url(candidate) if candidate.menu_group is not None else None
        if url is not None:
            return HttpResponseRedirect(url)
    raise NotPermitted(
        "menu_nashi", "使える画面がありません。必要なときは、自組織のシステム管理責任者に権限を依頼してください。"
    )
