"""Builds telegrams from the versions as of the line that owed them: the same bytes however often they are sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db import connection

from chukan.kernel.principal import Principal
from chukan.kernel.transactions import reads
from shikaku.formats.onshi_denbun_v1 import Kikan, build_denbun, build_sakujo, build_shikaku
from shikaku.queries.held import open_joho

SAKUJO = "sakujo"

_AS_OF = """
SELECT w.soshin_bango, r.id, r.hokensha_code, r.shikaku_tsuban, r.rireki_tsuban, r.withdrawn, r.ct_joho
FROM unnest(%s::uuid[], %s::bigint[], %s::timestamptz[]) AS w (soshin_bango, edaban, as_of)
JOIN shikaku_rireki r ON r.hokensha_code = %s AND r.hihokensha_edaban = w.edaban
  AND r.toroku_nichiji <= w.as_of AND (r.superseded_at IS NULL OR r.superseded_at > w.as_of)
ORDER BY w.soshin_bango, r.rireki_tsuban
"""


@dataclass(frozen=True, slots=True)
class OwedTelegram:
    """One telegram in the sender's hands."""

    soshin_bango: UUID
    hokensha_code: str
    hihokensha_edaban: int
    himozuke_bango: UUID
    jun: int
    kind: str
    as_of: datetime
    attempts: int


@reads
def build_telegrams(
    *,
    by: Principal,
    zone: str,
    owed: Sequence[OwedTelegram],  # the zone is set by the decorator
) -> tuple[dict[str, Any], ...]:
    """Return the telegrams of one zone in the given order; no 個人番号 is opened on the way. 根拠: KJ-EXT-01."""
    stateful = [telegram for telegram in owed if telegram.kind != SAKUJO]
    contents: dict[UUID, dict[str, Any]] = {}
    if stateful:
        with connection.cursor() as cursor:
            cursor.execute(
                _AS_OF,
                [
                    [telegram.soshin_bango for telegram in stateful],
                    [telegram.hihokensha_edaban for telegram in stateful],
                    [telegram.as_of for telegram in stateful],
                    zone,
                ],
            )
            rows = cursor.fetchall()
        edabans = {telegram.soshin_bango: telegram.hihokensha_edaban for telegram in stateful}
        for number, versions in groupby(rows, key=lambda row: row[0]):
            contents[number] = _shikaku(zone, edabans[number], list(versions))
    return tuple(
        build_denbun(
            soshin_bango=str(telegram.soshin_bango),
            denbun_shubetsu=telegram.kind,  # type: ignore[arg-type]  # the column's own values
            himozuke_bango=str(telegram.himozuke_bango),
            jun=telegram.jun,
            naiyo=contents[telegram.soshin_bango]
            if telegram.kind != SAKUJO
            else build_sakujo(hokensha_code=zone, hihokensha_edaban=telegram.hihokensha_edaban),
        )
        for telegram in owed
    )


def _shikaku(zone: str, edaban: int, versions: Sequence[tuple[Any, ...]]) -> dict[str, Any]:
    opened = [
        (tsuban, rireki, withdrawn, open_joho(code, row_id, bytes(sealed)))
        for _, row_id, code, tsuban, rireki, withdrawn, sealed in versions
    ]
    periods = [
        Kikan(shikaku_tsuban=tsuban, rireki_tsuban=rireki, joho=joho)
        for tsuban, rireki, withdrawn, joho in opened
        if tsuban is not None and not withdrawn
    ]
    return build_shikaku(
        hokensha_code=zone,
        hihokensha_edaban=edaban,
        newest=opened[-1][3],
        kikan=sorted(periods, key=attrgetter("shikaku_tsuban")),
        pmh_id=None,
    )
