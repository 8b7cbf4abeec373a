"""Holds the PMH-ID of persons in 資格履歴 and owes オンライン資格確認 the telegram of each.

根拠: KJ-PMH-05, KJ-PMH-06.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import connection

from chukan.kernel.binary_arrays import uuid_array
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import joins_transaction

_SET = "SELECT himozuke_bango, pmh_id FROM shikaku_set_pmh_id(%s::uuid[], %s, %s)"


@joins_transaction
def set_pmh_id(*, by: Principal, pmh_id: Mapping[UUID, str], now: datetime) -> dict[UUID, str]:  # zone of none
    """Give these persons their PMH-ID in the transaction that issues it; return what each holds afterwards.

    *Idempotent:* who has one keeps it and owes no second telegram. What is registered later carries it. *Locks:* the
    persons across insurers, in the order of 紐付番号, as a registration does.
    """
    if not pmh_id:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_SET, [uuid_array(pmh_id), list(pmh_id.values()), now])
        return {**pmh_id, **dict(cursor.fetchall())}  # those only come back who hold another one
