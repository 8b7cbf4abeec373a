import pytest
from django.test import Client

from chukan.controls.shonin.domain import State
from chukan.controls.shonin.queries import list_own_irai
from chukan.kernel import clock
from tests.support.shonin import AGREE, ASK, ask, grant_by_approval, kikin
from tests.support.staff import an_operator, browser
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)
KENGEN = {"shokuin_id": "K0003", "jimu": "fugo", "action": "shokai", "kigen": "3", "riyu": "符号の担当になるため"}
BANGO = "123456789018"


@pytest.fixture
def client(world: World) -> Client:
    an_operator("K0001", kengen=ASK)
    an_operator("K0003", kengen=frozenset({("unyo", "shokai")}))
    return browser("K0001", hokensha="")


class TestAskKengen:
    @pytest.mark.kj("KJ-AUTH-20")
    def test_asks_for_one_right_in_one_mode(self, client: Client) -> None:
        assert client.post("/unyo/irai/kengen/", KENGEN)["Location"] == "/unyo/irai/"

        (row,) = list_own_irai(by=kikin("K0001", ASK), limit=9, now=clock.now())
        assert (row.state, row.payload) == (State.IRAI, {"shokuin_id": "K0003", "jimu": "fugo", "action": "shokai"})
        page = client.get("/unyo/irai/").content.decode()
        assert "照会のみ" in page
        assert "依頼中" in page

    @pytest.mark.parametrize(
        "change,field",
        [
            ({"action": ""}, "f-action"),
            ({"jimu": "kanri"}, "f-jimu"),
            ({"shokuin_id": "K9999"}, "f-shokuin_id"),
            ({"riyu": ""}, "f-riyu"),
            ({"kigen": "99"}, "f-kigen"),
        ],
    )
    def test_names_what_to_mend_and_stores_nothing(self, client: Client, change: dict[str, str], field: str) -> None:
        answer = client.post("/unyo/irai/kengen/", KENGEN | change)

        assert answer.status_code == 422
        assert f'href="#{field}"' in answer.content.decode()
        assert list_own_irai(by=kikin("K0001", ASK), limit=9, now=clock.now()) == ()

    def test_a_number_typed_by_mistake_is_not_given_back(self, client: Client) -> None:
        answer = client.post("/unyo/irai/kengen/", KENGEN | {"riyu": BANGO, "shokuin_id": BANGO})
        assert answer.status_code == 422
        assert BANGO not in answer.content.decode()


class TestAskBaitai:
    @pytest.mark.kj("KJ-DUAL-06")
    def test_is_for_those_who_extract(self, world: World, client: Client) -> None:
        form = {"baitai_id": "USB-001", "shurui": "usb", "kigen": "1", "riyu": "抽出に使うため"}
        assert client.post("/unyo/irai/baitai/", form).status_code == 403
        assert client.get("/unyo/irai/baitai/").status_code == 403
        assert "媒体の登録を依頼する" not in client.get("/unyo/irai/").content.decode()

        an_operator("K0002", kengen=AGREE)
        an_operator("K0004", kengen=ASK)
        grant_by_approval("K0001", "fugo", "koshin", by=kikin("K0004", ASK), agreed_by=kikin("K0002"))

        assert client.get("/unyo/irai/baitai/").status_code == 200
        assert client.post("/unyo/irai/baitai/", form).status_code == 302


class TestWithdraw:
    def test_takes_ones_own_back(self, client: Client) -> None:
        by = kikin("K0001", ASK)
        shonin_id = ask(by, "joho_teikyo_server_kengen", {"shokuin_id": "K0003", "jimu": "fugo", "action": "shokai"})
        for _ in range(2):  # pressed twice
            assert client.post(f"/unyo/irai/{shonin_id}/torisage/")["Location"] == "/unyo/irai/"
        page = client.get("/unyo/irai/").content.decode()
        assert "取下げ" in page
        assert "取り下げる" not in page.replace("取り下げてから", "")
