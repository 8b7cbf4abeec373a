"""The HTTP door: signed calls of partners, a page for people, and a JSON door for tests."""

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import parse_qs, urlsplit

from simulators import clock
from simulators.shell.answers import Answer, Request, problem
from simulators.shell.faults import Dice, PlanHolder

MAX_BODY = 16 * 1024 * 1024
CSP = (
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; img-src 'self'"
)


class App(Protocol):
    """What the door needs to know of a stand-in."""

    plan: PlanHolder[Any]
    dice: Dice
    public_url: str

    def admit(self, request: Request) -> str | Answer:
        """Who signed the call, or the refusal."""


AppT = TypeVar("AppT", bound=App)
Route = Callable[[AppT, Request], Answer]
Routes = Mapping[str, Mapping[str, Route[AppT]]]


@dataclass(frozen=True)
class Doors(Generic[AppT]):
    """Routes by method and path: `signed` for partners, `free` for people and tests."""

    name: str
    signed: Routes[AppT]
    free: Routes[AppT]


class SimulatorServer(ThreadingHTTPServer, Generic[AppT]):
    daemon_threads = True
    request_queue_size = 256
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], app: AppT, doors: Doors[AppT]) -> None:
        self.app = app
        self.doors = doors
        super().__init__(address, Handler)


class Handler(BaseHTTPRequestHandler):
    """One kept-open connection of a caller."""

    protocol_version = "HTTP/1.1"
    server_version = "simulator"
    sys_version = ""
    disable_nagle_algorithm = True
    timeout = 120
    server: SimulatorServer[Any]

    def do_GET(self) -> None:  # name demanded by http.server
        self._serve()

    def do_POST(self) -> None:  # name demanded by http.server
        self._serve()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # signature of http.server
        """Say nothing: the page shows what arrived."""

    def _serve(self) -> None:
        app = self.server.app
        body = self._body()
        if body is None:
            return
        address = urlsplit(self.path)
        request = Request(
            method=self.command,
            path=address.path,
            query={name: values[-1] for name, values in parse_qs(address.query).items()},
            headers=dict(self.headers.items()),
            body=body,
            url=(app.public_url or f"http://{self.headers.get('Host', '')}") + self.path,
        )
        signed = request.path in self.server.doors.signed.get(self.command, {})
        if signed and (fault := _before(app)):
            if fault == "drop":
                self._hang_up()
            else:
                self._send(problem(HTTPStatus.SERVICE_UNAVAILABLE, "kunren_503", "訓練用の障害です"))
            return
        answer = self._routed(request, signed=signed)
        if signed and answer.status < HTTPStatus.BAD_REQUEST:
            self._send_spoiled(app, answer)
        else:
            self._send(answer)

    def _send_spoiled(self, app: App, answer: Answer) -> None:
        """Send what was taken late, in half, not at all, or (mostly) as it is."""
        plan = app.plan.current
        if app.dice.hits(plan, "late_answer"):
            clock.wait(plan.late_answer_ms / 1000)
        if app.dice.hits(plan, "drop_after"):
            self._hang_up()
        else:
            self._send(answer, cut=app.dice.hits(plan, "half_close"))

    def _routed(self, request: Request, *, signed: bool) -> Answer:
        app, doors = self.server.app, self.server.doors
        if signed:
            caller = app.admit(request)
            if isinstance(caller, Answer):
                return caller
            return doors.signed[self.command][request.path](app, replace(request, caller=caller))
        route = doors.free.get(self.command, {}).get(request.path)
        if route is None:
            return problem(HTTPStatus.NOT_FOUND, "nashi", "ありません")
        if self.command == "POST" and not self._from_here():
            return problem(HTTPStatus.FORBIDDEN, "hoka_no_saito", "ほかのサイトからは操作できません")
        return route(app, request)

    def _from_here(self) -> bool:
        """A form may only come from our own page; a program sends JSON, which no foreign page can send unasked."""
        if self.headers.get_content_type() == "application/json":
            return True
        return self.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin" and self.headers.get(
            "Origin", f"http://{self.headers.get('Host')}"
        ) in {f"http://{self.headers.get('Host')}", self.server.app.public_url}

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        if self.headers.get("Transfer-Encoding") or not length.isdecimal():
            self.close_connection = True
            self._send(problem(HTTPStatus.LENGTH_REQUIRED, "nagasa_nashi", "Content-Length が要ります"))
            return None
        if int(length) > MAX_BODY:
            self.close_connection = True
            self._send(problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "okisugi", "本文が大きすぎます"))
            return None
        return self.rfile.read(int(length))

    def _send(self, answer: Answer, *, cut: bool = False) -> None:
        head = [
            f"HTTP/1.1 {int(answer.status)} {HTTPStatus(answer.status).phrase}",
            f"Content-Length: {len(answer.body)}",
            "Cache-Control: no-store",
            "X-Content-Type-Options: nosniff",
            "Referrer-Policy: same-origin",
        ]
        if answer.body:
            head.append(f"Content-Type: {answer.content_type}")
        if answer.content_type.startswith("text/html"):
            head.append(f"Content-Security-Policy: {CSP}")
        if answer.location:
            head.append(f"Location: {answer.location}")
        if answer.cookie:
            head.append(f"Set-Cookie: {answer.cookie}")
        if self.close_connection:
            head.append("Connection: close")
        whole = "\r\n".join([*head, "", ""]).encode() + answer.body
        if cut:
            self.wfile.write(whole[: max(1, len(whole) // 2)])
            self._hang_up()
            return
        self.wfile.write(whole)

    def _hang_up(self) -> None:
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return


def _before(app: App) -> str:
    plan = app.plan.current
    if app.dice.hits(plan, "delay"):
        clock.wait(plan.delay_ms / 1000)
    return next((fault for fault in ("drop", "error_5xx") if app.dice.hits(plan, fault)), "")
