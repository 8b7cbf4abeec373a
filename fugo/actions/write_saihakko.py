"""再取得対象者の抽出 goes to its medium: once, in time, by who used the permission, for this one purpose.

根拠: KJ-DUAL-02, KJ-DUAL-06, KJ-DUAL-07, KJ-MENU-09.
"""

from datetime import datetime
from uuid import UUID

from chukan.controls.sosa_log.domain import SosaKind
from chukan.controls.sosa_log.sealing import require_sealed_for_numbers
from chukan.kernel.errors import Invalid, NotPermitted
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction
from fugo.actions.register_saihakko import LIST_SCREEN
from fugo.actions.saihakko_rows import hold_list, note_list
from fugo.domain.saihakko import MOKUTEKI, REFUSALS, Act, State, Written, check_handler, check_state, check_write


@own_transaction
def take_extract(
    *, by: Principal, list_id: UUID, baitai_id: str, mokuteki: str, has_baitai: bool, now: datetime
) -> None:
    """Note that the extract of an executed list goes to a medium; its lines can be read then.

    `has_baitai`: the medium is registered.

    Raises Invalid for another purpose; NotPermitted for another person, another or unregistered medium, a second time
    and after its end; Conflict before everybody is extracted; NotFound; Unavailable while the operation log is not
    sealed. *Locks:* the list.
    """
    check_handler(by)
    require_sealed_for_numbers(by=by, now=now)
    if mokuteki not in MOKUTEKI:
        raise Invalid("mokuteki_fusei", "書き出せるのは、符号危殆化に伴う再取得対象者の抽出だけです。")
    row = hold_list(by=by, list_id=list_id)
    if row.executed_at is None or row.write_until is None:
        raise NotPermitted("shonin_nashi", "この操作の承認がありません。依頼して、承認を受けてから実行してください。")
    written = Written(row.medium_id, row.executed_by, row.write_until, row.written_at)
    refusal = check_write(written, by=by, baitai_id=baitai_id, has_baitai=has_baitai, now=now)
    if refusal is not None:
        raise NotPermitted(refusal.value, REFUSALS[refusal])
    check_state(Act.WRITE, State(row.state))
    row.written_at = now
    row.save(update_fields=["written_at"])
    note_list(
        by=by,
        kind=SosaKind.SAIHAKKO_KAKIDASHI,
        row=row,
        screen_id=LIST_SCREEN,
        now=now,
        baitai_id=baitai_id,
        mokuteki=mokuteki,
    )
