"""一括再発行 as it comes about: persons with codes, a list, the permission of two others, the new codes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from chukan.controls.shonin.actions.apply import apply, apply_in_act
from chukan.controls.shonin.actions.consume import complete, consume
from chukan.kernel.principal import Principal
from chukan.settings import limits
from fugo.actions.register_saihakko import ask_saihakko, register_saihakko
from fugo.actions.reissue_fugo import execute_saihakko, extract_saihakko
from fugo.domain.saihakko import Target
from tests.support.fugo import WORKER, all_sent, brought, code_of, requests_made
from tests.support.members import LATER, NOW, asked, joined
from tests.support.principals import KENPO
from tests.support.shonin import agree, agreer, asker
from tests.support.world import as_role

if TYPE_CHECKING:
    from tests.support.world import World

BAITAI = "USB-001"
REASON = "符号の漏えいが確認されたため"
ALL = Target(hokensha_code=(KENPO,))
SOON = LATER + limits.FUGO_SHONIN_KEPT  # when a permission asked for at LATER ends


def open_requests(world: World) -> list[tuple[UUID, int]]:
    """Return 処理通番 and 被保険者枝番 of what was sent and has no answer, in the order of the members."""
    return asked(
        world,
        "SELECT shori_tsuban, hihokensha_edaban FROM fugo_shutoku_yokyu WHERE fugo_shutoku_status = '3'"
        " ORDER BY hokensha_code, hihokensha_edaban",
    )


def answered(world: World, *, issue: int = 1, now: datetime = NOW) -> int:
    """Bring a code for everything that was sent and has none; return how many."""
    waiting = open_requests(world)
    if waiting:
        # Members of two insurers have the same 被保険者枝番: the code is made of the request.
        pairs = [(UUID(str(tsuban)), code_of(UUID(str(tsuban)).int % 10**10, issue=issue)) for tsuban, _ in waiting]
        brought(world, *pairs, now=now)
    return len(waiting)


def linked(world: World, *, now: datetime = NOW) -> None:
    """Do what registrations ask for, as if the worker's clock said so."""
    before = datetime.now(UTC)
    requests_made()
    with world.admin() as admin:
        admin.execute("UPDATE fugo_edaban_himozuke SET toroku_nichiji = %s WHERE toroku_nichiji >= %s", [now, before])


def coded(world: World, *serials: int, by: Principal | None = None, now: datetime = NOW) -> None:
    """Register members and go the whole way to their codes; the process must be the worker."""
    for serial in serials:
        joined(serial, by=by, now=now)
    linked(world, now=now)
    all_sent(world, now=now)
    answered(world, now=now)


def staff(world: World) -> tuple[Principal, Principal, Principal]:
    """Register one who asks and two who agree, and a medium to write to."""
    with as_role(world, "web"):
        people = asker("K0001"), agreer("K0002"), agreer("K0003")
        medium: dict[str, str | int] = {"baitai_id": BAITAI, "shurui": "usb"}
        shonin_id = apply(by=people[0], kind="baitai", payload=medium, reason=REASON, expires=SOON, now=NOW)
        agreed(people[1], shonin_id, ninzu=None, now=NOW)
    return people


def agreed(by: Principal, shonin_id: UUID, *, ninzu: int | None, now: datetime) -> None:
    """Agree with a fresh 生体認証 of one's own."""
    agree(by, shonin_id, ninzu=ninzu, now=now)


def a_list(world: World, by: Principal, target: Target = ALL, *, now: datetime = LATER) -> UUID:
    """Register a list as the console does."""
    with as_role(world, "web"):
        return register_saihakko(by=by, genin="kitaika", reason=REASON, target=target, now=now)


def asked_for(world: World, by: Principal, list_id: UUID, *, baitai_id: str = BAITAI, now: datetime = LATER) -> UUID:
    """Ask for the permission to reissue a list."""
    with as_role(world, "web"):
        return ask_saihakko(by=by, list_id=list_id, baitai_id=baitai_id, ask_permission=apply_in_act, now=now)


def permitted(world: World, people: tuple[Principal, Principal, Principal], list_id: UUID) -> UUID:
    """Ask for a list, and let both others agree."""
    shonin_id = asked_for(world, people[0], list_id)
    kensu = row_of(world, list_id)["taisho_count"]
    with as_role(world, "web"):
        for one in people[1:]:
            agreed(one, shonin_id, ninzu=kensu, now=LATER)
    return shonin_id


def executed(world: World, by: Principal, list_id: UUID, *, baitai_id: str = BAITAI, now: datetime = LATER) -> None:
    """Use the permission of a list up."""
    with as_role(world, "web"):
        execute_saihakko(by=by, list_id=list_id, baitai_id=baitai_id, use_permission=consume, now=now)


def extracted(*, now: datetime = LATER, block: int = 1000) -> int:
    """Extract what may be, as the worker."""
    return extract_saihakko(by=WORKER, complete_permission=complete, now=lambda: now, block=block)


def row_of(world: World, list_id: UUID) -> dict[str, Any]:
    """Return the row of a list."""
    return dict(asked(world, "SELECT to_jsonb(s) FROM fugo_saihakko_list s WHERE id = %s", list_id)[0][0])
