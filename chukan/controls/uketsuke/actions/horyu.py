"""Holds a 受付 that takes far more away than usual, and notes what each insurer decides about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chukan.controls.uketsuke.actions.moves import Shape, end_kensa, locked, move, refuse_uketsuke
from chukan.controls.uketsuke.domain import HORYU, KYOHI, SHORI, TORISAGE
from chukan.controls.uketsuke.models import Horyu, Uketsuke
from chukan.kernel.errors import Conflict, NotFound
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import joins_transaction


@dataclass(frozen=True, slots=True)
class HoryuFound:
    """Why a file is held for one insurer. `reasons`: item (empty = 資格喪失), lines, of so many members."""

    hokensha_code: str
    valid_count: int
    joining_count: int
    limit_percent: int
    reasons: tuple[tuple[str, int, int], ...]


@joins_transaction
def hold_uketsuke(
    *, by: Principal, uketsuke_id: UUID, shape: Shape, found: Sequence[HoryuFound], attempt: int, now: datetime
) -> None:
    """The file was read through and takes far more away than usual: nobody works on it until insurers have decided.

    Raises LeaseLost for a former `attempt`.
    """
    row = locked(uketsuke_id, attempt)
    row.lease_until = None
    end_kensa(row, HORYU, shape, now)
    rows = [
        Horyu(
            uketsuke_id=uketsuke_id,
            hokensha_code=one.hokensha_code,
            sender=by.sender or "",
            valid_count=one.valid_count,
            joining_count=one.joining_count,
            limit_percent=one.limit_percent,
            reasons=one.reasons,
            held_at=now,
        )
        for one in found
    ]
    Horyu.objects.bulk_create(rows)


@joins_transaction
def decide_horyu(
    *, by: Principal, uketsuke_id: UUID, hokensha_code: str, decision: str, decider: tuple[str, str], now: datetime
) -> str | None:
    """Note what one insurer decides and return the state of the 受付 then; None when it had decided so before.

    It goes on when every insurer it is held for lets it, and ends when one takes it back. Raises NotFound where
    nothing is held for the insurer, Conflict when something else was decided before. *Locks:* the 受付.
    """
    row = Uketsuke.objects.select_for_update().filter(sender=by.sender, id=uketsuke_id).first()
    held = Horyu.objects.filter(sender=by.sender, uketsuke_id=uketsuke_id)
    mine = held.filter(hokensha_code=hokensha_code).first()
    if row is None or mine is None:
        raise NotFound("horyu_nashi", "このファイルは保留していません。登録の履歴で状況を確かめてください。")
    if mine.decision == decision:
        return None
    if mine.decision or row.state != HORYU:
        raise Conflict("horyu_kettei_zumi", "この保留は、もう決定しています。ファイルの状況を確かめてください。")
    held.filter(hokensha_code=hokensha_code).update(
        decision=decision, decided_at=now, decided_by=decider[0], decided_by_name=decider[1]
    )
    if decision == TORISAGE:
        refuse_uketsuke(by=by, uketsuke_id=uketsuke_id, reason_code=TORISAGE, now=now)
        return KYOHI
    if not held.filter(decision="").exists():
        move(row, SHORI, now)
        row.started_at = now  # how long people thought about it is no measure of how fast it is registered
        row.save(update_fields=["state", "moved_at", "started_at"])
    return row.state
