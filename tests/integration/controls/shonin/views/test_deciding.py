from uuid import UUID

import pytest
from django.test import Client

from tests.support.shonin import AGREE, ASK, ask, kikin
from tests.support.staff import an_operator, browser
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def asked(world: World) -> UUID:
    an_operator("K0001", kengen=ASK)
    an_operator("K0003", kengen=frozenset({("unyo", "shokai")}))
    payload: dict[str, str | int] = {"shokuin_id": "K0003", "jimu": "fugo", "action": "koshin"}
    return ask(kikin("K0001", ASK), "joho_teikyo_server_kengen", payload)


@pytest.fixture
def client(world: World) -> Client:
    an_operator("K0002", kengen=AGREE)
    return browser("K0002", hokensha="")


class TestMachi:
    def test_is_empty_in_words(self, client: Client) -> None:
        assert "あなたの承認を待っているものはありません。" in client.get("/unyo/shonin/").content.decode()

    def test_tells_ones_own_turn_from_others(self, client: Client, asked: UUID) -> None:
        link = f"/unyo/shonin/{asked}/"
        mine = client.get("/unyo/shonin/").content.decode()
        assert mine.index("あなたの承認を待っているもの") < mine.index(link)
        assert "ほかの人の承認を待っているもの" not in mine

        theirs = browser("K0001", hokensha="").get("/unyo/shonin/").content.decode()
        assert "あなたの承認を待っているものはありません。" in theirs
        assert "ほかの人の承認を待っているもの" in theirs
        assert link not in theirs


class TestKakunin:
    def test_shows_what_a_decision_needs(self, client: Client, asked: UUID) -> None:
        page = client.get(f"/unyo/shonin/{asked}/").content.decode()
        for text in ("K0003", "更新要", "この権限はありません。", "この権限だけが付きます", "符号の漏えい", "K0001"):
            assert text in page

    @pytest.mark.kj("KJ-DUAL-07")
    def test_offers_nothing_to_the_applicant(self, client: Client) -> None:
        own = ask(
            kikin("K0002"), "joho_teikyo_server_kengen", {"shokuin_id": "K0002", "jimu": "fugo", "action": "shokai"}
        )
        page = client.get(f"/unyo/shonin/{own}/").content.decode()
        assert "自分の依頼は、自分では承認も差戻しもできません" in page
        assert "to-reject" not in page


class TestReject:
    def test_demands_a_reason_and_sends_back(self, client: Client, asked: UUID) -> None:
        address = f"/unyo/shonin/{asked}/sashimodoshi/"
        without = client.post(address, {"comment": ""})
        assert (without.status_code, 'href="#f-comment"' in without.content.decode()) == (422, True)

        done = client.post(address, {"comment": "担当ではありません"}, follow=True)
        assert "差し戻しました。" in done.content.decode()

        page = browser("K0001", hokensha="").get("/unyo/irai/").content.decode()
        assert "差戻し" in page
        assert "担当ではありません" in page
        assert client.post(address, {"comment": "もう一度"}).status_code == 422
