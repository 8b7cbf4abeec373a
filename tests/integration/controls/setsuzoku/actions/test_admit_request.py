import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from chukan.controls.setsuzoku.actions.admit_request import admit_request
from chukan.controls.setsuzoku.domain import RateLimit
from chukan.kernel.errors import TooMany
from chukan.kernel.http.signatures import SignatureRefused, SignedRequest
from chukan.kernel.principal import system_principal
from tests.support.machines import ORIGIN, Machine, new_machine
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 21, 3, 0, 0, tzinfo=UTC)
BY = system_principal(actor_id="test")
PATH = "/api/v1/echo"


def request_of(machine: Machine, now: datetime = NOW) -> SignedRequest:
    return SignedRequest("GET", f"{ORIGIN}{PATH}", machine.headers("GET", PATH, b"", now=now))


def admit(machine: Machine, *, limit: RateLimit, now: datetime = NOW) -> str:
    try:
        admit_request(by=BY, request=request_of(machine, now), rate=limit, now=now)
    except TooMany as refused:
        return f"wait {refused.retry_after}"
    except SignatureRefused:
        return "refused"
    return "ok"


class TestRate:
    def test_of_many_calls_at_one_moment_exactly_the_burst_passes(self, world: World) -> None:
        machine, barrier = new_machine(world), threading.Barrier(20)

        def ten(_number: int) -> list[str]:
            barrier.wait()
            try:
                return [admit(machine, limit=RateLimit(10, 40)) for _ in range(10)]
            finally:
                connection.close()

        with ThreadPoolExecutor(20) as pool:
            answers = [answer for answers in pool.map(ten, range(20)) for answer in answers]

        assert answers.count("ok") == 40
        assert answers.count("wait 1") == 160

    def test_it_refills_at_its_rate_and_not_beyond_the_burst(self, world: World) -> None:
        machine, limit = new_machine(world), RateLimit(10, 5)

        first = [admit(machine, limit=limit) for _ in range(6)]
        after_200_ms = [admit(machine, limit=limit, now=NOW + timedelta(milliseconds=200)) for _ in range(3)]
        after_a_day = [admit(machine, limit=limit, now=NOW + timedelta(days=1)) for _ in range(6)]

        assert first == ["ok"] * 5 + ["wait 1"]
        assert after_200_ms == ["ok", "ok", "wait 1"]
        assert after_a_day == ["ok"] * 5 + ["wait 1"]

    def test_a_replay_takes_nothing_of_the_rate(self, world: World) -> None:
        machine, limit = new_machine(world), RateLimit(10, 2)
        request = request_of(machine)
        admit_request(by=BY, request=request, rate=limit, now=NOW)

        for _ in range(5):
            with pytest.raises(SignatureRefused):
                admit_request(by=BY, request=request, rate=limit, now=NOW)

        assert admit(machine, limit=limit) == "ok"


@pytest.mark.kj("KJ-AUTH-26")
class TestNonce:
    def test_it_is_kept_as_a_hash_until_the_signature_expires(self, world: World) -> None:
        admit(new_machine(world), limit=RateLimit(10, 10))
        with world.admin() as admin:
            row = admin.execute("SELECT octet_length(nonce_sha256), expires_at FROM setsuzoku_nonce").fetchone()

        assert row == (32, NOW + timedelta(seconds=300))

    def test_two_clients_may_use_the_same(self, world: World) -> None:
        one, other = new_machine(world), new_machine(world, hokensha=("06139992",))

        assert admit(one, limit=RateLimit(10, 10)) == admit(other, limit=RateLimit(10, 10)) == "ok"
