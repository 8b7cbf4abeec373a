"""Drops the counts of arrived codes whose time is over."""

from datetime import datetime
from typing import Final

from django.db import connection

from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction
from chukan.settings import limits

_DROP: Final = "DELETE FROM fugo_juryo_kazu WHERE hour < %s"


@own_transaction
def erase_old_counts(*, by: Principal, now: datetime) -> int:  # zone of none
    """Drop them and return how many rows there were."""
    with connection.cursor() as cursor:
        cursor.execute(_DROP, [now - limits.FUGO_JURYO_KEPT])
        return int(cursor.rowcount)
