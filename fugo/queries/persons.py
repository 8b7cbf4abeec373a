"""What is known of persons when one of them is registered: a code, an open request, this very link."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from django.db import connection

from chukan.kernel.binary_arrays import bigint_array, uuid_array
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import reads
from fugo.domain.shutoku_yokyu import Person

_KNOWN: Final = "SELECT himozuke_bango, has_fugo, has_open_request FROM fugo_known(%s)"
_LINKED: Final = """
SELECT hihokensha_edaban, himozuke_bango FROM fugo_edaban_himozuke
WHERE hokensha_code = %s AND hihokensha_edaban = ANY (%s)
"""


@reads
def find_persons(*, by: Principal, members: Collection[tuple[int, UUID]]) -> dict[int, Person]:
    """Return what is known of each member (被保険者枝番, 紐付番号) of the zone of `by`, by 被保険者枝番."""
    if not members:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [uuid_array([himozuke for _, himozuke in members])])
        known = {himozuke: (has_fugo, is_open) for himozuke, has_fugo, is_open in cursor.fetchall()}
        cursor.execute(_LINKED, [by.hokensha_code, bigint_array([edaban for edaban, _ in members])])
        linked = dict(cursor.fetchall())
    return {
        edaban: Person(
            linked=linked.get(edaban) == himozuke,
            has_fugo=known.get(himozuke, (False, False))[0],
            has_open_request=known.get(himozuke, (False, False))[1],
        )
        for edaban, himozuke in members
    }
