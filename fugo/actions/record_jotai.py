"""Looking at 符号取得状況: what is shown and the record that it was shown are one transaction."""

from datetime import datetime
from uuid import UUID

from chukan.controls.kikan.queries import check_kano
from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.clock import business_date_jst
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction
from fugo.actions.transfer_yokyu_file import FILE, JIMU
from fugo.queries.jotai import START, JotaiPage, list_jotai


@own_transaction
def record_jotai(
    *, by: Principal, after: UUID = START, most: int, screen_id: str | None = None, now: datetime
) -> JotaiPage:
    """Return one page of the own members' progress, on record as seen.

    Raises NotPermitted `riyo_kaishi_mae` before the 制度 asks for codes. 根拠: KJ-MENU-08, KJ-IN-20, KJ-LOG-01.
    """
    check_kano(by.hokensha_shubetsu or "", "fugo_shutoku", "jido", business_date_jst(now))
    page = list_jotai(by=by, after=after, most=most)
    record_sosa(
        by=by,
        kind=SosaKind.FUGO_JOTAI,
        jimu=JIMU,
        target_file=FILE,
        result="ok",
        detail={"kensu": len(page.items)},
        screen_id=screen_id,
        now=now,
    )
    return page
