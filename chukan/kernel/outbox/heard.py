"""Listeners that say when they are done: the broker may lose the ring, the row of the fact stays until then."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.module_loading import import_string

from chukan.kernel.outbox.models import OutboxMessage
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction, reads


@dataclass(frozen=True, slots=True)
class Unheard:
    """One fact that was handed over and whose listener has not said it is done."""

    event_id: int
    payload: Mapping[str, str | int]


def confirming() -> frozenset[str]:
    """Return the tasks that confirm; their rows are dropped by themselves and never by age."""
    return frozenset(import_string(settings.CHUKAN_CONFIRMING))


@own_transaction
def confirm_heard(*, by: Principal, event_id: int) -> None:  # zone of none
    """Drop the row of a fact whose listener is done. Idempotent."""
    OutboxMessage.objects.filter(id=event_id).delete()


@reads
def list_unheard(*, by: Principal, task: str, before: datetime, most: int) -> tuple[Unheard, ...]:  # zone of none
    """Return the oldest facts handed over to a listener before that instant which it has not confirmed."""
    found = OutboxMessage.objects.filter(task=task, delivered_at__lt=before).order_by("id")[:most]
    return tuple(Unheard(message.pk, message.payload) for message in found)
