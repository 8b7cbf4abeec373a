"""Stores arriving 機関別符号: the only writer of a code, called by the door of 情報提供NWS alone.

A code is stored for a request that was sent and has none; everything else is dropped and counted. 根拠: KJ-IN-12,
KJ-IN-13, KJ-FUGO-01, KJ-RET-16.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID, uuid4

import structlog
from django.db import OperationalError, connection

from chukan.controls.kikan.queries import list_hokensha
from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.binary_arrays import bytea_array, uuid_array
from chukan.kernel.clock import business_date_jst
from chukan.kernel.crypto.blind_index import fugo_index
from chukan.kernel.crypto.data_key import FIELD
from chukan.kernel.crypto.envelope import RowSealer
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.errors import NotPermitted
from chukan.kernel.pipeline import pipelined
from chukan.kernel.principal import Principal
from chukan.kernel.retry import is_undone
from chukan.kernel.transactions import LostRace, own_transaction, savepoint
from chukan.kernel.values.uuid7 import uuid7_bytes
from fugo.actions.transfer_yokyu_file import FILE, JIMU
from fugo.domain.answer_matching import (
    FUGO_KAWARAZU,
    FUGO_KAWARAZU_MESSAGE,
    SUSPECT,
    Juryo,
    Received,
    match_answer,
)
from fugo.domain.shutoku_state import ShutokuState
from fugo.domain.shutoku_yokyu import Yoto, yoto_of
from fugo.queries.answers import AskedFor, find_asked_for
from fugo.queries.purposes import find_purposes

log = structlog.get_logger()

TABLE: Final = "fugo_kikanbetsu_fugo"
ENVELOPE: Final = "kikanbetsu_fugo"
_UKETSUKE: Final = "SELECT places, hokensha_code, is_saihakko FROM fugo_mark_uketsuke(%s, %s)"
_STORE: Final = "SELECT fugo_store(%s, %s, %s, %s, %s::text[], %s, %s)"
_NOTE_FORMER: Final = "SELECT fugo_note_former(%s, %s, %s)"
# Last of all: everybody writes these few rows.
_COUNT: Final = """
INSERT INTO fugo_juryo_kazu (id, hour, juryo, count) SELECT u.i, %s, u.j, u.n
FROM unnest(%s::uuid[], %s::text[], %s::bigint[]) AS u (i, j, n)
ON CONFLICT (hour, juryo) DO UPDATE SET count = fugo_juryo_kazu.count + excluded.count
"""
_shubetsu: Final[dict[str, str]] = {}


@own_transaction
def record_fugo(*, by: Principal, received: Sequence[Received], now: datetime) -> tuple[Juryo, ...]:
    """Store what belongs to a request and return what became of every code, in order; each as if it came alone.

    *Idempotent:* the same again is told as such. The database undoes it when another message was in between; the door
    does it again then. Raises NotPermitted for any other caller. *Locks:* requests by 処理通番, then counts.
    """
    if by.channel != "nws":
        raise NotPermitted(
            "setsuzoku_taishogai", "この接続システムが呼べる宛先ではありません。仕様を確かめてください。"
        )
    judged, persons = _settle_all(received, now), list[UUID]()
    if judged is None:
        judged, persons = _settle_fitting(by, received, now)
    counts = Counter(judged)
    suspect = {juryo.value: counts[juryo] for juryo in sorted(SUSPECT) if counts[juryo]}
    if suspect:
        log.warning("fugo.answer.unsolicited", count=sum(suspect.values()), kind=",".join(suspect))
    record_sosa(
        by=by,
        kind=SosaKind.FUGO_KAKUNO,
        jimu=JIMU,
        target_file=FILE,
        targets=tuple(str(one) for one in persons) if len(received) == 1 else (),
        result="ok" if counts[Juryo.STORED] or not suspect else "not_found",
        detail={"kensu": len(received), **{juryo.value: count for juryo, count in sorted(counts.items())}},
        now=now,
    )
    _count(counts, now)
    return judged


def _settle_all(received: Sequence[Received], now: datetime) -> tuple[Juryo, ...] | None:
    """Store every code of a message, or none and return None.

    As a rule every code of many is new and so is its person: nobody looks first, the database refuses the rest.
    """
    if len(received) == 1:  # its person is to be named in the log: it is looked at
        return None
    try:
        with savepoint():
            _settle(_in_order(received), now)
    except OperationalError as error:
        if not is_undone(error):
            raise
        return None
    return (Juryo.STORED,) * len(received)


def _settle_fitting(by: Principal, received: Sequence[Received], now: datetime) -> tuple[tuple[Juryo, ...], list[UUID]]:
    """Judge every code by itself and store those that belong to a request; return all persons that were named.

    Whose own former code came is noted and not asked for again.
    """
    index = fugo_index(get_keyring())
    hashes = [index.digest(one.fugo.reveal().encode()) for one in received]
    found = find_asked_for(by=by, shori_tsuban=[one.shori_tsuban for one in received], hashes=hashes)
    judged, storing = _judge(received, hashes, found)
    if storing:
        _settle(_in_order([received[place] for place in storing]), now)
    former = [one for one, juryo in zip(received, judged, strict=True) if juryo is Juryo.FORMER_CODE]
    if former:
        with connection.cursor() as cursor:
            tsuban = uuid_array([one.shori_tsuban for one in _in_order(former)])
            cursor.execute(_NOTE_FORMER, [tsuban, FUGO_KAWARAZU, FUGO_KAWARAZU_MESSAGE])
    return judged, [one.himozuke_bango for one in found.values()]


def _in_order(received: Sequence[Received]) -> list[Received]:
    return sorted(received, key=lambda one: one.shori_tsuban.int)


def _judge(
    received: Sequence[Received], hashes: Sequence[bytes], found: dict[int, AskedFor]
) -> tuple[tuple[Juryo, ...], list[int]]:
    """Return what becomes of each code, and the places of those to store."""
    judged: list[Juryo] = []
    given: dict[UUID, bytes] = {}
    storing: list[int] = []
    codes: set[bytes] = set()
    for place, (one, code) in enumerate(zip(received, hashes, strict=True)):
        asked = found.get(place)
        state, held = (None, None) if asked is None else (asked.state, asked.held)
        if one.shori_tsuban in given:  # stored a moment ago, by an earlier item of this very message
            state, held = ShutokuState.SETTEI, given[one.shori_tsuban]
        is_taken = asked is not None and (asked.is_known or code in codes or (asked.has_fugo and not asked.is_saihakko))
        is_own = asked is not None and asked.is_own
        juryo = match_answer(state, is_same=held == code, is_own=is_own, is_taken=is_taken)
        judged.append(juryo)
        if juryo is Juryo.STORED:
            given[one.shori_tsuban] = code
            codes.add(code)
            storing.append(place)
    return tuple(judged), storing


def _settle(received: Sequence[Received], now: datetime) -> None:
    """Take requests, in the order of 処理通番, over 符号受付 to 設定 with their codes.

    Raises LostRace unless each of them is 送信, once, and no code and no person was there before.
    """
    tsuban = uuid_array([one.shori_tsuban for one in received])
    with pipelined(), connection.cursor() as cursor:
        cursor.execute(_UKETSUKE, [tsuban, now])
        # The database is at it; hashing and sealing take as long.
        keyring = get_keyring()
        index = fugo_index(keyring)
        sealer = RowSealer(keyring.active_dek(purpose=FIELD, hokensha_code=None), table=TABLE, envelope=ENVELOPE)
        ids = uuid7_bytes(len(received))
        codes = [one.fugo.reveal().encode() for one in received]
        hashes = bytea_array([index.digest(code) for code in codes])
        sealed = bytea_array([sealer.seal(row_id, code) for row_id, code in zip(ids, codes, strict=True)])
        taken = cursor.fetchall()
    if sum(len(places) for places, _, _ in taken) != len(received):
        message = "a request does not wait for its code"
        raise LostRace(message)
    today = business_date_jst(now)
    purposes = [""] * len(received)
    for places, hokensha_code, _ in taken:
        yoto = _yoto(hokensha_code, today).value
        for place in places:
            purposes[place - 1] = yoto
    some_saihakko = any(is_saihakko for _, _, is_saihakko in taken)
    with connection.cursor() as cursor:
        cursor.execute(_STORE, [uuid_array(ids), tsuban, sealed, hashes, purposes, some_saihakko, now])


def _yoto(hokensha_codes: str | None, on: date) -> Yoto:
    """Return what a code is for, from all insurers of the person. 根拠: KJ-NWS-22, KJ-NWS-27."""
    hokensha_code = (hokensha_codes or "").split()
    if not _shubetsu.keys() >= set(hokensha_code):
        _shubetsu.update({one.hokensha_code: one.hokensha_shubetsu for one in list_hokensha()})
    return yoto_of(find_purposes(frozenset(_shubetsu[code] for code in hokensha_code), on))


def _count(counts: Counter[Juryo], now: datetime) -> None:
    if not counts:
        return
    hour = now.replace(minute=0, second=0, microsecond=0)
    named = sorted((juryo.value, count) for juryo, count in counts.items())
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNT,
            [
                hour,
                [uuid4() for _ in named],
                [juryo for juryo, _ in named],
                [count for _, count in named],
            ],
        )
