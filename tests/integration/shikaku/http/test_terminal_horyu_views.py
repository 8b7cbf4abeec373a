"""A held file on screen and over REST: who reads what, who decides, by password, and what is on record."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from django.test import Client

from chukan.controls.uketsuke.queries import HoryuFacts
from chukan.kernel import clock
from shikaku.actions.process_toroku_file import process_toroku_file
from shikaku.http.terminal_horyu_views import sentences
from tests.builders.files import Sent, send_file
from tests.builders.lines import file_text, known, message
from tests.support.machines import new_machine
from tests.support.members import asked
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.staff import BOTH, PASSWORD, a_staff, browser
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True)
DAY = {"shikaku_soshitsu_ymd": "2026-10-01"}
MANAGES = frozenset({("kanri", "koshin")})
LOST = "有効な加入者 20人のうち 3人（15.0 %）が資格を失います（基準 5 %）。"
CLEARED = "有効な加入者 20人のうち 2人（10.0 %）で「住所」を消します（基準 5 %）。"


@pytest.fixture
def held(world: World) -> Sent:
    bodies = [known("04", edaban=n, shikaku=DAY) for n in (1, 2, 3)]
    bodies += [known("03", edaban=n, kihon={"jusho": None, "jusho_henko_ymd": "2026-10-01"}) for n in (4, 5)]
    with as_role(world, "worker"):
        send_file(file_text([message(n) for n in range(1, 21)]), by=clerk(), now=clock.now())
        return send_file(file_text(bodies), by=clerk(), now=clock.now())


def manager(*, kengen: frozenset[tuple[str, str]] = BOTH | MANAGES, hokensha: str = KENPO) -> Client:
    return browser(a_staff("K0001", kengen=kengen, hokensha=hokensha), hokensha=hokensha)


def page(sent: Sent) -> str:
    return f"/shikaku/toroku-files/{sent.row_id}/"


def decision(sent: Sent) -> str:
    return f"{page(sent)}horyu/"


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


class TestDifference:
    def test_the_manager_reads_it_and_finds_the_two_buttons(self, held: Sent) -> None:
        text = text_of(manager(), page(held))

        for part in (
            LOST,
            CLEARED,
            "内容を確かめて、登録を続けるか取り下げてください。",
            ">登録を続ける<",
            ">取り下げる<",
        ):
            assert part in text
        assert f'href="{decision(held)}"' in text
        assert "data-poll" not in text

    def test_a_clerk_reads_it_and_whom_to_ask(self, held: Sent) -> None:
        text = text_of(browser(a_staff()), page(held))

        assert LOST in text
        assert "システム管理責任者に連絡してください。" in text
        assert decision(held) not in text

    def test_it_stands_at_home_for_both(self, held: Sent) -> None:
        of_manager, of_clerk = text_of(manager(), "/home/"), text_of(browser(a_staff()), "/home/")

        assert f'href="{decision(held)}"' in of_manager
        assert f'href="{page(held)}"' in of_clerk
        assert "保留しています" in of_clerk

    def test_whoever_keeps_staff_only_decides_too_and_sees_no_file_beside(self, held: Sent) -> None:
        client = manager(kengen=MANAGES)

        assert f'href="{decision(held)}"' in text_of(client, "/home/")
        assert LOST in text_of(client, decision(held))
        assert client.get(page(held)).status_code == 403
        assert client.post(decision(held), {"password": PASSWORD})["Location"] == "/home/"

    @pytest.mark.parametrize(
        ("reason", "joining", "limit", "told"),
        [
            (("", 80, 1200), 0, 5, "有効な加入者 1,200人のうち 80人（6.7 %）が資格を失います（基準 5 %）。"),
            (("住所", 70, 1200), 0, 5, "有効な加入者 1,200人のうち 70人（5.8 %）で「住所」を消します（基準 5 %）。"),
            (
                ("", 90, 1280),
                80,
                5,
                "有効な加入者 1,200人と、このファイルで取得する 80人のうち 90人（7.0 %）が資格を失います（基準 5 %）。",
            ),
            (("", 601, 12_000), 0, 5, "12,000人のうち 601人（5.01 %）"),
            (("", 50_001, 1_000_000), 0, 5, "1,000,000人のうち 50,001人（5.0001 %）"),
            (("", 3000, 200), 0, 5, "200人のうち 3,000人（1,500.0 %）"),
        ],
    )
    def test_a_sentence_is_never_read_as_usual(
        self, reason: tuple[str, int, int], joining: int, limit: int, told: str
    ) -> None:
        at = datetime.fromisoformat("2026-11-20T12:00:00+09:00")
        facts = HoryuFacts(KENPO, reason[2] - joining, joining, limit, (reason,), at, "", None, "")

        assert told in sentences(facts)[0]


class TestRelease:
    def test_by_password_it_goes_on_and_is_registered(self, world: World, held: Sent) -> None:
        client = manager()
        assert client.get(decision(held)).status_code == 200

        answer = client.post(decision(held), {"password": PASSWORD})

        assert (answer.status_code, answer["Location"]) == (303, page(held))
        assert held.status.jotai == "shori"
        with as_role(world, "worker"):
            process_toroku_file(by=held.by, uketsuke_id=held.row_id, now=clock.now)
        assert "処理が終わりました" in text_of(client, page(held))
        assert asked(world, "SELECT actor_id, screen_id FROM sosa_log_event WHERE kind = 'file_released'") == [
            ("K0001", "HS-305")
        ]

    @pytest.mark.parametrize(
        ("password", "told"), [("", "パスワードを入力してください。"), ("chigau", "パスワードが正しくありません。")]
    )
    def test_without_the_password_nothing_is_decided(self, held: Sent, password: str, told: str) -> None:
        answer = manager().post(decision(held), {"password": password})

        assert answer.status_code == 422
        assert told in answer.content.decode()
        assert LOST in answer.content.decode()
        assert held.status.jotai == "horyu"

    def test_one_password_is_good_for_one_decision_and_the_session_goes_on(self, held: Sent) -> None:
        client = manager()
        client.post(decision(held), {"password": PASSWORD})

        assert client.get("/home/").status_code == 200
        again = client.post(decision(held), {"password": PASSWORD})
        assert (again.status_code, again["Location"]) == (303, page(held))


class TestWithdraw:
    def test_it_is_taken_back_and_the_page_says_so(self, held: Sent) -> None:
        client = manager()

        answer = client.post(f"{decision(held)}torisage/")

        assert (answer.status_code, answer["Location"]) == (303, page(held))
        assert held.status.jotai == "kyohi"
        assert "保険者が取り下げました。" in text_of(client, page(held))
        assert "直して送り直してください" not in text_of(client, "/home/")
        assert client.get(f"{page(held)}kekka/").status_code == 200

    def test_after_a_decision_there_is_nothing_more_to_decide(self, held: Sent) -> None:
        client = manager()
        client.post(f"{decision(held)}torisage/")

        assert client.get(decision(held))["Location"] == page(held)
        assert client.post(decision(held), {"password": PASSWORD})["Location"] == page(held)
        assert held.status.jotai == "kyohi"


class TestWho:
    @pytest.mark.kj("KJ-AUTH-13", "KJ-LOG-18")
    def test_a_clerk_is_kept_out_and_that_is_on_record(self, world: World, held: Sent) -> None:
        client = browser(a_staff())

        for answer in (
            client.get(decision(held)),
            client.post(decision(held), {"password": PASSWORD}),
            client.post(f"{decision(held)}torisage/"),
        ):
            assert answer.status_code == 403
        assert held.status.jotai == "horyu"
        assert asked(world, "SELECT count(*) FROM sosa_log_event WHERE kind = 'refused'") == [(3,)]

    @pytest.mark.kj("KJ-ZONE-05")
    def test_another_insurers_manager_finds_nothing(self, held: Sent) -> None:
        client = manager(hokensha=OTHER_KENPO)

        assert client.get(decision(held)).status_code == 404
        assert client.post(decision(held), {"password": PASSWORD}).status_code == 404
        assert client.post(f"{decision(held)}torisage/").status_code == 404
        assert "保留しています" not in text_of(client, "/home/")


class TestRest:
    def test_the_states_are_told_over_rest(self, world: World, held: Sent) -> None:
        machine = new_machine(world)
        address = f"/api/v1/uketsuke/{held.bango}"

        waiting = json.loads(machine.get(address).content)
        results = machine.get(f"{address}/kekka")
        manager().post(f"{decision(held)}torisage/")
        ended = json.loads(machine.get(address).content)

        assert (waiting["jotai"], waiting["sosu"], waiting["shori_zumi"]) == ("horyu", 5, 0)
        assert (waiting["riyu"], waiting["teitai_nichiji"], waiting["shuryo_nichiji"]) == (None, None, None)
        assert (results.status_code, json.loads(results.content)["code"]) == (409, "shorichu")
        assert (ended["jotai"], ended["riyu"]["code"]) == ("kyohi", "torisage")
        assert ended["shuryo_nichiji"] is not None
