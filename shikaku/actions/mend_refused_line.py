"""Registers one refused line after it was mended on screen; it leaves the 訂正待ち in the same transaction."""

from datetime import datetime
from uuid import UUID

from chukan.controls.uketsuke.models import Teiseimachi
from chukan.kernel.errors import NotFound
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction
from shikaku.actions.register_one import Registered, register_line
from shikaku.domain.line import TorokuLine


@own_transaction
def mend_refused_line(
    *, by: Principal, row_id: UUID, meisai_no: int, line: TorokuLine, screen_id: str, now: datetime
) -> Registered:
    """Register the mended line and forget the refused one. Raises as `register_line`; NotFound when it is gone.

    *Locks:* the 訂正待ち line first, by removing it: of two who mend it only one registers.
    """
    mended, _ = Teiseimachi.objects.filter(sender=by.sender, uketsuke_id=row_id, meisai_no=meisai_no).delete()
    if not mended:
        raise NotFound(
            "teiseimachi_nashi", "この行は訂正待ちにありません。直し終わったか、破棄したか、期限が過ぎています。"
        )
    return register_line(by=by, line=line, screen_id=screen_id, now=now)
