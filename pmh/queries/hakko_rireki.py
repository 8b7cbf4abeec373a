"""Reads 発行履歴 through functions of the database: whom it is about, for erasing; how many, for operators."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import connection, connections

from chukan.kernel.clock import business_date_jst
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import OPERATOR_ALIAS, reads, reads_as_operator

_LIST = "SELECT himozuke_bango, issued_at FROM pmh_list_hakko(%s, %s)"
_COUNT = "SELECT kensu, estimated FROM pmh_count_hakko()"


@dataclass(frozen=True, slots=True)
class HakkoCount:
    """How many persons have a 発行履歴; an estimate of the database when there are very many."""

    kensu: int
    estimated: bool


@reads
def list_hakko(*, by: Principal, after: UUID, most: int) -> dict[UUID, date]:
    """Return up to `most` persons after a 紐付番号, in its order, each with the day of issue (JST)."""
    with connection.cursor() as cursor:
        cursor.execute(_LIST, [after, most])
        return {person: business_date_jst(issued_at) for person, issued_at in cursor.fetchall()}


@reads_as_operator
def count_hakko(*, by: Principal) -> HakkoCount:  # by is checked by the decorator
    """Return how many persons have a 発行履歴."""
    with connections[OPERATOR_ALIAS].cursor() as cursor:
        cursor.execute(_COUNT)
        kensu, estimated = cursor.fetchone()
        return HakkoCount(kensu, estimated)
