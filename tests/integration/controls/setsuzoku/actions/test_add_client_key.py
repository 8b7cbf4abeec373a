"""A system gets its next key while the present one works."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from chukan.controls.setsuzoku.actions.add_client_key import add_client_key
from chukan.controls.setsuzoku.actions.end_client import end_client
from chukan.controls.setsuzoku.models import ClientKey
from chukan.kernel import clock
from chukan.kernel.errors import Conflict, NotFound, RuleBroken
from chukan.kernel.http.jwk import JwkRefused, to_jwk
from tests.support.machines import COMMAND, Machine, new_machine, p256
from tests.support.world import World, as_role, manage

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.support.machine_urls")]
ECHO = "/api/v1/echo"


@pytest.fixture
def machine(world: World) -> Machine:
    return new_machine(world)


def jwk(machine: Machine, kid: str) -> dict[str, str]:
    return to_jwk(machine.keys[kid].public_key(), kid)


def add(
    world: World,
    client_id: str,
    *jwks: dict[str, str],
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> tuple[str, ...]:
    with as_role(world, "kanri"):
        return add_client_key(
            by=COMMAND,
            client_id=client_id,
            jwks={"keys": list(jwks)},
            valid_from=valid_from or clock.today_jst(),
            valid_to=valid_to,
            now=clock.now(),
        )


def added(world: World, machine: Machine, kid: str) -> None:
    """Give a system a second key."""
    machine.keys[kid] = p256()
    assert add(world, machine.client_id, jwk(machine, kid)) == (kid,)


class TestAdds:
    @pytest.mark.kj("KJ-AUTH-26")
    def test_both_keys_work_until_one_is_ended(self, world: World, machine: Machine) -> None:
        added(world, machine, "k2")

        for kid in ("k1", "k2"):
            assert machine.get(ECHO, signer=machine.signer(kid)).status_code == 200

    def test_one_that_starts_later_is_no_key_yet(self, world: World, machine: Machine) -> None:
        machine.keys["k2"] = p256()
        add(world, machine.client_id, jwk(machine, "k2"), valid_from=clock.today_jst() + timedelta(days=1))

        assert machine.get(ECHO, signer=machine.signer("k2")).status_code == 401

    def test_and_records_it(self, world: World, machine: Machine) -> None:
        added(world, machine, "k2")

        with world.admin() as admin:
            rows = admin.execute("SELECT kind, targets, body FROM sosa_log_event ORDER BY id").fetchall()
        assert rows[-1][:2] == ("client_changed", [machine.client_id])
        assert json.loads(bytes(rows[-1][2]))["detail"] == {"kind": "hokensha", "change": "key_added", "kid": "k2"}


class TestRefuses:
    def test_a_kid_that_is_taken_and_a_key_that_was_held_before(self, world: World, machine: Machine) -> None:
        same = jwk(machine, "k1")

        with pytest.raises(RuleBroken) as refused:
            add(world, machine.client_id, same)
        assert [item.code for item in refused.value.errors] == ["kid_jufuku", "kagi_jufuku"]
        with pytest.raises(RuleBroken) as refused:
            add(world, machine.client_id, {**same, "kid": "k2"})
        assert [item.code for item in refused.value.errors] == ["kagi_jufuku"]
        assert ClientKey.objects.count() == 1

    def test_a_system_that_has_ended_and_one_there_is_not(self, world: World, machine: Machine) -> None:
        machine.keys["k2"] = p256()
        with pytest.raises(NotFound):
            add(world, "hokensha-000000000000", jwk(machine, "k2"))
        with as_role(world, "kanri"):
            end_client(by=COMMAND, client_id=machine.client_id, now=clock.now())

        with pytest.raises(Conflict):
            add(world, machine.client_id, jwk(machine, "k2"))

    def test_days_that_are_over_and_a_private_key(self, world: World, machine: Machine) -> None:
        machine.keys["k2"] = p256()
        with pytest.raises(RuleBroken):
            add(world, machine.client_id, jwk(machine, "k2"), valid_to=clock.today_jst())
        with pytest.raises(JwkRefused):
            add(world, machine.client_id, {**jwk(machine, "k2"), "d": "AAAA"})
        assert ClientKey.objects.count() == 1


class TestCommand:
    def test_it_prints_one_json_line(self, world: World, machine: Machine, tmp_path: Path) -> None:
        machine.keys["k2"] = p256()
        path = tmp_path / "keys.json"
        path.write_text(json.dumps({"keys": [jwk(machine, "k2")]}))

        printed = manage("add_client_key", "--client-id", machine.client_id, "--jwks", str(path))

        assert json.loads(printed) == {"client_id": machine.client_id, "kid": ["k2"]}
        assert machine.get(ECHO, signer=machine.signer("k2")).status_code == 200
        with pytest.raises(RuntimeError, match="新しい kid を付けてください"):
            manage("add_client_key", "--client-id", machine.client_id, "--jwks", str(path))
