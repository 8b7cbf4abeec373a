"""Whom a 個人番号 leads to across insurers, and whether that person is in a zone, under whatever number.

The person may have come with another number: somebody else's 変更 made both lead to the same 紐付番号.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from django.db import connection

from chukan.kernel.binary_arrays import bytea_array, uuid_array
from chukan.kernel.crypto.blind_index import ZoneIndex
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import reads
from chukan.kernel.values.kojin_bango import KojinBango

_LED = "SELECT bi_global, himozuke_bango FROM shikaku_find_himozuke(%s::bytea[])"
_HERE = """
SELECT himozuke_bango, hihokensha_edaban FROM shikaku_itaku_kukaku_kanyusha
WHERE hokensha_code = %s AND himozuke_bango = ANY (%s::uuid[])
"""


@reads
def find_himozuke(*, by: Principal, index: ZoneIndex, hashes: Collection[bytes]) -> dict[bytes, UUID]:
    """Return the 紐付番号 of each hash across insurers that leads to one; `index` made the hashes."""
    if not hashes:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_LED, [bytea_array(index.across.both(hashes))])
        return {index.across.present(bytes(found)): himozuke for found, himozuke in cursor.fetchall()}


@reads
def find_leads(*, by: Principal, index: ZoneIndex, numbers: Sequence[KojinBango | None]) -> list[UUID | None]:
    """Return whom each number leads to across insurers, in order; None: nobody, or there is no number."""
    hashes = [None if one is None else index.global_bango(one.reveal()) for one in numbers]
    led = find_himozuke(by=by, index=index, hashes={one for one in hashes if one is not None})
    return [None if one is None else led.get(one) for one in hashes]


@reads
def find_edaban(*, by: Principal, zone: str, himozuke: Collection[UUID]) -> dict[UUID, int]:
    """Return the 被保険者枝番 of each of these persons whom the zone has."""
    if not himozuke:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_HERE, [zone, uuid_array(himozuke)])
        return dict(cursor.fetchall())


@reads
def find_seconds(*, by: Principal, zone: str, fresh: Collection[UUID], others: Iterable[UUID]) -> set[UUID]:
    """Return which of these new persons would get a second 被保険者枝番 in the zone.

    They are there already, come more than once, or are among `others`, whom the same block writes.
    """
    if not fresh:
        return set()
    in_block = Counter([*fresh, *others])
    here = find_edaban(by=by, zone=zone, himozuke=fresh)
    return {himozuke for himozuke in fresh if himozuke in here or in_block[himozuke] > 1}
