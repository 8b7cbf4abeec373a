"""The web application with something bent on purpose: what a proof finds in it, the proof would find in ours.

The environment says what: `BENT_CLOCK` (the instant it always is), `BENT_COUNTER` (a limit that reads, then writes),
`BENT_ANSWER` (`field`: an answer leaves out a promised field; `status`: a route fails;
`silent`: what is wrong is taken as if it were right; `strict`: what is right is refused; `keyless`: a header that is
missing is not said to be; `allow`: the methods a route says it has are others).
"""

from __future__ import annotations

import json
import os
import time
from datetime import datetime, timedelta
from typing import Any

from chukan.wsgi import application  # isort: skip  # sets Django up before anything else is read

from django.db import connection
from django.http import HttpRequest, HttpResponse

from chukan.controls.setsuzoku.actions import admit_request
from chukan.controls.setsuzoku.domain import RateLimit
from chukan.controls.setsuzoku.views import MachineView
from chukan.kernel import clock
from chukan.kernel.errors import TooMany
from chukan.kernel.http.signatures import Claim

__all__ = ["application"]

BETWEEN_SECONDS = 0.02
SILENT = json.dumps({"items": [], "known_at": "2026-06-01T00:00:00+09:00", "saishu_juryo_nichiji": None})
STRICT = json.dumps({"type": "about:blank", "title": "", "status": 400, "detail": "", "code": "", "errors": []})


def stop_the_clock(instant: str) -> None:
    """Make it always that instant."""
    fixed = datetime.fromisoformat(instant)
    clock.now = lambda: fixed


def _read_then_write(client_id: str, claim: Claim, rate: RateLimit, now: datetime) -> None:
    step = timedelta(seconds=1) / rate.per_second
    with connection.cursor() as cursor:
        cursor.execute("SELECT due_at FROM setsuzoku_rate_window WHERE client_id = %s", [client_id])
        row = cursor.fetchone()
        due = max(now if row is None else row[0], now) + step
        time.sleep(BETWEEN_SECONDS)
        if due > now + step * rate.burst:
            raise TooMany("yokyu_kata", "要求が多すぎます。", retry_after=1)
        cursor.execute(
            "INSERT INTO setsuzoku_rate_window (client_id, due_at) VALUES (%s, %s) "
            "ON CONFLICT (client_id) DO UPDATE SET due_at = excluded.due_at",
            [client_id, due],
        )


def bend_answers(how: str) -> None:
    """Make the answers of every machine route other than they are promised."""
    given: Any = MachineView.dispatch

    def dispatch(view: MachineView, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = given(view, request, *args, **kwargs)
        if how == "status" and request.method == "GET":
            return HttpResponse(b"", status=500)
        if how == "allow" and "Allow" in response:
            response["Allow"] = "GET, PUT"
        if how == "silent" and response.status_code == 400:
            return HttpResponse(SILENT, content_type="application/json")
        if how == "strict" and response.status_code == 200:
            return HttpResponse(STRICT, status=400, content_type="application/problem+json")
        if how == "keyless" and b"idempotency_key_nashi" in response.content:
            return HttpResponse(STRICT, status=409, content_type="application/problem+json")
        if how == "field" and response.status_code == 200 and response["Content-Type"] == "application/json":
            value = json.loads(response.content)
            value.pop("known_at", None)
            return HttpResponse(json.dumps(value), content_type="application/json")
        return response

    MachineView.dispatch = dispatch  # type: ignore[assignment,method-assign]  # broken on purpose


if "BENT_CLOCK" in os.environ:
    stop_the_clock(os.environ["BENT_CLOCK"])
if "BENT_COUNTER" in os.environ:
    admit_request._take = _read_then_write
if "BENT_ANSWER" in os.environ:
    bend_answers(os.environ["BENT_ANSWER"])
