"""符号取得要求: what a reflected block means for the codes of its persons. 根拠: KJ-FUGO-01, KJ-FUGO-02, KJ-FUGO-05."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from django.db import connection

from chukan.controls.kikan.queries import is_allowed
from chukan.kernel.binary_arrays import bigint_array, uuid_array
from chukan.kernel.clock import business_date_jst
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction
from chukan.kernel.values.uuid7 import uuid7_bytes
from fugo.domain.shutoku_yokyu import JIKO_JOHO_SHUBETSU, Decision, decide_request
from fugo.queries.persons import find_persons
from shikaku.public import ReflectedMember, list_reflected_members

log = structlog.get_logger()

_REQUEST: Final = "SELECT fugo_request(%s, %s, %s, %s::text[], %s, %s)"
_LINK: Final = "SELECT fugo_link(%s, %s, %s)"
_LINKS: Final = """
INSERT INTO fugo_edaban_himozuke
  (id, hokensha_code, hihokensha_edaban, himozuke_bango, toroku_nichiji, uketsuke_bango, uketsuke_meisai_bango)
SELECT gen_random_uuid(), %s, u.e, u.h, %s, %s, u.m FROM unnest(%s, %s, %s::text[]) AS u (e, h, m)
ON CONFLICT (hokensha_code, hihokensha_edaban) DO UPDATE
  SET himozuke_bango = excluded.himozuke_bango, toroku_nichiji = excluded.toroku_nichiji
  WHERE fugo_edaban_himozuke.himozuke_bango <> excluded.himozuke_bango
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

    `by` works in the zone of the insurer for the sender of the 受付. Before the 制度 has begun to ask for codes nothing
    is done. *Idempotent:* a repeat changes nothing. *Locks:* persons in the order of 紐付番号; of two insurers at once
    the second one waits and only links. 根拠: KJ-IN-20.
    """
    members = list_reflected_members(
        by=by, uketsuke_id=uketsuke_id, first_meisai_no=first_meisai_no, last_meisai_no=last_meisai_no
    )
    asking = sorted((member for member in members if member.asked), key=_order)
    shubetsu = by.hokensha_shubetsu or ""
    if not asking:
        return Outcome(0, 0)
    if not is_allowed(shubetsu, "fugo_shutoku", "jido", business_date_jst(now)):
        log.info("fugo.request.too_early", hokensha_code=by.hokensha_code, count=len(asking))
        return Outcome(0, 0)
    persons = find_persons(by=by, members=[(one.hihokensha_edaban, one.himozuke_bango) for one in asking])
    decided = [(one, decide_request(asked=True, person=persons[one.hihokensha_edaban])) for one in asking]
    wanted = [one for one, decision in decided if decision is Decision.REQUEST]
    linked = [one for one, decision in decided if decision is not Decision.NOTHING]
    requested = _request(wanted, now)
    _link(by, linked, now)
    with connection.cursor() as cursor:
        renkei = shubetsu not in JIKO_JOHO_SHUBETSU
        cursor.execute(_LINK, [_persons(asking), _edabans(asking), renkei])
    return Outcome(requested, len(linked))


def _order(member: ReflectedMember) -> int:
    return member.himozuke_bango.int


def _persons(members: Sequence[ReflectedMember]) -> bytes:
    return uuid_array([one.himozuke_bango for one in members])


def _edabans(members: Sequence[ReflectedMember]) -> bytes:
    return bigint_array([one.hihokensha_edaban for one in members])


def _meisai(members: Sequence[ReflectedMember]) -> list[str]:
    return [one.uketsuke_meisai_bango for one in members]


def _request(members: Sequence[ReflectedMember], now: datetime) -> int:
    if not members:
        return 0
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
    if not members:
        return
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
