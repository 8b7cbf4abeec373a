"""Ends a connecting system, or one of its keys: the next request is refused. 根拠: KJ-AUTH-26."""

from datetime import date, datetime

from django.db.models import Q, QuerySet

from chukan.controls.setsuzoku.models import Client, ClientKey
from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.clock import business_date_jst
from chukan.kernel.errors import NotFound
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import joins_transaction, own_transaction


@own_transaction
def end_client(*, by: Principal, client_id: str, now: datetime) -> date:
    """End a 「接続システム」 with all its keys from this moment; return its 「有効終了日」.

    *Idempotent:* one that has ended keeps its day. *Locks:* the system. Raises: NotFound `client_nashi`.
    """
    on = business_date_jst(now)
    client = hold_client(by=by, client_id=client_id)
    if client.valid_to is not None and client.valid_to <= on:
        return client.valid_to
    _keys_in_use(client_id, on=on).update(valid_to=on)
    client.valid_to = on
    client.save(update_fields=["valid_to"])
    _record(by=by, client=client, detail={"change": "ended", "valid_to": on.isoformat()}, now=now)
    return on


@own_transaction
def end_client_key(*, by: Principal, client_id: str, kid: str, now: datetime) -> tuple[date, int]:
    """End one key of a 「接続システム」 from this moment; return its 「有効終了日」 and how many keys are left.

    *Idempotent:* one that has ended keeps its day. *Locks:* the system. Raises: NotFound `client_nashi`,
    `client_kagi_nashi`.
    """
    on = business_date_jst(now)
    client = hold_client(by=by, client_id=client_id)
    key = ClientKey.objects.filter(client=client, kid=kid).first()
    if key is None:
        raise NotFound("client_kagi_nashi", "この接続システムに、この鍵IDの鍵はありません。鍵IDを確かめてください。")
    if key.valid_to is None or key.valid_to > on:
        key.valid_to = on
        key.save(update_fields=["valid_to"])
        _record(by=by, client=client, detail={"change": "key_ended", "kid": kid, "valid_to": on.isoformat()}, now=now)
    return key.valid_to, _keys_in_use(client_id, on=on).count()


@joins_transaction
def hold_client(*, by: Principal, client_id: str) -> Client:
    """Return a registered system, ended or not, and let nobody else change its keys until the transaction ends.

    Raises: NotFound `client_nashi`. *Locks:* the system.
    """
    client = Client.objects.select_for_update().filter(client_id=client_id).first()
    if client is None:
        raise NotFound("client_nashi", "この接続システムIDは登録されていません。接続システムIDを確かめてください。")
    return client


def _keys_in_use(client_id: str, *, on: date) -> "QuerySet[ClientKey]":
    return ClientKey.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on), client_id=client_id)


def _record(*, by: Principal, client: Client, detail: dict[str, str], now: datetime) -> None:
    record_sosa(
        by=by,
        kind=SosaKind.CLIENT_CHANGED,
        jimu="kanri",
        target_file="接続システム",
        targets=(client.client_id,),
        result="ok",
        detail={"kind": client.kind} | detail,
        now=now,
    )
