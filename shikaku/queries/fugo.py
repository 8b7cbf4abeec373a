"""What 機関別符号 may know of members: who of a block asks for a code, and the 個人番号 that goes into a request file.

根拠: KJ-FUGO-02, KJ-FUGO-08. No code is ever seen here.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import connection

from chukan.kernel.binary_arrays import bigint_array
from chukan.kernel.crypto.envelope import open_envelope
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import reads
from chukan.kernel.values.kojin_bango import KojinBango

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
    """The present 個人番号 of one member, and whose it is."""

    himozuke_bango: UUID
    kojin_bango: KojinBango


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
def find_kojin_bango(*, by: Principal, hihokensha_edaban: Collection[int]) -> dict[int, HeldBango]:
    """Return the present 個人番号 of these members of the zone of `by`; who has none is left out.

    For a request file alone: the hub's own process writes it into the sealed file and keeps it nowhere.
    """
    if by.channel != "system" or not by.hokensha_code:
        message = "for the hub's own process in the zone of one insurer"
        raise TypeError(message)
    if not hihokensha_edaban:
        return {}
    keyring = get_keyring()
    with connection.cursor() as cursor:
        cursor.execute(_NUMBERS, [by.hokensha_code, bigint_array(hihokensha_edaban)])
        rows = cursor.fetchall()
    return {
        edaban: HeldBango(
            himozuke,
            KojinBango.parse(
                open_envelope(
                    keyring,
                    table=_TABLE,
                    envelope=_ENVELOPE,
                    hokensha_code=by.hokensha_code,
                    row_id=row_id,
                    data=bytes(sealed),
                ).decode()
            ),
        )
        for edaban, row_id, himozuke, sealed in rows
    }
