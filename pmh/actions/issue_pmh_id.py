"""払出し: whose the numbers are, one PMH-ID per person, the telegram, the records and the answer, all or nothing.

The numbers are compared and forgotten: nothing that is written here has one. 根拠: KJ-IN-11, KJ-PMH-01, KJ-PMH-06.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chukan.controls.setsuzoku.queries import has_itaku
from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.clock import business_date_jst
from chukan.kernel.errors import NotPermitted
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import LostRace, own_transaction
from pmh.actions.hakko_rows import write_hakko
from pmh.domain.hakko import count_kekka, propose
from pmh.domain.irai import ANSWERED
from pmh.domain.pmh_id import new_pmh_ids
from pmh.models import Irai
from shikaku.public import find_members, set_pmh_id

JIMU: Final = "pmh"
FILE: Final = "PMH-ID発行履歴"


@dataclass(frozen=True, slots=True)
class Kotae:
    """The answer for one number: the number as it came, and the person's PMH-ID; None when it is nobody's."""

    kojin_bango: str
    pmh_id: str | None

    def __repr__(self) -> str:
        """Show nothing of either."""
        return "Kotae(****)"


@own_transaction
def issue_pmh_id(
    *, by: Principal, jimu_kubun: str, hoho: str, kojin_bango: Sequence[str], now: datetime
) -> tuple[Kotae, ...]:
    """Return the answer for every number in order: the person's one PMH-ID, issued now or long ago, or that of nobody.

    The same path for one and for many (`hoho`). *Idempotent:* a person never gets a second one, by however many
    callers at once. Raises NotPermitted `itaku_kakunin_nashi` without a confirmed entrustment for the 事務, LostRace
    when another transaction was in between. *Locks:* 発行履歴 in the order of 紐付番号, then the persons in that order.
    """
    _check_itaku(by, jimu_kubun, now)
    members = find_members(by=by, kojin_bango=kojin_bango)
    wanted = propose(((one.himozuke_bango, one.pmh_id) for one in members.values()), new_pmh_ids)
    given = write_hakko(by=by, pmh_id=wanted, now=now)
    held = {one.himozuke_bango for one in members.values() if one.pmh_id is not None}
    fresh = {person: pmh_id for person, pmh_id in given.items() if person not in held and wanted[person] == pmh_id}
    kept = set_pmh_id(by=by, pmh_id=fresh, now=now)
    if kept != fresh or any(given[person] != wanted[person] for person in held):
        raise LostRace  # 資格履歴 came to hold another one since it was looked at, or its 発行履歴 was erased meanwhile
    whose = [members[one].himozuke_bango if one in members else None for one in kojin_bango]
    kensu = count_kekka(whose, frozenset(fresh))
    Irai(
        answered_at=now,
        client_id=by.actor_id,
        jimu_kubun=jimu_kubun,
        hoho=hoho,
        result_code=ANSWERED,
        issued_count=kensu.shinki,
        repeated_count=kensu.kizon,
        unknown_count=kensu.nashi,
    ).save(force_insert=True)
    record_sosa(
        by=by,
        kind=SosaKind.PMH_ID_HARAIDASHI,
        jimu=JIMU,
        target_file=FILE,
        targets=tuple(str(person) for person in wanted),
        result="ok" if wanted or not kojin_bango else "not_found",
        detail={
            "jimu_kubun": jimu_kubun,
            "hoho": hoho,
            "kensu": len(kojin_bango),
            "shinki": kensu.shinki,
            "kizon": kensu.kizon,
            "nashi": kensu.nashi,
        },
        now=now,
    )
    return tuple(
        Kotae(number, None if person is None else given[person])
        for number, person in zip(kojin_bango, whose, strict=True)
    )


def _check_itaku(by: Principal, jimu_kubun: str, now: datetime) -> None:
    """Refuse whoever is not PMH, and a 事務 whose entrustment nobody confirmed or looked at again in time."""
    if by.channel != "pmh":
        raise NotPermitted(
            "setsuzoku_taishogai", "この接続システムが呼べる宛先ではありません。仕様を確かめてください。"
        )
    if not has_itaku(by.actor_id, jimu_kubun, on=business_date_jst(now)):
        raise NotPermitted(
            "itaku_kakunin_nashi",
            "この事務の委託の確認が登録されていないか、見直し年月日を過ぎています。支払基金に登録を依頼してください。",
            pointer="jimu_kubun",
        )
