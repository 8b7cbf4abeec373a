"""Publishing an event: one row per listener in the caller's transaction."""

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

from chukan.kernel.events import Event
from chukan.kernel.outbox.models import OutboxMessage
from chukan.kernel.transactions import TransactionMisuse, in_transaction

CHANNEL = "chukan_outbox"


def publish(event: Event) -> None:
    """Write the event for each of its listeners and wake the relay on commit; raises outside a transaction."""
    if not in_transaction():
        message = "an event is published in the transaction that makes it true"
        raise TransactionMisuse(message)
    subscriptions = import_string(settings.CHUKAN_SUBSCRIPTIONS)
    payload = event.payload()
    rows = [
        OutboxMessage(
            topic=event.TOPIC,
            key=event.key,
            payload=payload,
            task=task,
            created_at=event.occurred_at,
            available_at=event.occurred_at,
        )
        for task in subscriptions[type(event)]
    ]
    if rows:
        OutboxMessage.objects.bulk_create(rows)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])
