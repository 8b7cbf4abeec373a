"""符号取得状況 of an insurer's own members, page by page by a random id; never a code. 根拠: KJ-MENU-08."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import connection

from chukan.kernel.principal import Principal
from chukan.kernel.transactions import reads
from fugo.domain.jotai import Jotai, as_told
from fugo.domain.shutoku_state import ShutokuState

_PAGE: Final = """
SELECT id, hihokensha_edaban, toroku_nichiji, status, is_saihakko, koshin_at, uketsuke_at, tenso_at, soshin_at,
  fugo_uketsuke_at, settei_at FROM fugo_jotai(%s, %s)
"""
START: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class JotaiPage:
    """Some members, and where the next page begins; None on the last."""

    items: tuple[Jotai, ...]
    next: UUID | None


@reads
def list_jotai(*, by: Principal, after: UUID = START, most: int) -> JotaiPage:
    """Return the progress of up to `most` members of the zone of `by` after a row."""
    with connection.cursor() as cursor:
        cursor.execute(_PAGE, [after, most + 1])
        rows = [
            as_told(Jotai(row_id, edaban, at, ShutokuState(status) if status else None, bool(saihakko), *stamps))
            for row_id, edaban, at, status, saihakko, *stamps in cursor.fetchall()
        ]
    more = len(rows) > most
    return JotaiPage(tuple(rows[:most]), rows[most - 1].row_id if more else None)
