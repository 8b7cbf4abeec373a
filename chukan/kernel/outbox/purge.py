"""Housekeeping: rows that were heard are dropped after a while."""

from datetime import datetime

from chukan.kernel.outbox.heard import confirming
from chukan.kernel.outbox.models import OutboxMessage
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction


@own_transaction
def purge_delivered(*, by: Principal, before: datetime) -> int:  # zone of none
    """Delete delivered rows older than `before` and return how many; those wait whose listener confirms."""
    return OutboxMessage.objects.filter(delivered_at__lt=before).exclude(task__in=confirming()).delete()[0]
