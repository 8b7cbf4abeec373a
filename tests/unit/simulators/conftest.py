"""A hub small enough for a test: its keys, its signature, its ear for results."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest

from simulators.client import ClientKey, HubClient, NonceMemory, PublicKeys, RequestSigner, SignedRequest, generate_key
from simulators.client.verifying import verify_request
from simulators.onshi.answers import Onshi
from simulators.onshi.faults import Dice, FaultPlan
from simulators.onshi.hub import AnswerSender, HubKeys, PlanHolder
from simulators.onshi.server import OnshiServer
from simulators.onshi.store import Store


@dataclass
class SmallHub:
    """Publishes one key and keeps every result it is sent."""

    key: ClientKey = field(default_factory=lambda: generate_key(kid="hub-1"))
    partner: ClientKey = field(default_factory=lambda: generate_key(kid="onshi-1", kind="p256"))
    results: list[dict[str, Any]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    """Answers to give first; 204 when used up."""
    url: str = ""

    def client(self, url: str) -> HubClient:
        signer = RequestSigner(client_id="chukan", key=self.key, keyid="hub-1")
        return HubClient(base_url=url, signer=signer, timeout=httpx.Timeout(2.0))


def _hub_server(hub: SmallHub) -> ThreadingHTTPServer:
    nonces = NonceMemory()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

        def do_GET(self) -> None:
            self._answer(200, json.dumps({"keys": [hub.key.public_jwk()]}).encode())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            verify_request(
                SignedRequest("POST", hub.url + self.path, dict(self.headers.items()), body),
                keys=PublicKeys({"keys": [hub.partner.public_jwk()]}),
                nonces=nonces,
            )
            status = hub.statuses.pop(0) if hub.statuses else 204
            if status == 204:
                hub.results.append(json.loads(body))
            self._answer(status, b"")

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return ThreadingHTTPServer(("127.0.0.1", 0), Handler)


@pytest.fixture
def hub() -> Iterator[SmallHub]:
    small = SmallHub()
    server = _hub_server(small)
    server.daemon_threads = True
    small.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield small
    server.shutdown()
    server.server_close()
    thread.join(5)


@dataclass
class RunningOnshi:
    """The stand-in under test, as the hub sees it."""

    url: str
    app: Onshi
    line: HubClient
    stranger: httpx.Client

    def state(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.stranger.get("/_sim/state").json()
        return answer

    def break_with(self, **faults: float) -> None:
        assert self.stranger.post("/_sim/faults", json=faults).status_code == 200


@pytest.fixture
def onshi(hub: SmallHub, tmp_path: Path) -> Iterator[RunningOnshi]:
    store, holder, dice = Store(tmp_path / "onshi.sqlite3"), PlanHolder(FaultPlan()), Dice()
    app = Onshi(store=store, keys=HubKeys(hub.url), nonces=NonceMemory(), plan=holder, dice=dice)
    server = OnshiServer(("127.0.0.1", 0), app)
    url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    signer = RequestSigner(client_id="onshi", key=hub.partner)
    sender = AnswerSender(
        store=store,
        client=HubClient(base_url=hub.url, signer=signer, timeout=httpx.Timeout(2.0)),
        plan=holder,
        dice=dice,
        idle_seconds=0.02,
    )
    sender.start()
    with hub.client(url) as line, httpx.Client(base_url=url, trust_env=False) as stranger:
        yield RunningOnshi(url, app, line, stranger)
    sender.stop()
    server.shutdown()
    server.server_close()
    thread.join(5)
    store.close()
