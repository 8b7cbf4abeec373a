"""Celery's entry: unpack, call one action."""

from celery import shared_task

from chukan.kernel import clock
from chukan.kernel.principal import system_principal
from pmh.actions.erase_expired import erase_expired_hakko, erase_old_irai


@shared_task
def erase_expired() -> None:
    """Erase 発行履歴 whose five years are over, and old counts of requests."""
    by = system_principal(actor_id="beat")
    erase_expired_hakko(by=by, now=clock.now())
    erase_old_irai(by=by, now=clock.now())
