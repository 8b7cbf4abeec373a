"""Whom 機関別符号 still holds anything of, for the job that looks who is over; never a code."""

from datetime import date
from typing import Final
from uuid import UUID

from django.db import connection

from chukan.kernel.clock import business_date_jst
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import reads

_LIST: Final = "SELECT himozuke_bango, last_at FROM fugo_list_hoyu(%s, %s)"


@reads
def list_hoyu(*, by: Principal, after: UUID, most: int) -> dict[UUID, date]:
    """Return the persons after a 紐付番号, in its order, with the day (JST) something last happened to them."""
    with connection.cursor() as cursor:
        cursor.execute(_LIST, [after, most])
        return {person: business_date_jst(last_at) for person, last_at in cursor.fetchall()}
