"""Beat's housekeeping of 生体認証."""

from celery import shared_task

from chukan.controls.seitai.actions.erase_spent import erase_spent
from chukan.kernel import clock
from chukan.kernel.principal import system_principal


@shared_task
def erase_seitai() -> None:
    """Erase confirmations whose time is over."""
    erase_spent(by=system_principal(actor_id="beat"), now=clock.now())
