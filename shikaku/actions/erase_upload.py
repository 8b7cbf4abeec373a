"""Erases uploads: after their 受付 ended, after a process died over one, and those no 受付 ever came of."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from chukan.controls.uketsuke.actions import note_file_erased
from chukan.controls.uketsuke.queries import find_ended_file
from chukan.kernel.crash_points import crash_point
from chukan.kernel.principal import Principal
from chukan.kernel.storage import store
from chukan.kernel.transactions import outside_transaction
from shikaku.actions.sender_principal import sender_principal
from shikaku.queries.due_work import list_named_files, list_unerased_uketsuke

KIND: Final = "toroku"
RULE: Final = "KJ-IN-21"
# No upload takes this long: what still grows is younger, and what was received is named by its 受付 at once.
_UNFINISHED_AFTER: Final = timedelta(hours=1)
_NAMELESS_AFTER: Final = timedelta(hours=6)

log = structlog.get_logger()


@outside_transaction
def erase_upload(*, by: Principal, uketsuke_id: UUID, now: datetime) -> None:
    """Erase the upload of an ended 受付; its key stays only while refused lines are sealed under it.

    *Idempotent:* first the file goes, then the 受付 notes it, so that dying in between it is done again.
    """
    ended = find_ended_file(by=by, uketsuke_id=uketsuke_id)
    if ended is None:
        return
    if ended.keeps_key:
        store().erase_object(ended.file_key, rule=RULE, now=now)
    else:
        store().erase(ended.file_key, rule=RULE, now=now)
    crash_point("upload.erased")
    note_file_erased(by=by, uketsuke_id=uketsuke_id, key_too=not ended.keeps_key, now=now)


@outside_transaction
def erase_left_uploads(*, by: Principal, now: datetime) -> int:
    """Erase what processes that died left of ended 受付 and return how many 受付 that were; one failing stops none."""
    erased = 0
    for due in list_unerased_uketsuke(by=by, now=now):
        try:
            owner = sender_principal(by=by, sender=due.sender, hokensha_code=due.hokensha_code or "")
            erase_upload(by=owner, uketsuke_id=due.uketsuke_id, now=now)
        except Exception as error:  # noqa: BLE001  # the others are not kept waiting
            log.warning("shikaku.upload.kept", uketsuke_id=str(due.uketsuke_id), error=type(error).__name__)
        else:
            erased += 1
    return erased


@outside_transaction
def erase_nameless_uploads(*, by: Principal, now: datetime) -> int:
    """Erase uploads that broke off, and keys and objects that no 受付 names; return how many there were."""
    files = store()
    dropped = files.erase_unfinished(before=now - _UNFINISHED_AFTER)
    old = files.list_older(KIND, before=now - _NAMELESS_AFTER)
    named = list_named_files(by=by, file_keys=old)
    nameless = [key for key in old if key not in named]
    for key in nameless:
        files.erase(key, rule=RULE, now=now)
    return dropped + len(nameless)
