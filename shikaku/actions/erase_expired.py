"""Erases what was kept for a while: refused lines, what a clerk had begun to type, closed cases."""

from datetime import datetime
from uuid import UUID

import structlog
from django.db import connection

from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.controls.uketsuke.actions import discard_refused_lines
from chukan.controls.uketsuke.queries import get_refused_file
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import outside_transaction, own_transaction
from chukan.settings import limits
from shikaku.actions.accept_toroku_file import FILE, JIMU
from shikaku.actions.erase_upload import erase_upload
from shikaku.actions.sender_principal import sender_principal
from shikaku.queries.due_work import list_expired_uketsuke

log = structlog.get_logger()


@outside_transaction
def erase_expired_refused_lines(*, by: Principal, now: datetime) -> int:
    """Erase the refused lines of every 受付 whose time is over and return how many 受付 that were.

    One that fails is logged and comes again; the others are not kept waiting.
    """
    erased = 0
    for due in list_expired_uketsuke(by=by, now=now):
        try:
            owner = sender_principal(by=by, sender=due.sender, hokensha_code=due.hokensha_code or "")
            remove_refused_lines(by=owner, uketsuke_id=due.uketsuke_id, kind=SosaKind.FILE_EXPIRED, done_by=by, now=now)
            erase_upload(by=owner, uketsuke_id=due.uketsuke_id, now=now)
        except Exception as error:  # noqa: BLE001  # whatever is wrong with one is not wrong with the next
            log.warning("shikaku.refused_lines.kept", uketsuke_id=str(due.uketsuke_id), error=type(error).__name__)
        else:
            erased += 1
    return erased


@outside_transaction
def discard_refused(*, by: Principal, row_id: UUID, screen_id: str, now: datetime) -> None:
    """「破棄」: throw the refused lines of one 受付 away; nothing can bring them back. Raises NotFound."""
    get_refused_file(by=by, row_id=row_id, now=now)
    remove_refused_lines(
        by=by, uketsuke_id=row_id, kind=SosaKind.FILE_DISCARDED, done_by=by, screen_id=screen_id, now=now
    )
    erase_upload(by=by, uketsuke_id=row_id, now=now)


@own_transaction
def remove_refused_lines(
    *,
    by: Principal,
    uketsuke_id: UUID,
    kind: SosaKind,
    done_by: Principal,
    screen_id: str | None = None,
    now: datetime,
) -> None:
    """Remove the sealed lines from the database and log it once; `erase_upload` destroys the key that opens them.

    `by` is whose lines they are, `done_by` who did it: time is nobody's wish, and a carrying system did nothing.
    """
    if not discard_refused_lines(by=by, uketsuke_id=uketsuke_id):
        return
    record_sosa(
        by=done_by,
        kind=kind,
        jimu=JIMU,
        target_file=FILE,
        targets=(str(uketsuke_id),),
        result="ok",
        screen_id=screen_id,
        zone=by.hokensha_code,
        now=now,
    )


@own_transaction
def erase_expired_slips(*, by: Principal, now: datetime) -> None:  # zone of none
    """Drop what was typed and never finished, in every zone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT shikaku_drop_expired_slips(%s)", [now])


@own_transaction
def erase_closed_cases(*, by: Principal, now: datetime) -> None:  # zone of none
    """Drop the closed 個人番号の重なり whose time is over, in every zone; open ones stay."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT shikaku_drop_closed_cases(%s)", [now - limits.BANGO_CASE_KEPT])
