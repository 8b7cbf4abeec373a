"""Beat's housekeeping of connecting systems."""

from celery import shared_task

from chukan.controls.setsuzoku.actions.purge_expired import purge_expired
from chukan.kernel import clock
from chukan.kernel.principal import system_principal


@shared_task
def purge_setsuzoku() -> None:
    """Drop expired nonces and kept answers."""
    purge_expired(by=system_principal(actor_id="beat"), now=clock.now())
