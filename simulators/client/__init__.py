"""A small client for systems that connect to the hub: sign, send, upload, verify.

Copy this folder into your own system to start from working code; it needs `http-message-signatures`,
`cryptography` and `httpx`.
"""

from simulators.client.http import HubAnswerError, HubClient
from simulators.client.keys import ClientKey, PublicKeys, generate_key
from simulators.client.signing import COVERED, TAG, RequestSigner, content_digest, digest_of_chunks
from simulators.client.verifying import (
    NonceMemory,
    SignatureRefusedError,
    SignedRequest,
    VerifiedRequest,
    verify_request,
)

__all__ = [
    "COVERED",
    "TAG",
    "ClientKey",
    "HubAnswerError",
    "HubClient",
    "NonceMemory",
    "PublicKeys",
    "RequestSigner",
    "SignatureRefusedError",
    "SignedRequest",
    "VerifiedRequest",
    "content_digest",
    "digest_of_chunks",
    "generate_key",
    "verify_request",
]
