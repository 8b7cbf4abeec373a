"""Verification of a signed request: what a partner does with a call of the hub."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from http_message_signatures import (
    HTTPMessageSignaturesException,
    HTTPMessageVerifier,
    InvalidSignature,
    MappingKeyResolver,
)

from simulators import clock
from simulators.client.keys import PublicKeys, algorithm_of
from simulators.client.signing import TAG, content_digest

MAX_SKEW = timedelta(seconds=30)
MAX_LIFETIME = timedelta(seconds=300)
MIN_NONCE_CHARS = 22
"""128 bits in base64url."""
REQUIRED = ("@method", "@target-uri", "content-digest")
REQUIRED_IF_PRESENT = ("content-type", "idempotency-key", "chukan-sosasha")


class SignatureRefusedError(Exception):
    """The request may not be believed; the text says why, for the partner's own log."""


@dataclass(frozen=True)
class SignedRequest:
    """What arrived: the URL is the one the sender called, scheme and host included.

    Without a `body` the signature alone is checked: who reads the body in pieces counts its digest and compares it
    with Content-Digest before using anything of it.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None


@dataclass(frozen=True)
class VerifiedRequest:
    """Who signed, and until when the nonce must be remembered."""

    keyid: str
    nonce: str
    expires: datetime


@dataclass
class NonceMemory:
    """Nonces seen and not yet expired; a second use is a replay."""

    _seen: dict[str, datetime] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)
    _sweep_at: int = 10_000

    def accept(self, nonce: str, *, expires: datetime, now: datetime) -> bool:
        """True the first time; False when this nonce was accepted before."""
        with self._lock:
            if nonce in self._seen:
                return False
            if len(self._seen) >= self._sweep_at:
                self._seen = {key: end for key, end in self._seen.items() if end > now - MAX_SKEW}
                self._sweep_at = max(10_000, 2 * len(self._seen))
            self._seen[nonce] = expires
            return True


class _Headers(dict[str, str]):
    """Header names in lower case, as the library compares them."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__({name.lower(): value for name, value in headers.items()})


@dataclass
class _Message:
    method: str
    url: str
    headers: dict[str, str]


def _keyid_of(headers: Mapping[str, str]) -> str:
    parse = HTTPMessageVerifier._parse_signature_dictionary  # noqa: SLF001  # the library's own parser of the header
    try:
        inputs = parse(headers.get("signature-input", ""))
    except Exception as error:
        message = "Signature-Input を読み取れません"
        raise SignatureRefusedError(message) from error
    for entry in inputs.values():
        if entry.params.get("tag") == TAG and isinstance(entry.params.get("keyid"), str):
            return str(entry.params["keyid"])
    message = f"tag={TAG} の署名がありません"
    raise SignatureRefusedError(message)


def _refuse_unless(condition: bool, message: str) -> None:  # noqa: FBT001  # reads as a sentence
    if not condition:
        raise SignatureRefusedError(message)


def verify_request(
    request: SignedRequest, *, keys: PublicKeys, nonces: NonceMemory, now: datetime | None = None
) -> VerifiedRequest:
    """Who sent the request, when signature, times, digest and nonce all hold.

    Raises: SignatureRefusedError, in which case nothing of the request may be used.
    """
    moment = now or clock.now()
    headers = _Headers(request.headers)
    keyid = _keyid_of(headers)
    key = keys.find(keyid)
    if key is None:
        message = "keyid の鍵が公開鍵一覧にありません"
        raise SignatureRefusedError(message)
    required = [*REQUIRED, *(name for name in REQUIRED_IF_PRESENT if name in headers)]
    resolver = MappingKeyResolver(public_keys={keyid: key}, private_keys={})
    verifier = HTTPMessageVerifier(signature_algorithm=algorithm_of(key), key_resolver=resolver)
    verifier.max_clock_skew = MAX_SKEW
    try:
        results = verifier.verify(
            _Message(request.method.upper(), request.url, headers),
            max_age=MAX_LIFETIME,
            expect_tag=TAG,
            require_components=required,
        )
    except (InvalidSignature, HTTPMessageSignaturesException) as error:
        raise SignatureRefusedError(str(error)) from error
    _refuse_unless(len(results) == 1, "署名が2つ以上あります")
    parameters = results[0].parameters
    created, expires, nonce = parameters.get("created"), parameters.get("expires"), parameters.get("nonce")
    if not isinstance(created, int) or not isinstance(expires, int) or not isinstance(nonce, str):
        message = "created・expires・nonce がそろっていません"
        raise SignatureRefusedError(message)
    _refuse_unless(abs(moment.timestamp() - created) <= MAX_SKEW.total_seconds(), "created が現在時刻から離れています")
    _refuse_unless(expires >= moment.timestamp(), "expires を過ぎています")
    _refuse_unless(0 < expires - created <= MAX_LIFETIME.total_seconds(), "expires が長すぎます")
    _refuse_unless(len(nonce) >= MIN_NONCE_CHARS, "nonce が短すぎます")
    if request.body is not None:
        stated, counted = headers["content-digest"].strip(), content_digest(request.body)
        _refuse_unless(hmac.compare_digest(stated, counted), "本文が Content-Digest と合いません")
    until = datetime.fromtimestamp(expires, tz=moment.tzinfo)
    _refuse_unless(nonces.accept(nonce, expires=until, now=moment), "同じ nonce が使われています")
    return VerifiedRequest(keyid=keyid, nonce=nonce, expires=until)
