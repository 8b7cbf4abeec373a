"""取り直し: codes and requests that came by the number of somebody else go, and their persons are asked for anew.

A step of `request_fugo`: a 訂正 reaches it as any other line does. 根拠: KJ-SHI-05, KJ-FUGO-01; ADR 0027, ours.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection

from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.binary_arrays import bigint_array, uuid_array
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import joins_transaction
from chukan.kernel.values.uuid7 import uuid7_bytes
from chukan.settings import limits
from fugo.actions.transfer_yokyu_file import FILE, JIMU
from fugo.domain.saihakko import HIMOZUKE_NASHI, YOKYU_CHU
from fugo.domain.torinaoshi import Asked, Carried, is_of_another
from shikaku.public import BangoSpan, ReflectedMember, find_bango_spans

_FORMERLY: Final = """
SELECT l.hihokensha_edaban, l.himozuke_bango FROM unnest(%s, %s) AS u (e, h)
JOIN fugo_edaban_himozuke l ON l.hokensha_code = %s AND l.hihokensha_edaban = u.e WHERE l.himozuke_bango <> u.h
"""
_ASKED: Final = """
SELECT shori_tsuban, himozuke_bango, hihokensha_edaban, made_at, was_in_file, tenso_at, last_sent_at
FROM fugo_asked_through(%s, %s)
"""
_ASK_ANEW: Final = "SELECT issues, requests, asked FROM fugo_ask_anew(%s, %s, %s, %s, %s, %s, %s)"
_ASK_ELSEWHERE: Final = "SELECT fugo_ask_elsewhere(%s, %s)"


@joins_transaction
def find_formerly(*, by: Principal, members: Sequence[ReflectedMember]) -> dict[int, UUID]:
    """Return as whom members are still linked who are somebody else by now, by 被保険者枝番."""
    with connection.cursor() as cursor:
        edabans = bigint_array([one.hihokensha_edaban for one in members])
        cursor.execute(_FORMERLY, [edabans, uuid_array([one.himozuke_bango for one in members]), by.hokensha_code])
        return dict(cursor.fetchall())


@joins_transaction
def ask_anew(*, by: Principal, members: Sequence[ReflectedMember], formerly: Mapping[int, UUID], now: datetime) -> None:
    """Erase what came by numbers of others for these members, or for whom they were, and ask anew.

    What else waits for whom a member was is asked by way of another member of that person. The links are those after
    the block. *Locks:* the requests made by way of these members by 処理通番, then all of the persons found; the
    database may undo it, and it is done again. *Idempotent:* what was asked anew stays.
    """
    spans = find_bango_spans(by=by, hihokensha_edaban=[one.hihokensha_edaban for one in members], moved=formerly.keys())
    if not spans:
        return
    by_way_of = [(one.himozuke_bango, one.hihokensha_edaban) for one in members if one.hihokensha_edaban in spans]
    by_way_of += [(himozuke, edaban) for edaban, himozuke in formerly.items()]
    wrong = [one for one in _asked_through(by_way_of) if _is_wrong(one, spans[one.hihokensha_edaban])]
    if wrong:
        _erase_and_ask(by, wrong, formerly, now)
    if formerly:
        with connection.cursor() as cursor:
            cursor.execute(_ASK_ELSEWHERE, [uuid_array(formerly.values()), bigint_array(formerly)])


def _erase_and_ask(by: Principal, wrong: Sequence[Asked], formerly: Mapping[int, UUID], now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _ASK_ANEW,
            [
                uuid_array(uuid7_bytes(len(wrong))),
                uuid_array([one.shori_tsuban for one in wrong]),
                uuid_array(formerly.values()),
                bigint_array(formerly),
                YOKYU_CHU,
                HIMOZUKE_NASHI,
                now,
            ],
        )
        issues, requests, asked_anew = cursor.fetchone()
    record_sosa(
        by=by,
        kind=SosaKind.FUGO_TORINAOSHI,
        jimu=JIMU,
        target_file=FILE,
        targets=sorted({str(one.himozuke_bango) for one in wrong}),
        result="ok",
        detail={"fugo": issues, "yokyu": requests, "torinaoshi": asked_anew},
        now=now,
    )


def _is_wrong(asked: Asked, spans: Sequence[BangoSpan]) -> bool:
    carried = (Carried(span.began_at, span.ended_at, span.leads_to) for span in spans)
    return any(is_of_another(asked, number, lag=limits.FUGO_BANGO_LAG) for number in carried)


def _asked_through(by_way_of: Sequence[tuple[UUID, int]]) -> list[Asked]:
    with connection.cursor() as cursor:
        persons = uuid_array([himozuke for himozuke, _ in by_way_of])
        cursor.execute(_ASKED, [persons, bigint_array([edaban for _, edaban in by_way_of])])
        return [Asked(*row) for row in cursor.fetchall()]
