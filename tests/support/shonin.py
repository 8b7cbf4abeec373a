"""Staff of 支払基金 who ask and agree, and permissions as they come about."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from chukan.controls.shonin.actions.apply import apply
from chukan.controls.shonin.actions.decide import UseNinsho, approve
from chukan.controls.shonin.domain import State
from chukan.kernel import clock
from chukan.kernel.principal import Principal
from tests.support.staff import an_operator

ASK = frozenset({("shonin", "shokai")})
AGREE = frozenset({("shonin", "shokai"), ("shonin", "koshin"), ("kanri", "koshin")})
FUGO = frozenset({("fugo", "shokai"), ("fugo", "koshin")})
LIST = "0193a1b2-0000-7000-8000-000000000001"
REASON = "符号の漏えいが確認されたため"


class Ninsho:
    """Takes every 生体認証 and notes what it was asked for."""

    def __init__(self) -> None:
        self.used: list[tuple[str, UUID, str, bytes]] = []

    def __call__(self, *, by: Principal, ninsho_id: UUID, purpose: str, bound: bytes, now: datetime) -> None:
        """Note it."""
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
    """Agree with a fresh 生体認証."""
    return approve(
        by=by,
        shonin_id=shonin_id,
        ninsho_id=uuid4(),
        ninzu=ninzu,
        comment=comment,
        use_ninsho=ninsho or Ninsho(),
        now=now or clock.now(),
    )


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
