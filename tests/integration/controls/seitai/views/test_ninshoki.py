from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client

from chukan.controls.seitai.domain import MESSAGES, Refusal
from tests.support.authenticator import Authenticator, registered
from tests.support.staff import PASSWORD, an_operator, browser
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)
FUGO = frozenset({("fugo", "koshin")})


@pytest.fixture
def client(world: World) -> Client:
    an_operator("K0001", kengen=FUGO)
    return browser("K0001", hokensha="")


def register(client: Client, key: Authenticator) -> None:
    for admin in ("K9001", "K9002"):
        an_operator(admin, kengen=frozenset({("kanri", "koshin")}))
    typed = {f"witness_{n}": f"K900{n}" for n in (1, 2)} | {f"witness_{n}_password": PASSWORD for n in (1, 2)}
    asked = client.post("/seitai/ninshoki/toroku/", typed).context["asked"]
    given = {"challenge_id": asked.challenge_id, "answer": key.create(asked.options_json), "meisho": "金庫 7"}
    answer = client.post("/seitai/ninshoki/toroku/kanryo/", given)
    assert answer.headers["Location"] == "/seitai/ninshoki/?kekka=toroku"


class TestNinshoki:
    def test_registers_tries_out_and_ends(self, client: Client) -> None:
        key = Authenticator()
        register(client, key)
        page = client.get("/seitai/ninshoki/?kekka=toroku")
        assert "金庫 7" in page.content.decode()
        assert '社会保険診療報酬支払基金 <span class="mono">K9002' in page.content.decode()

        asked = client.post("/seitai/ninshoki/tameshi/").context["asked"]
        given = {"challenge_id": asked.challenge_id, "answer": key.get(asked.options_json, count=None)}
        answer = client.post("/seitai/ninshoki/tameshi/kanryo/", given)
        assert answer.headers["Location"] == "/seitai/ninshoki/?kekka=tameshi"
        again = client.post("/seitai/ninshoki/tameshi/kanryo/", given)
        assert again.status_code == 422
        assert MESSAGES[Refusal.REUSED] in again.content.decode()
        row_id = page.context["own"][0].id
        assert client.post(f"/seitai/ninshoki/{row_id}/shuryo/").status_code == 302
        assert client.get("/seitai/ninshoki/").context["own"] == []

    def test_shows_what_is_wrong_without_giving_a_password_back(self, client: Client) -> None:
        typed = {
            "witness_1": "K0001",
            "witness_1_password": PASSWORD,
            "witness_2": "x",
            "witness_2_password": "y-secret",
        }
        page = client.post("/seitai/ninshoki/toroku/", typed)

        assert page.status_code == 422
        assert "登録する本人は立会いできません" in page.content.decode()
        assert PASSWORD not in page.content.decode()
        assert "y-secret" not in page.content.decode()

    def test_asks_nobody_without_an_authenticator_and_says_what_to_do(self, client: Client) -> None:
        page = client.post("/seitai/ninshoki/tameshi/")

        assert page.status_code == 422
        assert MESSAGES[Refusal.NOT_ENROLLED] in page.content.decode()
        assert "認証器を登録する" in page.content.decode()

    def test_an_administrator_sees_the_organisations_and_others_do_not(self, client: Client) -> None:
        an_operator("K0002", kengen=FUGO)
        registered("K0002")
        an_operator("K9001")

        assert client.get("/seitai/ninshoki/").context["others"] == []
        others = browser("K9001", hokensha="").get("/seitai/ninshoki/").context["others"]
        assert [row.shokuin_id for row in others] == ["K0002"]
        assert client.post(f"/seitai/ninshoki/{uuid4()}/shuryo/").status_code == 404
