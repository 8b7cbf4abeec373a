"""Looks whether a request file still lies in the store as it was made: what an operator sends is this and no other."""

from typing import Final
from uuid import UUID

import structlog

from chukan.kernel.crypto.errors import KeyUnavailable
from chukan.kernel.errors import Conflict
from chukan.kernel.principal import Principal
from chukan.kernel.storage import store
from chukan.kernel.transactions import outside_transaction
from fugo.domain.yokyu_file import SOSHIN_MACHI, may_send, sending_refused
from fugo.queries.yokyu_file import YokyuFileFacts, get_yokyu_file

log = structlog.get_logger()

CHANGED: Final = "yokyu_file_fuitchi"


@outside_transaction
def check_stored(*, by: Principal, file_id: UUID) -> YokyuFileFacts:
    """Return a file that waits to be sent, its SHA-256 being that of the sealed object at this moment.

    Raises NotPermitted without the right to send, NotFound, Conflict `soshin_machi_denai` or `yokyu_file_fuitchi`.
    根拠: KJ-FUGO-03.
    """
    if not may_send(by):
        raise sending_refused()
    file = get_yokyu_file(by=by, file_id=file_id)
    if file.state != SOSHIN_MACHI:
        raise Conflict("soshin_machi_denai", "この要求ファイルは送信待ちではありません。一覧で状態を確かめてください。")
    try:
        lying = store().sealed_sha256(file.object_key)
    except (KeyUnavailable, OSError, ValueError):  # gone, unreadable, or a name that is no object
        lying = ""
    if lying != file.sha256:
        log.error("fugo.yokyu_file.changed", object_id=str(file_id))
        raise Conflict(
            "yokyu_file_fuitchi",
            "保管中のファイルが、作成したときと違います。送信せず、保守担当に連絡してください。",
        )
    return file
