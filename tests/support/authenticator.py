"""A software authenticator: real ES256 keys and real CBOR, and every lie a broken or hostile one could tell."""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.test import Client

from chukan.controls.seitai.actions import begin, finish
from chukan.controls.seitai.models import SeitaiAuthenticator
from chukan.controls.shokuin.models import Account
from chukan.kernel import clock
from chukan.kernel.principal import Principal, system_principal
from chukan.kernel.transactions import own_transaction

MODEL = UUID("01020304-0506-0708-0102-030405060708")
_UP, _UV, _BE, _AT = 0x01, 0x04, 0x08, 0x40


def b64(value: bytes) -> str:
    """Return bytes as WebAuthn's JSON has them."""
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Return the bytes of WebAuthn's JSON."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(frozen=True)
class Maker:
    """A maker of authenticators: a root certificate, and keys it certifies for models."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def root(self) -> bytes:
        """Return the root certificate (PEM)."""
        return self._certificate(self.key.public_key(), "Root").public_bytes(Encoding.PEM)

    def certify(self, key: ec.EllipticCurvePublicKey, model: UUID) -> bytes:
        """Return the certificate (DER) of a model's attestation key."""
        return self._certificate(key, "Attestation", model).public_bytes(Encoding.DER)

    def _certificate(self, key: ec.EllipticCurvePublicKey, name: str, model: UUID | None = None) -> x509.Certificate:
        def named(text: str) -> x509.Name:
            return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

        at = datetime.now(UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(named(name))
            .issuer_name(named("Root"))
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(at - timedelta(days=1))
            .not_valid_after(at + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=model is None, path_length=None), critical=True)
        )
        if model is not None:
            oid = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")
            made = made.add_extension(x509.UnrecognizedExtension(oid, b"\x04\x10" + model.bytes), critical=False)
        return made.sign(self.key, hashes.SHA256())


@dataclass(frozen=True)
class Authenticator:
    """One authenticator with one key; what it says can be bent by `replace` or the arguments of each answer."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    model: UUID = MODEL
    maker: Maker | None = None
    is_user_verified: bool = True
    is_backup_eligible: bool = False
    origin: str = ""
    rp_id: str = ""
    count: int | None = 1

    @property
    def public_key(self) -> bytes:
        """Return the key as COSE has it."""
        numbers = self.key.public_key().public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})

    def bent(self, **bent: object) -> Authenticator:
        """Return the same authenticator telling a lie."""
        return replace(self, **bent)  # type: ignore[arg-type]  # any field

    def get(self, options_json: str, **bent: object) -> str:
        """Return the answer to `navigator.credentials.get`, as JSON."""
        if bent:
            return self.bent(**bent).get(options_json)
        options = json.loads(options_json)
        client = self._client("webauthn.get", options["challenge"])
        data = self._data(_UP, options["rpId"])
        signed = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        response = {"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signed)}
        return self._answer(response)

    def create(self, options_json: str, **bent: object) -> str:
        """Return the answer to `navigator.credentials.create`, as JSON: attested by the maker, or by itself."""
        if bent:
            return self.bent(**bent).create(options_json)
        options = json.loads(options_json)
        client = self._client("webauthn.create", options["challenge"])
        named = self.model.bytes + len(self.credential_id).to_bytes(2, "big") + self.credential_id
        data = self._data(_UP | _AT, options["rp"]["id"]) + named + self.public_key
        key = self.key if self.maker is None else ec.generate_private_key(ec.SECP256R1())
        signature = key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        statement: dict[str, object] = {"alg": -7, "sig": signature}
        if self.maker is not None:
            statement["x5c"] = [self.maker.certify(key.public_key(), self.model)]
        attestation = cbor2.dumps({"fmt": "packed", "attStmt": statement, "authData": data})
        response = {"clientDataJSON": b64(client), "attestationObject": b64(attestation), "transports": ["internal"]}
        return self._answer(response)

    def _client(self, kind: str, challenge: str) -> bytes:
        origin = self.origin or settings.SEITAI_ORIGINS[0]
        return json.dumps({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False}).encode()

    def _data(self, flags: int, rp_id: str) -> bytes:
        flags |= (_UV if self.is_user_verified else 0) | (_BE if self.is_backup_eligible else 0)
        count = clock_count() if self.count is None else self.count
        return hashlib.sha256((self.rp_id or rp_id).encode()).digest() + bytes([flags]) + count.to_bytes(4, "big")

    def _answer(self, response: Mapping[str, object]) -> str:
        name = b64(self.credential_id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})


def clock_count() -> int:
    """Return a count that is ahead of every earlier one."""
    return int(clock.now().timestamp() * 1000) % 2**32


def registered(
    shokuin_id: str, authenticator: Authenticator | None = None, *, zone: str = "shiharai_kikin", slot: int = 1
) -> Authenticator:
    """Return an authenticator that is registered for one person, as two administrators would have done."""
    held = authenticator or Authenticator()
    _register(by=system_principal(actor_id="test"), zone=zone, shokuin_id=shokuin_id, held=held, slot=slot)
    return held


@own_transaction
def _register(*, by: Principal, zone: str, shokuin_id: str, held: Authenticator, slot: int) -> None:
    SeitaiAuthenticator.objects.create(
        zone=zone,
        account=Account.objects.get(zone=zone, shokuin__shokuin_id=shokuin_id),
        slot=slot,
        meisho="試験の認証器",
        credential_id=held.credential_id,
        credential_hash=hashlib.sha256(held.credential_id).digest(),
        public_key=held.public_key,
        aaguid=held.model,
        is_attested=False,
        transports=["internal"],
        sign_count=0,
        registered_at=clock.now(),
        registered_by_1=f"{zone}/K9001",
        registered_by_2=f"{zone}/K9002",
    )


def own_authenticator(shokuin_id: str) -> Authenticator:
    """Return the authenticator of a made-up person, the same in every process."""
    secret = hashlib.sha256(f"made-up key of {shokuin_id}".encode()).digest()
    key = ec.derive_private_key(int.from_bytes(secret[:31], "big"), ec.SECP256R1())
    return Authenticator(key=key, credential_id=hashlib.sha256(secret).digest(), count=None)


def confirmation(by: Principal, held: Authenticator, *, purpose: str, bound: bytes, now: datetime) -> UUID:
    """Return a confirmation that a person gave for one act in the session `by` is signed in by."""
    assert by.session_id is not None
    asked = begin(by=by, session_id=by.session_id, purpose=purpose, bound=bound, now=now)
    answer = held.get(asked.options_json, count=None)
    return finish(by=by, challenge_id=asked.challenge_id, assertion_json=answer, now=now)


_OWN: dict[str, Authenticator] = {}


def pass_seitai(client: Client, shokuin_id: str, *, zone: str = "unyo_hoshu") -> None:
    """Complete a sign-in that waits for 生体認証; a person without an authenticator is given one first."""
    page = client.get("/login/seitai/")
    if "asked" not in page.context:
        _OWN[shokuin_id] = registered(shokuin_id, zone=zone)
        page = client.get("/login/seitai/")
    asked = page.context["asked"]
    answer = _OWN[shokuin_id].get(asked.options_json, count=None)
    client.post("/login/seitai/kakunin/", {"challenge_id": asked.challenge_id, "answer": answer})
