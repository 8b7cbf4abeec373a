"""A hub small enough for a test that speaks the PMH part of the contract: one person, one PMH-ID."""

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from simulators.client import ClientKey, NonceMemory, PublicKeys, SignatureRefusedError, SignedRequest, generate_key
from simulators.client.verifying import verify_request

PATH = "/api/v1/pmh/pmh-id"
Spoil = Callable[[Any], Any]


@dataclass
class SmallPmhHub:
    """Knows the given persons; `statuses` are answered first, `spoil` bends an answer, `itaku` are the 事務 allowed."""

    persons: set[str] = field(default_factory=set)
    partner: ClientKey = field(default_factory=lambda: generate_key(kid="pmh-1"))
    itaku: set[str] = field(default_factory=lambda: {"01", "02", "03"})
    statuses: list[int] = field(default_factory=list)
    asked: list[tuple[str, Any]] = field(default_factory=list)
    issued: dict[str, str] = field(default_factory=dict)
    spoil: Spoil = lambda answer: answer
    lenient: bool = False
    url: str = ""

    def answer(self, path: str, message: Any) -> tuple[int, Any]:
        """What §6 says to a parsed message."""
        if self.statuses:
            return self.statuses.pop(0), {"code": "kunren"}
        if not self.lenient and message.keys() != {"jimu_kubun", "kojin_bango"}:
            return 400, {"code": "unknown_field"}
        if message["jimu_kubun"] not in self.itaku:
            return 403, {"code": "itaku_kakunin_nashi"}
        number = message["kojin_bango"]
        if path == f"{PATH}/ikkatsu":
            return 200, self.spoil({"kekka": [{"kojin_bango": one, "pmh_id": self.id_of(one)} for one in number]})
        if path != PATH:
            return 404, {"code": "nashi"}
        if number not in self.persons:
            return 404, {"code": "kanyusha_nashi"}
        return 200, self.spoil({"kojin_bango": number, "pmh_id": self.id_of(number)})

    def id_of(self, number: str) -> str | None:
        """The one PMH-ID of a known person."""
        if number not in self.persons:
            return None
        return self.issued.setdefault(number, f"PMH{secrets.token_hex(12)}")


@contextmanager
def running_hub(hub: SmallPmhHub) -> Iterator[SmallPmhHub]:
    """The hub, listening on a free port."""
    nonces = NonceMemory()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            message = json.loads(body)
            try:
                verify_request(
                    SignedRequest("POST", hub.url + self.path, dict(self.headers.items()), body),
                    keys=PublicKeys({"keys": [hub.partner.public_jwk()]}),
                    nonces=nonces,
                )
            except SignatureRefusedError:
                status, told = 401, {"code": "shomei_fusei"}
            else:
                hub.asked.append((self.path, message))
                status, told = hub.answer(self.path, message)
            answer = json.dumps(told).encode()
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
