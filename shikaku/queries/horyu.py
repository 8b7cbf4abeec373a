"""How many members of an insurer are valid on a day: a number, nobody's name."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db import connection

from chukan.kernel.principal import Principal
from chukan.kernel.transactions import reads

# One valid period per person and day: periods of a person inside one insurer never overlap.
_COUNT: Final = """
SELECT count(*), max(hihokensha_edaban) FROM (
  SELECT hihokensha_edaban FROM shikaku_rireki
  WHERE hokensha_code = %(zone)s AND hihokensha_edaban > %(after)s AND superseded_at IS NULL AND NOT withdrawn
    AND valid_from <= %(on)s AND (valid_to IS NULL OR valid_to > %(on)s)
  ORDER BY hihokensha_edaban LIMIT %(limit)s) AS valid
"""


@dataclass(frozen=True, slots=True)
class CountedMembers:
    """How many valid members were counted, and up to which 被保険者枝番; None when there were no more."""

    count: int
    last: int | None


@reads
def count_valid_members(*, by: Principal, zone: str, after: int, on: date, limit: int) -> CountedMembers:
    """Return how many members of the zone behind a 被保険者枝番 are valid on a day, as far as `limit` of them."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"zone": zone, "after": after, "on": on, "limit": limit})
        count, last = cursor.fetchone()
    return CountedMembers(count, last if count == limit else None)
