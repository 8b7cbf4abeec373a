"""What 機関別符号 may know of members: who of a block asks for a code, and the 個人番号 that goes into a request file.

根拠: KJ-FUGO-02, KJ-FUGO-08. No code is ever seen here.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog
from django.db import connection

from chukan.kernel.binary_arrays import bigint_array
from chukan.kernel.crypto.blind_index import ZoneIndex
from chukan.kernel.crypto.envelope import open_envelope
from chukan.kernel.crypto.errors import EnvelopeRefused
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import reads
from chukan.kernel.values.kojin_bango import KojinBango
from shikaku.queries.led import find_leads

log = structlog.get_logger()

_TABLE: Final = "shikaku_itaku_kukaku_kanyusha"
_ENVELOPE: Final = "kojin_bango"
# Somebody all of whose periods were 取消 is nobody's member; one who has none yet was never asked for.
_REFLECTED: Final = """
SELECT u.uketsuke_bango, m.meisai_no, k.hihokensha_edaban, k.himozuke_bango,
  k.fugo_shutoku_yokyu_kubun = '1' AND EXISTS (
    SELECT FROM shikaku_rireki r WHERE r.hokensha_code = k.hokensha_code AND r.hihokensha_edaban = k.hihokensha_edaban
      AND r.superseded_at IS NULL AND NOT r.withdrawn AND r.shikaku_tsuban IS NOT NULL)
FROM uketsuke_meisai m
JOIN uketsuke_uketsuke u ON u.id = m.uketsuke_id
JOIN shikaku_itaku_kukaku_kanyusha k ON k.hokensha_code = %s AND k.hihokensha_edaban = m.hihokensha_edaban
WHERE m.uketsuke_id = %s AND m.meisai_no BETWEEN %s AND %s AND m.shori_kekka_kubun <> '9'
"""
# The lines of a carrying system are of many zones: a line belongs to the zone in which it made a version.
_OF_THIS_ZONE: Final = """
  AND EXISTS (
    SELECT FROM shikaku_rireki v WHERE v.hokensha_code = k.hokensha_code AND v.hihokensha_edaban = k.hihokensha_edaban
      AND v.uketsuke_id = m.uketsuke_id AND v.meisai_no = m.meisai_no)
"""
_NUMBERS: Final = """
SELECT hihokensha_edaban, id, himozuke_bango, ct_kojin_bango FROM shikaku_itaku_kukaku_kanyusha
WHERE hokensha_code = %s AND hihokensha_edaban = ANY (%s) AND ct_kojin_bango IS NOT NULL
"""


# All members of a zone, with the line that wrote their newest version. A receipt of a carrying system is not seen here.
_MEMBERS: Final = """
SELECT COALESCE(u.uketsuke_bango, ''), r.meisai_no, k.hihokensha_edaban, k.himozuke_bango,
  k.fugo_shutoku_yokyu_kubun = '1' AND r.meisai_no IS NOT NULL
FROM shikaku_itaku_kukaku_kanyusha k
LEFT JOIN LATERAL (
  SELECT v.uketsuke_id, v.meisai_no FROM shikaku_rireki v
  WHERE v.hokensha_code = k.hokensha_code AND v.hihokensha_edaban = k.hihokensha_edaban
    AND v.superseded_at IS NULL AND NOT v.withdrawn AND v.shikaku_tsuban IS NOT NULL
  ORDER BY v.rireki_tsuban DESC LIMIT 1) r ON true
LEFT JOIN uketsuke_uketsuke u ON u.id = r.uketsuke_id
WHERE k.hokensha_code = %s AND k.hihokensha_edaban > %s
ORDER BY k.hihokensha_edaban LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class ReflectedMember:
    """One member of a reflected block; `asked`: 符号取得要求区分 says that a code is wanted."""

    hihokensha_edaban: int
    himozuke_bango: UUID
    asked: bool
    uketsuke_bango: str
    uketsuke_meisai_bango: str


@dataclass(frozen=True, slots=True)
class HeldBango:
    """The present 個人番号 of one member, and whose it is; None: what is kept does not open or is no number.

    `leads_elsewhere`: across insurers the number leads to another 紐付番号 than the member's (ADR 0018).
    """

    himozuke_bango: UUID
    kojin_bango: KojinBango | None
    leads_elsewhere: bool


@reads
def list_reflected_members(
    *, by: Principal, uketsuke_id: UUID, first_meisai_no: int, last_meisai_no: int
) -> tuple[ReflectedMember, ...]:
    """Return the members of the zone of `by` whom these lines of a 受付 of its sender registered, each once."""
    statement = _REFLECTED if by.sender == by.hokensha_code else f"{_REFLECTED}{_OF_THIS_ZONE}"
    found: dict[int, ReflectedMember] = {}
    with connection.cursor() as cursor:
        cursor.execute(statement, [by.hokensha_code, uketsuke_id, first_meisai_no, last_meisai_no])
        for uketsuke_bango, meisai_no, edaban, himozuke, asked in cursor.fetchall():
            found.setdefault(edaban, ReflectedMember(edaban, himozuke, asked, uketsuke_bango, f"{meisai_no:07d}"))
    return tuple(found.values())


@reads
def list_members(*, by: Principal, after: int, most: int) -> tuple[ReflectedMember, ...]:
    """Return some members of the zone of `by` in the order of 被保険者枝番, who asks for a code and who does not."""
    with connection.cursor() as cursor:
        cursor.execute(_MEMBERS, [by.hokensha_code, after, most])
        return tuple(
            ReflectedMember(edaban, himozuke, asked, uketsuke_bango, "" if meisai_no is None else f"{meisai_no:07d}")
            for uketsuke_bango, meisai_no, edaban, himozuke, asked in cursor.fetchall()
        )


@reads
def find_kojin_bango(*, by: Principal, hihokensha_edaban: Collection[int]) -> dict[int, HeldBango]:
    """Return the present 個人番号 of these members of the zone of `by`; who has none is left out.

    One that does not open is told as such and keeps no other from it; without the keystore none does (KeyUnavailable).
    For a request file alone: the hub's own process writes it into the sealed file and keeps it nowhere.
    """
    if by.channel != "system" or not by.hokensha_code:
        message = "for the hub's own process in the zone of one insurer"
        raise TypeError(message)
    if not hihokensha_edaban:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_NUMBERS, [by.hokensha_code, bigint_array(hihokensha_edaban)])
        rows = cursor.fetchall()
    numbers = [open_bango(by.hokensha_code, row_id, bytes(sealed)) for _, row_id, _, sealed in rows]
    leads = find_leads(by=by, index=ZoneIndex(get_keyring(), by.hokensha_code), numbers=numbers)
    return {
        edaban: HeldBango(himozuke, number, leads_elsewhere=lead not in (None, himozuke))
        for (edaban, _, himozuke, _), number, lead in zip(rows, numbers, leads, strict=True)
    }


def open_bango(hokensha_code: str, row_id: UUID, sealed: bytes) -> KojinBango | None:
    """Return a number sealed for the 委託区画 row; None, with a line in the log, when it does not open or is none."""
    try:
        opened = open_envelope(
            get_keyring(), table=_TABLE, envelope=_ENVELOPE, hokensha_code=hokensha_code, row_id=row_id, data=sealed
        )
        return KojinBango.parse(opened.decode())
    except EnvelopeRefused as error:
        log.warning("shikaku.kojin_bango.unreadable", object_id=str(row_id), reason=error.reason)
    except ValueError:  # neither this nor its cause goes any further: they may hold what was sealed
        log.warning("shikaku.kojin_bango.unreadable", object_id=str(row_id), reason="not_a_number")
    return None
