"""Ends a 受付 that stands still, so that the sender's later ones do not wait for it for ever."""

from datetime import datetime, timedelta
from uuid import UUID

from chukan.controls.uketsuke.actions.moves import locked, refuse_uketsuke
from chukan.controls.uketsuke.domain import RUNNING, STALLED_AFTER
from chukan.controls.uketsuke.queries import has_to_wait
from chukan.kernel.errors import Conflict
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import joins_transaction
from chukan.settings import limits


@joins_transaction
def give_up_uketsuke(*, by: Principal, uketsuke_id: UUID, reason_code: str, now: datetime) -> str:
    """End a 受付 nobody brings to its end and return its 受付番号; what it registered stays.

    A worker that wakes up after all has lost it (LeaseLost). Raises Conflict for one that has ended, is held, waits
    for an earlier one or moved just now.
    """
    row = locked(uketsuke_id, None)
    if row.state not in RUNNING or has_to_wait(row) or now - row.moved_at <= STALLED_AFTER:
        raise Conflict(
            "teitai_nashi", "この受付は停滞していません。処理の実行状況（OP-101）で、いまの状態を確かめてください。"
        )
    row.attempts += 1
    if row.refused_count:
        row.refused_until = now + timedelta(days=limits.REFUSED_LINES_DAYS)
    row.save(update_fields=["attempts", "refused_until"])
    refuse_uketsuke(by=by, uketsuke_id=uketsuke_id, reason_code=reason_code, now=now)
    return row.uketsuke_bango
