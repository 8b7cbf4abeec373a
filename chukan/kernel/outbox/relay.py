"""The relay: hands due outbox rows to the broker, in order per key, at least once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db.models import Exists, OuterRef

from chukan.kernel.crash_points import crash_point
from chukan.kernel.outbox.models import OutboxMessage
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import outside_transaction, own_transaction

log = structlog.get_logger()

BACKOFF_MAX: Final = timedelta(minutes=10)
LEASE: Final = timedelta(seconds=30)
Send = Callable[[str, Mapping[str, str | int]], None]


@dataclass(frozen=True, slots=True)
class Claimed:
    """One row in the relay's hands until its lease ends."""

    outbox_id: int
    task: str
    payload: Mapping[str, str | int]
    attempts: int


def backoff(attempts: int) -> timedelta:
    """Return how long to wait after the given number of failed attempts."""
    return min(timedelta(seconds=2 ** min(attempts, 12)), BACKOFF_MAX)


@outside_transaction
def deliver_due(*, by: Principal, send: Send, now: datetime, limit: int = 100) -> int:
    """Send the oldest waiting row of each key and return how many were handed over.

    A crash between hand-over and record sends the row again after the lease: a listener is idempotent by its own data.
    """
    sent: list[int] = []
    for claimed in claim_due(by=by, now=now, limit=limit):
        crash_point("doorbell.ringing")
        try:
            send(claimed.task, {"event_id": claimed.outbox_id, **claimed.payload})
        except OSError:
            log.warning("outbox.message.send_failed", outbox_id=claimed.outbox_id, attempts=claimed.attempts)
            postpone(by=by, outbox_id=claimed.outbox_id, until=now + backoff(claimed.attempts))
        else:
            sent.append(claimed.outbox_id)
    if sent:
        crash_point("doorbell.rung")
        record_delivered(by=by, outbox_ids=sent, now=now)
    return len(sent)


@own_transaction
def claim_due(*, by: Principal, now: datetime, limit: int) -> tuple[Claimed, ...]:  # zone of none
    """Take the head of each key for the length of a lease; a key whose head is taken waits."""
    older = OutboxMessage.objects.filter(key=OuterRef("key"), delivered_at__isnull=True, id__lt=OuterRef("id"))
    due = list(
        OutboxMessage.objects.filter(delivered_at__isnull=True, available_at__lte=now)
        .filter(~Exists(older))
        .select_for_update(skip_locked=True, of=("self",))
        .order_by("id")[:limit]
    )
    for message in due:
        message.attempts += 1
        message.available_at = now + LEASE
    OutboxMessage.objects.bulk_update(due, ["attempts", "available_at"])
    return tuple(
        Claimed(outbox_id=message.pk, task=message.task, payload=message.payload, attempts=message.attempts)
        for message in due
    )


@own_transaction
def record_delivered(*, by: Principal, outbox_ids: Sequence[int], now: datetime) -> None:  # zone of none
    """Note that the broker has them."""
    OutboxMessage.objects.filter(id__in=outbox_ids).update(delivered_at=now)


@own_transaction
def postpone(*, by: Principal, outbox_id: int, until: datetime) -> None:  # zone of none
    """Try the row again at `until`."""
    OutboxMessage.objects.filter(id=outbox_id).update(available_at=until)
