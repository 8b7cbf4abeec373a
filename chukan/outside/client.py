"""Signed calls to one partner: allow-listed hosts, mandatory time limits, three endings. 根拠: KJ-EXT-14, KJ-ENC-08."""

import ipaddress
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

import httpx
import structlog

from chukan.kernel.http.signatures import SigningKey, content_digest, digest_field, sign

log = structlog.get_logger()

ANSWER_MAX: Final = 8 * 1024 * 1024


class HostNotAllowed(Exception):
    """The address is no partner's, or would leave the building in the clear."""


class OutcomeUnknown(Exception):
    """The call may or may not have reached the partner: the same bytes may be sent again under the same number."""

    def __init__(self, reason: str) -> None:
        """Keep the reason, one word that a log line can show; never anything of the body."""
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Answered:
    """The partner took it (2xx)."""

    status: int
    body: bytes

    def json(self) -> object:
        """Return the parsed body. Raises: OutcomeUnknown when it is not JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise OutcomeUnknown("answer_not_json") from None


@dataclass(frozen=True, slots=True)
class Refused:
    """The partner answered and did not take it (anything but 2xx)."""

    status: int


Outcome = Answered | Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeLimits:
    """Seconds to connect, to write, between two pieces of the answer, and for all of a call; none has a default."""

    connect: float
    write: float
    read: float
    total: float


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address. Raises: HostNotAllowed when it is not absolute http(s)."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.password:
        raise HostNotAllowed("not an absolute http(s) address")
    port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{parts.hostname}:{port}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class PartnerClient:
    """Calls one partner over kept-open connections. Nothing but the allow-listed origins is ever called."""

    def __init__(
        self,
        base_url: str,
        *,
        allowed: Sequence[str],
        signer: SigningKey,
        limits: TimeLimits,
        connections: int,
    ) -> None:
        """Prepare the client; raises HostNotAllowed before anything is sent.

        Plain HTTP is for loopback only: a partner elsewhere is reached over TLS.
        """
        origin = origin_of(base_url)
        if origin not in {origin_of(url) for url in allowed if url}:
            raise HostNotAllowed("this host is no partner of ours")
        parts = urlsplit(base_url)
        if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
            raise HostNotAllowed("a partner outside this machine is called over TLS only")
        self._origin, self._base = origin, base_url.rstrip("/")
        self._signer = signer
        self._total = limits.total
        self._http = httpx.Client(
            timeout=httpx.Timeout(connect=limits.connect, write=limits.write, read=limits.read, pool=limits.connect),
            follow_redirects=False,
            trust_env=False,
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def post_json(self, path: str, value: object, *, now: datetime, request_id: str = "") -> Outcome:
        """Send a JSON value. Raises: OutcomeUnknown."""
        body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        return self.post_bytes(path, body, now=now, request_id=request_id)

    def post_bytes(self, path: str, body: bytes, *, now: datetime, request_id: str = "") -> Outcome:
        """Send JSON bytes as they are, so that a repeat is byte for byte the same. Raises: OutcomeUnknown."""
        headers = {"Content-Type": "application/json"}
        return self._call("POST", path, headers=headers, body=body, now=now, request_id=request_id)

    def put_stream(
        self,
        path: str,
        pieces: Iterable[bytes],
        *,
        content_type: str,
        length: int,
        sha256: bytes,
        now: datetime,
        request_id: str = "",
    ) -> Outcome:
        """Send a file of known length and SHA-256 piece by piece; it is never held whole. Raises: OutcomeUnknown."""
        headers = {"Content-Type": content_type, "Content-Length": str(length)}
        digest = digest_field(sha256)
        return self._call("PUT", path, headers=headers, body=pieces, digest=digest, now=now, request_id=request_id)

    def get(self, path: str, *, now: datetime, request_id: str = "") -> Outcome:
        """Ask for something. Raises: OutcomeUnknown."""
        return self._call("GET", path, headers={}, body=b"", now=now, request_id=request_id)

    def _call(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        body: bytes | Iterable[bytes],
        digest: str = "",
        now: datetime,
        request_id: str,
    ) -> Outcome:
        url = f"{self._base}{path}"
        if origin_of(url) != self._origin:
            raise HostNotAllowed("the path leads to another host")
        sent = dict(headers)
        if request_id:
            sent["X-Request-ID"] = request_id
        if isinstance(body, bytes):
            digest = content_digest(body)
        signed = sign(method=method, url=url, headers=sent, digest=digest, signer=self._signer, now=now)
        until = time.monotonic() + self._total
        try:
            with self._http.stream(method, url, headers=signed, content=body) as response:
                answer = self._read(response, until)
        except httpx.HTTPError as error:
            log.warning("outside.call.unanswered", partner=self._origin, error=type(error).__name__)
            raise OutcomeUnknown(type(error).__name__) from None
        if response.is_success:
            return Answered(response.status_code, answer)
        log.warning("outside.call.refused", partner=self._origin, status=response.status_code)
        return Refused(response.status_code)

    @staticmethod
    def _read(response: httpx.Response, until: float) -> bytes:
        pieces, size = [], 0
        for piece in response.iter_bytes():
            size += len(piece)
            if size > ANSWER_MAX:
                raise OutcomeUnknown("answer_too_long")
            if time.monotonic() > until:
                raise OutcomeUnknown("answer_too_slow")
            pieces.append(piece)
        return b"".join(pieces)
