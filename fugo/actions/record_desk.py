"""What operators did at the desk, on record: pages looked at, and a sending that was refused. 根拠: KJ-LOG-02."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction
from fugo.actions.transfer_yokyu_file import FILE, JIMU
from fugo.domain.saihakko import FILE as LISTS

_LOOKED_AT: Final = {SosaKind.FUGO_SHOKAI: FILE, SosaKind.SAIHAKKO_SHOKAI: LISTS}


@own_transaction
def record_look(
    *,
    by: Principal,
    screen_id: str,
    kind: SosaKind = SosaKind.FUGO_SHOKAI,
    targets: Sequence[str] = (),
    found: bool = True,
    now: datetime,
) -> None:
    """Write that a page was opened; `targets` are 処理通番, 受付番号, files or lists that were looked for."""
    record_sosa(
        by=by,
        kind=kind,
        jimu=JIMU,
        target_file=_LOOKED_AT[kind],
        targets=targets,
        result="ok" if found else "not_found",
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
