"""再発行対象者リスト: registered by 支払基金 staff, asked permission for, taken back, its result confirmed.

Nobody is extracted here: whom a list means is counted only. 根拠: KJ-FUGO-06, KJ-MENU-07, KJ-LOG-02.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Final, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from chukan.controls.kikan.domain import SHIHARAI_KIKIN
from chukan.controls.kikan.queries import list_hokensha
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.clock import business_date_jst
from chukan.kernel.errors import RuleBroken
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import outside_transaction, own_transaction
from chukan.kernel.values.uuid7 import uuid7
from chukan.settings import limits
from fugo.actions.saihakko_rows import hold_list, note_list
from fugo.domain.saihakko import (
    KIND,
    Act,
    State,
    Target,
    check_handler,
    check_list,
    check_state,
    payload_of,
    reason_for_others,
    stage_of,
)
from fugo.models import SaihakkoList
from fugo.queries.saihakko import count_meant, count_progress

REGISTER_SCREEN: Final = "KA-201"
LIST_SCREEN: Final = "KA-202"
_JST: Final = ZoneInfo("Asia/Tokyo")


@own_transaction
def register_saihakko(*, by: Principal, genin: str, reason: str, target: Target, now: datetime) -> UUID:
    """Register a list with its cause, its reason and whom it means; return its number.

    Raises NotPermitted, RuleBroken with every reason, also when nobody is meant.
    """
    check_handler(by)
    known = frozenset(one.hokensha_code for one in list_hokensha())
    errors = check_list(genin=genin, reason=reason, target=target, known_hokensha=known, on=business_date_jst(now))
    if errors:
        raise RuleBroken("saihakko_fusei", "登録できません。", errors=errors)
    row = SaihakkoList(
        id=uuid7(),
        reason_code=genin,
        reason_text=reason.strip(),
        of_hokensha=sorted(set(target.hokensha_code)),
        issued_from=None if target.issued_from is None else _midnight(target.issued_from),
        issued_until=None if target.issued_to is None else _midnight(target.issued_to + timedelta(days=1)),
        of_shori_tsuban=sorted(set(target.shori_tsuban)),
        created_at=now,
        created_by=by.actor_id,
    )
    row.save(force_insert=True)
    row.taisho_count = count_meant(by=by, list_id=row.id)
    if not row.taisho_count:
        raise RuleBroken("saihakko_nashi", "当てはまる人がいません。対象の絞り方を確かめてください。")
    row.save(update_fields=["taisho_count"])
    note_list(by=by, kind=SosaKind.SAIHAKKO_TOROKU, row=row, screen_id=REGISTER_SCREEN, now=now, genin=genin)
    return row.id


def _target_of(row: SaihakkoList) -> Target:
    until = None if row.issued_until is None else row.issued_until - timedelta(days=1)
    return Target(
        hokensha_code=tuple(row.of_hokensha),
        issued_from=None if row.issued_from is None else business_date_jst(row.issued_from),
        issued_to=None if until is None else business_date_jst(until),
        shori_tsuban=tuple(row.of_shori_tsuban),
    )


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time(), tzinfo=_JST)


class AskPermission(Protocol):
    """Asks others for a permission, in the transaction of the act that notes it down."""

    def __call__(
        self,
        *,
        by: Principal,
        zone: str,
        kind: str,
        payload: Mapping[str, str | int],
        reason: str,
        expires: datetime,
        now: datetime,
    ) -> UUID:
        """Return the number of the 依頼; raises NotPermitted, RuleBroken with every reason."""


@outside_transaction
def ask_saihakko(*, by: Principal, list_id: UUID, baitai_id: str, ask_permission: AskPermission, now: datetime) -> UUID:
    """Ask two others for the permission to reissue a list onto a medium; return the number of the 依頼.

    The list waits for it from then on; a later one takes the place of one that came to nothing. Raises NotPermitted,
    NotFound, Conflict, RuleBroken with every reason. *Locks:* the list. 根拠: KJ-DUAL-06.
    """
    check_handler(by)
    return _ask_saihakko(
        by=by, zone=SHIHARAI_KIKIN, list_id=list_id, baitai_id=baitai_id, ask_permission=ask_permission, now=now
    )


@own_transaction
def _ask_saihakko(
    *, by: Principal, zone: str, list_id: UUID, baitai_id: str, ask_permission: AskPermission, now: datetime
) -> UUID:
    row = hold_list(by=by, list_id=list_id)
    check_state(Act.APPLY, State(row.state))
    shonin_id = ask_permission(
        by=by,
        zone=zone,
        kind=KIND,
        payload=payload_of(list_id=row.id, kensu=row.taisho_count, baitai_id=baitai_id),
        reason=reason_for_others(genin=row.reason_code, reason=row.reason_text, target=_target_of(row)),
        expires=now + limits.FUGO_SHONIN_KEPT,
        now=now,
    )
    row.state, row.shonin_id, row.medium_id = State.SHONIN_MACHI, shonin_id, baitai_id
    row.save(update_fields=["state", "shonin_id", "medium_id"])
    note_list(by=by, kind=SosaKind.SAIHAKKO_IRAI, row=row, screen_id=LIST_SCREEN, now=now, shonin_id=str(shonin_id))
    return shonin_id


@own_transaction
def withdraw_saihakko(*, by: Principal, list_id: UUID, now: datetime) -> None:
    """Take a list back before anything was extracted. Raises NotPermitted, NotFound, Conflict. *Locks:* the list."""
    check_handler(by)
    row = hold_list(by=by, list_id=list_id)
    check_state(Act.WITHDRAW, State(row.state))
    row.state = State.TORIKESHI
    row.save(update_fields=["state"])
    note_list(by=by, kind=SosaKind.SAIHAKKO_TORIKESHI, row=row, screen_id=LIST_SCREEN, now=now)


@own_transaction
def confirm_saihakko(*, by: Principal, list_id: UUID, now: datetime) -> None:
    """結果確認: 支払基金 staff have seen that every code of a list is in; whoever could not be asked for is counted.

    Raises NotPermitted, NotFound, Conflict as long as a code is still to come. *Locks:* the list. 根拠: F4 2-8.
    """
    check_handler(by)
    row = hold_list(by=by, list_id=list_id)
    progress = count_progress(by=by, list_id=list_id)
    check_state(Act.CONFIRM, stage_of(State(row.state), progress))
    row.state, row.confirmed_at, row.confirmed_by = State.KAKUNIN_ZUMI, now, by.actor_id
    row.save(update_fields=["state", "confirmed_at", "confirmed_by"])
    note_list(
        by=by,
        kind=SosaKind.SAIHAKKO_KAKUNIN,
        row=row,
        screen_id=LIST_SCREEN,
        now=now,
        settei=progress.settled,
        yokyu_fuka=progress.unaskable,
        fugo_kawarazu=progress.unchanged,
        yokyu_nashi=sum(progress.left_out.values()),
    )
