"""送信操作: a 支払基金 operator, just verified, lets one request file go to 住基ネット. 根拠: KJ-FUGO-03."""

from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.errors import Conflict, NotFound
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction
from fugo.actions.transfer_yokyu_file import FILE, JIMU
from fugo.domain.yokyu_file import SOSHIN_CHU, SOSHIN_MACHI, bound_of, may_send, sending_refused
from fugo.models import YokyuFile

PURPOSE: Final = "fugo_yokyu_soshin"
SCREEN: Final = "IP-001"


class Consume(Protocol):
    """Uses a verification of the operator up, in the transaction of the act it is for, or raises NotPermitted."""

    def __call__(self, *, by: Principal, ninsho_id: UUID, purpose: str, bound: bytes, now: datetime) -> None:
        """Take the verification that was made for this purpose and these bytes; it is gone then."""
        ...


@own_transaction
def send_yokyu_file(*, by: Principal, file_id: UUID, ninsho_id: UUID, consume: Consume, now: datetime) -> None:
    """Release one waiting file: one act, one verification, this very file as it lies there.

    The call to 住基ネット is made afterwards and repeated until it is answered; that needs no further act. Raises
    NotPermitted for anybody but an operator of 支払基金 or without a valid verification, NotFound, Conflict
    `soshin_machi_denai`. *Locks:* the file.
    """
    if not may_send(by):
        raise sending_refused()
    row = YokyuFile.objects.select_for_update().filter(id=file_id).first()
    if row is None:
        raise NotFound("yokyu_file_nashi", "この要求ファイルはありません。")
    if row.state != SOSHIN_MACHI:
        raise Conflict("soshin_machi_denai", "この要求ファイルは送信待ちではありません。一覧で状態を確かめてください。")
    consume(by=by, ninsho_id=ninsho_id, purpose=PURPOSE, bound=bound_of(row.id.bytes, row.sha256), now=now)
    row.state, row.released_at, row.sent_by, row.ninsho_id = SOSHIN_CHU, now, by.actor_id, ninsho_id
    row.save(update_fields=["state", "released_at", "sent_by", "ninsho_id"])
    record_sosa(
        by=by,
        kind=SosaKind.FUGO_YOKYU_SOSHIN_SOSA,
        jimu=JIMU,
        target_file=FILE,
        targets=(str(row.id),),
        result="ok",
        detail={"kensu": row.kensu},
        screen_id=SCREEN,
        now=now,
    )
