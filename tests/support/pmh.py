"""Public Medical Hub as a caller: registered with its entrustments, and as the principal its requests become."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

from cryptography.hazmat.primitives.asymmetric import ed25519

from chukan.controls.setsuzoku.actions.register_client import register_client
from chukan.controls.setsuzoku.domain import Itaku
from chukan.kernel.http.jwk import to_jwk
from chukan.kernel.principal import Principal
from pmh.actions.issue_pmh_id import Kotae, issue_pmh_id
from tests.support.machines import COMMAND, Machine
from tests.support.members import NOW
from tests.support.world import World, as_role

JIMU = ("01", "02", "03")


def a_pmh(
    world: World,
    *,
    jimu: Sequence[str] = JIMU,
    kakunin: date = date(2026, 1, 1),
    minaoshi: date = date(2036, 4, 1),
    key: ed25519.Ed25519PrivateKey | None = None,
) -> Machine:
    """Register PMH with one key and a confirmed entrustment for each of these 事務."""
    private = key or ed25519.Ed25519PrivateKey.generate()
    with as_role(world, "kanri"):
        client_id = register_client(
            by=COMMAND,
            kind="pmh",
            hokensha_codes=(),
            jwks={"keys": [to_jwk(private.public_key(), "k1")]},
            valid_from=date(2026, 1, 1),
            valid_to=None,
            itaku=tuple(Itaku(one, "見本　確認者", kakunin, minaoshi) for one in jimu),
            now=datetime.now(UTC),
        )
    return Machine(client_id, {"k1": private})


def pmh_principal(machine: Machine) -> Principal:
    """Return who acts when a request of PMH is handled."""
    return Principal(
        channel="pmh", soshiki="pmh", actor_id=machine.client_id, actor_name="PMH", terminal="t", request_id="req-test"
    )


def issued(by: Principal, *numbers: str, jimu: str = "01", now: datetime = NOW) -> list[str | None]:
    """Ask for the PMH-IDs of these numbers through the action and return them in order."""
    answers: tuple[Kotae, ...] = issue_pmh_id(by=by, jimu_kubun=jimu, hoho="ikkatsu", kojin_bango=numbers, now=now)
    assert [one.kojin_bango for one in answers] == list(numbers)
    return [one.pmh_id for one in answers]
