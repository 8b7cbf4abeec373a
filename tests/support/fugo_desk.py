"""The desk of operators: files in every state, and somebody who may send them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.test import Client

from chukan.kernel import clock
from tests.support.authenticator import Authenticator, registered
from tests.support.fugo import requests_made, transferred
from tests.support.members import joined
from tests.support.staff import an_operator, browser
from tests.support.world import as_role

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from django.http import HttpResponse

    from tests.support.world import World

SOSHIN = "/unyo/fugo/soshin/"
LOOKS = frozenset({("fugo", "shokai")})
SENDS = frozenset({("fugo", "shokai"), ("fugo", "koshin")})


def waiting_file(world: World, *serials: int, **given: Any) -> Any:
    """Register members; return the file in which the requests for their codes wait."""
    with as_role(world, "worker"):
        for serial in serials:
            joined(serial, **given, now=clock.now())
        requests_made()
        return [file for file in transferred(now=clock.now()) if file.state == "soshin_machi"][-1]


def desk(shokuin_id: str = "K0001", *, kengen: frozenset[tuple[str, str]] = SENDS) -> Client:
    """Return a browser in which an operator of 支払基金 is signed in."""
    return browser(an_operator(shokuin_id, kengen=kengen), hokensha="")


def asked_ip_001(client: Client, file_id: UUID) -> Any:
    """Go on to IP-001 for a file; return what the authenticator is asked."""
    return client.post(f"{SOSHIN}{file_id}/ninsho/").context["asked"]


def sent_with(client: Client, file_id: UUID, key: Authenticator, asked: Any, **bent: object) -> HttpResponse:
    """Answer IP-001 with an authenticator; return what the sending answers."""
    answer = key.get(asked.options_json, count=None, **bent)
    return client.post(  # type: ignore[return-value]  # the test client's response is one
        f"{SOSHIN}{file_id}/jikko/", {"challenge_id": asked.challenge_id, "answer": answer}
    )


def sender(shokuin_id: str = "K0001") -> tuple[Client, Authenticator]:
    """Return an operator who may send, with an authenticator."""
    client = desk(shokuin_id)
    return client, registered(shokuin_id)


def texts(*answers: HttpResponse) -> Sequence[str]:
    """Return the pages as text."""
    return [answer.content.decode() for answer in answers]
