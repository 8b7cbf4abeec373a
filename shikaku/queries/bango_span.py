"""For 機関別符号: with which numbers a member was registered while a code was asked for. 根拠: ADR 0027."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from django.db import connection

from chukan.kernel.binary_arrays import bigint_array
from chukan.kernel.crypto.blind_index import ZoneIndex
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import reads
from shikaku.domain.bango_span import BangoSpan, FormerBango, spans_of
from shikaku.queries.fugo import open_bango
from shikaku.queries.led import find_leads

# Nearly every member has had one number only and is not looked at further.
_CHANGED: Final = """
SELECT DISTINCT hihokensha_edaban FROM shikaku_kyu_kojin_bango
WHERE hokensha_code = %s AND hihokensha_edaban = ANY (%s)
"""
_NUMBERS: Final = """
SELECT f.hihokensha_edaban, k.id, f.ct_kojin_bango, f.kojin_bango_koshin_nichiji
FROM shikaku_kyu_kojin_bango f JOIN shikaku_itaku_kukaku_kanyusha k USING (hokensha_code, hihokensha_edaban)
WHERE hokensha_code = %(zone)s AND hihokensha_edaban = ANY (%(members)s)
UNION ALL
SELECT hihokensha_edaban, id, ct_kojin_bango, NULL FROM shikaku_itaku_kukaku_kanyusha
WHERE hokensha_code = %(zone)s AND hihokensha_edaban = ANY (%(members)s) AND ct_kojin_bango IS NOT NULL
"""


@reads
def find_bango_spans(
    *, by: Principal, hihokensha_edaban: Collection[int], moved: Collection[int]
) -> dict[int, tuple[BangoSpan, ...]]:
    """Return the numbers, as times and whom they lead to, of members of the zone of `by` who had several.

    `moved`: members who became somebody else, of whom it is always told. No number leaves here; what does not open
    leads to nobody. For the hub's own process, which asks for codes.
    """
    if by.soshiki != "system" or not by.hokensha_code:
        message = "for the hub's own process in the zone of one insurer"
        raise TypeError(message)
    if not hihokensha_edaban:
        return {}
    zone = by.hokensha_code
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED, [zone, bigint_array(hihokensha_edaban)])
        members = {*moved, *(edaban for (edaban,) in cursor.fetchall())}
        if not members:
            return {}
        cursor.execute(_NUMBERS, {"zone": zone, "members": bigint_array(sorted(members))})
        rows = cursor.fetchall()
    numbers = [open_bango(zone, row_id, bytes(sealed)) for _, row_id, sealed, _ in rows]
    leads = find_leads(by=by, index=ZoneIndex(get_keyring(), zone), numbers=numbers)
    formers: dict[int, list[FormerBango]] = {}
    present: dict[int, UUID | None] = {}
    for (edaban, _, _, ended_at), leads_to in zip(rows, leads, strict=True):
        if ended_at is None:
            present[edaban] = leads_to
        else:
            formers.setdefault(edaban, []).append(FormerBango(ended_at, leads_to))
    return {edaban: spans_of(formers.get(edaban, ()), present.get(edaban)) for edaban in members}
