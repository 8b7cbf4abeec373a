"""Requests byte for byte, and the two doors they are put through: the web process, or the application in this one."""

from __future__ import annotations

import http.client
import io
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote_to_bytes

from django.core.wsgi import get_wsgi_application

HOST = "127.0.0.1"
TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class Wire:
    """One request as it goes over the line: target and fields exactly as they are sent."""

    method: str
    target: str
    fields: tuple[tuple[str, str], ...]
    body: bytes = b""

    def get(self, name: str) -> str:
        """Return the first field of that name; '' when there is none."""
        return next((value for key, value in self.fields if key.lower() == name.lower()), "")

    def without(self, name: str) -> Wire:
        """Return the request without the fields of that name."""
        return replace(self, fields=tuple(pair for pair in self.fields if pair[0].lower() != name.lower()))

    def plus(self, name: str, value: str) -> Wire:
        """Return the request with one more field."""
        return replace(self, fields=(*self.fields, (name, value)))

    def put(self, name: str, value: str) -> Wire:
        """Return the request with that field and no other of its name."""
        return self.without(name).plus(name, value)

    def carrying(self, body: bytes) -> Wire:
        """Return the request with another body; its length is told, its digest is not made again."""
        changed = replace(self, body=body).without("Content-Length")
        return changed.plus("Content-Length", str(len(body))) if body else changed


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    fields: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """Return the code of a problem; '' for anything else."""
        if not self.fields.get("content-type", "").startswith("application/problem+json"):
            return ""
        problem: dict[str, Any] = json.loads(self.body)
        return str(problem["code"])


Door = Callable[[Wire], Reply]


class Line:
    """A connection to the web process, kept open and opened again when the server closed it."""

    def __init__(self, port: int) -> None:
        self._http = http.client.HTTPConnection(HOST, port, timeout=TIMEOUT_SECONDS)

    def __call__(self, wire: Wire) -> Reply:
        try:
            return self._ask(wire)
        except (http.client.RemoteDisconnected, ConnectionError):
            self.close()
            return self._ask(wire)

    def _ask(self, wire: Wire) -> Reply:
        self._http.putrequest(wire.method, wire.target, skip_host=True, skip_accept_encoding=True)
        for name, value in wire.fields:
            self._http.putheader(name, value)
        self._http.endheaders(wire.body or None)
        answer = self._http.getresponse()
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())

    def close(self) -> None:
        """Close the connection."""
        self._http.close()


@contextmanager
def line_to(port: int) -> Iterator[Line]:
    """Yield a connection to the web process and close it."""
    made = Line(port)
    try:
        yield made
    finally:
        made.close()


def in_this_process(wire: Wire) -> Reply:
    """Put a request through the application here, told what the web server would tell it."""
    told: dict[str, Any] = {}
    path, _, query = wire.target.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": wire.method,
        "RAW_URI": wire.target,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": HOST,
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": HOST,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(wire.body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in wire.fields:
        key = name.upper().replace("-", "_")
        key = key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"
        environ[key] = f"{environ[key]},{value}" if key.startswith("HTTP_") and key in environ else value

    def start_response(status: str, fields: list[tuple[str, str]], _error: Any = None, /) -> Callable[[bytes], object]:
        told["status"] = int(status.partition(" ")[0])
        told["fields"] = {name.lower(): value for name, value in fields}
        return bytes

    answer = get_wsgi_application()(environ, start_response)
    try:
        body = b"".join(answer)
    finally:
        getattr(answer, "close", lambda: None)()
    return Reply(told["status"], told["fields"], body)


def all_at_once(port: int, wires: list[Wire]) -> list[Reply]:
    """Put every request through a connection of its own, all of them let go at the same moment."""
    start, replies = threading.Barrier(len(wires)), dict[int, Reply]()

    def one(number: int, wire: Wire) -> None:
        with line_to(port) as line:
            start.wait()
            replies[number] = line(wire.put("Connection", "close"))

    threads = [threading.Thread(target=one, args=pair) for pair in enumerate(wires)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [replies[number] for number in range(len(wires))]
