"""Registers one connecting system with its public keys."""

import secrets
from collections.abc import Sequence
from datetime import date, datetime

from chukan.controls.kikan.queries import find_hokensha
from chukan.controls.setsuzoku.domain import Itaku, check_client
from chukan.controls.setsuzoku.models import Client, ClientHokensha, ClientItaku, ClientKey
from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.errors import RuleBroken
from chukan.kernel.http.jwk import read_jwks
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction


@own_transaction
def register_client(
    *,
    by: Principal,
    kind: str,
    hokensha_codes: Sequence[str],
    jwks: object,
    itaku: Sequence[Itaku] = (),
    valid_from: date,
    valid_to: date | None = None,
    now: datetime,
) -> str:
    """Register a 「接続システム」 and return its client_id; its keys are unproven until their first good signature.

    Raises: RuleBroken with every reason; JwkRefused for a key that cannot be used.
    """
    facts = {code: find_hokensha(code) for code in hokensha_codes}
    errors = check_client(
        kind=kind,
        hokensha={code: None if row is None else row.hokensha_shubetsu for code, row in facts.items()},
        itaku=itaku,
    )
    if errors:
        raise RuleBroken("client_fusei", "接続システムを登録できません。", errors=errors)
    keys = read_jwks(jwks)
    client = Client.objects.create(
        client_id=f"{kind.replace('_', '-')}-{secrets.token_hex(6)}",
        kind=kind,
        hokensha_code=hokensha_codes[0] if kind == "hokensha" else None,
        valid_from=valid_from,
        valid_to=valid_to,
        registered_by=by.actor_id,
        registered_at=now,
    )
    if kind == "kokuho_shuyaku":
        ClientHokensha.objects.bulk_create(
            ClientHokensha(client=client, hokensha_code=code) for code in sorted(set(hokensha_codes))
        )
    ClientKey.objects.bulk_create(
        ClientKey(client=client, kid=kid, jwk=jwk, valid_from=valid_from, valid_to=valid_to, registered_at=now)
        for kid, jwk in keys
    )
    ClientItaku.objects.bulk_create(
        ClientItaku(
            client=client,
            jimu_kubun=row.jimu_kubun,
            kakuninsha=row.kakuninsha,
            kakunin_ymd=row.kakunin_ymd,
            minaoshi_ymd=row.minaoshi_ymd,
        )
        for row in itaku
    )
    record_sosa(
        by=by,
        kind=SosaKind.CLIENT_CHANGED,
        jimu="kanri",
        target_file="接続システム",
        targets=(client.client_id,),
        result="ok",
        detail={"kind": kind, "keys": len(keys)},
        now=now,
    )
    return client.client_id
