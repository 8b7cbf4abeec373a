"""HTTP Message Signatures (RFC 9421) and Content-Digest (RFC 9530) by the rules of docs/interfaces: tag chukan-v1.

Verification works on the headers alone: the body is compared with the signed digest while it is read. 根拠: KJ-AUTH-26.
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, cast

import http_sf
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureAlgorithm,
    InvalidSignature,
    MappingKeyResolver,
)
from http_message_signatures.algorithms import ECDSA_P256_SHA256, ED25519

TAG: Final = "chukan-v1"
ALWAYS_COVERED: Final = ("@method", "@target-uri", "content-digest")
COVERED_WHEN_PRESENT: Final = ("content-type", "idempotency-key", "chukan-sosasha")
CLOCK_SKEW: Final = timedelta(seconds=30)
LIFETIME: Final = timedelta(seconds=300)
NONCE_BITS: Final = 128
NONCE_MAX_LENGTH: Final = 256

PublicKey = ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey
PrivateKey = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey


class SignatureRefused(Exception):
    """The request is not proven to come from a known sender; `reason` is ours and is never sent out."""

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """What the library and we read of a request: never its body."""

    method: str
    url: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Claim:
    """What a signature says of itself: who signed and when, its nonce, and the digest the body must have."""

    keyid: str
    nonce: str
    created: int
    expires: int
    sha256: bytes


class _HeaderVerifier(HTTPMessageVerifier):
    """The library's verifier without its own clock: times are checked here, by the time passed in, and stricter."""

    def validate_created_and_expires(self, sig_input: object, max_age: timedelta | None = None) -> None:
        """Leave the times to `read_claim`."""


def nonce_bits(nonce: str) -> int:
    """Return how many bits the text can carry at most, judged by the letters it uses."""
    text = nonce.replace("-", "").rstrip("=")
    if re.fullmatch(r"[0-9]*", text):
        return int(len(text) * 3.3219)
    if re.fullmatch(r"[0-9a-f]*|[0-9A-F]*", text):
        return len(text) * 4
    return len(nonce.rstrip("=")) * 6


def algorithm_of(key: PublicKey | PrivateKey) -> type[HTTPSignatureAlgorithm]:
    """Return the one algorithm a key may be used with."""
    if isinstance(key, ed25519.Ed25519PublicKey | ed25519.Ed25519PrivateKey):
        return cast("type[HTTPSignatureAlgorithm]", ED25519)
    return cast("type[HTTPSignatureAlgorithm]", ECDSA_P256_SHA256)


def _refuse_duplicates(_name: str, _context: str) -> None:
    reason = "duplicate_member"
    raise SignatureRefused(reason)


def _dictionary(value: str, header: str) -> dict[str, object]:
    try:
        parsed = http_sf.parse(value.encode("ascii"), tltype="dictionary", on_duplicate_key=_refuse_duplicates)
    except (ValueError, TypeError) as error:
        reason = f"{header}_cannot_be_read"
        raise SignatureRefused(reason) from error
    return cast("dict[str, object]", parsed)


def _header(headers: Mapping[str, str], name: str) -> str | None:
    for key, value in headers.items():
        if key.lower() == name and value:
            return value
    return None


def _our_signature(headers: Mapping[str, str]) -> Claim:
    """Return the parameters of the one signature that carries our tag, under whatever label."""
    value = _header(headers, "signature-input")
    if value is None or _header(headers, "signature") is None:
        raise SignatureRefused("no_signature")
    tagged = []
    for member in _dictionary(value, "signature-input").values():
        items, params = cast("tuple[object, dict[str, object]]", member)
        if isinstance(items, list) and params.get("tag") == TAG:
            tagged.append(params)
    if len(tagged) != 1:
        raise SignatureRefused("not_exactly_one_signature_with_our_tag")
    params = tagged[0]
    keyid, nonce = params.get("keyid"), params.get("nonce")
    created, expires = params.get("created"), params.get("expires")
    if type(keyid) is not str or type(nonce) is not str:
        raise SignatureRefused("keyid_or_nonce_missing_or_of_another_type")
    if type(created) is not int or type(expires) is not int:
        raise SignatureRefused("created_or_expires_missing_or_of_another_type")
    return Claim(keyid, nonce, created, expires, content_sha256(headers))


def _check_times(params: Claim, now: datetime) -> None:
    seconds = int(now.timestamp())
    if abs(seconds - params.created) > CLOCK_SKEW.total_seconds():
        raise SignatureRefused("created_is_not_now")
    if not 0 < params.expires - params.created <= LIFETIME.total_seconds():
        raise SignatureRefused("expires_is_not_within_300_s_after_created")
    if now.timestamp() > params.expires:
        raise SignatureRefused("expired")


def content_sha256(headers: Mapping[str, str]) -> bytes:
    """Return the sha-256 member of Content-Digest."""
    value = _header(headers, "content-digest")
    if value is None:
        raise SignatureRefused("no_content_digest")
    member = _dictionary(value, "content-digest").get("sha-256")
    digest = member[0] if isinstance(member, tuple) else None
    if not isinstance(digest, bytes) or len(digest) != hashlib.sha256().digest_size:
        raise SignatureRefused("content_digest_has_no_sha_256")
    return digest


def required_components(headers: Mapping[str, str]) -> tuple[str, ...]:
    """Return what a signature must cover: three components always, others when they are present."""
    return (*ALWAYS_COVERED, *(name for name in COVERED_WHEN_PRESENT if _header(headers, name) is not None))


def read_claim(request: SignedRequest, *, now: datetime) -> Claim:
    """Return what the signature claims; nothing is proven before `prove`.

    Raises: SignatureRefused for anything missing, stale, of another tag, or with a nonce that can be guessed.
    """
    claim = _our_signature(request.headers)
    _check_times(claim, now)
    if nonce_bits(claim.nonce) < NONCE_BITS or len(claim.nonce) > NONCE_MAX_LENGTH:
        raise SignatureRefused("nonce_too_short_or_too_long")
    return claim


def prove(request: SignedRequest, claim: Claim, key: PublicKey) -> None:
    """Return when the signature holds under the key and covers everything it must.

    Raises: SignatureRefused.
    """
    verifier = _HeaderVerifier(
        signature_algorithm=algorithm_of(key),
        key_resolver=MappingKeyResolver(public_keys={claim.keyid: key}, private_keys={}),
    )
    try:
        verifier.verify(request, max_age=None, expect_tag=TAG, require_components=required_components(request.headers))
    except InvalidSignature as error:
        raise SignatureRefused("signature_does_not_hold") from error


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key and the keyid its partner knows it by."""

    keyid: str
    key: PrivateKey = field(repr=False)


@dataclass(slots=True)
class _Outgoing:
    method: str
    url: str
    headers: MutableMapping[str, str]


def content_digest(body: bytes) -> str:
    """Return the Content-Digest field of a body."""
    return digest_field(hashlib.sha256(body).digest())


def digest_field(sha256: bytes) -> str:
    """Return the Content-Digest field of a body with this SHA-256."""
    return f"sha-256=:{base64.b64encode(sha256).decode('ascii')}:"


def sign(
    *,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None = None,
    digest: str = "",
    signer: SigningKey,
    now: datetime,
    lifetime: timedelta = LIFETIME,
) -> dict[str, str]:
    """Return the headers with Content-Digest, Signature-Input and Signature added.

    A body that streams comes as its `digest`, the value of Content-Digest, instead of its bytes.
    """
    signed = {name: value for name, value in headers.items() if name.lower() != "content-digest"}
    signed["Content-Digest"] = digest or content_digest(body or b"")
    message = _Outgoing(method, url, signed)
    HTTPMessageSigner(
        signature_algorithm=algorithm_of(signer.key),
        key_resolver=MappingKeyResolver(public_keys={}, private_keys={signer.keyid: signer.key}),
    ).sign(
        message,
        key_id=signer.keyid,
        created=now,
        expires=now + lifetime,
        nonce=secrets.token_urlsafe(24),
        label="chukan",
        tag=TAG,
        covered_component_ids=required_components(signed),
        use_existing_digest=True,
    )
    return signed


def join_headers(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the fields with lower-case names; lines of the same name are joined as RFC 9110 says."""
    fields: dict[str, str] = {}
    for name, value in pairs:
        lower = name.lower()
        fields[lower] = f"{fields[lower]}, {value}" if lower in fields else value
    return fields
