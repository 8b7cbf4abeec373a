"""Liveness and readiness: two words and no detail to strangers."""

from collections.abc import Callable
from typing import Final

import structlog
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.errors import Unavailable

log = structlog.get_logger()


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _keystore() -> None:
    get_keyring().kms.current_version()


CHECKS: Final[tuple[tuple[str, Callable[[], None]], ...]] = (("database", _database), ("keystore", _keystore))


@require_safe
def live(_request: HttpRequest) -> HttpResponse:
    """Answer 200 while the process runs."""
    return JsonResponse({"status": "ok"})


@require_safe
def ready(_request: HttpRequest) -> HttpResponse:
    """Answer 200 when the database and the keystore answer, else 503; which one is missing stands in the log only."""
    for name, check in CHECKS:
        try:
            check()
        except (DatabaseError, OSError, Unavailable) as error:
            log.warning("http.health.not_ready", check=name, error=type(error).__name__)
            return JsonResponse({"status": "unavailable"}, status=503)
    return JsonResponse({"status": "ok"})
