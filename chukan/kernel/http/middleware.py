"""Around every request: its id, the access-log line, the headers of every answer, and the answer to what failed."""

import re
import time
from collections.abc import Callable
from typing import Final
from uuid import uuid4

import structlog
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control

from chukan.kernel.errors import DomainError
from chukan.kernel.http.problems import answer_error

log = structlog.get_logger()

Respond = Callable[[HttpRequest], HttpResponse]

_REQUEST_ID: Final = re.compile(r"[0-9A-Za-z._-]{1,64}")
_LONG_DIGITS: Final = re.compile(r"[0-9]{7}")
_HEADERS: Final = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": (
        "accelerometer=(), autoplay=(), camera=(), "
        "display-capture=(), encrypted-media=(), fullscreen=(), geolocation=(), gyroscope=(), hid=(), "
        "idle-detection=(), local-fonts=(), magnetometer=(), microphone=(), midi=(), payment=(), "
        "picture-in-picture=(), publickey-credentials-create=(self), publickey-credentials-get=(self), "
        "screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()"
    ),
    "X-Content-Type-Options": "nosniff",
}
_OPEN: Final = ("/static/", "/health/", "/.well-known/")


def request_id_of(text: str | None) -> str:
    """Return the caller's request id when it looks like one and cannot be a person's number; else a new one."""
    if text and _REQUEST_ID.fullmatch(text) and (not _LONG_DIGITS.search(text) or _is_uuid(text)):
        return text
    return str(uuid4())


def _is_uuid(text: str) -> bool:
    return re.fullmatch(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", text) is not None


class RequestMiddleware:
    """Outermost of ours: takes or makes X-Request-ID, writes one access-log line, sets the headers of every answer."""

    def __init__(self, get_response: Respond) -> None:
        """Keep the next handler."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        request_id = request_id_of(request.headers.get("X-Request-ID"))
        request.request_id = request_id  # type: ignore[attr-defined]  # read by views through getattr
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.monotonic()
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        for name, value in _HEADERS.items():
            response.setdefault(name, value)
        if not request.path.startswith(_OPEN):
            patch_cache_control(response, no_store=True)
        self._log(request, response, started)
        return response

    def _log(self, request: HttpRequest, response: HttpResponse, started: float) -> None:
        match = request.resolver_match
        log.info(
            "http.request.answered",
            method=request.method,
            route="" if match is None else str(match.route),
            status=response.status_code,
            milliseconds=round((time.monotonic() - started) * 1000, 1),
        )


class ErrorMiddleware:
    """Innermost: answers errors that a page raised as the page or problem they are."""

    def __init__(self, get_response: Respond) -> None:
        """Keep the next handler."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer what is ours; the rest goes to Django's handlers."""
        if isinstance(exception, DomainError):
            return answer_error(request, exception)
        log.error("http.request.failed", exc_info=exception)
        return None
