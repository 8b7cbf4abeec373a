"""Signing of requests by HTTP Message Signatures (RFC 9421) with Content-Digest (RFC 9530)."""

import base64
import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from http_message_signatures import HTTPMessageSigner, MappingKeyResolver

from simulators import clock
from simulators.client.keys import ClientKey, algorithm_of

TAG = "chukan-v1"
COVERED = ("@method", "@target-uri", "content-digest", "content-type", "idempotency-key")
"""Covered components in their usual order: the first three always, the others when the header is present."""
EXTRA_COVERED = ("chukan-sosasha",)
LIFETIME = timedelta(seconds=120)
NONCE_BYTES = 18


def content_digest(body: bytes) -> str:
    """The Content-Digest of a body held in memory."""
    return digest_of_chunks((body,))


def digest_of_chunks(chunks: Iterable[bytes]) -> str:
    """The Content-Digest of a body that is read once and never held whole."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"


@dataclass
class _Message:
    method: str
    url: str
    headers: dict[str, str]


class RequestSigner:
    """Signs requests in the name of one registered client."""

    def __init__(self, *, client_id: str, key: ClientKey, keyid: str | None = None) -> None:
        self.client_id = client_id
        self.keyid = keyid or f"{client_id}#{key.kid}"
        self._signer = HTTPMessageSigner(
            signature_algorithm=algorithm_of(key.private),
            key_resolver=MappingKeyResolver(public_keys={}, private_keys={self.keyid: key.private}),
        )

    def headers_for(self, *, method: str, url: str, headers: Mapping[str, str], digest: str) -> dict[str, str]:
        """The given headers with digest and signature added, ready to send.

        `headers` must already hold Content-Type and Idempotency-Key where the request has them, because both
        are covered by the signature.
        """
        message = _Message(method.upper(), url, {**headers, "Content-Digest": digest})
        present = {name.lower() for name in message.headers}
        covered = [name for name in COVERED + EXTRA_COVERED if name.startswith("@") or name in present]
        created = clock.now()
        self._signer.sign(
            message,
            key_id=self.keyid,
            created=created,
            expires=created + LIFETIME,
            nonce=secrets.token_urlsafe(NONCE_BYTES),
            label="sig1",
            tag=TAG,
            covered_component_ids=covered,
            use_existing_digest=True,
        )
        return message.headers
