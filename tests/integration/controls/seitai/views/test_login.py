from __future__ import annotations

import pytest
from django.test import Client

from chukan.controls.seitai.domain import MESSAGES, Refusal
from tests.support.authenticator import Authenticator, registered
from tests.support.staff import PASSWORD, an_operator, browser
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])


def with_password(shokuin_id: str = "U0001") -> Client:
    """Return a browser in which the password alone was given."""
    client = Client()
    answer = client.post("/login/", {"hokensha_code": "", "shokuin_id": shokuin_id, "password": PASSWORD})
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/login/seitai/?next=/"
    return client


def answer_of(client: Client, key: Authenticator, **bent: object) -> dict[str, object]:
    asked = client.get("/login/seitai/").context["asked"]
    return {"challenge_id": asked.challenge_id, "answer": key.get(asked.options_json, **bent), "next": "/unyo/"}


@pytest.fixture
def _vendor(world: World) -> None:
    an_operator("U0001", "unyo_hoshu")


@pytest.mark.usefixtures("_vendor")
class TestLogin:
    @pytest.mark.kj("KJ-AUTH-04")
    def test_the_password_alone_opens_nothing(self, world: World) -> None:
        client = with_password()

        for path in ("/", "/unyo/", "/password/", "/seitai/ninshoki/", "/session/keepalive/"):
            method = client.post if path.startswith("/session") else client.get
            assert method(path).headers["Location"].startswith("/login/"), path
        assert client.get("/api/docs/").status_code == 401
        with world.admin() as admin:
            kinds = admin.execute("SELECT kind FROM sosa_log_event ORDER BY id").fetchall()
            assert admin.execute("SELECT last_login FROM shokuin_account").fetchone() == (None,)
        assert ("login_password",) in kinds
        assert ("login",) not in kinds

    @pytest.mark.kj("KJ-AUTH-04")
    def test_an_assertion_opens_the_session_under_a_new_key(self, world: World) -> None:
        key = registered("U0001", zone="unyo_hoshu")
        client = with_password()
        before = client.cookies["chukan"].value

        answer = client.post("/login/seitai/kakunin/", answer_of(client, key))

        assert answer.headers["Location"] == "/unyo/"
        assert client.cookies["chukan"].value != before
        assert client.get("/unyo/").status_code == 200
        client.cookies["chukan"] = before
        assert client.get("/unyo/").status_code == 302
        with world.admin() as admin:
            kinds = [kind for (kind,) in admin.execute("SELECT kind FROM sosa_log_event ORDER BY id")]
        wanted = ["login_password", "seitai_begun", "seitai_verified", "seitai_used", "login"]
        assert [kind for kind in kinds if kind in wanted] == wanted

    @pytest.mark.kj("KJ-AUTH-04")
    def test_a_refused_assertion_opens_nothing_and_says_why(self, world: World) -> None:
        key = registered("U0001", zone="unyo_hoshu")
        client = with_password()

        answer = client.post("/login/seitai/kakunin/", answer_of(client, key, is_user_verified=False))

        assert answer.status_code == 422
        assert MESSAGES[Refusal.NO_UV] in answer.content.decode()
        assert client.get("/unyo/").status_code == 302

    def test_a_confirmation_of_another_sign_in_does_not_do(self, world: World) -> None:
        key = registered("U0001", zone="unyo_hoshu")
        first = with_password()
        given = answer_of(first, key)
        second = with_password()

        assert first.post("/login/seitai/kakunin/", given).status_code == 302
        answer = second.post("/login/seitai/kakunin/", given)

        assert answer.status_code == 422
        assert second.get("/unyo/").status_code == 302

    def test_waits_ten_minutes_and_no_longer(self, world: World) -> None:
        registered("U0001", zone="unyo_hoshu")
        client = with_password()
        with world.admin() as admin:
            admin.execute("UPDATE shokuin_session SET started_at = now() - interval '10 minutes'")

        assert client.get("/login/seitai/").headers["Location"] == "/login/"

    def test_other_operators_sign_in_as_before(self, world: World) -> None:
        an_operator("K0001")

        assert browser("K0001", hokensha="").get("/unyo/").status_code == 200
        assert browser("K0001", hokensha="").get("/login/seitai/").headers["Location"] == "/login/"


@pytest.mark.usefixtures("_vendor")
class TestFirstAuthenticator:
    def test_is_registered_before_two_administrators_and_then_confirms(self, world: World) -> None:
        for admin in ("K9001", "K9002"):
            an_operator(admin, kengen=frozenset({("kanri", "koshin")}))
        client, key = with_password(), Authenticator()
        assert "最初の認証器の登録" in client.get("/login/seitai/").content.decode()
        wrong = client.post("/login/seitai/toroku/", {"witness_1": "K9001", "witness_1_password": "x"})
        assert wrong.status_code == 422

        typed = {f"witness_{n}": f"K900{n}" for n in (1, 2)} | {f"witness_{n}_password": PASSWORD for n in (1, 2)}
        asked = client.post("/login/seitai/toroku/", typed).context["asked"]
        made = key.create(asked.options_json)
        given = {"challenge_id": asked.challenge_id, "answer": made, "meisho": "1番"}
        assert client.post("/login/seitai/toroku/kanryo/", given).headers["Location"] == "/login/seitai/"
        client.post("/login/seitai/kakunin/", answer_of(client, key, count=None))

        assert client.get("/unyo/").status_code == 200

    def test_whoever_has_one_adds_no_second_by_the_password_alone(self, world: World) -> None:
        registered("U0001", zone="unyo_hoshu")

        assert with_password().post("/login/seitai/toroku/", {}).headers["Location"] == "/login/"
