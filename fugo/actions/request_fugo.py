"""符号取得要求: what a reflected block means for the codes of its persons. 根拠: KJ-FUGO-01, KJ-FUGO-02, KJ-FUGO-05."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from django.db import connection

from chukan.kernel.binary_arrays import bigint_array, uuid_array
from chukan.kernel.clock import business_date_jst
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction
from chukan.kernel.values.uuid7 import uuid7_bytes
from fugo.actions.ask_anew import ask_anew, find_formerly
from fugo.domain.shutoku_yokyu import JIKO_JOHO, Decision, decide_request
from fugo.queries.persons import find_persons
from fugo.queries.purposes import find_purpose
from shikaku.public import ReflectedMember, hold_members, list_members, list_reflected_members

log = structlog.get_logger()

_REQUEST: Final = "SELECT fugo_request(%s, %s, %s, %s::text[], %s, %s)"
_LINK: Final = "SELECT fugo_link(%s, %s, %s)"
_LINKS: Final = """
INSERT INTO fugo_edaban_himozuke
  (id, hokensha_code, hihokensha_edaban, himozuke_bango, toroku_nichiji, uketsuke_bango, uketsuke_meisai_bango)
SELECT gen_random_uuid(), %s, u.e, u.h, %s, %s, u.m FROM unnest(%s, %s, %s::text[]) AS u (e, h, m)
ON CONFLICT (hokensha_code, hihokensha_edaban) DO NOTHING RETURNING hihokensha_edaban
"""
_MOVE_LINKS: Final = """
UPDATE fugo_edaban_himozuke l SET himozuke_bango = u.h, toroku_nichiji = %s FROM unnest(%s, %s) AS u (e, h)
WHERE l.hokensha_code = %s AND l.hihokensha_edaban = u.e AND l.himozuke_bango <> u.h
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many requests were made, and how many members were linked to persons."""

    requested: int
    linked: int


@own_transaction
def request_fugo(
    *, by: Principal, uketsuke_id: UUID, first_meisai_no: int, last_meisai_no: int, now: datetime
) -> Outcome:
    """Make one request for each person of a block who has no code and asked for none, and link every 被保険者枝番.

    Where a 訂正 of the block shows that a code came by the number of somebody else, it is asked for anew (ADR 0027).

    `by` works in the zone of the insurer for the sender of the 受付. Before the 制度 has begun to ask for codes nothing
    is done; `request_early` does it on the day it begins. *Idempotent:* a repeat changes nothing. *Locks:* persons in
    the order of 紐付番号, members whose link stands on somebody else, requests by 処理通番; of two insurers at once the
    second one waits and only links. 根拠: KJ-IN-20.
    """
    members = list_reflected_members(
        by=by, uketsuke_id=uketsuke_id, first_meisai_no=first_meisai_no, last_meisai_no=last_meisai_no
    )
    return _request_and_link(by, members, now)


@own_transaction
def request_early(*, by: Principal, after: int, most: int, now: datetime) -> int | None:
    """Make the requests of some members after a 被保険者枝番 who were registered before their 制度 had begun to ask.

    Returns the last 被保険者枝番 looked at, None when nobody is left. *Idempotent* as `request_fugo`. *Locks:* its
    own, receipt after receipt: the database may undo it beside a registration, and it is done again.
    根拠: KJ-IN-20, KJ-FUGO-02.
    """
    members = list_members(by=by, after=after, most=most)
    _request_and_link(by, members, now)
    return members[-1].hihokensha_edaban if members else None


def _request_and_link(by: Principal, members: Sequence[ReflectedMember], now: datetime) -> Outcome:
    formerly = find_formerly(by=by, members=members)
    outcome = _request_asked(by, members, now)
    ask_anew(by=by, members=members, formerly=formerly, now=now)
    return outcome


def _request_asked(by: Principal, members: Sequence[ReflectedMember], now: datetime) -> Outcome:
    asking = sorted((member for member in members if member.asked), key=_order)
    if not asking:
        return Outcome(0, 0)
    purpose = find_purpose(by.hokensha_shubetsu or "", business_date_jst(now))
    if purpose is None:
        log.info("fugo.request.too_early", hokensha_code=by.hokensha_code, count=len(asking))
        return Outcome(0, 0)
    persons = find_persons(by=by, members=[(one.hihokensha_edaban, one.himozuke_bango) for one in asking])
    decided = [(one, decide_request(asked=True, person=persons[one.hihokensha_edaban])) for one in asking]
    wanted = [one for one, decision in decided if decision is Decision.REQUEST]
    linked = [one for one, decision in decided if decision is not Decision.NOTHING]
    requested = sum(_request(part, now) for part in _by_uketsuke(wanted))
    for part in _by_uketsuke(linked):
        _link(by, part, now)
    with connection.cursor() as cursor:
        cursor.execute(_LINK, [_persons(asking), _edabans(asking), purpose != JIKO_JOHO])
    return Outcome(requested, len(linked))


def _by_uketsuke(members: Sequence[ReflectedMember]) -> list[list[ReflectedMember]]:
    parts: dict[str, list[ReflectedMember]] = {}
    for member in members:
        parts.setdefault(member.uketsuke_bango, []).append(member)
    return list(parts.values())


def _order(member: ReflectedMember) -> int:
    return member.himozuke_bango.int


def _persons(members: Sequence[ReflectedMember]) -> bytes:
    return uuid_array([one.himozuke_bango for one in members])


def _edabans(members: Sequence[ReflectedMember]) -> bytes:
    return bigint_array([one.hihokensha_edaban for one in members])


def _meisai(members: Sequence[ReflectedMember]) -> list[str]:
    return [one.uketsuke_meisai_bango for one in members]


def _request(members: Sequence[ReflectedMember], now: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            _REQUEST,
            [
                uuid_array(uuid7_bytes(len(members))),
                _persons(members),
                _edabans(members),
                _meisai(members),
                members[0].uketsuke_bango,
                now,
            ],
        )
        return int(cursor.fetchone()[0])


def _link(by: Principal, members: Sequence[ReflectedMember], now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _LINKS,
            [
                by.hokensha_code,
                now,
                members[0].uketsuke_bango,
                _edabans(members),
                _persons(members),
                _meisai(members),
            ],
        )
        written = {edaban for (edaban,) in cursor.fetchall()}
    _move_links(by, [one for one in members if one.hihokensha_edaban not in written], now)


def _move_links(by: Principal, members: Sequence[ReflectedMember], now: datetime) -> None:
    """Let the links of these members follow those who are still the same person; of others it was moved already."""
    if not members:
        return
    present = hold_members(by=by, hihokensha_edaban=[one.hihokensha_edaban for one in members])
    same = [one for one in members if present.get(one.hihokensha_edaban) == one.himozuke_bango]
    with connection.cursor() as cursor:
        cursor.execute(_MOVE_LINKS, [now, _edabans(same), _persons(same), by.hokensha_code])
