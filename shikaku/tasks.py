"""Celery's entry: unpack, call one action. Ids only travel in a message."""

from uuid import UUID

from celery import shared_task

from chukan.controls.uketsuke.actions import call_next, note_ring
from chukan.kernel import clock
from chukan.kernel.principal import system_principal
from shikaku.actions import process_toroku_file as process
from shikaku.actions.erase_expired import erase_closed_cases, erase_expired_refused_lines, erase_expired_slips
from shikaku.actions.erase_upload import erase_left_uploads, erase_nameless_uploads
from shikaku.actions.sender_principal import sender_principal
from shikaku.queries.due_work import list_due_uketsuke


@shared_task
def process_toroku_file(*, event_id: int, uketsuke_id: str, sender: str, hokensha_code: str, **_later: object) -> None:  # noqa: ARG001
    """Drive one file to its end, then ring for the sender's next: files of one sender go in the order they came."""
    worker = system_principal(actor_id="worker")
    by = sender_principal(by=worker, sender=sender, hokensha_code=hokensha_code)
    if not process.process_toroku_file(by=by, uketsuke_id=UUID(uketsuke_id), now=clock.now):
        return
    following = call_next(by=by, now=clock.now())
    if following is not None:
        process_toroku_file.delay(event_id=0, uketsuke_id=str(following), sender=sender, hokensha_code=hokensha_code)


@shared_task
def resume_stalled_files() -> None:
    """Ring for files that nobody works on; one that waits behind others is not rung for again at once."""
    beat = system_principal(actor_id="beat")
    for due in list_due_uketsuke(by=beat, now=clock.now()):
        process_toroku_file.delay(
            event_id=0, uketsuke_id=str(due.uketsuke_id), sender=due.sender, hokensha_code=due.hokensha_code or ""
        )
        owner = sender_principal(by=beat, sender=due.sender, hokensha_code=due.hokensha_code or "")
        note_ring(by=owner, uketsuke_id=due.uketsuke_id, now=clock.now())


@shared_task
def erase_expired() -> None:
    """Erase slips, closed cases and refused lines whose time is over."""
    by = system_principal(actor_id="beat")
    erase_expired_slips(by=by, now=clock.now())
    erase_closed_cases(by=by, now=clock.now())
    erase_expired_refused_lines(by=by, now=clock.now())


@shared_task
def erase_left() -> None:
    """Erase uploads of ended files that a process which died left behind."""
    erase_left_uploads(by=system_principal(actor_id="beat"), now=clock.now())


@shared_task
def erase_nameless() -> None:
    """Erase what uploads that broke off left behind."""
    erase_nameless_uploads(by=system_principal(actor_id="beat"), now=clock.now())
