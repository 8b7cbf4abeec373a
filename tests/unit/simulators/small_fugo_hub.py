"""A hub small enough for a test that speaks the part of the contract about codes: one open request, one code."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

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
from simulators.client.signing import digest_of_chunks
from simulators.client.verifying import verify_request

PATH = "/api/v1/nws/fugo"
BULK = f"{PATH}/ikkatsu"
MAX_BULK = 5000
FUGO = re.compile("[A-Z]{32}")
Spoil = Callable[[Any], Any]


@dataclass
class SmallFugoHub:
    """Has asked for the codes of `open`; `statuses` are answered first, `spoil` bends an answer."""

    open: set[str] = field(default_factory=set)
    key: ClientKey = field(default_factory=lambda: generate_key(kid="hub-1"))
    partner: ClientKey = field(default_factory=lambda: generate_key(kid="nws-1"))
    statuses: list[int] = field(default_factory=list)
    calls: list[tuple[str, Any]] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    cut: list[bool] = field(default_factory=list)
    """For each call that stopped in the middle, whether it was signed."""
    codes: dict[str, str] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    spoil: Spoil = lambda answer: answer
    lenient: bool = False
    url: str = ""
    lock: Lock = field(default_factory=Lock)

    def line(self, url: str) -> HubClient:
        """The hub's signed line to a stand-in."""
        signer = RequestSigner(client_id="chukan", key=self.key, keyid="hub-1")
        return HubClient(base_url=url, signer=signer, timeout=httpx.Timeout(20.0))

    def put(
        self, url: str, file_id: str, pieces: list[bytes], *, digest: str = "", chunked: bool = False, length: int = 0
    ) -> int:
        """Send a 符号取得要求ファイル as a stream; the status. With a `length` that is too great it is cut."""
        target = f"{url}/fugo-yokyu/{file_id}"
        headers = {"Content-Type": "text/csv"}
        if not chunked:
            headers["Content-Length"] = str(length or sum(map(len, pieces)))
        signer = RequestSigner(client_id="chukan", key=self.key, keyid="hub-1")
        signed = signer.headers_for(
            method="PUT", url=target, headers=headers, digest=digest or digest_of_chunks(pieces)
        )
        return httpx.put(
            target, content=_cut_short(pieces) if length else iter(pieces), headers=signed, trust_env=False, timeout=60
        ).status_code

    def answer(self, path: str, message: Any) -> tuple[int, Any]:
        """What §7 says to a parsed message."""
        if self.statuses:
            return self.statuses.pop(0), {"code": "kunren"}
        items = message.get("items") if path == BULK else [message]
        if not isinstance(items, list) or len(items) > MAX_BULK:
            return 400, {"code": "items"}
        if not self.lenient and any(item.keys() != {"shori_tsuban", "kikanbetsu_fugo"} for item in items):
            return 400, {"code": "unknown_field"}
        said = [self.take(item["shori_tsuban"], item["kikanbetsu_fugo"]) for item in items]
        if path == PATH:
            return (409, {"code": "yokyu_nashi"}) if said == ["yokyu_nashi"] else (204, None)
        kekka = [{"shori_tsuban": item["shori_tsuban"], "code": code} for item, code in zip(items, said, strict=True)]
        return 200, self.spoil({"kekka": kekka})

    def take(self, shori_tsuban: str, fugo: str) -> str:
        """One code, as if sent alone."""
        assert FUGO.fullmatch(fugo)
        self.heard.append(shori_tsuban)
        if shori_tsuban not in self.open and not self.lenient:
            return "yokyu_nashi"
        if shori_tsuban in self.codes:
            return "jufuku"
        self.codes[shori_tsuban] = fugo
        return "ok"


def _cut_short(pieces: list[bytes]) -> Iterator[bytes]:
    yield from pieces
    raise httpx.WriteError("cut")


@contextmanager
def running_hub(hub: SmallFugoHub) -> Iterator[SmallFugoHub]:
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
                hub.cut.append("nws#nws-1" in self.headers.get("Signature-Input", ""))
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
