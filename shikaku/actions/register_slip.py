"""Registers what a clerk typed and checked; the slip is spent in the same transaction, so nothing typed is lost."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction
from shikaku.actions.register_one import Registered, register_line
from shikaku.actions.terminal_slip import hold_slip, spend_slip
from shikaku.domain.line import TorokuLine
from shikaku.queries.terminal_slip import SlipAnswer, answer_of


@own_transaction
def register_slip(
    *,
    by: Principal,
    slip_id: UUID,
    line: TorokuLine,
    if_match: int | None,
    screen_id: str,
    now: datetime,
) -> SlipAnswer:
    """Register the line of a slip and spend the slip; when anything fails both are as before.

    *Idempotent:* a slip is registered once; every later press returns the first answer, two at once one after the
    other. Raises as `register_line`; NotFound when there is no such slip. *Locks:* the slip, then as `register_line`.
    """
    slip = hold_slip(by=by, slip_id=slip_id)
    earlier = answer_of(by, slip)
    if earlier is not None:
        return earlier
    done = register_line(by=by, line=line, if_match=if_match, screen_id=screen_id, now=now)
    return spend_slip(by=by, slip=slip, facts=facts_of(done, now=now))


def facts_of(done: Registered, *, now: datetime) -> Mapping[str, Any]:
    """Return what the last page says of a registration: numbers of ours, and warnings without any value."""
    return {
        "uketsuke_bango": done.uketsuke_bango,
        "meisai_bango": done.uketsuke_meisai_bango,
        "edaban": done.hihokensha_edaban,
        "tsuban": done.shikaku_tsuban,
        "shori": done.shori_shubetsu_code,
        "keikoku": [(item.code, item.pointer, item.message) for item in done.keikoku],
        "at": now.isoformat(),
    }
