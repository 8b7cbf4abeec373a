"""Registers what a clerk typed and checked; the slip is spent in the same transaction, so nothing typed is lost."""

from datetime import datetime
from uuid import UUID

from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction
from shikaku.actions.register_one import Registered, register_line
from shikaku.actions.terminal_slip import spend_slip
from shikaku.domain.line import TorokuLine


@own_transaction
def register_slip(
    *,
    by: Principal,
    slip_id: UUID,
    line: TorokuLine,
    if_match: int | None,
    screen_id: str,
    now: datetime,
) -> Registered:
    """Register the line of a slip and spend the slip; when anything fails both are as before.

    Raises as `register_line`; NotFound when the slip was spent before. *Locks:* the slip, then as `register_line`.
    """
    spend_slip(by=by, slip_id=slip_id)
    return register_line(by=by, line=line, if_match=if_match, screen_id=screen_id, now=now)
