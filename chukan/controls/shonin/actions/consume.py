"""Uses a permission up in the transaction of the act it is for, and closes it when the act is over."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection

from chukan.controls.shokuin.domain import staff_zone
from chukan.controls.shonin.domain import (
    FILE,
    KINDS,
    SHONIN_JIMU,
    ZONE,
    Refusal,
    hash_payload,
    may_apply,
    refused,
)
from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.errors import Conflict
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import joins_transaction

_CONSUME: Final = "SELECT shonin_consume(%s::uuid, %s::text, %s::text, %s::text, %s::bytea, %s::text, %s::timestamptz)"


@joins_transaction
def consume(*, by: Principal, shonin_id: UUID, kind: str, payload: Mapping[str, str | int], now: datetime) -> None:
    """Use one permission up, in the transaction of the act: once, in time, for exactly what was approved.

    The applicant acts, at a terminal, and an extraction goes to a registered medium. Then the 依頼 is 実行中 until
    `complete`. Raises NotPermitted with the words of its cause. 根拠: KJ-DUAL-06, KJ-DUAL-07.
    """
    rule = KINDS[kind]
    if not rule.is_done_at_once and not may_apply(by, rule):
        raise refused(Refusal.KENGEN)
    # A machine, a task or a command holds no permission of a person.
    if by.channel != "operator" or not by.terminal:
        raise refused(Refusal.TANMATSU)
    baitai = None if rule.is_done_at_once else payload.get("baitai_id")
    with connection.cursor() as cursor:
        cursor.execute(
            _CONSUME,
            [
                shonin_id,
                staff_zone(by),
                by.actor_id,
                kind,
                hash_payload(kind=kind, payload=payload),
                baitai,
                now,
            ],
        )
        (outcome,) = cursor.fetchone()
    if outcome != "ok":
        raise refused(Refusal(outcome))
    record_sosa(
        by=by,
        kind=SosaKind.SHONIN_SHIYO,
        jimu=SHONIN_JIMU,
        target_file=FILE,
        targets=[str(shonin_id)],
        result="ok",
        detail={"irai_kind": kind},
        now=now,
    )


@joins_transaction
def complete(*, by: Principal, shonin_id: UUID, now: datetime) -> None:
    """Close a permission whose act is over (実行中 → 完了); a task may do so. Raises Conflict when it is not 実行中."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT shonin_complete(%s::uuid, %s::text, %s::timestamptz)", [shonin_id, ZONE, now])
        (done,) = cursor.fetchone()
    if not done:
        raise Conflict("shonin_jikko_chu_de_nai", "この承認は実行中ではありません。依頼の状態を確かめてください。")
    record_sosa(
        by=by,
        kind=SosaKind.SHONIN_KANRYO,
        jimu=SHONIN_JIMU,
        target_file=FILE,
        targets=[str(shonin_id)],
        result="ok",
        now=now,
    )
