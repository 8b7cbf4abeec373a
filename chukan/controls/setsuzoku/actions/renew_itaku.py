"""Renews the confirmed entrustments of a connecting system of PMH. 根拠: KJ-PMH-08."""

from collections.abc import Sequence
from datetime import datetime

from chukan.controls.setsuzoku.domain import Itaku, check_renewal
from chukan.controls.setsuzoku.models import Client, ClientItaku
from chukan.controls.setsuzoku.queries import is_in_use
from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.clock import business_date_jst
from chukan.kernel.errors import NotFound, RuleBroken
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction


@own_transaction
def renew_itaku(*, by: Principal, client_id: str, itaku: Sequence[Itaku], now: datetime) -> None:
    """Put these confirmations in the place of what a 「接続システム」 of PMH had; its keys and other 事務 stay.

    A 事務 it had no confirmation of is added. *Idempotent.* *Locks:* the confirmations, in order of 事務区分.
    Raises: NotFound `client_nashi` when no PMH system in use has this id; RuleBroken with every reason.
    """
    on = business_date_jst(now)
    if not is_in_use(client_id, kind="pmh", on=on):
        raise NotFound("client_nashi", "この接続システムIDのPMHは使われていません。接続システムIDを確かめてください。")
    if errors := check_renewal(itaku, on=on):
        raise RuleBroken("itaku_fusei", "委託の確認を登録できません。", errors=errors)
    for row in sorted(itaku, key=lambda one: one.jimu_kubun):
        ClientItaku.objects.update_or_create(
            client=Client(client_id=client_id),
            jimu_kubun=row.jimu_kubun,
            defaults={
                "kakuninsha": row.kakuninsha,
                "kakunin_ymd": row.kakunin_ymd,
                "minaoshi_ymd": row.minaoshi_ymd,
            },
        )
    record_sosa(
        by=by,
        kind=SosaKind.CLIENT_CHANGED,
        jimu="kanri",
        target_file="委託の確認",
        targets=(client_id,),
        result="ok",
        detail={"kind": "pmh"} | {f"minaoshi_ymd_{row.jimu_kubun}": row.minaoshi_ymd.isoformat() for row in itaku},
        now=now,
    )
