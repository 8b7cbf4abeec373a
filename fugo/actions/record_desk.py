"""What operators did at the desk, on record: pages looked at, and a sending that was refused. 根拠: KJ-LOG-02."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction
from fugo.actions.transfer_yokyu_file import FILE, JIMU
from fugo.domain.saihakko import FILE as LISTS


@own_transaction
def record_look(
    *, by: Principal, screen_id: str, targets: Sequence[str] = (), found: bool = True, now: datetime
) -> None:
    """Write that a page was opened; `targets` are 処理通番, 受付番号 or files that were looked for."""
    record_sosa(
        by=by,
        kind=SosaKind.FUGO_SHOKAI,
        jimu=JIMU,
        target_file=FILE,
        targets=targets,
        result="ok" if found else "not_found",
        screen_id=screen_id,
        now=now,
    )


@own_transaction
def record_look_at_lists(*, by: Principal, screen_id: str, list_id: UUID | None, now: datetime) -> None:
    """Write that the lists of a 再発行 were opened, or one of them."""
    record_sosa(
        by=by,
        kind=SosaKind.SAIHAKKO_SHOKAI,
        jimu=JIMU,
        target_file=LISTS,
        targets=() if list_id is None else (str(list_id),),
        result="ok",
        screen_id=screen_id,
        now=now,
    )


@own_transaction
def record_refused_soshin(*, by: Principal, file_id: UUID, code: str, screen_id: str, now: datetime) -> None:
    """Write that a file was not sent though somebody wanted to, and why."""
    record_sosa(
        by=by,
        kind=SosaKind.FUGO_YOKYU_SOSHIN_SOSA,
        jimu=JIMU,
        target_file=FILE,
        targets=(str(file_id),),
        result="refused",
        detail={"code": code},
        screen_id=screen_id,
        now=now,
    )
