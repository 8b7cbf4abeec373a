"""Keys of a connecting system as JWK (RFC 7517): Ed25519 or ECDSA P-256, private file and public set."""

import base64
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self, TypeAlias

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePrivateNumbers,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from http_message_signatures import HTTPSignatureAlgorithm, algorithms

Jwk: TypeAlias = Mapping[str, str]
PrivateKey: TypeAlias = Ed25519PrivateKey | EllipticCurvePrivateKey
PublicKey: TypeAlias = Ed25519PublicKey | EllipticCurvePublicKey
KeyKind: TypeAlias = Literal["ed25519", "p256"]

P256_BYTES = 32


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def public_key_of(jwk: Jwk) -> PublicKey:
    """The public key a JWK describes; ValueError for any other kind of key."""
    if jwk.get("kty") == "OKP" and jwk.get("crv") == "Ed25519":
        return Ed25519PublicKey.from_public_bytes(_unb64(jwk["x"]))
    if jwk.get("kty") == "EC" and jwk.get("crv") == "P-256":
        x, y = (int.from_bytes(_unb64(jwk[name]), "big") for name in ("x", "y"))
        return EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()
    message = "JWK は Ed25519 (OKP) か P-256 (EC) に限ります"
    raise ValueError(message)


def public_jwk(key: PublicKey, *, kid: str) -> dict[str, str]:
    """The public JWK of a key, ready for a key set."""
    if isinstance(key, Ed25519PublicKey):
        return {
            "kty": "OKP",
            "crv": "Ed25519",
            "x": _b64(key.public_bytes_raw()),
            "kid": kid,
            "alg": "EdDSA",
            "use": "sig",
        }
    numbers = key.public_numbers()
    x, y = (_b64(number.to_bytes(P256_BYTES, "big")) for number in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": kid, "alg": "ES256", "use": "sig"}


def algorithm_of(key: PublicKey | PrivateKey) -> type[HTTPSignatureAlgorithm]:
    """The signature algorithm that fits the key."""
    if isinstance(key, Ed25519PublicKey | Ed25519PrivateKey):
        return algorithms.ED25519
    return algorithms.ECDSA_P256_SHA256


@dataclass(frozen=True, repr=False)
class ClientKey:
    """The private key of a connecting system; it is never sent and never printed."""

    kid: str
    private: PrivateKey

    def __repr__(self) -> str:
        return f"ClientKey(kid={self.kid!r})"

    @classmethod
    def from_jwk(cls, jwk: Jwk) -> Self:
        """The key kept in a private JWK."""
        secret = _unb64(jwk["d"])
        if jwk.get("kty") == "OKP" and jwk.get("crv") == "Ed25519":
            return cls(jwk["kid"], Ed25519PrivateKey.from_private_bytes(secret))
        public = public_key_of(jwk)
        if not isinstance(public, EllipticCurvePublicKey):
            message = "JWK の kty と crv が合いません"
            raise TypeError(message)
        numbers = EllipticCurvePrivateNumbers(int.from_bytes(secret, "big"), public.public_numbers())
        return cls(jwk["kid"], numbers.private_key())

    @classmethod
    def load(cls, path: Path) -> Self:
        """The key kept in a file written by `keygen`."""
        return cls.from_jwk(json.loads(path.read_text("utf-8")))

    def public_jwk(self) -> dict[str, str]:
        """The half that is registered with the hub."""
        return public_jwk(self.private.public_key(), kid=self.kid)

    def private_jwk(self) -> dict[str, str]:
        """The whole key, for a file only its owner can read."""
        if isinstance(self.private, Ed25519PrivateKey):
            secret = self.private.private_bytes_raw()
        else:
            secret = self.private.private_numbers().private_value.to_bytes(P256_BYTES, "big")
        return self.public_jwk() | {"d": _b64(secret)}

    def save(self, path: Path) -> None:
        """Write the private key, readable by its owner alone; an existing file is not replaced."""
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(self.private_jwk(), file, indent=1)


def generate_key(*, kid: str, kind: KeyKind = "ed25519") -> ClientKey:
    """A new key of the chosen kind."""
    return ClientKey(kid, Ed25519PrivateKey.generate() if kind == "ed25519" else generate_private_key(SECP256R1()))


def write_jwks(path: Path, keys: Sequence[ClientKey]) -> None:
    """Write the public key set that is handed to the hub's operator."""
    path.write_text(json.dumps({"keys": [key.public_jwk() for key in keys]}, indent=1) + "\n", "utf-8")


class PublicKeys:
    """The keys of a published JWKS, found by `kid` or by `<name>#<kid>`."""

    def __init__(self, jwks: Mapping[str, Sequence[Jwk]]) -> None:
        self._by_kid = {jwk["kid"]: public_key_of(jwk) for jwk in jwks["keys"]}

    def find(self, keyid: str) -> PublicKey | None:
        """The key a `keyid` names; a name without `#kid` fits when the set holds one key only."""
        for kid in (keyid, keyid.partition("#")[2]):
            if kid in self._by_kid:
                return self._by_kid[kid]
        if "#" not in keyid and len(self._by_kid) == 1:
            return next(iter(self._by_kid.values()))
        return None
