"""Sends owed telegrams to オンライン資格確認等システム: claim, call, record. 根拠: F2, KJ-EXT-01, KJ-EXT-04.

At most one telegram of a person is in flight. Many go in one call the first time, and the next call is made ready while
one is on its way; what was not received then goes by itself with back-off, for ever, and holds back that person alone.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

import structlog
from django.db import connection

from chukan.kernel.crash_points import crash_point
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import outside_transaction, own_transaction
from chukan.settings import limits
from shikaku.gateways.onshi import OnshiGateway, OutcomeUnknown
from shikaku.queries.telegrams import (
    PMH_ID,
    OwedTelegram,
    build_pmh_telegrams,
    build_telegrams,
    find_pmh_ids,
)

log = structlog.get_logger()

# Longer than two calls may last (chukan.outside.onshi.LIMITS): what is ready waits for the one before it, and nobody
# else takes it meanwhile.
LEASE: Final = timedelta(minutes=2)
# Calls of new telegrams before what was not received has its turn.
CALLS: Final = 20
# Telegrams sent by themselves before new ones are looked for again.
SINGLES: Final = 100
Now = Callable[[], datetime]

# Earlier telegrams of a person are found by the person alone: in words of the index of what waits, the database would
# at times go through all of it for each person who had one before.
_CLAIM: Final = """
WITH due AS (
  SELECT s.soshin_bango FROM shikaku_onshi_soshin s
  WHERE s.sent_at IS NULL AND s.available_at <= %s AND s.attempts {} 0 AND NOT EXISTS (
    SELECT 1 FROM shikaku_onshi_soshin o
    WHERE o.himozuke_bango = s.himozuke_bango AND o.jun < s.jun AND COALESCE(o.sent_at, 'infinity') = 'infinity')
  ORDER BY s.available_at LIMIT %s FOR UPDATE OF s SKIP LOCKED)
UPDATE shikaku_onshi_soshin s SET available_at = %s, lease_until = %s, attempts = s.attempts + 1
FROM due WHERE s.soshin_bango = due.soshin_bango
RETURNING s.soshin_bango, s.hokensha_code, s.hihokensha_edaban, s.himozuke_bango, s.jun, s.kind, s.as_of, s.attempts
"""
_CLAIM_NEW: Final = _CLAIM.format("=")
_CLAIM_AGAIN: Final = _CLAIM.format(">")
_SENT: Final = """
UPDATE shikaku_onshi_soshin SET sent_at = %s WHERE soshin_bango = ANY (%s) AND sent_at IS NULL
"""
_LATER: Final = """
UPDATE shikaku_onshi_soshin s SET available_at = w.at, lease_until = NULL
FROM unnest(%s::uuid[], %s::timestamptz[], %s::integer[]) AS w (soshin, at, attempts)
WHERE s.soshin_bango = w.soshin AND s.attempts = w.attempts AND s.sent_at IS NULL
"""
_GIVE_BACK: Final = """
UPDATE shikaku_onshi_soshin SET available_at = %s, lease_until = NULL, attempts = 0
WHERE soshin_bango = ANY (%s) AND attempts = 1 AND sent_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one round came to: how many were received, and whether the partner answered at all."""

    received: int
    answered: bool


@dataclass(frozen=True, slots=True)
class _Ready:
    """One call: what was claimed, and what could be built of it."""

    owed: tuple[OwedTelegram, ...]
    built: list[dict[str, Any]]


@outside_transaction
def send_to_onshi(
    *,
    by: Principal,
    gateway: OnshiGateway,
    now: Now,
    limit: int = limits.ONSHI_BATCH,
    going: Callable[[], bool] = lambda: True,
) -> Delivered | None:
    """Send new telegrams, `limit` to a call, then what was not received before, one by one; None when nothing is due.

    Ends early when the partner does not answer or `going` says no. A crash between call and record sends the same bytes
    under the same 送信番号 again; the receiver drops them.
    """
    done = _send_new(by=by, gateway=gateway, now=now, limit=limit, going=going)
    for _ in range(SINGLES):
        if (done and not done[-1].answered) or not going():
            break
        single = _make_ready(by=by, now=now(), limit=1, again=True)
        if single is None:
            break
        crash_point("telegram.sending")
        done.append(_record(by=by, ready=single, received=_call(gateway, single, now()), now=now))
    if not done:
        return None
    return Delivered(sum(one.received for one in done), all(one.answered for one in done))


def _send_new(
    *, by: Principal, gateway: OnshiGateway, now: Now, limit: int, going: Callable[[], bool]
) -> list[Delivered]:
    """Send call after call; while one is on its way the next is claimed and built."""
    done: list[Delivered] = []
    ready = _make_ready(by=by, now=now(), limit=limit, again=False)
    with ThreadPoolExecutor(1) as wire:
        while ready is not None:
            crash_point("telegram.sending")
            coming = wire.submit(_call_apart, gateway, ready, now())
            following, answered = None, False
            try:
                try:
                    if len(done) + 1 < CALLS and going():
                        following = _make_ready(by=by, now=now(), limit=limit, again=False)
                    crash_point("telegram.ahead")
                finally:  # whatever went wrong with the next call, what came of this one is on record
                    done.append(_record(by=by, ready=ready, received=coming.result(), now=now))
                answered = done[-1].answered
            finally:
                if following is not None and not answered:
                    give_back(by=by, owed=following.owed, now=now())
            ready = following if answered else None
    return done


def _call(gateway: OnshiGateway, ready: _Ready, now: datetime) -> frozenset[str] | None:
    """Return the 送信番号 received, or None when nobody knows what came of the call."""
    try:
        return gateway.send(ready.built, now=now) if ready.built else frozenset()
    except OutcomeUnknown as unknown:
        log.warning("shikaku.onshi_soshin.outcome_unknown", reason=str(unknown), count=len(ready.built))
        return None


def _call_apart(gateway: OnshiGateway, ready: _Ready, now: datetime) -> frozenset[str] | None:
    """Make the call in a thread, whose own session, opened for the first key, ends with it."""
    try:
        return _call(gateway, ready, now)
    finally:
        connection.close()


def _make_ready(*, by: Principal, now: datetime, limit: int, again: bool) -> _Ready | None:
    owed = claim_telegrams(by=by, now=now, limit=limit, again=again)
    if not owed:
        return None
    try:
        return _Ready(owed, _build(by, owed))
    except BaseException:  # the claim stands already: what is not called with would wait for the end of its lease
        if again:
            record_sent(by=by, owed=owed, received=(), now=now)
        else:
            give_back(by=by, owed=owed, now=now)
        raise


def _build(by: Principal, owed: Sequence[OwedTelegram]) -> list[dict[str, Any]]:
    built: list[dict[str, Any]] = [*build_pmh_telegrams([one for one in owed if one.kind == PMH_ID])]
    zoned = sorted((one for one in owed if one.kind != PMH_ID), key=attrgetter("hokensha_code"))
    for zone, telegrams in groupby(zoned, key=attrgetter("hokensha_code")):
        built += build_telegrams(by=replace(by, hokensha_code=zone), zone=zone, owed=list(telegrams))
    return built


def _record(*, by: Principal, ready: _Ready, received: frozenset[str] | None, now: Now) -> Delivered:
    crash_point("telegram.sent")
    record_sent(by=by, owed=ready.owed, received=received or (), now=now())
    return Delivered(len(received or ()), received is not None)


@own_transaction
def claim_telegrams(*, by: Principal, now: datetime, limit: int, again: bool) -> tuple[OwedTelegram, ...]:
    """Take the oldest unsent telegram of each person for the length of a lease. Two senders never take the same.

    `again`: those that were tried before; else those that never were. Each knows the person's PMH-ID from the place
    in the person's order on at which it was issued.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM_AGAIN if again else _CLAIM_NEW, [now, limit, now + LEASE, now + LEASE])
        owed = [OwedTelegram(*row) for row in cursor.fetchall()]
    known = find_pmh_ids(by=by, himozuke_bango=[one.himozuke_bango for one in owed])
    return tuple(
        replace(one, pmh_id=known[one.himozuke_bango].pmh_id)
        if one.himozuke_bango in known and known[one.himozuke_bango].jun <= one.jun
        else one
        for one in owed
    )


@own_transaction
def record_sent(
    *,
    by: Principal,
    owed: Sequence[OwedTelegram],
    received: Iterable[str],
    now: datetime,
) -> None:
    """Note what was received; the rest waits its turn again, longer after each try, unless others took it since."""
    numbers = set(received)
    sent = [telegram.soshin_bango for telegram in owed if str(telegram.soshin_bango) in numbers]
    waiting = [telegram for telegram in owed if str(telegram.soshin_bango) not in numbers]
    with connection.cursor() as cursor:
        if sent:
            cursor.execute(_SENT, [now, sent])
        if waiting:
            later: list[UUID] = [telegram.soshin_bango for telegram in waiting]
            attempts = [telegram.attempts for telegram in waiting]
            cursor.execute(_LATER, [later, [now + _backoff(tries) for tries in attempts], attempts])


@own_transaction
def give_back(*, by: Principal, owed: Sequence[OwedTelegram], now: datetime) -> None:
    """Give back what was claimed and not sent: it goes together, as what was never tried."""
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, [now, [telegram.soshin_bango for telegram in owed]])


def _backoff(attempts: int) -> timedelta:
    return min(timedelta(seconds=2 ** min(attempts, 12)), limits.ONSHI_BACKOFF_MAX)
