"""Alarms telegrams to オンライン資格確認 that nobody has received for too long."""

from datetime import datetime, timedelta

import structlog

from chukan.kernel.principal import Principal
from chukan.kernel.transactions import outside_transaction
from chukan.settings import limits
from shikaku.queries.haishin import get_backlog

log = structlog.get_logger()


@outside_transaction
def record_overdue(*, by: Principal, now: datetime) -> timedelta | None:
    """Write an alarm with age and count to the log when a telegram is overdue; return the age of the oldest.

    OP-001 and OP-201 show the same per insurer from the same limit, whether or not the sender lives.
    """
    backlog = get_backlog(by=by)
    if backlog.oldest_at is None:
        return None
    age = now - backlog.oldest_at
    if age > limits.ONSHI_OVERDUE:
        log.error("shikaku.onshi_soshin.overdue", lag_seconds=int(age.total_seconds()), count=backlog.waiting)
    return age
