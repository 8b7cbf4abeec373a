"""Gives a connecting system further keys, so that one can be replaced while it works. 根拠: KJ-AUTH-26."""

from datetime import date, datetime

from chukan.controls.setsuzoku.actions.end_client import hold_client
from chukan.controls.setsuzoku.domain import check_keys
from chukan.controls.setsuzoku.models import ClientKey
from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.clock import business_date_jst
from chukan.kernel.errors import Conflict, RuleBroken
from chukan.kernel.http.jwk import read_jwks
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction


@own_transaction
def add_client_key(
    *, by: Principal, client_id: str, jwks: object, valid_from: date, valid_to: date | None, now: datetime
) -> tuple[str, ...]:
    """Add public keys to a 「接続システム」 beside those it has; return their kid.

    They are unproven until their first good signature. *Locks:* the system. Raises: NotFound `client_nashi`; Conflict
    `client_shuryo` for one that has ended; RuleBroken with every reason; JwkRefused for a key that cannot be used.
    """
    on = business_date_jst(now)
    client = hold_client(by=by, client_id=client_id)
    if client.valid_to is not None and client.valid_to <= on:
        raise Conflict("client_shuryo", "この接続システムは終了しています。使うときは、新しく登録してください。")
    keys = dict(read_jwks(jwks))
    held = dict(ClientKey.objects.filter(client=client).values_list("kid", "jwk"))
    if errors := check_keys(held=held, keys=keys, valid_from=valid_from, valid_to=valid_to, on=on):
        raise RuleBroken("client_kagi_fusei", "鍵を登録できません。", errors=errors)
    ClientKey.objects.bulk_create(
        ClientKey(client=client, kid=kid, jwk=jwk, valid_from=valid_from, valid_to=valid_to, registered_at=now)
        for kid, jwk in keys.items()
    )
    record_sosa(
        by=by,
        kind=SosaKind.CLIENT_CHANGED,
        jimu="kanri",
        target_file="接続システム",
        targets=(client_id,),
        result="ok",
        detail={"kind": client.kind, "change": "key_added", "kid": " ".join(keys)},
        now=now,
    )
    return tuple(keys)
