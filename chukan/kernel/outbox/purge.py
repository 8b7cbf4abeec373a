"""Housekeeping: rows that were heard are dropped after a while."""

from datetime import datetime

from chukan.kernel.outbox.models import OutboxMessage
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction


@own_transaction
def purge_delivered(*, by: Principal, before: datetime) -> int:  # zone of none
    """Delete delivered rows older than `before` and return how many."""
    return OutboxMessage.objects.filter(delivered_at__lt=before).delete()[0]
