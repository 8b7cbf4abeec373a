"""Who the hub's own process is while it works on a block of some sender, zone by zone."""

from chukan.controls.kikan.queries import find_shubetsu
from chukan.controls.setsuzoku.queries import carried_by
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import outside_transaction


@outside_transaction
def zone_principals(*, by: Principal, sender: str, hokensha_code: str) -> tuple[Principal, ...]:
    """Return the principal for the zone of a block, or for each zone that its carrying system carries."""
    zones = (hokensha_code,) if hokensha_code else tuple(sorted(carried_by(sender)))
    return tuple(
        Principal(
            channel="system" if sender == zone else "shuyaku",
            soshiki="system",
            actor_id=by.actor_id if sender == zone else sender,
            actor_name=by.actor_name,
            hokensha_code=zone,
            hokensha_shubetsu=find_shubetsu(zone),
        )
        for zone in zones
    )
