"""KA-101 and KA-102: what operators are told of requests, that it is nothing about a person, and who may look."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse

from chukan.controls.kikan.domain import KOKUHO_CHUOKAI, UNYO_HOSHU
from chukan.kernel import clock
from fugo.http import urls
from tests.support.fugo import Line, brought, code_of, delivered, released, requests_made, tsuban_of
from tests.support.fugo_desk import LOOKS, SENDS, desk, waiting_file
from tests.support.members import asked, bango, joined
from tests.support.staff import a_staff, an_operator, browser
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])
JIKKO, JOKYO = "/unyo/fugo/", "/unyo/fugo/jokyo/"


def page(address: str, *, status: int = 200, **given: Any) -> str:
    answer = desk(**given).get(address)
    assert answer.status_code == status
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.content.decode()


def sent_file(world: World, *serials: int, at: Any = None) -> Any:
    """Return a file that 住基ネット has."""
    file = waiting_file(world, *serials)
    now = at or clock.now()
    with as_role(world, "worker"):
        released(world, file.id, now=now)
        assert delivered(Line(), now=now) == 1
    return file


class TestJikko:
    def test_empty_it_says_so(self, world: World) -> None:
        text = page(JIKKO)

        assert "対応が必要なものはありません" in text
        assert "送信を待つ要求ファイルは0件です。" in text
        assert "作成中・送信中" not in text

    @pytest.mark.kj("KJ-FUGO-03", "KJ-FUGO-07")
    def test_files_that_wait_lead_to_sending_and_tell_nothing_about_a_person(self, world: World) -> None:
        file = waiting_file(world, 1, 2)

        text = page(JIKKO)

        assert "送信を待つ要求ファイルが1件（2人分）あります。" in text
        assert f'href="/unyo/fugo/soshin/{file.id}/"' in text
        assert f"{file.sha256[:16]}…" in text
        person = asked(world, "SELECT himozuke_bango::text FROM fugo_shutoku_yokyu LIMIT 1")[0][0]
        for hidden in (bango(1), bango(2), person, "見本　太郎"):
            assert hidden not in text

    @pytest.mark.kj("KJ-AUTH-06")
    def test_one_who_only_looks_is_not_led_to_sending(self, world: World) -> None:
        file = waiting_file(world, 1)

        text = page(JIKKO, kengen=LOOKS)

        assert "/unyo/fugo/soshin/" not in text
        assert f'href="/unyo/fugo/jokyo/file/{file.id}/"' in text
        assert "「更新」の権限がある支払基金の職員です。" in text

    def test_requests_are_counted_where_they_stand(self, world: World) -> None:
        sent_file(world, 1, 2)
        brought(world, (tsuban_of(world, 1), code_of(1)), now=clock.now())
        waiting_file(world, 3)
        with as_role(world, "worker"):
            joined(4, now=clock.now())
            requests_made()

        client = desk()
        tiles = {tile.label: tile.value for tile in client.get(JIKKO).context["tiles"]}

        assert tiles == {
            "要求受付（ファイル待ち）": "1",
            "転送（送信待ち）": "1",
            "住基ネットへ送信中": "0",
            "送信（回答待ち）": "1",
            "今日設定した符号": "1",
        }

    def test_what_is_not_taken_is_alarmed(self, world: World) -> None:
        file = waiting_file(world, 1)
        with as_role(world, "worker"):
            released(world, file.id, now=clock.now())
            delivered(Line(silent=True), now=clock.now())

        text = page(JIKKO)

        assert "住基ネットに届いていない要求ファイルが1件あります。" in text
        assert "住基ネットから応答がありません。" in text

    def test_what_has_no_answer_for_long_is_alarmed(self, world: World) -> None:
        sent_file(world, 1)
        with world.admin() as admin:
            admin.execute("UPDATE fugo_shutoku_yokyu SET last_sent_at = now() - interval '3 days 1 minute'")

        assert "送信から3日を過ぎても回答のない要求が1件あります。" in page(JIKKO)

    def test_codes_that_fit_no_request_are_alarmed(self, world: World) -> None:
        brought(world, (uuid4(), code_of(1)), now=clock.now())

        text = page(JIKKO)

        assert "要求と合わない符号が今日1件届きました（格納していません）。" in text


class TestJokyo:
    def test_empty_it_says_so(self, world: World) -> None:
        assert "要求ファイルは0件です。" in page(JOKYO)

    @pytest.mark.kj("KJ-MENU-08", "KJ-FUGO-07", "KJ-DUAL-03")
    def test_a_request_is_shown_with_its_stamps_and_never_a_code(self, world: World) -> None:
        file = sent_file(world, 1)
        tsuban = tsuban_of(world)
        before = page(f"{JOKYO}file/{file.id}/")
        brought(world, (tsuban, code_of(1)), now=clock.now())
        client = desk("K0002")
        pages = [
            client.get(address).content.decode()
            for address in (JOKYO, JIKKO, f"{JOKYO}file/{file.id}/", f"{JOKYO}tsuban/{tsuban}/", "/unyo/fugo/jushin/")
        ]

        assert str(tsuban) in before
        assert "符号の回答を待っています。" in before
        assert "符号を設定しました。" in pages[3]
        assert "符号を待つ要求は0件です。" in pages[2]
        rows = asked(world, "SELECT himozuke_bango::text, encode(bi_kikanbetsu_fugo, 'hex') FROM fugo_kikanbetsu_fugo")
        for text in (before, *pages):
            for hidden in (code_of(1), bango(1), *rows[0]):
                assert hidden not in text

    def test_it_is_found_by_the_two_numbers_and_never_by_address(self, world: World) -> None:
        waiting_file(world, 1)
        tsuban = tsuban_of(world)
        client = desk()

        by_tsuban = client.post(JOKYO, {"bango": f" {str(tsuban).upper()}　"})
        by_uketsuke = client.post(JOKYO, {"bango": "20261120-abcdefghjk"})

        assert (by_tsuban.status_code, by_tsuban["Location"]) == (303, f"{JOKYO}tsuban/{tsuban}/")
        assert by_uketsuke["Location"] == f"{JOKYO}uketsuke/20261120-ABCDEFGHJK/"
        assert "当てはまる要求は0件です。" in client.get(by_uketsuke["Location"]).content.decode()
        assert client.get(f"{JOKYO}uketsuke/20261399-ABCDEFGHJK/").status_code == 404

    def test_requests_of_a_receipt_are_found(self, world: World) -> None:
        waiting_file(world, 1)
        with world.admin() as admin:
            given = f"{clock.today_jst():%Y%m%d}-ABCDEFGHJK"
            admin.execute("UPDATE fugo_shutoku_yokyu SET uketsuke_bango = %s", [given])

        text = page(f"{JOKYO}uketsuke/{given}/")

        assert str(tsuban_of(world)) in text

    def test_what_is_no_number_is_said_and_a_kojin_bango_is_not_given_back(self, world: World) -> None:
        client = desk()

        answer = client.post(JOKYO, {"bango": bango(1)})

        text = answer.content.decode()
        assert answer.status_code == 422
        assert "処理通番か受付番号を読み取れません。" in text
        assert bango(1) not in text
        assert "番号を入力してください。" in client.post(JOKYO, {"bango": " "}).content.decode()

    def test_what_goes_into_no_file_says_why(self, world: World) -> None:
        waiting_file(world, 1)
        with world.admin() as admin:
            admin.execute(
                "UPDATE fugo_shutoku_yokyu SET yokyu_file_id = NULL, shori_kekka_shosai_code = 'bango_nashi',"
                " shori_kekka_message = '個人番号が登録されていないため、要求できません。'"
            )

        client = desk()
        text = client.get(f"{JOKYO}yokyu-fuka/").content.decode()

        assert "個人番号が登録されていないため、要求できません。" in text
        assert "bango_nashi" in text
        assert "要求ファイルに入れられない要求が1件あります。" in client.get(JIKKO).content.decode()

    def test_what_waits_too_long_says_what_comes(self, world: World) -> None:
        sent_file(world, 1)
        with world.admin() as admin:
            admin.execute("UPDATE fugo_shutoku_yokyu SET last_sent_at = now() - interval '4 days', asked_count = 3")

        answer = desk().get(f"{JOKYO}kaito-machi/")

        (row,) = answer.context["requests"]
        assert row.asked_again == 2
        assert "再要求します。" in row.result

    def test_files_come_fifty_at_a_time(self, world: World) -> None:
        with world.admin() as admin:
            for _ in range(51):
                admin.execute(
                    "INSERT INTO fugo_yokyu_file (id, kind, state, kensu, object_key, sha256, created_at, sent_by,"
                    " attempts, last_error) VALUES (uuidv7(), 'shinki', 'haiki', 1, '', '', now(), '', 0, '')"
                )
        client = desk()

        first = client.get(JOKYO)
        second = client.get(first.context["next_url"])

        assert len(first.context["files"]) == 50
        assert len(second.context["files"]) == 1
        assert second.context["next_url"] == ""
        assert second.context["first_url"] == JOKYO

    @pytest.mark.kj("KJ-LOG-02")
    def test_who_looked_at_what_is_on_record(self, world: World) -> None:
        file = waiting_file(world, 1)
        tsuban = tsuban_of(world)
        client = desk()
        nobody = uuid4()
        for address in (JIKKO, f"{JOKYO}file/{file.id}/", f"{JOKYO}tsuban/{tsuban}/", f"{JOKYO}tsuban/{nobody}/"):
            client.get(address)

        found = asked(
            world,
            "SELECT actor_id, screen_id, targets, result FROM sosa_log_event WHERE kind = 'fugo_shokai' ORDER BY id",
        )
        assert found == [
            ("K0001", "KA-101", [], "ok"),
            ("K0001", "KA-102", [str(file.id)], "ok"),
            ("K0001", "KA-102", [str(tsuban)], "ok"),
            ("K0001", "KA-102", [str(nobody)], "not_found"),
        ]


@pytest.mark.kj("KJ-DUAL-03")
def test_no_page_of_the_desk_hands_out_a_file(world: World) -> None:
    file = sent_file(world, 1)
    client = desk()
    given = {"row_id": file.id, "uketsuke_bango": "20261120-ABCDEFGHJK"}
    pages = [pattern for pattern in urls.urlpatterns if pattern.name not in {"jotai", "soshin_ninsho", "soshin_jikko"}]

    for pattern in pages:
        kwargs = {name: given[name] for name in pattern.pattern.converters}
        answer = client.get(reverse(f"fugo:{pattern.name}", kwargs=kwargs))
        assert answer.status_code == 200, pattern.name
        assert answer.headers["Content-Type"].startswith("text/html"), pattern.name
        assert "Content-Disposition" not in answer.headers, pattern.name
    assert len(pages) == 12


class TestWhoMayLook:
    @pytest.mark.kj("KJ-MENU-08", "KJ-AUTH-06")
    @pytest.mark.parametrize(
        "address", [JIKKO, JOKYO, "/unyo/fugo/soshin/", "/unyo/fugo/jushin/", "/unyo/fugo/kiroku/"]
    )
    @pytest.mark.parametrize("soshiki", [KOKUHO_CHUOKAI, UNYO_HOSHU])
    def test_other_operators_do_not_come_in_and_have_no_menu_entry(
        self, world: World, address: str, soshiki: str
    ) -> None:
        client = browser(an_operator(soshiki=soshiki), hokensha="")

        assert client.get(address).status_code == 403
        assert "KA-101" not in client.get("/unyo/").content.decode()

    @pytest.mark.kj("KJ-MENU-08", "KJ-AUTH-06")
    @pytest.mark.parametrize("address", [JIKKO, JOKYO, "/unyo/fugo/soshin/"])
    def test_an_insurers_staff_does_not_come_in(self, world: World, address: str) -> None:
        with as_role(world, "kanri"):
            staff = a_staff("S0001")

        assert browser(staff).get(address).status_code == 403

    @pytest.mark.kj("KJ-MENU-01")
    def test_staff_of_the_right_organisation_find_what_their_right_opens(self, world: World) -> None:
        looks, sends = (page(JIKKO, shokuin_id=f"K{n}", kengen=kengen) for n, kengen in enumerate((LOOKS, SENDS)))

        assert "IP-101" not in looks
        assert "IP-101" in sends
        assert desk("K0009", kengen=frozenset({("unyo", "shokai")})).get(JIKKO).status_code == 403


def test_a_file_that_waits_longer_says_how_long(world: World) -> None:
    file = waiting_file(world, 1)
    with world.admin() as admin:
        admin.execute("UPDATE fugo_yokyu_file SET created_at = %s", [clock.now() - timedelta(hours=2, minutes=5)])

    assert "2時間5分" in page(JIKKO)
    assert str(file.id) in page(f"{JOKYO}file/{file.id}/", shokuin_id="K0002")
