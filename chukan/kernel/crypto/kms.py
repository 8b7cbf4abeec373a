"""What a key management service does for the hub. The keys under it never leave it; data keys leave it wrapped.

The file-backed one (`file_kms.py`) serves demos and tests, and no process starts with it in 本番; a service or a
hardware module takes its place by implementing the same protocol.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

CHECKPOINT = "checkpoint"
HTTP = "http"
# Signing keys made with the keystore: the seal of the operation log, and the hub's own requests to partners.
SIGNING_KEYS = (CHECKPOINT, HTTP)


class KeyContext(NamedTuple):
    """What a data key is for. It is authenticated: a wrapped key opens in its own context only."""

    purpose: str
    hokensha_code: str | None


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key under a version of the KEK."""

    kek_version: int
    wrapped: bytes


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """An Ed25519 key that signs; `kid` is the thumbprint of its public half (RFC 7638)."""

    name: str
    private_key: Ed25519PrivateKey

    @property
    def public_key(self) -> Ed25519PublicKey:
        """Return the public half."""
        return self.private_key.public_key()

    @property
    def kid(self) -> str:
        """Return the name under which the public half is published."""
        return thumbprint(self.public_key)

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature."""
        return self.private_key.sign(message)

    def public_jwk(self) -> dict[str, str]:
        """Return the public half as a JWK (RFC 8037)."""
        return public_jwk(self.public_key)

    def __repr__(self) -> str:
        return f"SigningKey({self.name!r})"


def _required_members(key: Ed25519PublicKey) -> dict[str, str]:
    return {"crv": "Ed25519", "kty": "OKP", "x": base64url(key.public_bytes_raw())}


def thumbprint(key: Ed25519PublicKey) -> str:
    """Return the RFC 7638 thumbprint of a public key."""
    canonical = json.dumps(_required_members(key), separators=(",", ":"), sort_keys=True)
    return base64url(hashlib.sha256(canonical.encode()).digest())


def public_jwk(key: Ed25519PublicKey) -> dict[str, str]:
    """Return a public key as a JWK with its thumbprint as `kid`."""
    return _required_members(key) | {"kid": thumbprint(key), "use": "sig", "alg": "EdDSA"}


def base64url(raw: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Kms(Protocol):
    """The keystore: KEK versions, signing keys, and one key per erasable file."""

    @property
    def for_production(self) -> bool:
        """Tell whether it may keep the keys of 本番: they are out of reach of whoever runs the hub's processes."""
        ...

    def current_version(self) -> int:
        """Return the KEK version that wraps new keys."""
        ...

    def generate_data_key(self, context: KeyContext) -> WrappedKey:
        """Return a new random data key, wrapped."""
        ...

    def unwrap(self, key: WrappedKey, context: KeyContext) -> bytes:
        """Return the data key; raises KeyUnavailable when its KEK version is missing or does not open it."""
        ...

    def rewrap(self, key: WrappedKey, context: KeyContext) -> WrappedKey:
        """Return the same data key under the current KEK version."""
        ...

    def rotate(self) -> int:
        """Make a new KEK version the current one and return it."""
        ...

    def destroy(self, version: int) -> None:
        """Destroy an old KEK version for good; what is still wrapped under it is lost."""
        ...

    def signing_key(self, name: str) -> SigningKey:
        """Return the newest signing key of that name."""
        ...

    def public_jwks(self, name: str) -> list[dict[str, str]]:
        """Return the public halves of all signing keys of that name, newest first."""
        ...

    def rotate_signing_key(self, name: str) -> SigningKey:
        """Add a new signing key; older ones stay published."""
        ...

    def create_file_key(self, name: str) -> bytes:
        """Return a new random key kept under `name`."""
        ...

    def file_key(self, name: str) -> bytes:
        """Return the key kept under `name`; raises KeyUnavailable when it was destroyed."""
        ...

    def list_file_keys(self, *, before: datetime) -> list[str]:
        """Return the names of the file keys made before that instant."""
        ...

    def destroy_file_key(self, name: str) -> bool:
        """Destroy the key for good; tells whether there was one. Idempotent."""
        ...
