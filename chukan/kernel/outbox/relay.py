"""The relay: hands due outbox rows to the broker, in order per key, at least once."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db.models import Exists, OuterRef

from chukan.kernel.outbox.models import OutboxMessage
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction

log = structlog.get_logger()

BACKOFF_MAX: Final = timedelta(minutes=10)
Send = Callable[[str, Mapping[str, str | int]], None]


def backoff(attempts: int) -> timedelta:
    """Return how long to wait after the given number of failed attempts."""
    return min(timedelta(seconds=2 ** min(attempts, 12)), BACKOFF_MAX)


@own_transaction
def deliver_due(*, by: Principal, send: Send, now: datetime, limit: int = 100) -> int:  # noqa: ARG001  # zone of none
    """Send the oldest waiting row of each key and return how many were handed over.

    A crash between the hand-over and the commit sends the row again: listeners are idempotent by their own data.
    """
    older = OutboxMessage.objects.filter(key=OuterRef("key"), delivered_at__isnull=True, id__lt=OuterRef("id"))
    due = (
        OutboxMessage.objects.filter(delivered_at__isnull=True, available_at__lte=now)
        .filter(~Exists(older))
        .select_for_update(skip_locked=True, of=("self",))
        .order_by("id")[:limit]
    )
    sent = 0
    for message in due:
        message.attempts += 1
        try:
            send(message.task, {"event_id": message.pk, **message.payload})
        except OSError:
            message.available_at = now + backoff(message.attempts)
            log.warning("outbox.message.send_failed", outbox_id=message.pk, attempts=message.attempts)
        else:
            message.delivered_at = now
            sent += 1
        message.save(update_fields=["attempts", "available_at", "delivered_at"])
    return sent
