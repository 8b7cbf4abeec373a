"""再送 after a 処理結果 `9`: a new telegram of the state now, never the refused one again. 根拠: KJ-EXT-04."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Final
from uuid import UUID

from django.db import connection

from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.principal import Principal
from chukan.kernel.retry import done_again
from chukan.kernel.transactions import LostRace, outside_transaction, own_transaction
from chukan.kernel.values.uuid7 import uuid7
from shikaku.actions.accept_toroku_file import JIMU
from shikaku.queries.resend_queue import list_resend_queue

QUEUE: Final = "onshi_soshin"
_BATCH: Final = 500

# As `shikaku_resend_queue`, of one zone: asked again under the locks, and without looking through every zone.
_WAITING: Final = """
SELECT s.himozuke_bango, s.soshin_bango, s.hihokensha_edaban FROM shikaku_onshi_soshin s
WHERE s.hokensha_code = %s AND s.soshin_bango = ANY (%s) AND s.shori_kekka_kubun = '9'
  AND s.kind IN ('shikaku', 'sakujo') AND NOT EXISTS (
    SELECT FROM shikaku_onshi_soshin n
    WHERE n.himozuke_bango = s.himozuke_bango AND n.hokensha_code = s.hokensha_code AND n.jun > s.jun
      AND n.kind IN ('shikaku', 'sakujo'))
ORDER BY s.himozuke_bango
"""
_NEXT_JUN: Final = "SELECT himozuke_bango, last_jun FROM shikaku_next_jun(%s::uuid[], %s::integer[])"
# Who has a period in this zone now, under which 被保険者枝番, and when that person was last written.
_STATE: Final = """
SELECT DISTINCT ON (r.himozuke_bango) r.himozuke_bango, r.hihokensha_edaban, k.last_recorded_at
FROM shikaku_itaku_kukaku_kanyusha k JOIN shikaku_rireki r
  ON r.hokensha_code = k.hokensha_code AND r.hihokensha_edaban = k.hihokensha_edaban
WHERE k.hokensha_code = %s AND k.himozuke_bango = ANY (%s) AND r.superseded_at IS NULL AND NOT r.withdrawn
  AND r.shikaku_tsuban IS NOT NULL
ORDER BY r.himozuke_bango, r.toroku_nichiji DESC
"""
_OWE: Final = """
INSERT INTO shikaku_onshi_soshin (soshin_bango, hokensha_code, hihokensha_edaban, himozuke_bango, jun, kind, as_of,
  owed_at, available_at, attempts, shori_kekka_kubun, shori_kekka_meisai_code)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, 0, '', '')
"""


@outside_transaction
def resend_refused(
    *, by: Principal, hokensha_code: str | None = None, soshin_bango: UUID | None = None, now: datetime
) -> int:
    """Send anew what waits for it, of one insurer or one 送信番号 or all; return how many new telegrams are owed.

    Raises Unavailable when others were in the way of a batch; those before it stand.
    """
    resent = 0
    queue = list_resend_queue(by=by, hokensha_code=hokensha_code, soshin_bango=soshin_bango)
    for zone, waiting in groupby(queue, key=attrgetter("hokensha_code")):
        numbers = [telegram.soshin_bango for telegram in waiting]
        for first in range(0, len(numbers), _BATCH):
            batch = numbers[first : first + _BATCH]
            resent += done_again(partial(resend_to_onshi, by=by, zone=zone, soshin_bango=batch, now=now))
    return resent


@own_transaction
def resend_to_onshi(*, by: Principal, zone: str, soshin_bango: Sequence[UUID], now: datetime) -> int:
    """Owe a new telegram of the state now for each of these refused ones, and return how many were owed.

    *Idempotent:* what a newer telegram of the same person and insurer followed is left alone. *Locks:* the persons
    across insurers, as a registration does when it draws `jun`; a registration that was first raises LostRace here.
    """
    waiting = _waiting(zone, soshin_bango)
    if not waiting:
        return 0
    persons = list(waiting)
    with connection.cursor() as cursor:
        cursor.execute(_NEXT_JUN, [persons, [1] * len(persons)])
        jun: dict[UUID, int] = dict(cursor.fetchall())
        if _waiting(zone, soshin_bango) != waiting:
            raise LostRace
        cursor.execute(_STATE, [zone, persons])
        present = {person: (edaban, written_at) for person, edaban, written_at in cursor.fetchall()}
        rows = []
        for person, (_, refused_edaban) in waiting.items():
            # As of the last writing, not of now: a line that is registered in this very moment owes its own.
            edaban, as_of = present.get(person, (refused_edaban, now))
            kind = "shikaku" if person in present else "sakujo"
            rows.append((uuid7(), zone, edaban, person, jun[person], kind, as_of, now, now))
        cursor.executemany(_OWE, rows)
    record_sosa(
        by=by,
        kind=SosaKind.ONSHI_RESENT,
        jimu=JIMU,
        target_file=QUEUE,
        targets=tuple(str(number) for number, _ in waiting.values()),
        result="ok",
        detail={"count": len(rows)},
        zone=zone,
        now=now,
    )
    return len(rows)


@outside_transaction
def resend_refused_pmh_ids(*, by: Principal, now: datetime) -> int:
    """Send anew every telegram of a PMH-ID that was answered 異常 and followed by no newer one; return how many."""
    resent = 0
    while count := done_again(partial(resend_pmh_ids, by=by, now=now)):
        resent += count
    return resent


@own_transaction
def resend_pmh_ids(*, by: Principal, now: datetime) -> int:  # zone of none
    """Owe a new telegram for some of them and return for how many; 0 when none waits. *Locks:* the persons."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT shikaku_resend_pmh_id(%s, %s)", [_BATCH, now])
        count = int(cursor.fetchone()[0])
    if count:
        record_sosa(
            by=by,
            kind=SosaKind.ONSHI_RESENT,
            jimu=JIMU,
            target_file=QUEUE,
            result="ok",
            detail={"count": count, "denbun_shubetsu": "pmh_id"},
            now=now,
        )
    return count


def _waiting(zone: str, numbers: Sequence[UUID]) -> dict[UUID, tuple[UUID, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [zone, list(numbers)])
        return {person: (number, edaban) for person, number, edaban in cursor.fetchall()}
