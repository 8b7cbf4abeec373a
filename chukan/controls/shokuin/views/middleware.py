"""Finds the session of each request by its cookie and lets it live, lock or end by the server's clock."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from chukan.controls.shokuin.actions.keep_session import end_session, touch_session
from chukan.controls.shokuin.domain import decide_session
from chukan.controls.shokuin.queries import find_session, times
from chukan.controls.shokuin.views.request import POLL_HEADER, bare_principal
from chukan.kernel import clock

# Activity is written at most this often: ten minutes need no finer measure.
_TOUCH_AFTER: Final = timedelta(seconds=5)


class StaffSessionMiddleware:
    """Sets `request.staff`, `request.staff_locked` and `request.staff_password_due`. 根拠: KJ-AUTH-02, KJ-AUTH-08."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.staff = None  # type: ignore[attr-defined]  # read through staff_of()
        request.staff_half = None  # type: ignore[attr-defined]  # read through half_of()
        request.staff_locked = False  # type: ignore[attr-defined]  # read through is_locked()
        request.staff_password_due = False  # type: ignore[attr-defined]  # read by doors outside this package
        key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        known = bool(key) and self._recognise(request, str(key))
        response = self.get_response(request)
        if key and not known and settings.SESSION_COOKIE_NAME not in response.cookies:
            forget_key(response)
        return response

    def _recognise(self, request: HttpRequest, key: str) -> bool:
        staff = find_session(key=key)
        if staff is None:
            return False
        now = clock.now()
        decision = decide_session(staff, times=times(), now=now)
        by = bare_principal(request, staff)
        if decision.state == "ended":
            if decision.reason is not None:
                end_session(by=by, zone=staff.zone, session_id=staff.session_id, reason=decision.reason, now=now)
            return False
        if decision.state == "half":
            # To every door nobody is signed in yet: only the screen of 生体認証 asks for a half session. KJ-AUTH-04.
            request.staff_half = staff  # type: ignore[attr-defined]  # read through half_of()
            return True
        request.staff = staff  # type: ignore[attr-defined]  # read through staff_of()
        request.staff_locked = decision.state == "locked"  # type: ignore[attr-defined]  # read through is_locked()
        request.staff_password_due = staff.is_password_due(times=times(), now=now)  # type: ignore[attr-defined]
        polling = request.headers.get(POLL_HEADER) == "1"
        if decision.state == "active" and not polling and now - staff.active_at >= _TOUCH_AFTER:
            touch_session(by=by, zone=staff.zone, session_id=staff.session_id, now=now)
        return True


def remember_key(response: HttpResponse, key: str) -> None:
    """Give the browser the key of its session; it dies with the browser."""
    response.set_cookie(
        settings.SESSION_COOKIE_NAME,
        key,
        path="/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def forget_key(response: HttpResponse) -> None:
    """Take the key away from the browser."""
    response.delete_cookie(settings.SESSION_COOKIE_NAME, path="/", samesite="Strict")
