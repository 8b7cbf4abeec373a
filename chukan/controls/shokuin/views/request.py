"""What the session middleware leaves on a request, and who may open a view without a right of 事務."""

from collections.abc import Callable
from typing import Final, Literal, TypeVar
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from chukan.controls.shokuin.domain import StaffSession
from chukan.kernel.principal import Principal
from chukan.kernel.values.kojin_bango import contains_kojin_bango

# everybody: before sign-in. session: any live session, a locked one too. signed_in: one that is not locked, even when
# the password is due. Views that say nothing need a screen and its right.
Access = Literal["everybody", "session", "signed_in"]
View = TypeVar("View", bound=Callable[..., HttpResponse])

POLL_HEADER: Final = "X-Chukan-Poll"
UNAUTHORIZED: Final = 401


def access(level: Access) -> Callable[[View], View]:
    """Mark a view as open without a right; everything not marked, and without a screen, is closed."""

    def mark(view: View) -> View:
        view.chukan_access = level  # type: ignore[attr-defined]  # read by the guard
        return view

    return mark


def staff_of(request: HttpRequest) -> StaffSession | None:
    """Return the live session of a request, locked or not, or None."""
    found = getattr(request, "staff", None)
    return found if isinstance(found, StaffSession) else None


def half_of(request: HttpRequest) -> StaffSession | None:
    """Return the session of a request that waits for 生体認証 after the password, or None. It opens no door."""
    found = getattr(request, "staff_half", None)
    return found if isinstance(found, StaffSession) else None


def is_locked(request: HttpRequest) -> bool:
    """Tell whether the live session of a request is locked."""
    return bool(getattr(request, "staff_locked", False))


def terminal_of(request: HttpRequest) -> str:
    """Return how the operation log names the terminal: its address, until terminals are registered."""
    return str(request.META.get("REMOTE_ADDR") or "fumei")


def request_id_of(request: HttpRequest) -> str:
    """Return the number of the request."""
    return str(getattr(request, "request_id", ""))


def bare_principal(request: HttpRequest, staff: StaffSession) -> Principal:
    """Return the person signed in, without any right."""
    return staff.principal(terminal=terminal_of(request), request_id=request_id_of(request))


def is_fragment(request: HttpRequest) -> bool:
    """Tell whether a script of a page asks, not the person's browser itself."""
    return request.headers.get("HX-Request") == "true" or "application/json" in request.headers.get("Accept", "")


def safe_next(request: HttpRequest) -> str:
    """Return where the person wanted to go, when that is a page of ours; else the start page."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if contains_kojin_bango(wanted):  # typed into the address bar: neither page nor address gives it back
        return "/"
    if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return wanted
    return "/"


def ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """Send the browser to the sign-in page and back afterwards; tell a script 401."""
    url = reverse("shokuin:login")
    wanted = request.path if request.method == "GET" and request.get_full_path() != "/" else ""
    if wanted and not is_fragment(request) and not contains_kojin_bango(wanted):
        url = f"{url}?{urlencode({'next': wanted}, safe='/')}"
    if is_fragment(request):
        return HttpResponse(status=UNAUTHORIZED, headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)
