"""The first answer is given again: through the door, as a vendor's program would see it."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.http import HttpResponse
from pytest_django import Settings

from chukan.controls.setsuzoku.models import Idempotency
from tests.support.machine_urls import WORK_DONE
from tests.support.machines import Machine, new_machine
from tests.support.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.support.machine_urls")]
ECHO, ONCE = "/api/v1/echo", "/api/v1/once"


@pytest.fixture(autouse=True)
def doors_alone(settings: Settings) -> None:
    """Only what stands around every request; sign-in of people is not part of this."""
    settings.MIDDLEWARE = [
        "chukan.kernel.http.middleware.RequestMiddleware",
        "chukan.kernel.http.middleware.ErrorMiddleware",
    ]


@pytest.fixture
def machine(world: World) -> Machine:
    WORK_DONE.clear()
    return new_machine(world)


def code_of(response: HttpResponse) -> str:
    return str(json.loads(response.content)["code"])


def events(world: World) -> list[tuple[str, str, str, str | None]]:
    with world.admin() as admin:
        return admin.execute(
            "SELECT kind, result, actor_id, hokensha_code FROM sosa_log_event "
            "WHERE kind <> 'client_changed' ORDER BY id"
        ).fetchall()


def together(count: int, call: Callable[[int], HttpResponse]) -> list[HttpResponse]:
    """Call at the same moment from many threads; each with its own connection."""
    barrier = threading.Barrier(count)

    def one(number: int) -> HttpResponse:
        barrier.wait()
        try:
            return call(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


class TestIdempotency:
    def test_the_same_request_again_gets_the_first_answer_byte_for_byte(self, machine: Machine, world: World) -> None:
        first = machine.post(ONCE, {"n": 1, "氏": "名"}, key="k-1")
        again = machine.post(ONCE, {"氏": "名", "n": 1}, key="k-1")

        assert (first.status_code, again.status_code) == (201, 201)
        assert first.content == again.content
        assert "Idempotency-Replayed" not in first
        assert again["Idempotency-Replayed"] == "true"
        assert WORK_DONE == ["1"]
        assert [event[0] for event in events(world)] == ["toroku", "replayed"]

    def test_another_body_under_the_same_key_is_a_mismatch(self, machine: Machine) -> None:
        machine.post(ONCE, {"n": 1}, key="k-1")

        response = machine.post(ONCE, {"n": 2}, key="k-1")

        assert (response.status_code, code_of(response)) == (422, "idempotency_mismatch")
        assert machine.post(ONCE, {"n": 1}, key="k-1").status_code == 201
        assert WORK_DONE == ["1"]

    def test_a_key_is_demanded(self, machine: Machine) -> None:
        response = machine.post(ONCE, {"n": 1})

        assert (response.status_code, code_of(response)) == (400, "idempotency_key_nashi")

    @pytest.mark.parametrize("key", ["x" * 65, "a\tb"])
    def test_a_key_of_another_shape_is_refused(self, machine: Machine, key: str) -> None:
        assert machine.post(ONCE, {"n": 1}, key=key).status_code in {400, 401}
        assert WORK_DONE == []

    def test_a_key_elsewhere_is_ignored(self, machine: Machine) -> None:
        assert machine.post(ECHO, {"n": 1}, key="k").status_code == 200
        assert machine.post(ECHO, {"n": 2}, key="k").status_code == 200

    @pytest.mark.parametrize("want, status", [("422", 422), ("409", 409)])
    def test_a_refusal_is_kept_and_its_work_undone(
        self, machine: Machine, world: World, want: str, status: int
    ) -> None:
        first = machine.post(ONCE, {"n": 1, "want": want}, key="k-1")
        again = machine.post(ONCE, {"n": 1, "want": want}, key="k-1")

        assert (first.status_code, again.status_code) == (status, status)
        assert first.content == again.content
        assert again["Content-Type"] == "application/problem+json"
        assert again["Idempotency-Replayed"] == "true"
        assert WORK_DONE == ["1"]
        assert [event[:2] for event in events(world)] == [("toroku", "refused"), ("replayed", "refused")]

    def test_our_own_failure_is_not_kept(self, machine: Machine) -> None:
        assert machine.post(ONCE, {"n": 1, "want": "500"}, key="k-1").status_code == 500
        assert machine.post(ONCE, {"n": 1, "want": "500"}, key="k-1").status_code == 500
        assert WORK_DONE == ["1", "1"]
        assert Idempotency.objects.count() == 0

    def test_while_the_first_still_runs_others_are_told_to_wait(self, machine: Machine) -> None:
        answers = together(8, lambda _: machine.post(ONCE, {"n": 1, "sleep": 1}, key="k-1"))

        waiting = [answer for answer in answers if answer.status_code == 409]
        done = [answer for answer in answers if answer.status_code == 201]
        assert len(WORK_DONE) == 1
        assert len(done) + len(waiting) == 8
        assert waiting
        assert all(code_of(answer) == "shorichu" and answer["Retry-After"] for answer in waiting)
        assert len({answer.content for answer in done}) == 1

    def test_the_scope_is_client_and_path(self, machine: Machine, world: World) -> None:
        other = new_machine(world, hokensha=("06139992",))

        machine.post(ONCE, {"n": 1}, key="k-1")
        other.post(ONCE, {"n": 1}, key="k-1")

        assert WORK_DONE == ["1", "1"]

    def test_the_kept_answer_is_sealed_and_the_comparison_is_keyed(self, machine: Machine, world: World) -> None:
        machine.post(ONCE, {"n": "canary-77"}, key="k-1")
        with world.admin() as admin:
            row = admin.execute("SELECT fingerprint, ct_answer FROM setsuzoku_idempotency").fetchone()

        assert row is not None
        assert b"canary-77" not in bytes(row[1])
        assert len(bytes(row[0])) == 32

    @pytest.mark.kj("KJ-ENC-06")
    def test_the_callers_key_is_not_kept(self, machine: Machine, world: World) -> None:
        machine.post(ONCE, {"n": 1}, key="123456789018")
        with world.admin() as admin:
            row = admin.execute("SELECT key FROM setsuzoku_idempotency").fetchone()

        assert row is not None
        assert "123456789018" not in row[0]

    def test_another_sender_sees_nothing_in_the_database(self, machine: Machine, world: World) -> None:
        machine.post(ONCE, {"n": 1}, key="k-1")
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM setsuzoku_idempotency")
            without_zone = cursor.fetchone()[0]

        assert without_zone == 0
