"""Registers one refused line after it was mended on screen; it leaves the 訂正待ち in the same transaction."""

from datetime import datetime
from uuid import UUID

from chukan.controls.uketsuke.models import Teiseimachi
from chukan.kernel.errors import NotFound
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction
from shikaku.actions.register_one import Registered, register_line
from shikaku.actions.terminal_slip import spend_slip
from shikaku.domain.line import TorokuLine


@own_transaction
def mend_refused_line(
    *,
    by: Principal,
    row_id: UUID,
    meisai_no: int,
    line: TorokuLine,
    slip_id: UUID | None = None,
    screen_id: str,
    now: datetime,
) -> Registered:
    """Register the mended line and forget the refused one and its slip; when anything fails all are as before.

    Raises as `register_line`; NotFound when the line or the slip is gone.
    *Locks:* the slip and the 訂正待ち line first, by removing them: of two who mend it only one registers.
    """
    if slip_id is not None:
        spend_slip(by=by, slip_id=slip_id)
    mended, _ = Teiseimachi.objects.filter(sender=by.sender, uketsuke_id=row_id, meisai_no=meisai_no).delete()
    if not mended:
        raise NotFound(
            "teiseimachi_nashi", "この行は訂正待ちにありません。直し終わったか、破棄したか、期限が過ぎています。"
        )
    return register_line(by=by, line=line, screen_id=screen_id, now=now)
