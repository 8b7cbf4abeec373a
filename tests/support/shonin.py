"""Staff of 支払基金 who ask and agree, and permissions as they come about."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from chukan.controls.seitai.actions import consume
from chukan.controls.seitai.domain import Refusal
from chukan.controls.shonin.actions.apply import apply
from chukan.controls.shonin.actions.decide import UseNinsho, approve
from chukan.controls.shonin.domain import PURPOSE, State, bound_of
from chukan.controls.shonin.queries import get_irai
from chukan.kernel import clock
from chukan.kernel.errors import NotAuthenticated, NotFound, NotPermitted
from chukan.kernel.principal import Principal
from tests.support.authenticator import confirmation, own_authenticator, registered
from tests.support.staff import an_operator, signed_in

ASK = frozenset({("shonin", "shokai")})
AGREE = frozenset({("shonin", "shokai"), ("shonin", "koshin"), ("kanri", "koshin")})
FUGO = frozenset({("fugo", "shokai"), ("fugo", "koshin")})
LIST = "0193a1b2-0000-7000-8000-000000000001"
REASON = "符号の漏えいが確認されたため"


class Ninsho:
    """Uses a 生体認証 up as the desk does, and notes what for."""

    def __init__(self) -> None:
        self.used: list[tuple[str, UUID, str, bytes]] = []

    def __call__(self, *, by: Principal, ninsho_id: UUID, purpose: str, bound: bytes, now: datetime) -> None:
        """Use it up."""
        consume(by=by, ninsho_id=ninsho_id, purpose=purpose, bound=bound, now=now)
        self.used.append((by.actor_id, ninsho_id, purpose, bound))


def kikin(shokuin_id: str, kengen: frozenset[tuple[str, str]] = AGREE, *, soshiki: str = "shiharai_kikin") -> Principal:
    """Return a person as the console's door would make it."""
    return Principal(
        channel="operator",
        soshiki=soshiki,
        actor_id=shokuin_id,
        actor_name="試験次郎",
        kengen=kengen,
        terminal="127.0.0.1",
        request_id="req-test",
    )


def asker(shokuin_id: str = "K0001") -> Principal:
    """Register one who asks and does, and return that person with the rights of 機関別符号 too."""
    an_operator(shokuin_id, kengen=ASK)
    return kikin(shokuin_id, ASK | FUGO)


def agreer(shokuin_id: str) -> Principal:
    """Register one who agrees, a システム管理責任者, and return that person."""
    an_operator(shokuin_id, kengen=AGREE)
    return kikin(shokuin_id)


def ask(by: Principal, kind: str, payload: dict[str, str | int], *, days: float = 3) -> UUID:
    """Ask for something, three days long unless told otherwise."""
    now = clock.now()
    return apply(by=by, kind=kind, payload=payload, reason=REASON, expires=now + timedelta(days=days), now=now)


def agree(
    by: Principal,
    shonin_id: UUID,
    *,
    ninzu: int | None = None,
    comment: str = "",
    ninsho: UseNinsho | None = None,
    now: datetime | None = None,
) -> State:
    """Agree with a fresh 生体認証 of one's own."""
    at = now or clock.now()
    with suppress(NotAuthenticated):  # a stranger has no session, and is told nothing else
        by = signed_in(by)
    return approve(
        by=by,
        shonin_id=shonin_id,
        ninsho_id=confirmed(by, shonin_id, now=at),
        ninzu=ninzu,
        comment=comment,
        use_ninsho=ninsho or Ninsho(),
        now=at,
    )


def confirmed(by: Principal, shonin_id: UUID, *, now: datetime) -> UUID:
    """Return a confirmation of exactly this 依頼, given by the person with an authenticator of the own."""
    try:
        row = get_irai(by=by, shonin_id=shonin_id, now=now)
    except NotFound:
        return uuid4()  # who does not see a 依頼 is asked nothing
    if by.session_id is None:
        by = signed_in(by)
    bound, held = bound_of(shonin_id=row.id.bytes, payload_hash=row.payload_hash), own_authenticator(by.actor_id)
    try:
        return confirmation(by, held, purpose=PURPOSE, bound=bound, now=now)
    except NotPermitted as refused:
        if refused.code != Refusal.NOT_ENROLLED.value:
            raise
        registered(by.actor_id, held, zone=by.soshiki)
        return confirmation(by, held, purpose=PURPOSE, bound=bound, now=now)


def a_baitai(by: Principal, agreed_by: Principal, baitai_id: str = "USB-001") -> str:
    """Register a medium by way of its 依頼; return its 媒体ID."""
    agree(agreed_by, ask(by, "baitai", {"baitai_id": baitai_id, "shurui": "usb"}))
    return baitai_id


def saihakko(baitai_id: str = "USB-001") -> dict[str, str | int]:
    """Return what a re-issue of codes asks for."""
    return {"list_id": LIST, "kensu": 12408, "baitai_id": baitai_id}


def grant_by_approval(shokuin_id: str, jimu: str, action: str, *, by: Principal, agreed_by: Principal) -> None:
    """Give one registered person a right of 情報提供サーバー as the law wants it."""
    payload: dict[str, str | int] = {"shokuin_id": shokuin_id, "jimu": jimu, "action": action}
    agree(agreed_by, ask(by, "joho_teikyo_server_kengen", payload))
