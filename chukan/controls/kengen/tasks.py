"""Beat's housekeeping of the staff's administration."""

from celery import shared_task

from chukan.controls.kengen.actions.staff_slip import erase_expired_staff_slips
from chukan.kernel import clock
from chukan.kernel.principal import system_principal


@shared_task
def erase_staff_slips() -> None:
    """Erase slips whose time is over, with the passwords on them."""
    erase_expired_staff_slips(by=system_principal(actor_id="beat"), now=clock.now())
