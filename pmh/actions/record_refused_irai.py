"""Counts a request that was refused, so that operators see how many and why; the operation log has it, too."""

from datetime import datetime

from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction
from pmh.models import Irai


@own_transaction
def record_refused_irai(*, by: Principal, jimu_kubun: str, hoho: str, code: str, now: datetime) -> None:
    """Write that a request was refused with this code of ours; nothing of what was asked is written."""
    Irai(answered_at=now, client_id=by.actor_id, jimu_kubun=jimu_kubun, hoho=hoho, result_code=code).save(
        force_insert=True
    )
