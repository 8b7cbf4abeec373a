"""Hands released request files to 住基ネット: claim, stamp 送信, call, record, erase. 根拠: KJ-FUGO-03, KJ-RET-17."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Final
from uuid import UUID

import structlog
from django.db import connection

from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.crash_points import crash_point
from chukan.kernel.crypto.errors import KeyUnavailable
from chukan.kernel.principal import Principal
from chukan.kernel.storage import StoredFileDamaged, store
from chukan.kernel.transactions import outside_transaction, own_transaction
from chukan.kernel.turns import Turns
from chukan.settings import limits
from fugo.actions.transfer_yokyu_file import FAILED, FILE, JIMU, OBJECT_KIND, RULE
from fugo.domain.yokyu_file import HAIKI, SOSHIN_CHU, SOSHIN_MACHI, SOSHIN_ZUMI, TSUKURI
from fugo.gateways.juki_ap import JukiGateway, OutcomeUnknown
from fugo.models import YokyuFile
from fugo.queries.yokyu_file import (
    YokyuFileFacts,
    list_named_objects,
    list_to_discard,
    list_to_erase,
    list_to_send,
)

log = structlog.get_logger()

_SOSHIN: Final = "SELECT fugo_mark_soshin(%s, %s)"
_LET_GO: Final = "SELECT fugo_let_go(%s)"
# Longer than a call may last (chukan.outside.juki_ap.LIMITS).
_LEASE: Final = timedelta(minutes=15)
_NAMELESS_AFTER: Final = timedelta(minutes=30)
Now = Callable[[], datetime]


@outside_transaction
def deliver_yokyu_files(*, by: Principal, gateway: JukiGateway, now: Now) -> int:
    """Send every released file that nobody is sending and return how many were taken.

    What has no answer or is refused goes again later, the same bytes under the same name. A crash between call and
    record does the same; 住基ネット takes a file once. One that fails keeps no other from going; its error is raised
    at the end.
    """
    turns = Turns(FAILED)
    taken = sum(
        turns.take(waiting.id, partial(_deliver, by, waiting, gateway, now)) or 0
        for waiting in list_to_send(by=by, now=now())
    )
    erase_ended_files(by=by, now=now())
    turns.end()
    return taken


def _deliver(by: Principal, file: YokyuFileFacts, gateway: JukiGateway, now: Now) -> bool:
    if not begin_soshin(by=by, file_id=file.id, now=now()):
        return False
    crash_point("yokyu_file.sending")
    error = _put(file, gateway, now())
    crash_point("yokyu_file.sent")
    if error:
        postpone_soshin(by=by, file_id=file.id, error=error, now=now())
        return False
    record_soshin(by=by, file_id=file.id, now=now())
    return True


def _put(file: YokyuFileFacts, gateway: JukiGateway, now: datetime) -> str:
    """Return '' when the file was taken, else a code that says why not.

    The operator's act was for the bytes that lay there then: others do not leave. 根拠: KJ-FUGO-03.
    """
    try:
        if store().sealed_sha256(file.object_key) != file.sha256:
            log.warning("fugo.yokyu_file.exchanged", object_id=str(file.id))
            return "file_chigai"
        with store().open(file.object_key) as content:
            status = gateway.put(file.id, content, now=now)
    except OutcomeUnknown as unknown:
        log.warning("fugo.yokyu_file.outcome_unknown", object_id=str(file.id), reason=unknown.reason)
        return "kotae_nashi"
    except (KeyUnavailable, StoredFileDamaged, OSError) as error:
        log.warning("fugo.yokyu_file.unreadable", object_id=str(file.id), error=type(error).__name__)
        return "file_yomezu"
    if status == HTTPStatus.ACCEPTED:
        return ""
    log.warning("fugo.yokyu_file.refused", object_id=str(file.id), status=status)
    return f"kyohi_{status}"


@own_transaction
def begin_soshin(*, by: Principal, file_id: UUID, now: datetime) -> bool:
    """Take a released file and, the first time, let its requests be 送信; False when somebody else has it.

    One whose days are over is left to whoever throws it away, however often it was refused. Written before the first
    byte leaves: an answer may come while the file is still on its way, and must find its request sent. *Locks:* the
    file. 根拠: KJ-RET-17.
    """
    row = YokyuFile.objects.select_for_update(skip_locked=True).filter(id=file_id, state=SOSHIN_CHU).first()
    if row is None or (row.lease_until is not None and row.lease_until > now):
        return False
    if row.created_at < now - limits.FUGO_FILE_KEPT:
        return False
    if row.sent_at is None:
        row.sent_at = now
        with connection.cursor() as cursor:
            cursor.execute(_SOSHIN, [file_id, now])
    row.attempts += 1
    row.lease_until = now + _LEASE
    row.save(update_fields=["sent_at", "attempts", "lease_until"])
    return True


@own_transaction
def postpone_soshin(*, by: Principal, file_id: UUID, error: str, now: datetime) -> None:
    """Note why a file was not taken and when it goes again."""
    row = YokyuFile.objects.select_for_update().get(id=file_id)
    if row.state == SOSHIN_CHU:
        row.last_error = error
        row.lease_until = now + min(timedelta(seconds=2 ** min(row.attempts, 12)), limits.FUGO_BACKOFF_MAX)
        row.save(update_fields=["last_error", "lease_until"])


@own_transaction
def record_soshin(*, by: Principal, file_id: UUID, now: datetime) -> None:
    """Note that 住基ネット has the file. *Idempotent:* once."""
    sent = YokyuFile.objects.filter(id=file_id, state=SOSHIN_CHU)
    kensu = sent.values_list("kensu", flat=True).first()
    if not sent.update(state=SOSHIN_ZUMI, answered_at=now, lease_until=None, last_error=""):
        return
    record_sosa(
        by=by,
        kind=SosaKind.FUGO_YOKYU_SOSHIN,
        jimu=JIMU,
        target_file=FILE,
        targets=(str(file_id),),
        result="ok",
        detail={"kensu": kensu or 0},
        now=now,
    )


@outside_transaction
def erase_ended_files(*, by: Principal, now: datetime) -> int:
    """Erase the content of files that were taken or thrown away and return how many; one failing stops none."""
    erased = 0
    for ended in list_to_erase(by=by):
        try:
            store().erase(ended.object_key, rule=RULE, now=now)
        except OSError as error:
            log.warning("fugo.yokyu_file.kept", object_id=str(ended.id), error=type(error).__name__)
            continue
        crash_point("yokyu_file.erased")
        note_erased(by=by, file_id=ended.id, now=now)
        erased += 1
    return erased


@own_transaction
def note_erased(*, by: Principal, file_id: UUID, now: datetime) -> None:  # zone of none
    """Note that the content of a file is gone."""
    YokyuFile.objects.filter(id=file_id, erased_at__isnull=True).update(erased_at=now)


@outside_transaction
def discard_left_files(*, by: Principal, now: datetime, kept: timedelta = limits.FUGO_FILE_KEPT) -> int:
    """Throw away files that were not sent in time, and objects no file names; return how many files that were.

    The requests go into a new file with the numbers of that day; those that may have gone out are asked again after
    their patience. One that fails stops none; its error is raised at the end. 根拠: KJ-RET-17.
    """
    turns = Turns(FAILED)
    discarded = sum(
        turns.take(left.id, partial(discard_file, by=by, file_id=left.id, now=now)) or 0
        for left in list_to_discard(by=by, before=now - kept)
    )
    erase_ended_files(by=by, now=now)
    old = store().list_older(OBJECT_KIND, before=now - _NAMELESS_AFTER)
    named = list_named_objects(by=by, keys=old)
    for key in old:
        if key not in named:
            turns.take(key, partial(store().erase, key, rule=RULE, now=now))
    turns.end()
    return discarded


@own_transaction
def discard_file(*, by: Principal, file_id: UUID, now: datetime) -> bool:
    """Throw one unsent file away and let its requests go; False when it was taken or is being sent."""
    row = YokyuFile.objects.select_for_update().filter(id=file_id).first()
    if row is None or row.state not in {TSUKURI, SOSHIN_MACHI, SOSHIN_CHU}:
        return False
    if row.lease_until is not None and row.lease_until > now:
        return False
    row.state, row.lease_until = HAIKI, None
    row.save(update_fields=["state", "lease_until"])
    with connection.cursor() as cursor:
        cursor.execute(_LET_GO, [file_id])
    record_sosa(
        by=by,
        kind=SosaKind.FUGO_YOKYU_HAIKI,
        jimu=JIMU,
        target_file=FILE,
        targets=(str(file_id),),
        result="ok",
        detail={"kensu": row.kensu},
        now=now,
    )
    return True
