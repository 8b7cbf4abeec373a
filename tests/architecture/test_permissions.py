"""Every route says who may use it: a screen of the registry, kinds of clients, or one of the few open doors."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from chukan.controls.kengen.domain import BY_ID, BY_URL_NAME, SCREENS

# Open without sign-in, all of them: the sign-in itself, probes, public keys, static files.
OPEN = {"/login/", "/health/live", "/health/ready", "/.well-known/jwks.json"}
# The second half of a sign-in: whoever has not given the password is sent to the first.
OPEN |= {f"/login/seitai/{step}" for step in ("", "kakunin/", "toroku/", "toroku/kanryo/")}
OPEN_PREFIXES = ("/static/",)


@dataclass(frozen=True)
class Route:
    path: str
    view_name: str
    view: Callable[..., object]


def routes(patterns: Iterable[URLPattern | URLResolver], prefix: str = "/", namespace: str = "") -> Iterator[Route]:
    """Yield every route below a resolver with its full path and name."""
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from routes(pattern.url_patterns, path, inner)
        else:
            yield Route(path, f"{namespace}{pattern.name or ''}", pattern.callback)


def lock_of(route: Route) -> str:
    """Return what guards a route: 'screen', 'clients', 'signed_in', 'open', or '' when it says nothing."""
    view_class = getattr(route.view, "cls", None) or getattr(route.view, "view_class", None)
    if getattr(route.view, "screen_id", None) in BY_ID or route.view_name in BY_URL_NAME:
        return "screen"
    if view_class is not None and getattr(view_class, "kinds", None):
        return "clients"
    access = getattr(route.view, "chukan_access", None) or getattr(view_class, "chukan_access", None)
    if access in {"signed_in", "session"}:
        return "signed_in"
    if access == "everybody" or route.path.startswith(("/health/", "/.well-known/")):
        return "open"
    return ""


def all_routes() -> list[Route]:
    return list(routes(get_resolver().url_patterns))


@pytest.mark.kj("KJ-MENU-02")
def test_every_route_says_who_may_use_it() -> None:
    assert [route.path for route in all_routes() if not lock_of(route)] == []


@pytest.mark.kj("KJ-AUTH-03")
def test_only_the_few_named_doors_are_open() -> None:
    doors = [route.path for route in all_routes() if lock_of(route) == "open"]

    assert [path for path in doors if path not in OPEN and not path.startswith(OPEN_PREFIXES)] == []


def test_every_screen_names_its_duty_right_and_organisations() -> None:
    def is_whole(screen: object) -> bool:
        # A person's own work list and own authenticators, for whoever has any right.
        home = getattr(screen, "id", "") in {"HM-001", "US-301"}
        return bool(
            (getattr(screen, "jimu", None) or home) and getattr(screen, "action", "") and getattr(screen, "soshiki", ())
        )

    assert [screen.id for screen in SCREENS if not is_whole(screen)] == []


def test_every_screen_of_the_registry_has_its_page() -> None:
    names = {route.view_name for route in all_routes()}

    assert [f"{screen.id} {screen.url_name}" for screen in SCREENS if screen.url_name not in names] == []


def test_example_route_that_says_nothing_has_no_lock() -> None:
    def page(_request: object) -> None: ...

    def guarded(_request: object) -> None: ...

    vars(guarded)["screen_id"] = "HS-101"

    assert lock_of(Route("/anything", "x:anything", page)) == ""
    assert lock_of(Route("/anything", "x:anything", guarded)) == "screen"


def test_example_open_door_is_seen() -> None:
    def page(_request: object) -> None: ...

    vars(page)["chukan_access"] = "everybody"

    assert lock_of(Route("/members", "x:members", page)) == "open"
