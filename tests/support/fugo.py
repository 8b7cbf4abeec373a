"""The way of a code: requests from facts, files, answers; each step through the product's own tasks and actions."""

from __future__ import annotations

from typing import Any

from chukan.kernel.outbox.models import OutboxMessage
from fugo import tasks

HEARS = "fugo.tasks.request_of_block"


def requests_made() -> int:
    """Do what every fact that waits asks for, as the worker would when the relay rings; return how many there were."""
    waiting: list[Any] = list(OutboxMessage.objects.filter(task=HEARS).order_by("id"))
    for message in waiting:
        tasks.request_of_block(event_id=message.pk, **message.payload)
    return len(waiting)
