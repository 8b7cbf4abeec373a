"""Public keys as JSON Web Keys (RFC 7517): Ed25519 and ECDSA P-256 only."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chukan.kernel.http.signatures import PublicKey

KID_MAX: Final = 100
_P256_BYTES: Final = 32


class JwkRefused(ValueError):
    """The key cannot be used here; the text says why (Japanese)."""


def _unbase64(value: object) -> bytes:
    if not isinstance(value, str):
        raise JwkRefused("鍵の値がありません。")
    try:
        return base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise JwkRefused("鍵の値を base64url として読み取れません。") from error


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def public_key(jwk: Mapping[str, object]) -> PublicKey:
    """Return the usable key of a JWK. Raises: JwkRefused, also for a private key."""
    if "d" in jwk:
        raise JwkRefused("秘密鍵が含まれています。公開鍵だけを渡してください。")
    if jwk.get("use", "sig") != "sig":
        raise JwkRefused("署名用（use=sig）の鍵を渡してください。")
    try:
        if (jwk.get("kty"), jwk.get("crv")) == ("OKP", "Ed25519"):
            return ed25519.Ed25519PublicKey.from_public_bytes(_unbase64(jwk.get("x")))
        if (jwk.get("kty"), jwk.get("crv")) == ("EC", "P-256"):
            x, y = _unbase64(jwk.get("x")), _unbase64(jwk.get("y"))
            numbers = ec.EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), ec.SECP256R1())
            return numbers.public_key()
    except JwkRefused:
        raise
    except ValueError as error:
        raise JwkRefused("鍵の値が正しくありません。") from error
    raise JwkRefused("鍵は Ed25519 か ECDSA P-256 にしてください。")


def to_jwk(key: PublicKey, kid: str) -> dict[str, str]:
    """Return the JWK of a public key."""
    if isinstance(key, ed25519.Ed25519PublicKey):
        raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return {"kty": "OKP", "crv": "Ed25519", "x": _base64url(raw), "kid": kid, "use": "sig", "alg": "EdDSA"}
    numbers = key.public_numbers()
    x, y = (number.to_bytes(_P256_BYTES) for number in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "x": _base64url(x), "y": _base64url(y), "kid": kid, "use": "sig"}


def read_jwks(document: object) -> tuple[tuple[str, dict[str, str]], ...]:
    """Return (kid, clean public JWK) of every key of a set, or of a single JWK. Raises: JwkRefused."""
    keys: object = document
    if isinstance(document, Mapping):
        keys = document.get("keys", [document])
    if not isinstance(keys, Sequence) or isinstance(keys, str) or not keys:
        raise JwkRefused("鍵が1つもありません。JWK Set（RFC 7517）を渡してください。")
    result: dict[str, dict[str, str]] = {}
    for jwk in keys:
        if not isinstance(jwk, Mapping):
            raise JwkRefused("鍵を読み取れません。JWK Set（RFC 7517）を渡してください。")
        kid = jwk.get("kid")
        if not isinstance(kid, str) or not 0 < len(kid) <= KID_MAX or not kid.isascii() or not kid.isprintable():
            raise JwkRefused("kid は1〜100文字の英数字と記号で付けてください。")
        if kid in result:
            raise JwkRefused("同じ kid の鍵が2つあります。")
        result[kid] = to_jwk(public_key(jwk), kid)
    return tuple(result.items())
