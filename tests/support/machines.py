"""Registered connecting systems and signed requests, as a vendor's program would send them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, cast

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from django.test import Client

from chukan.controls.setsuzoku.actions.register_client import register_client
from chukan.kernel.http.jwk import to_jwk
from chukan.kernel.http.signatures import PrivateKey, SigningKey, sign
from chukan.kernel.principal import Principal
from tests.support.world import World, as_role

if TYPE_CHECKING:
    from django.http import HttpResponse

ORIGIN = "http://testserver"
COMMAND = Principal(channel="command", soshiki="command", actor_id="command", actor_name="管理コマンド")


@dataclass
class Machine:
    """One registered system with its private keys; calls the hub through Django's test client."""

    client_id: str
    keys: dict[str, PrivateKey]
    http: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def signer(self, kid: str = "k1", *, bare: bool = False) -> SigningKey:
        """Return the key under its full name, or under the client's name alone."""
        return SigningKey(self.client_id if bare else f"{self.client_id}#{kid}", self.keys[kid])

    def headers(
        self,
        method: str,
        path: str,
        body: bytes,
        *,
        given: Mapping[str, str] | None = None,
        signer: SigningKey | None = None,
        now: datetime | None = None,
    ) -> dict[str, str]:
        """Return the signed headers of a request."""
        return sign(
            method=method,
            url=f"{ORIGIN}{path}",
            headers=dict(given or {}),
            body=body,
            signer=signer or self.signer(),
            now=now or datetime.now(UTC),
        )

    def send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> HttpResponse:
        """Send bytes with headers as they are."""
        content_type = headers.get("Content-Type", "")
        rest = {name: value for name, value in headers.items() if name != "Content-Type"}
        if method == "GET":
            return cast("HttpResponse", self.http.get(path, headers=rest))
        answer = self.http.generic(method, path, body, content_type=content_type, headers=rest)
        return cast("HttpResponse", answer)

    def post(
        self,
        path: str,
        value: object,
        *,
        key: str | None = None,
        signer: SigningKey | None = None,
        now: datetime | None = None,
    ) -> HttpResponse:
        """Send a JSON value, signed."""
        body = json.dumps(value).encode()
        given = {"Content-Type": "application/json"}
        if key is not None:
            given["Idempotency-Key"] = key
        headers = self.headers("POST", path, body, given=given, signer=signer, now=now)
        return self.send("POST", path, body, headers)

    def get(self, path: str, *, signer: SigningKey | None = None, now: datetime | None = None) -> HttpResponse:
        """Ask, signed."""
        return self.send("GET", path, b"", self.headers("GET", path, b"", signer=signer, now=now))


def new_machine(
    world: World,
    *,
    kind: str = "hokensha",
    hokensha: Sequence[str] = ("06132013",),
    valid_from: date = date(2026, 1, 1),
    valid_to: date | None = None,
    key: PrivateKey | None = None,
) -> Machine:
    """Register a system with one key `k1`."""
    private = key or ed25519.Ed25519PrivateKey.generate()
    with as_role(world, "kanri"):
        client_id = register_client(
            by=COMMAND,
            kind=kind,
            hokensha_codes=tuple(hokensha),
            jwks={"keys": [to_jwk(private.public_key(), "k1")]},
            valid_from=valid_from,
            valid_to=valid_to,
            now=datetime.now(UTC),
        )
    return Machine(client_id, {"k1": private})


def p256() -> PrivateKey:
    """Return a new ECDSA key."""
    return ec.generate_private_key(ec.SECP256R1())
