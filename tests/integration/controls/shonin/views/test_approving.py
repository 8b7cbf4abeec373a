"""AP-102: another person approves with a 生体認証 of exactly this 依頼; every other way leaves it as it was."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.http import HttpResponse
from django.test import Client

from chukan.controls.kengen.queries import list_rights
from chukan.controls.seitai.domain import MESSAGES as SEITAI
from chukan.controls.seitai.domain import Refusal as Seitai
from chukan.controls.shokuin.queries import list_shokuin
from chukan.controls.shonin.domain import MESSAGES, Refusal
from chukan.kernel.clock import today_jst
from tests.support.authenticator import Authenticator, registered
from tests.support.members import asked
from tests.support.shonin import AGREE, ASK, a_baitai, agree, agreer, ask, asker, kikin, saihakko
from tests.support.staff import an_operator, browser
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])
KENGEN: dict[str, str | int] = {"shokuin_id": "K0003", "jimu": "fugo", "action": "koshin"}


@pytest.fixture
def irai(world: World) -> UUID:
    """K0001 asks for a right of K0003."""
    an_operator("K0001", kengen=ASK)
    an_operator("K0003", kengen=frozenset({("unyo", "shokai")}))
    return ask(kikin("K0001", ASK), "joho_teikyo_server_kengen", KENGEN)


@pytest.fixture
def client(world: World) -> Client:
    an_operator("K0002", kengen=AGREE)
    return browser("K0002", hokensha="")


@pytest.fixture
def key(client: Client) -> Authenticator:
    return registered("K0002")


def page(shonin_id: UUID) -> str:
    return f"/unyo/shonin/{shonin_id}/"


def question(client: Client, shonin_id: UUID, **typed: str) -> Any:
    """Go on to IP-001; return what the authenticator is asked."""
    return client.post(f"{page(shonin_id)}shonin/", typed).context["asked"]


def answered(
    client: Client,
    shonin_id: UUID,
    key: Authenticator,
    question: Any,
    *,
    typed: dict[str, str] | None = None,
    **bent: Any,
) -> HttpResponse:
    answer = key.get(question.options_json, count=None, **bent)
    sent = {"challenge_id": question.challenge_id, "answer": answer, **(typed or {})}
    return client.post(f"{page(shonin_id)}shonin/", sent)  # type: ignore[return-value]  # the test client's


def rights_of(shokuin_id: str) -> frozenset[tuple[str, str]]:
    by = kikin("K0002")
    row = next(row for row in list_shokuin(by=by) if row.shokuin_id == shokuin_id)
    return list_rights(by=by, zone=row.zone, shokuin_pk=row.id, on=today_jst()).kengen


def stands(world: World, shonin_id: UUID) -> tuple[str, int, int]:
    """Return the state of a 依頼, how many have decided, how many confirmations are used up."""
    ((state, decided),) = asked(
        world,
        "SELECT state, (SELECT count(*) FROM shonin_shonin s WHERE s.irai_id = i.id) FROM shonin_irai i"
        f" WHERE id = '{shonin_id}'",
    )
    ((used,),) = asked(world, "SELECT count(*) FROM seitai_challenge WHERE used_at IS NOT NULL")
    return state, decided, used


def refusals(world: World) -> list[tuple[str, list[str], str]]:
    return [
        (actor, targets, code)
        for actor, targets, code in asked(
            world,
            "SELECT actor_id, targets, (convert_from(body, 'UTF8')::jsonb) -> 'detail' ->> 'code' FROM sosa_log_event"
            " WHERE kind = 'shonin' AND result = 'refused' ORDER BY id",
        )
    ]


class TestApproving:
    @pytest.mark.kj("KJ-DUAL-07", "KJ-AUTH-20", "KJ-AUTH-06")
    def test_another_person_gives_the_right_with_a_confirmation_of_it(
        self, world: World, client: Client, key: Authenticator, irai: UUID
    ) -> None:
        assert rights_of("K0003") == {("unyo", "shokai")}
        shown = client.post(f"{page(irai)}shonin/", {"comment": "担当の交代"})
        told = shown.content.decode()
        for text in ("情報提供サーバーの権限の付与", "K0003", "更新要", "試験次郎", "担当の交代"):
            assert text in told
        asked_for = shown.context["asked"]

        answer = answered(client, irai, key, asked_for, typed={"comment": "担当の交代"})

        assert (answer.status_code, answer["Location"]) == (303, page(irai))
        assert stands(world, irai) == ("kanryo", 1, 1)
        assert rights_of("K0003") == {("unyo", "shokai"), ("fugo", "koshin")}
        assert asked(world, "SELECT ninsho_id, comment FROM shonin_shonin") == [(asked_for.challenge_id, "担当の交代")]
        after = client.get(page(irai)).content.decode()
        assert "承認した内容は実行済みです。" in after
        assert "to-approve" not in after

    @pytest.mark.kj("KJ-UI-04")
    @pytest.mark.parametrize("typed", ["123456789018", "123,456,789,018", "1234567890180"])
    def test_a_number_typed_for_how_many_is_not_given_back(
        self, client: Client, key: Authenticator, irai: UUID, typed: str
    ) -> None:
        shown = client.post(f"{page(irai)}shonin/", {"ninzu": typed})
        assert (shown.status_code, shown.context["asked"] is None) == (200, False)
        assert "123456789018" not in shown.content.decode().replace(",", "")

    @pytest.mark.kj("KJ-DUAL-06")
    def test_class_a_types_the_number_and_waits_for_the_second_person(self, world: World, client: Client) -> None:
        by = asker()
        a_baitai(by, agreer("K0009"))
        key, irai = registered("K0002"), ask(by, "fugo_saihakko", saihakko())

        wrong = client.post(f"{page(irai)}shonin/", {"ninzu": "12407"})
        assert (wrong.status_code, 'href="#f-ninzu"' in wrong.content.decode()) == (422, True)
        assert MESSAGES[Refusal.NINZU] in wrong.content.decode()
        number = client.post(f"{page(irai)}shonin/", {"ninzu": "123456789018"})
        assert (number.status_code, "123456789018" in number.content.decode()) == (422, False)
        typed = {"ninzu": "12,408"}
        answered(client, irai, key, question(client, irai, **typed), typed=typed)

        assert stands(world, irai)[:2] == ("hitorime", 1)
        assert "もう1人の責任者の承認を待っています" in client.get(page(irai)).content.decode()


class TestRefusing:
    @pytest.mark.kj("KJ-DUAL-07")
    @pytest.mark.parametrize(
        "lie",
        [
            ({"is_user_verified": False}, Seitai.NO_UV),
            ({"origin": "https://mihon.example"}, Seitai.WRONG_ORIGIN),
            ({"credential_id": b"unknown"}, Seitai.UNKNOWN_KEY),
        ],
    )
    def test_a_confirmation_that_does_not_hold(
        self, world: World, client: Client, irai: UUID, lie: tuple[dict[str, Any], Seitai]
    ) -> None:
        (bent, refusal), key = lie, registered("K0002")
        answer = answered(client, irai, key, question(client, irai), **bent)

        assert (answer.status_code, SEITAI[refusal] in answer.content.decode()) == (422, True)
        assert stands(world, irai) == ("irai", 0, 0)
        assert refusals(world) == [("K0002", [str(irai)], refusal.value)]

    @pytest.mark.kj("KJ-DUAL-07")
    def test_a_confirmation_of_another_request(
        self, world: World, client: Client, key: Authenticator, irai: UUID
    ) -> None:
        another = ask(kikin("K0001", ASK), "joho_teikyo_server_kengen", KENGEN | {"action": "shokai"})

        answer = answered(client, irai, key, question(client, another))

        assert SEITAI[Seitai.OTHER_ACT] in answer.content.decode()
        assert stands(world, irai) == ("irai", 0, 0)

    @pytest.mark.kj("KJ-DUAL-07")
    def test_the_same_confirmation_twice(self, world: World, client: Client, key: Authenticator, irai: UUID) -> None:
        another = ask(kikin("K0001", ASK), "joho_teikyo_server_kengen", KENGEN | {"action": "shokai"})
        asked_for = question(client, irai)
        answered(client, irai, key, asked_for)

        answer = answered(client, another, key, asked_for)

        assert SEITAI[Seitai.REUSED] in answer.content.decode()
        assert stands(world, another) == ("irai", 0, 1)

    @pytest.mark.kj("KJ-DUAL-07", "KJ-AUTH-20")
    def test_ones_own_wish_before_any_confirmation(self, world: World, client: Client, key: Authenticator) -> None:
        an_operator("K0003", kengen=frozenset({("unyo", "shokai")}))
        own = ask(kikin("K0002"), "joho_teikyo_server_kengen", KENGEN)

        for sent in ({}, {"challenge_id": str(uuid4()), "answer": "{}"}):
            answer = client.post(f"{page(own)}shonin/", sent)
            assert (answer.status_code, MESSAGES[Refusal.HONNIN] in answer.content.decode()) == (422, True)

        assert stands(world, own) == ("irai", 0, 0)
        assert refusals(world) == [("K0002", [str(own)], Refusal.HONNIN.value)] * 2

    @pytest.mark.kj("KJ-DUAL-07")
    def test_an_expired_request(self, world: World, client: Client, key: Authenticator, irai: UUID) -> None:
        asked_for = question(client, irai)
        with world.admin() as admin:
            admin.execute(
                "UPDATE shonin_irai SET created_at = created_at - interval '9 days',"
                " expires_at = expires_at - interval '9 days' WHERE id = %s",
                [irai],
            )

        answer = answered(client, irai, key, asked_for)

        assert MESSAGES[Refusal.KIGEN] in answer.content.decode()
        assert stands(world, irai) == ("irai", 0, 0)

    def test_what_became_impossible_since_it_was_asked_for(
        self, world: World, client: Client, key: Authenticator, irai: UUID
    ) -> None:
        twin = ask(kikin("K0001", ASK), "joho_teikyo_server_kengen", KENGEN)
        an_operator("K0008", kengen=AGREE)
        agree(kikin("K0008"), twin)

        answer = answered(client, irai, key, question(client, irai))

        assert (answer.status_code, "この権限がすでに付いています" in answer.content.decode()) == (422, True)
        assert stands(world, irai)[:2] == ("irai", 0)

    def test_somebody_without_an_authenticator_is_told_so(self, world: World, client: Client, irai: UUID) -> None:
        answer = client.post(f"{page(irai)}shonin/")

        assert SEITAI[Seitai.NOT_ENROLLED] in answer.content.decode()
        assert stands(world, irai) == ("irai", 0, 0)
