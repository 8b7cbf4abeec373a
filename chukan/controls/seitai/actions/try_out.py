"""Uses a confirmation up for nothing, so that a person sees that an authenticator works before it is needed."""

from datetime import datetime
from uuid import UUID

from chukan.controls.seitai.actions.confirm import consume
from chukan.controls.seitai.domain import TAMESHI
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction


@own_transaction
def use_for_nothing(*, by: Principal, ninsho_id: UUID, bound: bytes, now: datetime) -> None:
    """Use one confirmation up. Raises NotPermitted with the words of its cause."""
    consume(by=by, ninsho_id=ninsho_id, purpose=TAMESHI, bound=bound, now=now)
