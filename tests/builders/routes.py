"""Every route of the product, and the addresses of an insurer's rows on it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, get_resolver

from tests.builders.two_insurers import Insurer

NOBODY = "0193d3f0-0000-7000-8000-000000000001"
_VARIES = re.compile(
    r'csrfmiddlewaretoken" value="[^"]+"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'
    r'|\d{4}-\d\d-\d\dT[^"<]+|\d\d:\d\d(:\d\d)?'
)


@dataclass(frozen=True)
class Route:
    """One address of the product as its URL table says it."""

    pattern: str
    kinds: tuple[str, ...]
    url: URLPattern = field(repr=False, compare=False)

    def path(self, values: dict[str, str]) -> str:
        """Return the address with its places filled in."""
        return "/" + re.sub(r"<\w+:(\w+)>", lambda found: values[found[1]], self.pattern)

    @property
    def is_api(self) -> bool:
        """Tell whether connecting systems call it."""
        return self.pattern.startswith("api/v1/")


def routes() -> Iterator[Route]:
    """Yield every route of the product."""
    for pattern, url in walk(get_resolver().url_patterns, ""):
        yield Route(pattern, tuple(re.findall(r"<\w+:(\w+)>", pattern)), url)


def walk(patterns: list[URLPattern | URLResolver], before: str) -> Iterator[tuple[str, URLPattern]]:
    """Yield the patterns below a resolver, written out and as they are."""
    for pattern in patterns:
        here = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns, here)
        else:
            yield here, pattern


def values_of(route: Route, insurer: Insurer) -> dict[str, str]:
    """Return the ids of an insurer's rows that fit a route."""
    row: UUID = insurer.row_id
    if "toroku-files" in route.pattern:
        row = (insurer.held if "/horyu/" in route.pattern else insurer.file).row_id
    if "shokuin" in route.pattern:
        row = insurer.staff_row
    return {
        "row_id": str(row),
        "list_id": NOBODY,  # no insurer has one
        "slip": str(insurer.staff_slip if "shokuin" in route.pattern else insurer.slip),
        "shonin_id": str(insurer.irai),
        "tsuban": "1",
        "meisai_no": "2",
        "uketsuke_bango": insurer.file.bango,
    }


def values_of_nobody() -> dict[str, str]:
    """Return ids that no row has."""
    return {
        "row_id": NOBODY,
        "list_id": NOBODY,
        "slip": NOBODY,
        "shonin_id": NOBODY,
        "tsuban": "1",
        "meisai_no": "2",
        "uketsuke_bango": "20261120-ZZZZZZZZZZ",
    }


def seen(response: HttpResponseBase) -> tuple[int, str]:
    """Return what a caller sees, without what differs from one request to the next: ids and times."""
    body: bytes = b"".join(response) if response.streaming else getattr(response, "content", b"")
    return response.status_code, _VARIES.sub("*", body.decode() + str(response.get("Location", "")))
