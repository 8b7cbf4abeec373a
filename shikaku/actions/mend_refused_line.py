"""Registers one refused line after it was mended on screen; it leaves the 訂正待ち in the same transaction."""

from datetime import datetime
from uuid import UUID

from chukan.controls.uketsuke.models import Teiseimachi
from chukan.kernel.errors import NotFound
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction
from shikaku.actions.register_one import register_line
from shikaku.actions.register_slip import facts_of
from shikaku.actions.terminal_slip import hold_slip, spend_slip
from shikaku.domain.line import TorokuLine
from shikaku.queries.terminal_slip import SlipAnswer, answer_of


@own_transaction
def mend_refused_line(
    *,
    by: Principal,
    row_id: UUID,
    meisai_no: int,
    line_number: int,
    line: TorokuLine,
    slip_id: UUID,
    screen_id: str,
    now: datetime,
) -> SlipAnswer:
    """Register the mended line, forget the refused one and spend the slip; when anything fails all are as before.

    *Idempotent:* as `register_slip`. Raises as `register_line`; NotFound when the line or the slip is gone.
    *Locks:* the slip and the 訂正待ち line first, by removing it: of two who mend it only one registers.
    """
    slip = hold_slip(by=by, slip_id=slip_id)
    earlier = answer_of(by, slip)
    if earlier is not None:
        return earlier
    mended, _ = Teiseimachi.objects.filter(sender=by.sender, uketsuke_id=row_id, meisai_no=meisai_no).delete()
    if not mended:
        raise NotFound(
            "teiseimachi_nashi", "この行は訂正待ちにありません。直し終わったか、破棄したか、期限が過ぎています。"
        )
    done = register_line(by=by, line=line, screen_id=screen_id, now=now)
    facts = {**facts_of(done, now=now), "row": str(row_id), "line_number": line_number}
    return spend_slip(by=by, slip=slip, facts=facts)
