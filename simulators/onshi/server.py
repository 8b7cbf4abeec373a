"""The HTTP door: signed calls of the hub, a page for people, and a JSON door for tests."""

import socket
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from simulators import clock
from simulators.client import SignatureRefusedError, SignedRequest, verify_request
from simulators.onshi.answers import Answer, Onshi, problem
from simulators.onshi.routes import OPEN_ROUTES, SIGNED_ROUTES

MAX_BODY = 16 * 1024 * 1024
CSP = (
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; img-src 'self'"
)


class OnshiServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], app: Onshi) -> None:
        self.app = app
        super().__init__(address, Handler)


class Handler(BaseHTTPRequestHandler):
    """One kept-open connection of a caller."""

    protocol_version = "HTTP/1.1"
    server_version = "onshi-simulator"
    sys_version = ""
    disable_nagle_algorithm = True
    timeout = 120
    server: OnshiServer

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
        path = urlsplit(self.path).path
        signed = path in SIGNED_ROUTES.get(self.command, {})
        if signed and (fault := _before(app)):
            if fault == "drop":
                self._hang_up()
            else:
                self._send(problem(HTTPStatus.SERVICE_UNAVAILABLE, "kunren_503", "訓練用の障害です"))
            return
        answer = self._routed(app, path, body, signed=signed)
        if signed and answer.status < HTTPStatus.BAD_REQUEST:
            self._send_spoiled(app, answer)
        else:
            self._send(answer)

    def _send_spoiled(self, app: Onshi, answer: Answer) -> None:
        """Send what was taken late, in half, not at all, or (mostly) as it is."""
        plan = app.plan.current
        if app.dice.hits(plan, "late_answer"):
            clock.wait(plan.late_answer_ms / 1000)
        if app.dice.hits(plan, "drop_after"):
            self._hang_up()
        else:
            self._send(answer, cut=app.dice.hits(plan, "half_close"))

    def _routed(self, app: Onshi, path: str, body: bytes, *, signed: bool) -> Answer:
        if signed:
            refusal = self._refusal(app, body)
            return refusal or SIGNED_ROUTES[self.command][path](app, self._query(), body)
        route = OPEN_ROUTES.get(self.command, {}).get(path)
        if route is None:
            return problem(HTTPStatus.NOT_FOUND, "nashi", "ありません")
        if self.command == "POST" and not self._from_here():
            return problem(HTTPStatus.FORBIDDEN, "hoka_no_saito", "ほかのサイトからは操作できません")
        return route(app, self._query(), body)

    def _refusal(self, app: Onshi, body: bytes) -> Answer | None:
        if app.keys is None:
            return None
        keys = app.keys.current(naming=_keyid(self.headers.get("Signature-Input", "")))
        if keys is None:
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, "kagi_machi", "中間サーバーの公開鍵をまだ取得できません")
        url = (app.public_url or f"http://{self.headers.get('Host', '')}") + self.path
        try:
            verify_request(
                SignedRequest(self.command, url, dict(self.headers.items()), body), keys=keys, nonces=app.nonces
            )
        except SignatureRefusedError as error:
            app.store.count(shomei_fusei=1)
            return problem(HTTPStatus.UNAUTHORIZED, "shomei_fusei", f"署名を確かめられません: {error}")
        return None

    def _from_here(self) -> bool:
        """A form may only come from our own page; a program sends JSON, which no foreign page can send unasked."""
        if self.headers.get_content_type() == "application/json":
            return True
        return self.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin" and self.headers.get(
            "Origin", f"http://{self.headers.get('Host')}"
        ) in {f"http://{self.headers.get('Host')}", self.server.app.public_url}

    def _query(self) -> Mapping[str, str]:
        return {name: values[-1] for name, values in parse_qs(urlsplit(self.path).query).items()}

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


def _keyid(signature_input: str) -> str:
    return signature_input.partition('keyid="')[2].partition('"')[0]


def _before(app: Onshi) -> str:
    plan = app.plan.current
    if app.dice.hits(plan, "delay"):
        clock.wait(plan.delay_ms / 1000)
    return next((fault for fault in ("drop", "error_5xx") if app.dice.hits(plan, fault)), "")
