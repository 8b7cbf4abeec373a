"""A hub small enough for a test that verifies who calls, keeps the calls and answers a part of the contract."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, TypeVar

import httpx

from simulators.client import (
    ClientKey,
    HubClient,
    NonceMemory,
    PublicKeys,
    RequestSigner,
    SignatureRefusedError,
    SignedRequest,
    generate_key,
)
from simulators.client.verifying import verify_request

Spoil = Callable[[Any], Any]


@dataclass(kw_only=True)
class SmallHub:
    """`statuses` are answered first, `spoil` bends an answer, `lenient` takes what the contract refuses."""

    key: ClientKey = field(default_factory=lambda: generate_key(kid="hub-1"))
    partner: ClientKey = field(default_factory=lambda: generate_key(kid="partner-1"))
    statuses: list[int] = field(default_factory=list)
    calls: list[tuple[str, Any]] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    cut: list[bool] = field(default_factory=list)
    """For each call that stopped in the middle, whether it was signed."""
    spoil: Spoil = lambda answer: answer
    lenient: bool = False
    patience: float = 20.0
    url: str = ""
    lock: Lock = field(default_factory=Lock)

    def line(self, url: str) -> HubClient:
        """The hub's signed line to a stand-in."""
        signer = RequestSigner(client_id="chukan", key=self.key, keyid="hub-1")
        return HubClient(base_url=url, signer=signer, timeout=httpx.Timeout(self.patience))

    def answer(self, path: str, message: Any) -> tuple[int, Any]:
        """What the contract says to a parsed message; nothing (None) is an empty answer."""
        raise NotImplementedError


H = TypeVar("H", bound=SmallHub)


@contextmanager
def running_hub(hub: H) -> Iterator[H]:
    """The hub, listening on a free port."""
    nonces = NonceMemory()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        timeout = 5

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

        def do_GET(self) -> None:
            self._answer(200, {"keys": [hub.key.public_jwk()]})

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            if len(body) < length:
                hub.cut.append(f"#{hub.partner.kid}" in self.headers.get("Signature-Input", ""))
                return
            try:
                verify_request(
                    SignedRequest("POST", hub.url + self.path, dict(self.headers.items()), body),
                    keys=PublicKeys({"keys": [hub.partner.public_jwk()]}),
                    nonces=nonces,
                )
            except SignatureRefusedError:
                status, told = 401, {"code": "shomei_fusei"}
            else:
                with hub.lock:
                    hub.calls.append((self.path, json.loads(body)))
                    status, told = hub.answer(self.path, json.loads(body))
            if status >= 400:
                hub.refused.append(status)
            self._answer(status, told)

        def _answer(self, status: int, told: Any) -> None:
            answer = b"" if told is None else json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
