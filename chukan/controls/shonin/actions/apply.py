"""Asks for something that others have to agree to, and takes it back."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from chukan.controls.kengen.domain import Right
from chukan.controls.kengen.queries import held_rights
from chukan.controls.shokuin.domain import staff_zone
from chukan.controls.shonin.domain import (
    FILE,
    KINDS,
    SHONIN_JIMU,
    Act,
    Kind,
    Refusal,
    State,
    check_irai,
    hash_payload,
    may_apply,
    refused,
    state_after,
    state_on,
)
from chukan.controls.shonin.models import Baitai, Irai
from chukan.controls.shonin.queries import IRAI_NASHI, shokuin_of
from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.errors import Conflict, ErrorItem, NotFound, RuleBroken
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import joins_transaction, outside_transaction, own_transaction

SCREEN_ID = "AP-103"


@outside_transaction
def apply(
    *, by: Principal, kind: str, payload: Mapping[str, str | int], reason: str, expires: datetime, now: datetime
) -> UUID:
    """Ask for one act; return the number of the 依頼, which others approve and the act uses up.

    `payload` holds exactly the items of the kind (`domain.KINDS`), never a 個人番号. Raises NotPermitted without the
    rights of the kind, RuleBroken with every reason. 根拠: KJ-DUAL-06, KJ-DUAL-07, KJ-AUTH-20.
    """
    return _apply(by=by, zone=staff_zone(by), kind=kind, payload=payload, reason=reason, expires=expires, now=now)


@joins_transaction
def apply_in_act(
    *,
    by: Principal,
    zone: str,
    kind: str,
    payload: Mapping[str, str | int],
    reason: str,
    expires: datetime,
    now: datetime,
) -> UUID:
    """Ask as `apply` does, in the transaction of the act that notes the 依頼 down; `zone` is that of the staff."""
    rule = KINDS.get(kind)
    if rule is None or not may_apply(by, rule):
        raise refused(Refusal.KENGEN)
    errors = check_irai(kind=kind, payload=payload, riyu=reason, expires_at=expires, now=now)
    errors = errors or _held_errors(by=by, zone=zone, kind=kind, payload=payload)
    if errors:
        raise RuleBroken("irai_fusei", "依頼できません。", errors=errors)
    shinseisha = shokuin_of(by=by, zone=zone, shokuin_id=by.actor_id)
    if shinseisha is None:
        raise refused(Refusal.KENGEN)
    made = Irai.objects.create(
        zone=zone,
        kind=kind,
        payload=dict(payload),
        payload_hash=hash_payload(kind=kind, payload=payload),
        riyu=reason.strip(),
        hitsuyo_ninzu=rule.hitsuyo_ninzu,
        shinseisha=shinseisha,
        state=State.IRAI,
        created_at=now,
        expires_at=expires,
    )
    record_sosa(
        by=by,
        kind=SosaKind.SHONIN_IRAI,
        jimu=SHONIN_JIMU,
        target_file=FILE,
        targets=[str(made.id)],
        result="ok",
        detail={"irai_kind": kind, "payload_hash": bytes(made.payload_hash).hex(), **payload},
        screen_id=SCREEN_ID,
        now=now,
    )
    return made.id


_apply = own_transaction(apply_in_act)


def _held_errors(*, by: Principal, zone: str, kind: str, payload: Mapping[str, str | int]) -> tuple[ErrorItem, ...]:
    # What is held decides too: who is to have a right is one of ours without it, a medium is not there twice.
    if kind == Kind.BAITAI and Baitai.objects.filter(zone=zone, baitai_id=payload["baitai_id"]).exists():
        return (ErrorItem("shonin_baitai_ari", "baitai_id", "この媒体IDは登録されています。"),)
    if kind == Kind.FUGO_SAIHAKKO and not Baitai.objects.filter(zone=zone, baitai_id=payload["baitai_id"]).exists():
        message = "この媒体IDは登録されていません。先に媒体の登録を依頼してください。"
        return (ErrorItem("shonin_baitai_mitoroku", "baitai_id", message),)
    if kind != Kind.JOHO_TEIKYO_SERVER_KENGEN:
        return ()
    taisho = shokuin_of(by=by, zone=zone, shokuin_id=str(payload["shokuin_id"]))
    if taisho is None:
        message = "支払基金の職員に、この職員IDの人はいません。職員IDを確かめてください。"
        return (ErrorItem("shokuin_nashi", "shokuin_id", message),)
    right: Right = (str(payload["jimu"]), str(payload["action"]))
    if right in held_rights(shokuin_pk=taisho.id):
        return (ErrorItem("kengen_ari", "action", "この職員には、この権限がすでに付いています。"),)
    return ()


@outside_transaction
def withdraw(*, by: Principal, shonin_id: UUID, now: datetime) -> None:
    """Take a 依頼 of one's own back, approved or not, as long as it was not used. Raises NotFound, Conflict."""
    _withdraw(by=by, zone=staff_zone(by), shonin_id=shonin_id, now=now)


@own_transaction
def _withdraw(*, by: Principal, zone: str, shonin_id: UUID, now: datetime) -> None:
    irai = (
        Irai.objects.select_for_update(of=("self",))
        .filter(zone=zone, id=shonin_id, shinseisha__shokuin_id=by.actor_id)
        .first()
    )
    if irai is None:
        raise NotFound(*IRAI_NASHI)
    state = state_on(State(irai.state), expires_at=irai.expires_at, now=now)
    after = state_after(state, Act.WITHDRAW, approvals=0, hitsuyo_ninzu=irai.hitsuyo_ninzu)
    if after is None:
        raise Conflict("irai_torisage_fuka", "この依頼は取り下げられません。一覧でいまの状態を確かめてください。")
    irai.state, irai.finished_at = after, now
    irai.save(update_fields=["state", "finished_at"])
    record_sosa(
        by=by,
        kind=SosaKind.SHONIN_TORISAGE,
        jimu=SHONIN_JIMU,
        target_file=FILE,
        targets=[str(irai.id)],
        result="ok",
        detail={"irai_kind": irai.kind},
        screen_id=SCREEN_ID,
        now=now,
    )
