"""Signed requests written out by RFC 9421 itself: every word of a signature can be another one, and is still signed.

Nothing of the hub's signing or of a library takes part, so that what both get wrong would show.
"""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from chukan.kernel.http.signatures import PrivateKey
from tests.support.wire import Wire

ALWAYS = ('"@method"', '"@target-uri"', '"content-digest"')
WHEN_PRESENT = ("content-type", "idempotency-key")
LIFETIME_SECONDS = 120
LABEL = "sig1"


@dataclass(frozen=True)
class Sender:
    """A registered system and the key it signs with."""

    client_id: str
    key: PrivateKey = field(repr=False)
    kid: str = "k1"

    @property
    def keyid(self) -> str:
        """Return what a signature calls the key."""
        return f"{self.client_id}#{self.kid}"


@dataclass(frozen=True)
class Draft:
    """A request that its sender has not signed yet; `expected` is what the hub answers when it is."""

    name: str
    sender: Sender
    origin: str
    wire: Wire
    expected: frozenset[int]


@dataclass(frozen=True)
class Terms:
    """What a signature says: covered components and parameters as they are written, and the key that signs."""

    components: tuple[str, ...]
    params: Mapping[str, str]
    key: PrivateKey = field(repr=False)
    label: str = LABEL

    def saying(self, **params: str | None) -> Terms:
        """Return the terms with parameters written otherwise; None leaves one out."""
        merged = {**self.params, **params}
        return replace(self, params={name: value for name, value in merged.items() if value is not None})

    @property
    def text(self) -> str:
        """Return the value of the member of Signature-Input."""
        told = "".join(f";{name}={value}" for name, value in self.params.items())
        return f"({' '.join(self.components)}){told}"


def quoted(text: str) -> str:
    """Return a string as structured fields write it."""
    return f'"{text}"'


def digest_of(body: bytes, *, name: str = "sha-256") -> str:
    """Return a Content-Digest."""
    made = hashlib.new(name.replace("-", ""), body).digest()
    return f"{name}=:{base64.b64encode(made).decode()}:"


def bytes_of(body: bytes) -> str:
    """Return bytes as structured fields write them."""
    return f":{base64.b64encode(body).decode()}:"


def nonce(dice: random.Random) -> str:
    """Return 144 bits of the dice."""
    return base64.urlsafe_b64encode(dice.randbytes(18)).decode()


def terms_of(draft: Draft, dice: random.Random, now: datetime) -> Terms:
    """Return what the contract demands of a signature of this request."""
    created = int(now.timestamp())
    present = tuple(quoted(name) for name in WHEN_PRESENT if draft.wire.get(name))
    return Terms(
        components=(*ALWAYS, *present),
        params={
            "created": str(created),
            "expires": str(created + LIFETIME_SECONDS),
            "keyid": quoted(draft.sender.keyid),
            "nonce": quoted(nonce(dice)),
            "tag": quoted("chukan-v1"),
        },
        key=draft.sender.key,
    )


def base_of(wire: Wire, origin: str, terms: Terms) -> bytes:
    """Return the signature base; what cannot be known of a component is empty."""
    digest = wire.get("Content-Digest")
    values = {
        '"@method"': wire.method,
        '"@target-uri"': f"{origin}{wire.target}",
        '"@path"': wire.target.partition("?")[0],
        '"@authority"': origin.partition("//")[2],
        '"content-digest";key="sha-256"': digest.partition("=")[2],
    }
    lines = [f"{one}: {values.get(one, wire.get(one.split(chr(34))[1]))}" for one in terms.components]
    return "\n".join([*lines, f'"@signature-params": {terms.text}']).encode()


def signature_of(key: PrivateKey, base: bytes) -> bytes:
    """Return the signature: 64 bytes for either kind of key."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(base)
    r, s = decode_dss_signature(key.sign(base, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32) + s.to_bytes(32)


def sealed(wire: Wire, origin: str, terms: Terms) -> Wire:
    """Return the request with the signature of these terms."""
    signature = signature_of(terms.key, base_of(wire, origin, terms))
    return with_signature(wire, terms, signature)


def with_signature(wire: Wire, terms: Terms, signature: bytes) -> Wire:
    """Return the request with a signature made elsewhere."""
    input_field = f"{terms.label}={terms.text}"
    return wire.put("Signature-Input", input_field).put("Signature", f"{terms.label}={bytes_of(signature)}")


def digested(wire: Wire) -> Wire:
    """Return the request with the digest of its body."""
    return wire.put("Content-Digest", digest_of(wire.body))


def honest(draft: Draft, dice: random.Random, now: datetime) -> Wire:
    """Return the request signed as the contract demands."""
    return sealed(digested(draft.wire), draft.origin, terms_of(draft, dice, now))
