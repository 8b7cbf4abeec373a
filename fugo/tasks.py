"""Celery's entry: unpack, call one action. Ids only travel in a message."""

from functools import partial
from typing import Final
from uuid import UUID

from celery import shared_task

from chukan.controls.kikan.queries import list_hokensha
from chukan.controls.shonin.actions.consume import complete
from chukan.kernel import clock
from chukan.kernel.clock import business_date_jst
from chukan.kernel.outbox.heard import confirm_heard, list_unheard
from chukan.kernel.principal import system_principal
from chukan.kernel.retry import done_again
from chukan.kernel.turns import Turns
from chukan.settings import limits
from fugo.actions.deliver_yokyu_file import deliver_yokyu_files, discard_left_files
from fugo.actions.erase_counts import erase_old_counts
from fugo.actions.erase_expired import erase_expired_fugo
from fugo.actions.reissue_fugo import extract_saihakko
from fugo.actions.request_fugo import request_early, request_fugo
from fugo.actions.transfer_yokyu_file import transfer_yokyu_files
from fugo.actions.zone_principal import zone_principals
from fugo.gateways.juki_ap import SignedJukiGateway
from fugo.queries.purposes import list_begun

_UNHEARD: Final = 100


@shared_task
def extract_saihakko_lists() -> None:
    """Extract the lists whose permission was used, and make their requests."""
    worker = system_principal(actor_id="worker")
    extract_saihakko(by=worker, complete_permission=complete, now=clock.now)


@shared_task
def erase_expired() -> None:
    """Erase everything of persons whose 機関別符号 is over."""
    erase_expired_fugo(by=system_principal(actor_id="beat"), now=clock.now())


@shared_task
def request_of_block(
    *,
    event_id: int,
    uketsuke_id: str,
    hokensha_code: str,
    first_meisai_no: int,
    last_meisai_no: int,
    sender: str = "",
    **_later: object,
) -> None:
    """Make the requests of a reflected block, zone by zone, and say that they are made."""
    worker = system_principal(actor_id="worker")
    for by in zone_principals(by=worker, sender=sender or hokensha_code, hokensha_code=hokensha_code):
        done_again(
            partial(
                request_fugo,
                by=by,
                uketsuke_id=UUID(uketsuke_id),
                first_meisai_no=first_meisai_no,
                last_meisai_no=last_meisai_no,
                now=clock.now(),
            )
        )
    confirm_heard(by=worker, event_id=event_id)


@shared_task
def request_of_unheard_blocks() -> None:
    """Make the requests of blocks whose ring was lost."""
    before = clock.now() - limits.FUGO_UNHEARD_AFTER
    beat = system_principal(actor_id="beat")
    turns = Turns("fugo.block.failed")
    for lost in list_unheard(by=beat, task="fugo.tasks.request_of_block", before=before, most=_UNHEARD):
        said = lost.payload
        ring = partial(
            request_of_block,
            event_id=lost.event_id,
            uketsuke_id=str(said["uketsuke_id"]),
            hokensha_code=str(said["hokensha_code"]),
            first_meisai_no=int(said["first_meisai_no"]),
            last_meisai_no=int(said["last_meisai_no"]),
            sender=str(said.get("sender", "")),
        )
        turns.take(lost.event_id, ring)
    turns.end()


@shared_task
def request_of_early_members() -> None:
    """Make the requests of those who were registered before their 制度 began to ask, in the days after it has begun."""
    begun = list_begun(business_date_jst(clock.now()), limits.FUGO_EARLY_WITHIN)
    for insurer in list_hokensha(shubetsu=begun) if begun else ():
        by = system_principal(
            actor_id="beat", hokensha_code=insurer.hokensha_code, hokensha_shubetsu=insurer.hokensha_shubetsu
        )
        after: int | None = 0
        while after is not None:
            after = done_again(partial(request_early, by=by, after=after, most=limits.FUGO_FILE_BLOCK, now=clock.now()))


@shared_task
def transfer_files() -> None:
    """Make request files of what waits long enough; they stay here until an operator sends them."""
    transfer_yokyu_files(by=system_principal(actor_id="worker"), now=clock.now)


@shared_task
def deliver_files() -> None:
    """Hand over what an operator has released."""
    deliver_yokyu_files(by=system_principal(actor_id="worker"), gateway=SignedJukiGateway(), now=clock.now)


@shared_task
def discard_files() -> None:
    """Throw away files nobody sent in time, and counts whose time is over."""
    by = system_principal(actor_id="beat")
    discard_left_files(by=by, now=clock.now())
    erase_old_counts(by=by, now=clock.now())
