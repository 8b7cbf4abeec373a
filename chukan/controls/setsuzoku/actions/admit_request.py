"""Admits one signed request: signature, rate and nonce, from the headers alone."""

import hashlib
import math
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from chukan.controls.setsuzoku.domain import ClientFacts, RateLimit, candidate_keys, split_keyid
from chukan.controls.setsuzoku.models import ClientKey
from chukan.controls.setsuzoku.queries import find_client
from chukan.kernel.clock import business_date_jst
from chukan.kernel.errors import TooMany
from chukan.kernel.http.jwk import public_key
from chukan.kernel.http.signatures import Claim, SignatureRefused, SignedRequest, prove, read_claim
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction

# One statement, so that it is exact however many ask at once: the row of the client is locked while it is decided.
_ADMIT = """
WITH admitted AS (
  INSERT INTO setsuzoku_rate_window AS rate (client_id, due_at) VALUES (%(client_id)s, %(first)s)
  ON CONFLICT (client_id) DO UPDATE SET due_at = greatest(rate.due_at, %(now)s) + %(step)s
    WHERE greatest(rate.due_at, %(now)s) + %(step)s <= %(bound)s
  RETURNING 1
), used AS (
  INSERT INTO setsuzoku_nonce (client_id, nonce_sha256, expires_at)
  SELECT %(client_id)s, %(nonce)s, %(expires)s WHERE EXISTS (SELECT 1 FROM admitted)
  ON CONFLICT DO NOTHING
  RETURNING 1
)
SELECT EXISTS (SELECT 1 FROM admitted), EXISTS (SELECT 1 FROM used)
"""
_DUE = "SELECT due_at FROM setsuzoku_rate_window WHERE client_id = %s"


@own_transaction
def admit_request(
    *, by: Principal, request: SignedRequest, rate: RateLimit, now: datetime
) -> tuple[ClientFacts, Claim]:
    """Return the proven sender of a request and what its signature says of the body.

    *Once:* the nonce is kept in the same transaction. Raises: SignatureRefused; TooMany `yokyu_kata`.
    根拠: KJ-AUTH-26.
    """
    claim = read_claim(request, now=now)
    client_id, kid = split_keyid(claim.keyid)
    client = find_client(client_id, on=business_date_jst(now))
    if client is None:
        raise SignatureRefused("unknown_client")
    _prove_with_any(request, claim, client, kid, now)
    _take(client_id, claim, rate, now)
    return client, claim


def _prove_with_any(request: SignedRequest, claim: Claim, client: ClientFacts, kid: str | None, now: datetime) -> None:
    refused = SignatureRefused("unknown_key")
    for key in candidate_keys(client, kid):
        try:
            prove(request, claim, public_key(key.jwk))
        except SignatureRefused as error:
            refused = error
        else:
            if not key.proven:
                ClientKey.objects.filter(pk=key.id, proven_at__isnull=True).update(proven_at=now)
            return
    raise refused


def _take(client_id: str, claim: Claim, rate: RateLimit, now: datetime) -> None:
    step = timedelta(seconds=1) / rate.per_second
    given: dict[str, Any] = {
        "client_id": client_id,
        "first": now + step,
        "now": now,
        "step": step,
        "bound": now + step * rate.burst,
        "nonce": hashlib.sha256(claim.nonce.encode()).digest(),
        "expires": datetime.fromtimestamp(claim.expires, UTC),
    }
    with connection.cursor() as cursor:
        cursor.execute(_ADMIT, given)
        admitted, used = cursor.fetchone()
        if not admitted:
            cursor.execute(_DUE, [client_id])
            due = cursor.fetchone()[0]
            wait = (due + step - step * rate.burst - now).total_seconds()
            raise TooMany(
                "yokyu_kata", "要求が多すぎます。少し待ってから送ってください。", retry_after=max(1, math.ceil(wait))
            )
    if not used:
        raise SignatureRefused("nonce_used_before")
