"""Removes what connecting systems left behind after its time: nonces and kept answers."""

from datetime import datetime
from typing import Final

from django.db import connection

from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction

_PURGE: Final = (
    "DELETE FROM setsuzoku_nonce WHERE expires_at < %s",
    "DELETE FROM setsuzoku_idempotency WHERE expires_at < %s",
)


@own_transaction
def purge_expired(*, by: Principal, now: datetime) -> int:
    """Delete nonces whose signature has expired and answers older than 7 days; return how many rows went.

    The worker's role sees expired answers only, of whatever sender.
    """
    gone = 0
    with connection.cursor() as cursor:
        for statement in _PURGE:
            cursor.execute(statement, [now])
            gone += cursor.rowcount
    return gone
