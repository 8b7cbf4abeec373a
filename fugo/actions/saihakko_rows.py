"""Parts of the actions on a 再発行対象者リスト: the row that is held, and the line of the operation log."""

from datetime import datetime
from uuid import UUID

from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.errors import NotFound
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import joins_transaction
from fugo.domain.saihakko import FILE, JIMU
from fugo.models import SaihakkoList
from fugo.queries.saihakko import LIST_NASHI


@joins_transaction
def hold_list(*, by: Principal, list_id: UUID) -> SaihakkoList:  # zone of none
    """Return a list that is ours until the end of the transaction. Raises NotFound."""
    row = SaihakkoList.objects.select_for_update().filter(id=list_id).first()
    if row is None:
        raise NotFound(*LIST_NASHI)
    return row


@joins_transaction
def note_list(
    *, by: Principal, kind: SosaKind, row: SaihakkoList, screen_id: str, now: datetime, **detail: str | int
) -> None:
    """Write an operation on a list down with who did it and the number of the list. 根拠: KJ-LOG-02."""
    record_sosa(
        by=by,
        kind=kind,
        jimu=JIMU,
        target_file=FILE,
        targets=(str(row.id),),
        result="ok",
        detail={"kensu": row.taisho_count, **detail},
        screen_id=screen_id,
        now=now,
    )
