"""The product's web with a window for proofs: what a request's database connection lets through, delays and faults.

Started in place of `chukan.wsgi` by `tests/support/web.py`, which says what to do by CHUKAN_PROOF_*.
"""

import os
import random
import time
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.urls import path

from chukan.wsgi import application as application  # noqa: PLC0414  # gunicorn finds it here; sets Django up first

# isort: split
from chukan import urls
from chukan.kernel import transactions
from chukan.kernel.principal import Principal
from shikaku.actions import record_shokai
from shikaku.queries import rireki

_COUNT = "SELECT hokensha_code, count(*) FROM shikaku_itaku_kukaku_kanyusha GROUP BY 1"
_DICE = random.Random(int(os.environ["CHUKAN_PROOF_SEED"]) + os.getpid())
_DELAY = float(os.environ["CHUKAN_PROOF_DELAY"])
_FAULTS = float(os.environ["CHUKAN_PROOF_FAULTS"])


class FaultOnPurpose(RuntimeError):
    """A request breaks off inside its transaction."""


def _seen() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(_COUNT)
        return dict(cursor.fetchall())


@transactions.reads
def _seen_in_zone(*, by: Principal, breaks: bool) -> dict[str, int]:
    found = _seen()
    if breaks:
        raise FaultOnPurpose
    return found


def probe(request: HttpRequest) -> JsonResponse:
    """Tell what the connection shows before a zone is set, in the zone asked for, and after it."""
    zone = request.GET["zone"]
    by = Principal(channel="server_api", soshiki="hokensha", actor_id="proof", actor_name="proof", hokensha_code=zone)
    before = _seen()
    inside = _seen_in_zone(by=by, breaks=request.GET.get("breaks") == "1")
    return JsonResponse({"before": before, "inside": inside, "after": _seen()})


def _disturbed(func: Callable[..., Any]) -> Callable[..., Any]:
    def disturbed(*args: object, **kwargs: object) -> object:
        time.sleep(_DICE.random() * _DELAY)
        found = func(*args, **kwargs)
        if _DICE.random() < _FAULTS:
            raise FaultOnPurpose
        time.sleep(_DICE.random() * _DELAY)
        return found

    return disturbed


def _zone_kept_by_session() -> None:
    transactions._SET_ZONE = transactions._SET_ZONE.replace("true", "false")


def _zone_set_once() -> None:
    def enter_zone(hokensha_code: str, sender: str, *, using: str = "default") -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT COALESCE(current_setting('chukan.hokensha_code', true), '')")
            if cursor.fetchone() == ("",):
                cursor.execute(transactions._SET_ZONE.replace("true", "false"), [hokensha_code, sender])

    transactions.enter_zone = enter_zone


def _cache_without_the_insurer() -> None:
    real, kept = rireki.find_rireki, dict[object, rireki.FoundRireki]()

    def find_rireki(*, by: Principal, known_at: Any, **asked: Any) -> rireki.FoundRireki:
        key = tuple(sorted(asked.items(), key=str))
        if key not in kept:
            kept[key] = real(by=by, known_at=known_at, **asked)
        return kept[key]

    vars(record_shokai)["find_rireki"] = find_rireki


def _one_slot_for_all_threads() -> None:
    real, slot = rireki.find_rireki, dict[str, rireki.FoundRireki]()

    def find_rireki(**asked: Any) -> rireki.FoundRireki:
        slot["found"] = real(**asked)
        time.sleep(0.002)
        return slot["found"]

    vars(record_shokai)["find_rireki"] = find_rireki


MUTANTS: dict[str, Callable[[], None]] = {
    "": lambda: None,
    "zone kept by the session": _zone_kept_by_session,
    "zone set once per connection": _zone_set_once,
    "cache without the insurer in its key": _cache_without_the_insurer,
    "one slot for all threads": _one_slot_for_all_threads,
}

probe.chukan_access = "everybody"  # type: ignore[attr-defined]  # read by the guard
urls.urlpatterns.append(path("_probe", probe))
rireki._find_member = _disturbed(rireki._find_member)
MUTANTS[os.environ["CHUKAN_PROOF_MUTANT"]]()
