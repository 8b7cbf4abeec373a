"""The rows of 発行履歴: the only statements that write or erase them, through functions of the database."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from django.db import connection

from chukan.kernel.principal import Principal
from chukan.kernel.transactions import joins_transaction

_ISSUE = "SELECT himozuke_bango, pmh_id FROM pmh_issue(%s::uuid[], %s, %s)"  # uuid[] as text: half the time
_ERASE = "SELECT pmh_erase_hakko(%s::uuid[])"


@joins_transaction
def write_hakko(*, by: Principal, pmh_id: Mapping[UUID, str], now: datetime) -> dict[UUID, str]:  # zone of none
    """Write who has no row yet with the PMH-ID proposed, and return the one that stands for each of the persons.

    Whoever writes the same person at the same time is waited for; the first one's stands.
    """
    if not pmh_id:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_ISSUE, [f"{{{','.join(map(str, pmh_id))}}}", list(pmh_id.values()), now])
        return {**pmh_id, **dict(cursor.fetchall())}  # those only come back to whom somebody else gave another one


@joins_transaction
def erase_hakko(*, by: Principal, himozuke_bango: Collection[UUID]) -> int:
    """Erase the rows of these persons and return how many there were."""
    with connection.cursor() as cursor:
        cursor.execute(_ERASE, [list(himozuke_bango)])
        return int(cursor.fetchone()[0])
