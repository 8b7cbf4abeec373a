"""What the handlers share, and the shapes of an answer."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from simulators.client import NonceMemory
from simulators.onshi.faults import Dice
from simulators.onshi.hub import HubKeys, PlanHolder
from simulators.onshi.store import Store


@dataclass
class Onshi:
    """What every request handler shares."""

    store: Store
    keys: HubKeys | None
    nonces: NonceMemory
    plan: PlanHolder
    dice: Dice
    public_url: str = ""


@dataclass(frozen=True)
class Answer:
    """One answer, written to the wire in one piece."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    location: str = ""


def json_answer(value: object, status: int = HTTPStatus.OK) -> Answer:
    """A JSON answer."""
    return Answer(status, json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def problem(status: int, code: str, title: str) -> Answer:
    """An error as RFC 9457 has it."""
    body = {"type": "about:blank", "title": title, "status": status, "code": code}
    return Answer(status, json.dumps(body, ensure_ascii=False).encode(), "application/problem+json")


def html_answer(text: str, status: int = HTTPStatus.OK) -> Answer:
    """A page."""
    return Answer(status, text.encode(), "text/html; charset=utf-8")


Route = Callable[[Onshi, Mapping[str, str], bytes], Answer]
