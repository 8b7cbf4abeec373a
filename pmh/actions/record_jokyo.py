"""Puts on record that an operator opened a page of counts. 根拠: KJ-LOG-01."""

from datetime import datetime

from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction
from pmh.actions.issue_pmh_id import FILE


@own_transaction
def record_jokyo(*, by: Principal, screen_id: str, now: datetime) -> None:
    """Write that the page was opened."""
    record_sosa(by=by, kind=SosaKind.MONITOR, jimu="unyo", target_file=FILE, result="ok", screen_id=screen_id, now=now)
