"""Erases everything of persons whose 機関別符号 is over: issues, superseded ones too, requests, links, lists' rows.

根拠: KJ-RET-05, KJ-RET-12, KJ-RET-13. Death changes nothing about it: a person counts by their insurers (KJ-DEAD-02).
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import connection

from chukan.controls.kikan.queries import list_hokensha
from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.binary_arrays import uuid_array
from chukan.kernel.clock import business_date_jst
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import outside_transaction, own_transaction
from chukan.settings import limits
from fugo.actions.transfer_yokyu_file import FILE, JIMU
from fugo.domain.hoyu import Kanyu, Until, is_over
from fugo.queries.hoyu import list_hoyu
from shikaku.public import find_soshitsu_per_hokensha

_FIRST: Final = UUID(int=0)
_ERASE: Final = "SELECT issues, requests, links, targets FROM fugo_erase(%s)"
JOKEN: Final = (
    f"全加入先（市町村国保・生活保護を除く）の喪失から{limits.FUGO_RENKEI_YEARS}年、"
    f"かつオン資必要期間{limits.ONSHI_HITSUYO_YEARS}年"
)


@outside_transaction
def erase_expired_fugo(*, by: Principal, now: datetime, batch: int = limits.FUGO_ERASE_PERSONS) -> int:
    """Look through all persons and erase those who are over; return how many. *Idempotent:* goes by rule alone.

    What a restored backup brought back is over by the same rule and goes with the next round.
    """
    until = Until.on(
        business_date_jst(now), renkei_years=limits.FUGO_RENKEI_YEARS, onshi_years=limits.ONSHI_HITSUYO_YEARS
    )
    after, erased = _FIRST, 0
    while held := list_hoyu(by=by, after=after, most=batch):
        after = max(held)
        over = _over(by, held, until, hold=False)
        if over:
            erased += erase_if_over(by=by, held={person: held[person] for person in over}, until=until, now=now)
    return erased


@own_transaction
def erase_if_over(*, by: Principal, held: Mapping[UUID, date], until: Until, now: datetime) -> int:
    """Erase these persons (with the day something last happened) who are still over, on record; return how many.

    *Locks:* the persons across insurers, so that one who is registered in this moment is seen or waits. The record says
    how many, why and from which days on it was counted, not who.
    """
    over = _over(by, held, until, hold=True)
    if not over:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_ERASE, [uuid_array(over)])
        issues, requests, links, targets = cursor.fetchone()
    if issues or requests or links or targets:
        record_sosa(
            by=by,
            kind=SosaKind.FUGO_ERASED,
            jimu=JIMU,
            target_file=FILE,
            result="ok",
            detail={
                "kensu": len(over),
                "fugo": issues,
                "yokyu": requests,
                "himozuke": links,
                "taisho": targets,
                "joken": JOKEN,
                "kisan_from": min(over.values()).isoformat(),
                "kisan_to": max(over.values()).isoformat(),
            },
            now=now,
        )
    return len(over)


def _over(by: Principal, held: Mapping[UUID, date], until: Until, *, hold: bool) -> dict[UUID, date]:
    """Return who is over, with the last day their years were counted from."""
    lost = find_soshitsu_per_hokensha(by=by, himozuke_bango=list(held), hold=hold)
    shubetsu = {one.hokensha_code: one.hokensha_shubetsu for one in list_hokensha()}
    found: dict[UUID, date] = {}
    for person, last_known_on in held.items():
        kanyu = [Kanyu(shubetsu[code], on) for code, on in lost.get(person, {}).items()]
        if is_over(kanyu, last_known_on=last_known_on, until=until):
            found[person] = max((one.soshitsu_on for one in kanyu if one.soshitsu_on), default=last_known_on)
    return found
