"""The HTTP door: files stream in by PUT, whatever their size; all else as with every stand-in."""

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Iterator
from http import HTTPStatus
from urllib.parse import urlsplit

from simulators import clock
from simulators.client import SignedRequest
from simulators.juki.routes import DOORS, Juki, take_file
from simulators.shell.answers import Answer, problem
from simulators.shell.server import Doors, Handler, SimulatorServer

FILE = re.compile(r"/fugo-yokyu/([0-9A-Za-z._-]{1,64})")
PIECE = 64 * 1024
MAX_CHUNK_HEAD = 64


class CutOff(Exception):
    """The sender hung up in the middle of a file."""


class Body:
    """A body read once, in pieces; counts its own digest. CutOff when it ends too early."""

    def __init__(self, handler: "JukiHandler") -> None:
        self._file = handler.rfile
        self._chunked = "chunked" in handler.headers.get("Transfer-Encoding", "").lower()
        self._length = int(handler.headers.get("Content-Length") or 0)
        self._sha256 = hashlib.sha256()
        self._pieces = self._read()

    @property
    def digest(self) -> str:
        """The Content-Digest of what was read."""
        return f"sha-256=:{b64encode(self._sha256.digest()).decode()}:"

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def _read(self) -> Iterator[bytes]:
        for piece in self._chunks() if self._chunked else self._measured(self._length):
            self._sha256.update(piece)
            yield piece

    def _measured(self, left: int) -> Iterator[bytes]:
        while left:
            piece = self._file.read(min(left, PIECE))
            if not piece:
                raise CutOff
            left -= len(piece)
            yield piece

    def _chunks(self) -> Iterator[bytes]:
        while True:
            head = self._file.readline(MAX_CHUNK_HEAD).partition(b";")[0].strip()
            if not re.fullmatch(rb"[0-9A-Fa-f]{1,8}", head):
                raise CutOff
            size = int(head, 16)
            yield from self._measured(size)
            self._file.readline(MAX_CHUNK_HEAD)
            if not size:
                return


class JukiHandler(Handler):
    """One kept-open connection of the hub."""

    server: "JukiServer"

    def do_PUT(self) -> None:  # noqa: N802  # name demanded by http.server
        """Take a file; the signature is checked before a byte of it is read, its digest while it streams."""
        app, path = self.server.app, urlsplit(self.path).path
        if not self.headers.get("Transfer-Encoding") and not self.headers.get("Content-Length", "").isdecimal():
            self.close_connection = True
            self._send(problem(HTTPStatus.LENGTH_REQUIRED, "nagasa_nashi", "Content-Length が要ります"))
            return
        fault = self._fault(app)
        if fault == "drop":
            self._hang_up()
            return
        body = Body(self)
        try:
            answer = (
                problem(HTTPStatus.SERVICE_UNAVAILABLE, "kunren_503", "訓練用の障害です")
                if fault
                else self._taken(app, path, body)
            )
            for _ in body:  # what a refusal left unread, so that the sender hears it
                pass
        except CutOff:
            self._hang_up()
            return
        if answer.status < HTTPStatus.BAD_REQUEST:
            self._send_spoiled(app, answer)
        else:
            self.close_connection = True
            self._send(answer)

    def _taken(self, app: Juki, path: str, body: Body) -> Answer:
        found = FILE.fullmatch(path)
        if found is None:
            return problem(HTTPStatus.NOT_FOUND, "nashi", "ありません")
        headers = dict(self.headers.items())
        url = (app.public_url or f"http://{self.headers.get('Host', '')}") + self.path
        caller = app.signer_of(SignedRequest("PUT", url, headers, None))
        if isinstance(caller, Answer):
            return caller
        stated = self.headers.get("Content-Digest", "").strip()
        return take_file(app, found[1], body, stated=stated, fits=lambda: hmac.compare_digest(body.digest, stated))

    @staticmethod
    def _fault(app: Juki) -> str:
        plan = app.plan.current
        if app.dice.hits(plan, "delay"):
            clock.wait(plan.delay_ms / 1000)
        return next((fault for fault in ("drop", "error_5xx") if app.dice.hits(plan, fault)), "")


class JukiServer(SimulatorServer[Juki]):
    """Listens as the 情報提供サーバーAP's way into 住基ネット."""

    def __init__(self, address: tuple[str, int], app: Juki, doors: Doors[Juki] = DOORS) -> None:
        super().__init__(address, app, doors)
        self.RequestHandlerClass = JukiHandler
