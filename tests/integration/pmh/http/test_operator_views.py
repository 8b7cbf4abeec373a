"""OP-301 and OP-302: what operators are told, that it is nothing about a person, and who may look."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from chukan.controls.kikan.domain import KOKUHO_CHUOKAI, SHIHARAI_KIKIN, UNYO_HOSHU
from chukan.kernel import clock
from tests.support.irai import an_irai
from tests.support.members import asked, bango, joined
from tests.support.pmh import a_pmh, issued, pmh_principal
from tests.support.staff import a_staff, an_operator, browser
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])
HARAIDASHI, REIGAI = "/unyo/pmh/", "/unyo/pmh/reigai/"


def page(address: str, soshiki: str = SHIHARAI_KIKIN) -> str:
    answer = browser(an_operator(soshiki=soshiki), hokensha="").get(address)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.content.decode()


class TestHaraidashi:
    @pytest.mark.kj("KJ-MENU-09", "KJ-EXT-16")
    def test_outcomes_are_shown_and_nothing_about_a_person(self, world: World) -> None:
        now = clock.now()
        joined(1, now=now)
        pmh = a_pmh(world)
        by = pmh_principal(pmh)
        pmh_id = issued(by, bango(1), bango(2), now=now)[0]
        issued(by, bango(1), now=now)

        text = page(HARAIDASHI)

        assert "対応が必要なものはありません" in text
        assert pmh.client_id in text
        assert "医療費公費" in text
        assert text.count("人・33%") == 2
        assert "発行履歴 1人" in text
        person = asked(world, "SELECT himozuke_bango::text FROM shikaku_himozuke")[0][0]
        for hidden in (bango(1), bango(2), str(pmh_id), person, "見本　太郎"):
            assert hidden not in text

    def test_empty_it_says_so(self, world: World) -> None:
        text = page(HARAIDASHI)

        assert "今日の依頼は0件です。" in text
        assert "1時間ごとに" not in text
        assert "直近7日" not in text

    def test_the_poll_is_the_part_that_changes_and_leaves_no_record(self, world: World) -> None:
        client = browser(an_operator(), hokensha="")
        mark = client.get(HARAIDASHI).headers["HX-PTag"]
        part = client.get(HARAIDASHI, headers={"HX-Request": "true", "HX-PTag": mark}).content.decode()

        assert "<html" not in part
        assert 'id="live"' in part
        assert asked(world, "SELECT screen_id, target_file FROM sosa_log_event WHERE kind = 'monitor'") == [
            ("OP-301", "PMH-ID発行履歴")
        ]
        client.get(HARAIDASHI, headers={"HX-Request": "true"})  # says that it is a poll, and cannot prove it
        assert asked(world, "SELECT count(*) FROM sosa_log_event WHERE kind = 'monitor'") == [(2,)]

    @pytest.mark.parametrize(("minutes", "alarmed"), [(4, False), (6, True)])
    def test_what_onshi_has_not_received_is_alarmed(self, world: World, minutes: int, *, alarmed: bool) -> None:
        at = clock.now() - timedelta(minutes=minutes)
        joined(1, now=at)
        issued(pmh_principal(a_pmh(world)), bango(1), now=at)
        with world.admin() as admin:
            admin.execute("UPDATE shikaku_onshi_soshin SET sent_at = owed_at WHERE kind = 'shikaku'")

        client = browser(an_operator(), hokensha="")

        for address in (HARAIDASHI, REIGAI, "/unyo/"):
            assert (f"PMH-IDの電文が{minutes}分" in client.get(address).content.decode()) is alarmed


class TestReigai:
    @pytest.mark.kj("KJ-PMH-08")
    def test_entrustments_say_when_they_are_to_be_looked_at(self, world: World) -> None:
        today = clock.now().date()
        a_pmh(world, jimu=("01",), minaoshi=today - timedelta(days=3))
        a_pmh(world, jimu=("02",), minaoshi=today + timedelta(days=20))
        a_pmh(world, jimu=("03",), kakunin=date(2026, 1, 1), minaoshi=today + timedelta(days=200))

        text = page(REIGAI)

        assert text.index("期限切れ</span>") < text.index("まもなく期限</span>") < text.index("有効</span>")
        assert "委託の確認1件が期限切れです。" in text
        assert "委託の確認1件がまもなく見直しの期限です。" in text

    def test_refused_requests_say_why_and_what_to_do(self, world: World) -> None:
        now = clock.now()
        an_irai(world, now, client="pmh-x", jimu="02", code="itaku_kakunin_nashi")
        an_irai(world, now, client="pmh-x", jimu="", code="unknown_field")
        an_irai(world, now, client="pmh-x", code="naibu")
        an_irai(world, now, client="pmh-x", code="code_of_tomorrow")

        text = page(REIGAI)

        assert "公費実施機関等からの委託を確かめ、接続システムに登録してください。" in text
        assert "余分な項目を送らないよう" in text
        assert "要求を処理できませんでした。" in text
        assert "処理できなかった依頼が直近7日に1件あります。" in text

    def test_a_refused_telegram_is_counted(self, world: World) -> None:
        now = clock.now()
        joined(1, now=now)
        issued(pmh_principal(a_pmh(world)), bango(1), now=now)
        with world.admin() as admin:
            admin.execute(
                "UPDATE shikaku_onshi_soshin SET sent_at = now(), answered_at = now(), shori_kekka_kubun = '9'"
            )

        client = browser(an_operator(), hokensha="")

        text = client.get(REIGAI).content.decode()

        for told in (text, client.get("/unyo/").content.decode()):
            assert "処理結果が異常のPMH-IDの電文が1件あります。" in told
        assert "異常あり" in text

    def test_why_telegrams_were_refused_is_counted_by_meisai_code(self, world: World) -> None:
        now = clock.now()
        for serial in (1, 2, 3):
            joined(serial, now=now)
        issued(pmh_principal(a_pmh(world)), bango(1), bango(2), bango(3), now=now)
        person = bango(4)
        with world.admin() as admin:
            admin.execute(
                "UPDATE shikaku_onshi_soshin s SET sent_at = now(), answered_at = now(), shori_kekka_kubun = '9',"
                " shori_kekka_meisai_code = CASE n WHEN 1 THEN %s ELSE 'OQS-12' END FROM (SELECT soshin_bango,"
                " row_number() OVER (ORDER BY soshin_bango) n FROM shikaku_onshi_soshin WHERE kind = 'pmh_id') numbered"
                " WHERE numbered.soshin_bango = s.soshin_bango",
                [person],
            )

        text = page(REIGAI)

        assert re.search(r"OQS-12</td>\s*<td class=\"num\">2</td>", text)
        assert re.search(r"（番号のため表示しません）</td>\s*<td class=\"num\">1</td>", text)
        assert person not in text

    def test_empty_it_says_so(self, world: World) -> None:
        text = page(REIGAI)

        assert "断った依頼は0件です。" in text
        assert "委託の確認は0件です。" in text
        assert 'id="ijo"' not in text


class TestWhoMayLook:
    @pytest.mark.kj("KJ-MENU-05")
    @pytest.mark.parametrize("address", [HARAIDASHI, REIGAI])
    def test_staff_of_kokuho_chuokai_do_not_come_in_and_have_no_menu_entry(self, address: str) -> None:
        client = browser(an_operator(soshiki=KOKUHO_CHUOKAI), hokensha="")

        assert client.get(address).status_code == 403
        assert "OP-301" not in client.get("/unyo/").content.decode()

    @pytest.mark.kj("KJ-MENU-05")
    def test_they_are_not_told_of_its_telegrams_either(self, world: World) -> None:
        at = clock.now() - timedelta(minutes=9)
        joined(1, now=at)
        joined(2, now=at)
        issued(pmh_principal(a_pmh(world)), bango(1), bango(2), now=at)
        with world.admin() as admin:
            admin.execute(
                "UPDATE shikaku_onshi_soshin SET sent_at = owed_at, answered_at = owed_at, shori_kekka_kubun = '9'"
                " WHERE soshin_bango = (SELECT soshin_bango FROM shikaku_onshi_soshin WHERE kind = 'pmh_id' LIMIT 1)"
            )

        assert "PMH-ID" not in page("/unyo/", KOKUHO_CHUOKAI)

    @pytest.mark.parametrize("soshiki", [SHIHARAI_KIKIN, UNYO_HOSHU])
    def test_the_others_find_it_in_their_menu(self, world: World, soshiki: str) -> None:
        text = page(HARAIDASHI, soshiki)

        assert text.count(f'href="{REIGAI}"') >= 1

    @pytest.mark.kj("KJ-MENU-01", "KJ-ZONE-15")
    @pytest.mark.parametrize("address", [HARAIDASHI, REIGAI])
    def test_an_insurers_staff_does_not_come_in(self, world: World, address: str) -> None:
        with as_role(world, "kanri"):
            staff = a_staff("S0001")

        assert browser(staff).get(address).status_code == 403
