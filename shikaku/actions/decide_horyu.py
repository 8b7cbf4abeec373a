"""A held 登録ファイル is let through or taken back by the システム管理責任者 of the insurer it is held for.

根拠: the published contract §4.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from chukan.controls.kengen.domain import STAFF_ADMIN
from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.controls.uketsuke.actions import decide_horyu
from chukan.controls.uketsuke.domain import KAIJO, KYOHI, SHORI, TORISAGE
from chukan.controls.uketsuke.queries import get_uketsuke_by_id
from chukan.kernel.errors import NotPermitted
from chukan.kernel.outbox.publish import publish
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import enter_zone, outside_transaction, own_transaction
from shikaku.actions.accept_toroku_file import FILE, JIMU
from shikaku.actions.erase_upload import erase_upload
from shikaku.events import TorokuFileFinished, TorokuFileReleased

_KINDS: Final[Mapping[str, SosaKind]] = {KAIJO: SosaKind.FILE_RELEASED, TORISAGE: SosaKind.FILE_WITHDRAWN}


@dataclass(frozen=True, slots=True)
class Decider:
    """Whose decision it is: the insurer, its システム管理責任者, and the screen or command it came by."""

    hokensha_code: str
    shokuin_id: str
    shimei: str
    screen_id: str


@own_transaction
def release_horyu(*, by: Principal, uketsuke_id: UUID, decider: Decider, done_by: Principal, now: datetime) -> None:
    """「登録を続ける」: once every insurer it is held for says so, the file is registered like any other.

    `by` is whose file it is, `done_by` who acts. A worker is rung for; whoever dies in between, the file is found as
    one that nobody works on. *Idempotent:* the same decision again changes nothing. *Locks:* the 受付.
    Raises NotPermitted for all but the システム管理責任者, NotFound where nothing is held, Conflict when it is decided.
    """
    if _decide(by, uketsuke_id, decider, done_by, KAIJO, now) == SHORI:
        publish(
            TorokuFileReleased(
                occurred_at=now,
                key=str(uketsuke_id),
                uketsuke_id=uketsuke_id,
                sender=by.sender or "",
                hokensha_code=by.hokensha_code or "",
            )
        )


@outside_transaction
def withdraw_horyu(*, by: Principal, uketsuke_id: UUID, decider: Decider, done_by: Principal, now: datetime) -> None:
    """「取り下げる」: nothing of the file is registered, for no insurer; its upload is erased and it may be sent again.

    Raises as `release_horyu`. *Idempotent:* what a process that died left of the upload is erased on schedule.
    """
    close_withdrawn(by=by, uketsuke_id=uketsuke_id, decider=decider, done_by=done_by, now=now)
    erase_upload(by=by, uketsuke_id=uketsuke_id, now=now)


@own_transaction
def close_withdrawn(*, by: Principal, uketsuke_id: UUID, decider: Decider, done_by: Principal, now: datetime) -> None:
    """Refuse the whole file as taken back, log it and say so; `withdraw_horyu` erases the upload afterwards."""
    if _decide(by, uketsuke_id, decider, done_by, TORISAGE, now) == KYOHI:
        publish(TorokuFileFinished(occurred_at=now, key=str(uketsuke_id), uketsuke_id=uketsuke_id, state=KYOHI))


def _decide(
    by: Principal, uketsuke_id: UUID, decider: Decider, done_by: Principal, decision: str, now: datetime
) -> str | None:
    """Note the decision and log it in the zone of its insurer; return the state of the 受付, None when nothing is new.

    A command has looked up who asked for it; at a terminal it is the person signed in.
    """
    own = done_by.hokensha_code == decider.hokensha_code and done_by.can(*STAFF_ADMIN)
    if not own and done_by.channel != "command":
        raise NotPermitted(
            "horyu_kengen_nashi",
            "保留したファイルの登録を続けるか取り下げるかは、自組織のシステム管理責任者が決めます。"
            "システム管理責任者に連絡してください。",
        )
    bango = get_uketsuke_by_id(by=by, row_id=uketsuke_id, now=now).uketsuke_bango
    state = decide_horyu(
        by=by,
        uketsuke_id=uketsuke_id,
        hokensha_code=decider.hokensha_code,
        decision=decision,
        decider=(decider.shokuin_id, decider.shimei),
        now=now,
    )
    if state is not None:
        enter_zone(decider.hokensha_code, by.sender or "")
        record_sosa(
            by=done_by,
            kind=_KINDS[decision],
            jimu=JIMU,
            target_file=FILE,
            targets=(bango,),
            result="ok",
            detail={"decided_by": decider.shokuin_id, "state": state},
            screen_id=decider.screen_id,
            zone=decider.hokensha_code,
            now=now,
        )
        enter_zone(by.hokensha_code or "", by.sender or "")
    return state
