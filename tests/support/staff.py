"""Staff as the command registers them, and browsers they are signed in with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta

import psycopg
import pytest
from django.db import connection
from django.test import Client

from chukan.controls.kengen.actions import grant_approved, register_staff_by_command
from chukan.controls.kengen.domain import by_approval
from chukan.controls.shokuin.actions.sign_in import SignedIn, sign_in
from chukan.controls.shokuin.domain import LOGIN_REFUSED_MESSAGE
from chukan.controls.shokuin.models import Shokuin
from chukan.kernel import clock
from chukan.kernel.clock import business_date_jst
from chukan.kernel.errors import NotAuthenticated
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction
from tests.support.authenticator import pass_seitai
from tests.support.principals import KENPO
from tests.support.world import World

PASSWORD = "mihon-no-aikotoba-2026"
COMMAND = Principal(channel="command", soshiki="command", actor_id="test", actor_name="試験")
BOTH = frozenset({("shikaku", "shokai"), ("shikaku", "koshin")})


def a_staff(
    shokuin_id: str = "S0001",
    *,
    hokensha: str | None = KENPO,
    soshiki: str = "hokensha",
    kengen: frozenset[tuple[str, str]] | None = BOTH,
    kojin_bango: frozenset[str] = frozenset(),
    shimei: str = "見本花子",
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> str:
    """Register one member of staff, today and for a year unless told otherwise; return the 職員ID."""
    register_staff_by_command(
        by=COMMAND,
        soshiki=soshiki,
        hokensha_code=hokensha,
        shokuin_id=shokuin_id,
        shimei=shimei,
        password=PASSWORD,
        kengen=kengen,
        kojin_bango=kojin_bango,
        valid_from=valid_from,
        valid_to=valid_to,
        now=clock.now(),
    )
    return shokuin_id


def an_operator(
    shokuin_id: str = "K0001",
    soshiki: str = "shiharai_kikin",
    *,
    kengen: frozenset[tuple[str, str]] | None = None,
) -> str:
    """Register one member of an operator's staff, by default with every right that operator can give.

    What an approval alone gives is given as if it had been approved.
    """
    approved = by_approval(soshiki=soshiki, rights=kengen or ())
    rest = None if kengen is None else kengen - approved
    a_staff(shokuin_id, hokensha=None, soshiki=soshiki, kengen=rest, shimei="試験次郎")
    for right in sorted(approved):
        _approve(by=COMMAND, zone=soshiki, shokuin_id=shokuin_id, right=right)
    return shokuin_id


@own_transaction
def _approve(*, by: Principal, zone: str, shokuin_id: str, right: tuple[str, str]) -> None:
    now = clock.now()
    grant_approved(
        by=by,
        zone=zone,
        shokuin_pk=Shokuin.objects.get(shokuin_id=shokuin_id).id,
        right=right,
        shinseisha="K9001",
        valid_to=business_date_jst(now) + timedelta(days=365),
        now=now,
    )


def browser(shokuin_id: str = "S0001", *, hokensha: str = KENPO, password: str = PASSWORD) -> Client:
    """Return a browser after an attempt to sign in, with 生体認証 where it is asked for."""
    client = Client()
    answer = client.post("/login/", {"hokensha_code": hokensha, "shokuin_id": shokuin_id, "password": password})
    if answer.headers.get("Location", "").startswith("/login/seitai/"):
        pass_seitai(client, shokuin_id)
    return client


def enter(
    shokuin_id: str = "S0001", *, hokensha: str = "06132013", password: str = PASSWORD, now: datetime | None = None
) -> SignedIn:
    """Sign in as a browser would."""
    return sign_in(
        hokensha_code=hokensha,
        shokuin_id=shokuin_id,
        password=password,
        terminal="127.0.0.1",
        request_id="req",
        now=now or clock.now(),
    )


def signed_in(by: Principal) -> Principal:
    """Return one of an operator's staff, signed in by a session of its own."""
    return replace(by, session_id=enter(by.actor_id, hokensha="").session.session_id)


def is_refused(**given: object) -> bool:
    """Tell whether sign-in is refused with the one message."""
    with pytest.raises(NotAuthenticated) as refused:
        enter(**given)  # type: ignore[arg-type]  # spoiled on purpose
    return refused.value.message == LOGIN_REFUSED_MESSAGE


@contextmanager
def web_role(_world: World) -> Iterator[psycopg.Connection]:
    """Return a bare connection of the web role, in one transaction that is undone."""
    held = connection.settings_dict
    with psycopg.connect(
        host=held["HOST"], port=held["PORT"], user=held["USER"], password=held["PASSWORD"], dbname=held["NAME"]
    ) as web:
        yield web
        web.rollback()
