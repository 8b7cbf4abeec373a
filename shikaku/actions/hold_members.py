"""Holds members for another app that is about to write down whose they are. 根拠: KJ-FUGO-05."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from django.db import connection

from chukan.kernel.binary_arrays import bigint_array
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import joins_transaction

_HOLD: Final = """
SELECT hihokensha_edaban, himozuke_bango FROM shikaku_itaku_kukaku_kanyusha
WHERE hokensha_code = %s AND hihokensha_edaban = ANY (%s) ORDER BY id FOR SHARE
"""


@joins_transaction
def hold_members(*, by: Principal, hihokensha_edaban: Collection[int]) -> dict[int, UUID]:
    """Return whose these members of the zone of `by` are; they are nobody else's until the transaction ends.

    Who is no member is left out. *Locks:* the members by id.
    """
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, [by.hokensha_code, bigint_array(hihokensha_edaban)])
        return dict(cursor.fetchall())
