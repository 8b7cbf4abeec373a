import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import cast

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from chukan.controls.setsuzoku.models import ClientKey, Nonce
from chukan.kernel.http.signatures import SigningKey, content_digest
from tests.support.machine_urls import KEPT, WORK_DONE
from tests.support.machines import Machine, new_machine, p256
from tests.support.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.support.machine_urls")]
ECHO, ONCE, FORM, ONSHI = "/api/v1/echo", "/api/v1/once", "/api/v1/form", "/api/v1/onshi/shori-kekka"


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
    KEPT.clear()
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


@pytest.mark.kj("KJ-AUTH-26")
class TestSignature:
    def test_a_signed_request_acts_for_its_insurer(self, machine: Machine) -> None:
        answer = json.loads(machine.get(ECHO).content)

        assert answer == {"actor": machine.client_id, "zone": "06132013"}

    def test_a_p256_key_and_a_keyid_without_kid(self, world: World) -> None:
        machine = new_machine(world, key=p256())

        assert machine.get(ECHO).status_code == 200
        assert machine.get(ECHO, signer=machine.signer(bare=True)).status_code == 200

    def test_two_keys_overlap_during_a_rotation(self, machine: Machine, world: World) -> None:
        machine.keys["k2"] = p256()
        with world.admin() as admin:
            admin.execute(
                "INSERT INTO setsuzoku_client_key (client_id, kid, jwk, valid_from, registered_at) "
                "VALUES (%s, 'k2', %s, '2026-01-01', now())",
                [machine.client_id, json.dumps(_jwk(machine, "k2"))],
            )

        for kid in ("k1", "k2"):
            assert machine.get(ECHO, signer=machine.signer(kid)).status_code == 200
            assert machine.get(ECHO, signer=machine.signer(kid, bare=True)).status_code == 200

    def test_the_first_good_signature_proves_the_key(self, machine: Machine) -> None:
        assert ClientKey.objects.get(client_id=machine.client_id).proven_at is None

        machine.get(ECHO)

        assert ClientKey.objects.get(client_id=machine.client_id).proven_at is not None

    @pytest.mark.kj("KJ-LOG-18")
    def test_an_unsigned_request_is_refused_and_recorded(self, machine: Machine, world: World) -> None:
        response = cast("HttpResponse", Client().post(ECHO, b"{}", content_type="application/json"))

        assert (response.status_code, code_of(response)) == (401, "ninsho")
        assert response["WWW-Authenticate"] == "Signature"
        assert events(world) == [("refused", "refused", "mikakunin", None)]

    @pytest.mark.parametrize("keyid", ["nobody", "nobody#k1", "#", "a#b#c"])
    def test_an_unknown_system_is_refused(self, machine: Machine, keyid: str) -> None:
        assert machine.get(ECHO, signer=SigningKey(keyid, machine.keys["k1"])).status_code == 401

    def test_an_unknown_kid_is_refused(self, machine: Machine) -> None:
        signer = SigningKey(f"{machine.client_id}#k9", machine.keys["k1"])

        assert machine.get(ECHO, signer=signer).status_code == 401

    def test_the_key_of_another_system_is_refused(self, machine: Machine, world: World) -> None:
        other = new_machine(world, hokensha=("06139992",))
        signer = SigningKey(f"{machine.client_id}#k1", other.keys["k1"])

        assert machine.get(ECHO, signer=signer).status_code == 401

    @pytest.mark.parametrize("off", [timedelta(seconds=-40), timedelta(seconds=40)])
    def test_a_signature_that_is_not_of_now_is_refused(self, machine: Machine, off: timedelta) -> None:
        assert machine.get(ECHO, now=datetime.now(UTC) + off).status_code == 401

    @pytest.mark.parametrize("valid_from, valid_to", [(date(2999, 1, 1), None), (date(2026, 1, 1), date(2026, 1, 2))])
    def test_a_system_outside_its_days_is_refused(self, world: World, valid_from: date, valid_to: date | None) -> None:
        machine = new_machine(world, valid_from=valid_from, valid_to=valid_to)

        assert machine.get(ECHO).status_code == 401

    def test_a_changed_path_or_query_is_refused(self, machine: Machine) -> None:
        headers = machine.headers("GET", ECHO, b"")

        assert machine.send("GET", f"{ECHO}?on=2026-01-01", b"", headers).status_code == 401
        assert machine.send("GET", ONCE, b"", headers).status_code == 401

    @pytest.mark.parametrize("target", ["/api/v1/ech%6F", "/api/v1/echo?", "http://testserver/api/v1/echo"])
    def test_another_spelling_of_the_address_is_refused(self, machine: Machine, target: str) -> None:
        headers = machine.headers("GET", ECHO, b"")

        assert machine.http.get(ECHO, headers=headers, RAW_URI=target).status_code == 401
        assert machine.http.get(ECHO, headers=headers, RAW_URI=ECHO).status_code == 200

    def test_another_body_than_the_signed_one_is_refused_and_nothing_is_done(self, machine: Machine) -> None:
        given = {"Content-Type": "application/json", "Idempotency-Key": "k"}
        headers = machine.headers("POST", ONCE, b'{"n": 1}', given=given)

        response = machine.send("POST", ONCE, b'{"n": 2}', headers)

        assert (response.status_code, WORK_DONE) == (401, [])

    def test_a_get_with_the_digest_of_something_else_is_refused(self, machine: Machine) -> None:
        assert machine.send("GET", ECHO, b"", machine.headers("GET", ECHO, b"x")).status_code == 401

    def test_the_signature_is_checked_before_the_size(self, machine: Machine) -> None:
        headers = {"Content-Type": "application/json", "Content-Digest": content_digest(b"")}

        assert machine.send("POST", ECHO, b"x" * 2_000_000, headers).status_code == 401

    def test_nothing_of_the_signature_is_stored(self, machine: Machine, world: World) -> None:
        headers = machine.headers(
            "POST", ONCE, b"{}", given={"Content-Type": "application/json", "Idempotency-Key": "k"}
        )
        machine.send("POST", ONCE, b"{}", headers)
        with world.admin() as admin:
            tables = [row[0] for row in admin.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
            dump = "".join(str(admin.execute(f"SELECT * FROM {table}").fetchall()) for table in tables)

        assert headers["Signature"].split(":")[1] not in dump
        assert headers["Content-Digest"].split(":")[1] not in dump


def _jwk(machine: Machine, kid: str) -> dict[str, str]:
    from chukan.kernel.http.jwk import to_jwk

    return to_jwk(machine.keys[kid].public_key(), kid)


@pytest.mark.kj("KJ-AUTH-26")
class TestReplay:
    def test_the_same_request_twice_is_refused(self, machine: Machine) -> None:
        headers = machine.headers("GET", ECHO, b"")

        assert machine.send("GET", ECHO, b"", headers).status_code == 200
        assert machine.send("GET", ECHO, b"", headers).status_code == 401
        assert Nonce.objects.count() == 1

    def test_of_many_copies_at_once_exactly_one_passes(self, machine: Machine) -> None:
        headers = machine.headers("GET", ECHO, b"")

        answers = together(16, lambda _: machine.send("GET", ECHO, b"", headers))

        assert sorted(answer.status_code for answer in answers) == [200] + [401] * 15


@pytest.mark.kj("KJ-AUTH-26", "KJ-LOG-18")
class TestKind:
    def test_a_system_at_another_systems_door_is_refused_and_recorded(self, machine: Machine, world: World) -> None:
        response = machine.post(ONSHI, {})

        assert (response.status_code, code_of(response)) == (403, "setsuzoku_taishogai")
        assert events(world) == [("refused", "refused", machine.client_id, "06132013")]

    @pytest.mark.parametrize("kind", ["onshi", "pmh", "nws"])
    def test_partners_may_not_call_what_is_for_insurers(self, world: World, kind: str) -> None:
        partner = new_machine(world, kind=kind, hokensha=())

        assert partner.get(ECHO).status_code == 403
        assert partner.post(ONCE, {}, key="k").status_code == 403

    def test_onshi_may_call_its_one_door(self, world: World) -> None:
        assert new_machine(world, kind="onshi", hokensha=()).post(ONSHI, {}).status_code == 204


class TestRate:
    def test_too_many_are_told_when_to_come_back(self, machine: Machine, world: World) -> None:
        with world.admin() as admin:
            admin.execute(
                "INSERT INTO setsuzoku_rate_window VALUES (%s, %s)",
                [machine.client_id, datetime.now(UTC) + timedelta(seconds=10)],
            )

        response = machine.get(ECHO)

        assert (response.status_code, code_of(response)) == (429, "yokyu_kata")
        assert 5 <= int(response["Retry-After"]) <= 7
        assert events(world)[-1][:2] == ("refused", "refused")

    def test_another_client_is_not_held_up(self, machine: Machine, world: World) -> None:
        with world.admin() as admin:
            admin.execute(
                "INSERT INTO setsuzoku_rate_window VALUES (%s, %s)",
                [machine.client_id, datetime.now(UTC) + timedelta(seconds=10)],
            )

        assert new_machine(world, hokensha=("06139992",)).get(ECHO).status_code == 200


class TestLimits:
    def test_a_body_over_one_mebibyte_is_refused(self, machine: Machine) -> None:
        response = machine.post(ECHO, {"a": "x" * (1024 * 1024)})

        assert (response.status_code, code_of(response)) == (413, "okisugi")

    def test_a_body_of_one_mebibyte_is_taken(self, machine: Machine) -> None:
        value = {"a": "x" * (1024 * 1024 - len(json.dumps({"a": ""})))}

        assert machine.post(ECHO, value).status_code == 200

    @pytest.mark.parametrize("body", [b" ", b"[]", b"{", b'{"a":1,"a":1}'])
    def test_a_body_that_is_no_json_object_is_refused(self, machine: Machine, body: bytes) -> None:
        headers = machine.headers("POST", ECHO, body, given={"Content-Type": "application/json"})

        response = machine.send("POST", ECHO, body, headers)

        assert (response.status_code, code_of(response)) == (400, "json_fusei")

    def test_an_unknown_method_is_a_problem(self, machine: Machine) -> None:
        assert machine.send("DELETE", ECHO, b"", machine.headers("DELETE", ECHO, b"")).status_code == 405

    def test_options_is_no_method_and_describes_nothing(self, machine: Machine) -> None:
        response = machine.send("OPTIONS", ECHO, b"", machine.headers("OPTIONS", ECHO, b""))

        assert response.status_code == 405
        assert b"parses" not in response.content

    @pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
    def test_a_method_that_is_none_is_not_asked_for_a_key_of_idempotency(self, machine: Machine, method: str) -> None:
        assert machine.send(method, ONCE, b"", machine.headers(method, ONCE, b"")).status_code == 405

    @pytest.mark.kj("KJ-LOG-18")
    def test_what_is_not_there_is_recorded_like_what_is(self, machine: Machine, world: World) -> None:
        response = machine.post(ECHO, {"want": "404"})

        assert response.status_code == 404
        assert events(world) == [("kensaku", "not_found", machine.client_id, "06132013")]

    def test_an_unexpected_error_says_nothing_of_itself(self, machine: Machine, world: World) -> None:
        response = machine.post(ECHO, {"want": "500"})

        assert response.status_code == 500
        assert b"123456789018" not in response.content
        assert events(world)[0][:2] == ("kensaku", "error")


class TestForm:
    BOUNDARY = "XyZ"

    def body(self, content: bytes, *, shubetsu: str = "kanyusha") -> bytes:
        edge = f"--{self.BOUNDARY}"
        return (
            (
                f'{edge}\r\nContent-Disposition: form-data; name="shubetsu"\r\n\r\n{shubetsu}\r\n'
                f'{edge}\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n'
                "Content-Type: text/csv\r\n\r\n"
            ).encode()
            + content
            + f"\r\n{edge}--\r\n".encode()
        )

    def send(self, machine: Machine, body: bytes, *, signed: bytes | None = None, key: str = "k-1") -> HttpResponse:
        given = {"Content-Type": f"multipart/form-data; boundary={self.BOUNDARY}", "Idempotency-Key": key}
        headers = machine.headers("POST", FORM, body if signed is None else signed, given=given)
        return machine.send("POST", FORM, body, headers)

    def test_a_signed_file_is_streamed_to_the_handler(self, machine: Machine) -> None:
        content = b"0123456789\n" * 100_000

        assert self.send(machine, self.body(content)).status_code == 202
        assert [content] == KEPT

    def test_the_same_file_in_another_wrapping_is_the_same(self, machine: Machine) -> None:
        first = self.send(machine, self.body(b"a\n"))
        again = self.send(machine, self.body(b"a\n") + b"\r\n")

        assert first.content == again.content
        assert again["Idempotency-Replayed"] == "true"

    def test_another_file_than_the_signed_one_is_refused(self, machine: Machine) -> None:
        response = self.send(machine, self.body(b"aaa\n"), signed=self.body(b"bbb\n"))

        assert (response.status_code, KEPT) == (401, [])

    def test_bytes_after_the_form_count_too(self, machine: Machine) -> None:
        response = self.send(machine, self.body(b"aaa\n") + b"more", signed=self.body(b"aaa\n"))

        assert (response.status_code, KEPT) == (401, [])

    def test_a_file_over_the_limit_is_refused(self, machine: Machine) -> None:
        assert self.send(machine, self.body(b"x" * (5 * 1024 * 1024))).status_code == 413

    @pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
    def test_its_large_limit_is_for_post_alone(self, machine: Machine, method: str) -> None:
        for size, status in ((2, 405), (1024 * 1024 + 1, 413)):
            body = b"x" * size
            headers = machine.headers(method, FORM, body, given={"Content-Type": "application/octet-stream"})
            assert machine.send(method, FORM, body, headers).status_code == status

    def test_a_body_that_is_no_form_is_refused(self, machine: Machine) -> None:
        assert machine.post(FORM, {}, key="k").status_code == 400
