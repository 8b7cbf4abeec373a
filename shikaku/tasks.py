"""Celery's entry: unpack, call one action. Ids only travel in a message."""

from uuid import UUID

from celery import shared_task

from chukan.kernel import clock
from chukan.kernel.principal import system_principal
from shikaku.actions import process_toroku_file as process
from shikaku.actions.erase_expired import erase_expired_refused_lines, erase_expired_slips
from shikaku.queries.due_work import list_due_uketsuke


@shared_task
def process_toroku_file(*, event_id: int, uketsuke_id: str, sender: str, hokensha_code: str, **_later: object) -> None:  # noqa: ARG001
    """Drive one file to its end."""
    worker = system_principal(actor_id="worker")
    by = process.sender_principal(by=worker, sender=sender, hokensha_code=hokensha_code)
    process.process_toroku_file(by=by, uketsuke_id=UUID(uketsuke_id), now=clock.now)


@shared_task
def resume_stalled_files() -> None:
    """Ring again for files that nobody works on."""
    for due in list_due_uketsuke(by=system_principal(actor_id="beat"), now=clock.now()):
        process_toroku_file.delay(
            event_id=0, uketsuke_id=str(due.uketsuke_id), sender=due.sender, hokensha_code=due.hokensha_code or ""
        )


@shared_task
def erase_expired() -> None:
    """Erase refused lines and slips whose time is over."""
    by = system_principal(actor_id="beat")
    erase_expired_refused_lines(by=by, now=clock.now())
    erase_expired_slips(by=by, now=clock.now())
