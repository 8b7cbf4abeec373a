"""Which doors the URL table has for a 個人番号, and which of them one was sent through, by what was really asked.

A door is a route with the place a number can stand in: the body of what is sent to it, the query of what is read from
it, a part of the address that takes any text or any integer. Headers belong to no route; they are entered at REST.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

import httpx
from django.urls import Resolver404, resolve

from tests.builders.canary_family import Family
from tests.builders.doors import Reviewed, read_reviewed
from tests.builders.routes import routes

READS, WRITES = "GET", "POST"  # HEAD is answered by what answers GET
_OTHERS = {"HEAD", "OPTIONS", "TRACE"}
_FREE_PLACE = re.compile(r"<(?:str|int|slug|path):")
# Who is turned away before the body or the query is looked at has not brought a number in.
_TURNED_AWAY = {401, 403, 404, 405, 421, 423, 429}
_FIRST_FAULT = 500


@dataclass(frozen=True, order=True)
class DoorOfNumber:
    """One place of one route; `method` is '*' where the place is the address."""

    route: str
    method: str
    place: str

    def __str__(self) -> str:
        """Show it as a person names it."""
        return f"{self.method} /{self.route} ({self.place})"


# Doors no number can be sent through, each with the reason.
NO_NUMBER: dict[DoorOfNumber, str] = {}
# Doors whose act itself refuses with a status that elsewhere means that nobody looked, each with the reason.
REFUSED_WITHIN = {
    DoorOfNumber("unyo/fugo/saihakko/<uuid:list_id>/jikko/", WRITES, "body"): (
        403,
        "the act looks for the permission of this list and this medium: a number is neither",
    ),
}


@dataclass(frozen=True)
class Asked:
    """One request as it went out, and how it was answered."""

    method: str
    path: str
    query: bytes
    body: bytes
    status: int
    led_to: str

    @classmethod
    def of(cls, response: httpx.Response) -> Asked:
        """Return what led to an answer."""
        request = response.request
        path, _, query = request.url.raw_path.partition(b"?")
        body = request.read()
        return cls(
            request.method,
            path.decode("ascii"),
            query,
            body,
            response.status_code,
            urlsplit(response.headers.get("location", "")).path,
        )

    @property
    def is_let_in(self) -> bool:
        """Tell whether the route itself looked at what was sent."""
        to_sign_in = self.led_to == "/login/" and self.path != "/logout/"
        return self.status not in _TURNED_AWAY and self.status < _FIRST_FAULT and not to_sign_in


def due_doors(reviewed: Reviewed | None = None) -> Iterator[DoorOfNumber]:
    """Yield every door of the URL table; a route nobody reviewed may be read from and written to."""
    known = (reviewed or read_reviewed()).routes
    for route in routes():
        methods = set(known[route.pattern].methods) if route.pattern in known else {READS, WRITES}
        for method in sorted(methods - _OTHERS):
            yield DoorOfNumber(route.pattern, method, "query" if method == READS else "body")
        if _FREE_PLACE.search(route.pattern):
            yield DoorOfNumber(route.pattern, "*", "address")


@cache
def route_of(path: str) -> str | None:
    """Return the route that an address leads to, None for one that leads nowhere."""
    try:
        return str(resolve(path).route)
    except Resolver404:
        return None


def entered_doors(asked: Iterable[Asked], family: Family) -> set[DoorOfNumber]:
    """Return the doors a number of the family went through; in an address any answer will do, a refusal too."""
    found = set()
    for one in asked:
        route = route_of(one.path)
        if route is None:
            continue
        if family.found_in(one.path.encode()):
            found.add(DoorOfNumber(route, "*", "address"))
        place, content = ("query", one.query) if one.method == READS else ("body", one.body)
        door = DoorOfNumber(route, one.method, place)
        within = REFUSED_WITHIN.get(door, (0, ""))[0] == one.status
        if door not in found and (one.is_let_in or within) and family.found_in(content):
            found.add(door)
    return found


def not_entered(asked: Iterable[Asked], family: Family) -> list[str]:
    """Return the doors that were neither entered nor reviewed as closed to numbers."""
    return sorted(map(str, set(due_doors()) - entered_doors(asked, family) - set(NO_NUMBER)))
