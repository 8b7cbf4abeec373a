"""Approves or rejects what somebody else asked for; the last approval of some kinds does it at once."""

from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from chukan.controls.kengen.actions import grant_approved
from chukan.controls.shokuin.domain import staff_zone
from chukan.controls.shokuin.queries import get_shokuin
from chukan.controls.shonin.actions.consume import complete, consume
from chukan.controls.shonin.domain import (
    FILE,
    PURPOSE,
    RIYU_MAX,
    SHONIN_JIMU,
    Act,
    Kind,
    Refusal,
    State,
    bound_of,
    check_decide,
    refused,
    state_after,
)
from chukan.controls.shonin.models import Baitai, Irai, Shonin
from chukan.controls.shonin.queries import IRAI_NASHI, IraiRow, get_irai, shokuin_of
from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.errors import Conflict, ErrorItem, NotFound, RuleBroken
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import joins_transaction, outside_transaction, own_transaction
from chukan.kernel.values.kojin_bango import contains_kojin_bango

SCREEN_ID: Final = "AP-102"


class UseNinsho(Protocol):
    """Uses a fresh 生体認証 up, in the transaction of the act; raises NotPermitted with its own words."""

    def __call__(self, *, by: Principal, ninsho_id: UUID, purpose: str, bound: bytes, now: datetime) -> None:
        """Use it up for exactly this act."""


@outside_transaction
def approve(
    *,
    by: Principal,
    shonin_id: UUID,
    ninsho_id: UUID,
    ninzu: int | None,
    comment: str,
    use_ninsho: UseNinsho,
    now: datetime,
) -> State:
    """Agree to what somebody else asked for; return the state after it.

    `ninsho_id` is a 生体認証 bound to this 依頼 and its payload (`domain.bound_of`). `ninzu` is the number of people as
    the approver typed it, demanded where the kind touches people. The last approval of some kinds does what was asked
    in the same transaction. Raises NotPermitted with the words of its cause, Conflict, NotFound, RuleBroken.
    根拠: KJ-DUAL-06, KJ-DUAL-07, KJ-AUTH-20.
    """
    return _approve(
        by=by,
        zone=staff_zone(by),
        shonin_id=shonin_id,
        ninsho_id=ninsho_id,
        ninzu=ninzu,
        comment=comment,
        use_ninsho=use_ninsho,
        now=now,
    )


@own_transaction
def _approve(
    *,
    by: Principal,
    zone: str,
    shonin_id: UUID,
    ninsho_id: UUID,
    ninzu: int | None,
    comment: str,
    use_ninsho: UseNinsho,
    now: datetime,
) -> State:
    irai = _lock(by=by, zone=zone, shonin_id=shonin_id)
    row = _decidable(by=by, shonin_id=shonin_id, now=now)
    _check_typed(row, ninzu=ninzu, comment=comment)
    use_ninsho(
        by=by,
        ninsho_id=ninsho_id,
        purpose=PURPOSE,
        bound=bound_of(shonin_id=row.id.bytes, payload_hash=row.payload_hash),
        now=now,
    )
    _write(by=by, zone=zone, irai=irai, handan="shonin", comment=comment, ninsho_id=ninsho_id, now=now)
    after = _move(irai, row, Act.APPROVE, now=now)
    record_sosa(
        by=by,
        kind=SosaKind.SHONIN,
        jimu=SHONIN_JIMU,
        target_file=FILE,
        targets=[str(irai.id), str(ninsho_id)],
        result="ok",
        detail={"irai_kind": irai.kind, "state": after.value, "payload_hash": row.payload_hash.hex()},
        screen_id=SCREEN_ID,
        now=now,
    )
    if after is State.SHONIN_ZUMI and row.rule.is_done_at_once:
        consume(by=by, shonin_id=irai.id, kind=irai.kind, payload=row.payload, now=now)
        EFFECTS[irai.kind](by=by, zone=zone, row=row, now=now)
        complete(by=by, shonin_id=irai.id, now=now)
        return State.KANRYO
    return after


@outside_transaction
def check_approval(*, by: Principal, row: IraiRow, ninzu: int | None, comment: str) -> None:
    """Raise what `approve` would, before anybody is asked for a 生体認証; nothing is stored."""
    _check_person(by=by, row=row)
    _check_typed(row, ninzu=ninzu, comment=comment)


@outside_transaction
def reject(*, by: Principal, shonin_id: UUID, comment: str, now: datetime) -> None:
    """Send back what somebody else asked for, with the reason. Raises NotPermitted, Conflict, NotFound, RuleBroken."""
    _reject(by=by, zone=staff_zone(by), shonin_id=shonin_id, comment=comment, now=now)


@own_transaction
def _reject(*, by: Principal, zone: str, shonin_id: UUID, comment: str, now: datetime) -> None:
    irai = _lock(by=by, zone=zone, shonin_id=shonin_id)
    row = _decidable(by=by, shonin_id=shonin_id, now=now)
    _check_comment(comment, is_needed=True)
    _write(by=by, zone=zone, irai=irai, handan="sashimodoshi", comment=comment, ninsho_id=None, now=now)
    _move(irai, row, Act.REJECT, now=now)
    record_sosa(
        by=by,
        kind=SosaKind.SHONIN_SASHIMODOSHI,
        jimu=SHONIN_JIMU,
        target_file=FILE,
        targets=[str(irai.id)],
        result="ok",
        detail={"irai_kind": irai.kind},
        screen_id=SCREEN_ID,
        now=now,
    )


def _lock(*, by: Principal, zone: str, shonin_id: UUID) -> Irai:
    # One decision at a time: the second of two at once sees what the first has done.
    irai = Irai.objects.select_for_update(of=("self",)).filter(zone=zone, id=shonin_id).first()
    if irai is None:
        raise NotFound(*IRAI_NASHI)
    return irai


def _decidable(*, by: Principal, shonin_id: UUID, now: datetime) -> IraiRow:
    row = get_irai(by=by, shonin_id=shonin_id, now=now)
    _check_person(by=by, row=row)
    return row


def _check_person(*, by: Principal, row: IraiRow) -> None:
    refusal = check_decide(
        by=by,
        rule=row.rule,
        shinseisha=row.shinseisha_id,
        taisho=row.taisho,
        decided_by=row.decided_by,
        state=row.state,
    )
    if refusal is not None:
        raise refused(refusal)


def _check_typed(row: IraiRow, *, ninzu: int | None, comment: str) -> None:
    _check_comment(comment, is_needed=False)
    if row.ninzu is not None and ninzu != row.ninzu:
        raise refused(Refusal.NINZU)


def _check_comment(comment: str, *, is_needed: bool) -> None:
    message = None
    if is_needed and not comment.strip():
        message = "差し戻す理由を入力してください。依頼した人が直すときに読みます。"
    elif len(comment) > RIYU_MAX:
        message = f"理由は{RIYU_MAX}文字以内で入力してください。"
    elif contains_kojin_bango(comment):
        message = "個人番号と同じ形の数字があります。個人番号は書かないでください。"
    if message is not None:
        raise RuleBroken("handan_fusei", "判断を登録できません。", errors=[ErrorItem("E207", "comment", message)])


def _write(
    *, by: Principal, zone: str, irai: Irai, handan: str, comment: str, ninsho_id: UUID | None, now: datetime
) -> None:
    shoninsha = shokuin_of(by=by, zone=zone, shokuin_id=by.actor_id)
    if shoninsha is None:
        raise refused(Refusal.KENGEN)
    Shonin.objects.create(
        zone=zone,
        irai=irai,
        shinseisha_id=irai.shinseisha_id,
        payload_hash=irai.payload_hash,
        shoninsha=shoninsha,
        handan=handan,
        comment=comment.strip(),
        ninsho_id=ninsho_id,
        at=now,
    )


def _move(irai: Irai, row: IraiRow, act: Act, *, now: datetime) -> State:
    after = state_after(row.state, act, approvals=len(row.handan) + 1, hitsuyo_ninzu=row.hitsuyo_ninzu)
    if after is None:
        raise refused(Refusal.STATE)
    irai.state = after
    irai.finished_at = now if act is Act.REJECT else None
    irai.save(update_fields=["state", "finished_at"])
    return after


@joins_transaction
def grant_kengen(*, by: Principal, zone: str, row: IraiRow, now: datetime) -> None:
    """Give exactly the right that was asked for, until the staff record's own end. 根拠: KJ-AUTH-20."""
    taisho = shokuin_of(by=by, zone=zone, shokuin_id=str(row.payload["shokuin_id"]))
    if taisho is None:
        raise Conflict("kengen_taisho_nashi", "権限を付ける職員が見つかりません。依頼を差し戻してください。")
    grant_approved(
        by=by,
        zone=zone,
        shokuin_pk=taisho.id,
        right=(str(row.payload["jimu"]), str(row.payload["action"])),
        shinseisha=row.shinseisha_id,
        valid_to=get_shokuin(by=by, row_id=taisho.id).valid_to,
        now=now,
    )


@joins_transaction
def register_baitai(*, by: Principal, zone: str, row: IraiRow, now: datetime) -> None:
    """Make a medium one that extractions may go to. Raises Conflict when it is one already. 根拠: KJ-DUAL-06."""
    baitai_id = str(row.payload["baitai_id"])
    if Baitai.objects.filter(zone=zone, baitai_id=baitai_id).exists():
        raise Conflict("shonin_baitai_ari", "この媒体IDは登録されています。依頼を差し戻してください。")
    Baitai.objects.create(
        zone=zone, baitai_id=baitai_id, shurui=str(row.payload["shurui"]), irai_id=row.id, registered_at=now
    )


EFFECTS: Final[dict[str, Callable[..., None]]] = {
    Kind.JOHO_TEIKYO_SERVER_KENGEN: grant_kengen,
    Kind.BAITAI: register_baitai,
}
