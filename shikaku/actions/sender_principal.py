"""Who the hub's own processes are while they work in one sender's zone."""

from chukan.controls.kikan import queries as kikan
from chukan.controls.setsuzoku.queries import carried_by
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import outside_transaction


@outside_transaction
def sender_principal(*, by: Principal, sender: str, hokensha_code: str) -> Principal:
    """Return the principal of the hub's own process working for one sender, in its zone."""
    facts = kikan.find_hokensha(hokensha_code) if hokensha_code else None
    carried: frozenset[str] = frozenset()
    if not hokensha_code:
        carried = carried_by(sender)
    return Principal(
        channel="system" if hokensha_code else "shuyaku",
        soshiki="system",
        actor_id=by.actor_id if hokensha_code else sender,
        actor_name=by.actor_name,
        hokensha_code=hokensha_code or None,
        hokensha_shubetsu=facts.hokensha_shubetsu if facts else None,
        carried=carried,
    )
