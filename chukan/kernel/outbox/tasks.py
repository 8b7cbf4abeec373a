"""Beat's housekeeping of the outbox."""

from datetime import timedelta

from celery import shared_task

from chukan.kernel import clock
from chukan.kernel.outbox.purge import purge_delivered
from chukan.kernel.principal import system_principal


@shared_task
def purge_outbox() -> None:
    """Drop rows that were handed over more than a day ago."""
    purge_delivered(by=system_principal(actor_id="beat"), before=clock.now() - timedelta(days=1))
