"""What came in and what goes out, whatever the stand-in."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs


@dataclass(frozen=True)
class Request:
    """One call as it arrived; `caller` is who signed it, empty at the open doors."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    url: str
    caller: str = ""

    @property
    def form(self) -> Mapping[str, str]:
        """The fields of a form, the last value of each."""
        return {
            name: values[-1]
            for name, values in parse_qs(self.body.decode("utf-8", "replace"), keep_blank_values=True).items()
        }

    def json(self) -> Any:  # noqa: ANN401  # any JSON
        """The parsed body; ValueError when it is none."""
        return json.loads(self.body or b"null")

    def words(self, *names: str) -> list[str] | None:
        """The text values of exactly these keys of a JSON object; None when it is anything else."""
        try:
            value = self.json()
        except ValueError:
            return None
        if not isinstance(value, Mapping) or value.keys() != set(names):
            return None
        found = [value[name] for name in names]
        return found if all(isinstance(word, str) and word for word in found) else None

    def cookie(self, name: str) -> str:
        """One cookie's value, '' when there is none."""
        try:
            found = SimpleCookie(self.headers.get("Cookie", "")).get(name)
        except CookieError:
            return ""
        return found.value if found else ""


@dataclass(frozen=True)
class Answer:
    """One answer, written to the wire in one piece."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    location: str = ""
    cookie: str = ""


def json_answer(value: object, status: int = HTTPStatus.OK) -> Answer:
    """A JSON answer."""
    return Answer(status, json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def problem(status: int, code: str, title: str, *, detail: str = "") -> Answer:
    """An error as RFC 9457 has it; `title` says what happened, `detail` where and what to do."""
    body = {"type": "about:blank", "title": title, "status": status, "code": code}
    if detail:
        body["detail"] = detail
    return Answer(status, json.dumps(body, ensure_ascii=False).encode(), "application/problem+json")


def unreadable(*names: str) -> Answer:
    """The refusal of a message that has other keys than these."""
    return problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "naiyo_fusei",
        "内容を受け取れません",
        detail=f"{'・'.join(names)} だけを、文字で送ってください。",
    )


def html_answer(text: str, status: int = HTTPStatus.OK) -> Answer:
    """A page."""
    return Answer(status, text.encode(), "text/html; charset=utf-8")


def see(location: str, *, cookie: str = "") -> Answer:
    """Where to look after a form was taken."""
    return Answer(HTTPStatus.SEE_OTHER, location=location, cookie=cookie)
