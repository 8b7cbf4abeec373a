"""A system or a key that was ended is refused at the very next request, and the rest goes on."""

from __future__ import annotations

import json
from datetime import date

import pytest

from chukan.controls.setsuzoku.actions.end_client import end_client, end_client_key
from chukan.controls.setsuzoku.models import Client, ClientKey
from chukan.kernel import clock
from chukan.kernel.errors import NotFound
from tests.integration.controls.setsuzoku.actions.test_add_client_key import added
from tests.support.machines import COMMAND, Machine, new_machine
from tests.support.world import World, as_role, manage

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.support.machine_urls")]
ECHO = "/api/v1/echo"


@pytest.fixture
def machine(world: World) -> Machine:
    return new_machine(world)


def ended(world: World, client_id: str) -> date:
    with as_role(world, "kanri"):
        return end_client(by=COMMAND, client_id=client_id, now=clock.now())


def key_ended(world: World, client_id: str, kid: str) -> tuple[date, int]:
    with as_role(world, "kanri"):
        return end_client_key(by=COMMAND, client_id=client_id, kid=kid, now=clock.now())


class TestEndClient:
    @pytest.mark.kj("KJ-AUTH-26")
    def test_the_next_request_is_refused_and_nobody_elses(self, world: World, machine: Machine) -> None:
        other = new_machine(world)
        assert machine.get(ECHO).status_code == 200

        assert ended(world, machine.client_id) == clock.today_jst()

        assert machine.get(ECHO).status_code == 401
        assert other.get(ECHO).status_code == 200
        assert ClientKey.objects.get(client_id=machine.client_id).valid_to == clock.today_jst()

    def test_one_that_has_ended_keeps_its_day(self, world: World) -> None:
        client_id = new_machine(world, valid_to=date(2026, 2, 1)).client_id

        assert ended(world, client_id) == date(2026, 2, 1)

    def test_one_that_was_to_end_later_ends_now(self, world: World) -> None:
        client_id = new_machine(world, valid_to=date(2099, 4, 1)).client_id

        assert ended(world, client_id) == clock.today_jst()
        assert Client.objects.get().valid_to == clock.today_jst()

    def test_an_unknown_one_is_refused(self, world: World, machine: Machine) -> None:
        with pytest.raises(NotFound) as refused:
            ended(world, "hokensha-000000000000")

        assert refused.value.code == "client_nashi"
        assert machine.get(ECHO).status_code == 200

    @pytest.mark.kj("KJ-LOG-01")
    def test_and_records_it(self, world: World, machine: Machine) -> None:
        ended(world, machine.client_id)

        with world.admin() as admin:
            rows = admin.execute("SELECT kind, targets, body FROM sosa_log_event ORDER BY id").fetchall()
        assert rows[-1][:2] == ("client_changed", [machine.client_id])
        detail = {"kind": "hokensha", "change": "ended", "valid_to": clock.today_jst().isoformat()}
        assert json.loads(bytes(rows[-1][2]))["detail"] == detail


class TestEndClientKey:
    @pytest.mark.kj("KJ-AUTH-26")
    def test_the_next_signature_of_it_is_refused_and_those_of_the_other_are_not(
        self, world: World, machine: Machine
    ) -> None:
        added(world, machine, "k2")
        assert machine.get(ECHO, signer=machine.signer("k1")).status_code == 200

        assert key_ended(world, machine.client_id, "k1") == (clock.today_jst(), 1)

        for bare in (False, True):
            assert machine.get(ECHO, signer=machine.signer("k1", bare=bare)).status_code == 401
            assert machine.get(ECHO, signer=machine.signer("k2", bare=bare)).status_code == 200

    def test_the_last_one_too(self, world: World, machine: Machine) -> None:
        assert key_ended(world, machine.client_id, "k1") == (clock.today_jst(), 0)

        assert machine.get(ECHO).status_code == 401

    @pytest.mark.parametrize("kid,code", [("k9", "client_kagi_nashi"), ("", "client_kagi_nashi")])
    def test_an_unknown_one_is_refused(self, world: World, machine: Machine, kid: str, code: str) -> None:
        with pytest.raises(NotFound) as refused:
            key_ended(world, machine.client_id, kid)

        assert refused.value.code == code
        with pytest.raises(NotFound):
            key_ended(world, "hokensha-000000000000", "k1")

    def test_and_records_it(self, world: World, machine: Machine) -> None:
        key_ended(world, machine.client_id, "k1")
        key_ended(world, machine.client_id, "k1")

        with world.admin() as admin:
            rows = admin.execute("SELECT body FROM sosa_log_event ORDER BY id").fetchall()
        assert len(rows) == 2
        detail = json.loads(bytes(rows[-1][0]))["detail"]
        assert (detail["change"], detail["kid"]) == ("key_ended", "k1")


class TestCommand:
    def test_they_print_one_json_line(self, world: World, machine: Machine) -> None:
        today = clock.today_jst().isoformat()

        printed = manage("end_client_key", "--client-id", machine.client_id, "--kid", "k1")
        assert json.loads(printed) == {"client_id": machine.client_id, "kid": "k1", "valid_to": today, "keys_left": 0}
        printed = manage("end_client", "--client-id", machine.client_id)
        assert json.loads(printed) == {"client_id": machine.client_id, "valid_to": today}

    def test_a_refusal_says_what_to_do(self, world: World) -> None:
        with pytest.raises(RuntimeError, match="接続システムIDを確かめてください"):
            manage("end_client", "--client-id", "nai")
        with pytest.raises(RuntimeError, match="接続システムIDを確かめてください"):
            manage("end_client_key", "--client-id", "nai", "--kid", "k1")
