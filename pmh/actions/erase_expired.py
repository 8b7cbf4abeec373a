"""Erases 発行履歴 five years after the person's last loss of eligibility, and old counts of requests.

根拠: KJ-RET-09.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import connection

from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.clock import business_date_jst
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import outside_transaction, own_transaction
from chukan.kernel.values.last_erasable import last_erasable
from chukan.settings import limits
from pmh.actions.hakko_rows import erase_hakko
from pmh.actions.issue_pmh_id import FILE, JIMU
from pmh.domain.hoyu import LastSoshitsu, is_over
from pmh.queries.hakko_rireki import list_hakko
from shikaku.public import find_last_soshitsu

_FIRST: Final = UUID(int=0)
_DROP_IRAI: Final = "DELETE FROM pmh_irai WHERE answered_at < %s"


@outside_transaction
def erase_expired_hakko(*, by: Principal, now: datetime, batch: int = limits.PMH_ERASE_PERSONS) -> int:
    """Look through 発行履歴 and erase what is over; return how many rows.

    The PMH-ID itself is an item of 資格履歴, too, and goes with that.
    """
    on = business_date_jst(now)
    until = last_erasable(on, years=limits.PMH_HISTORY_YEARS)
    after, erased = _FIRST, 0
    while issued := list_hakko(by=by, after=after, most=batch):
        after = max(issued)
        over = _over(by, issued, until, hold=False)
        if over:
            erased += erase_if_over(by=by, issued={person: issued[person] for person in over}, until=until, now=now)
    return erased


@own_transaction
def erase_if_over(*, by: Principal, issued: Mapping[UUID, date], until: date, now: datetime) -> int:
    """Erase the rows of these persons (with their day of issue) who are still over, and record it; return how many.

    *Locks:* the persons across insurers, so that one who is registered in this moment is seen or waits. The record says
    how many, why and from which days on it was counted, not who. 根拠: KJ-RET-12.
    """
    over = _over(by, issued, until, hold=True)
    erased = erase_hakko(by=by, himozuke_bango=over) if over else 0
    if erased:
        record_sosa(
            by=by,
            kind=SosaKind.HAKKO_ERASED,
            jimu=JIMU,
            target_file=FILE,
            result="ok",
            detail={
                "kensu": erased,
                "joken": f"最後の資格喪失から{limits.PMH_HISTORY_YEARS}年",
                "kisan_from": min(over.values()).isoformat(),
                "kisan_to": max(over.values()).isoformat(),
            },
            now=now,
        )
    return erased


def _over(by: Principal, issued: Mapping[UUID, date], until: date, *, hold: bool) -> dict[UUID, date]:
    """Return who is over, with the day the five years were counted from."""
    last = find_last_soshitsu(by=by, himozuke_bango=list(issued), hold=hold)
    found: dict[UUID, date] = {}
    for person, issued_on in issued.items():
        soshitsu = LastSoshitsu(last[person]) if person in last else None
        if is_over(soshitsu, issued_on=issued_on, until=until):
            found[person] = (soshitsu and soshitsu.on) or issued_on
    return found


@own_transaction
def erase_old_irai(*, by: Principal, now: datetime) -> int:  # zone of none
    """Drop the counts of requests whose time is over; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(_DROP_IRAI, [now - limits.PMH_IRAI_KEPT])
        return int(cursor.rowcount)
