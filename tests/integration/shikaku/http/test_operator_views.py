"""Pages of operators: whose files they show, and that opening them is on record."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import RequestFactory

from chukan.controls.kikan.domain import KOKUHO_CHUOKAI, SHIHARAI_KIKIN, UNYO_HOSHU
from chukan.kernel import clock
from chukan.kernel.errors import RuleBroken
from chukan.kernel.principal import system_principal
from shikaku.actions.register_one import register_one
from shikaku.actions.resend_to_onshi import resend_refused
from shikaku.http.terminal_page import chain_of
from tests.support.files_of_operators import a_file
from tests.support.members import asked, bango, joined, known
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.staff import an_operator, browser
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])


class TestPages:
    @pytest.mark.kj("KJ-MENU-06")
    @pytest.mark.parametrize(("soshiki", "sees"), [(SHIHARAI_KIKIN, False), (KOKUHO_CHUOKAI, True), (UNYO_HOSHU, True)])
    def test_files_of_the_carrying_system_are_for_who_is_charged_with_towns(
        self, world: World, soshiki: str, *, sees: bool
    ) -> None:
        now = clock.now()
        bango = a_file(world, now - timedelta(hours=30), sender="shuyaku-1", zone=None, state="shori")
        client = browser(an_operator(soshiki=soshiki), hokensha="")

        for address in ("/unyo/", "/unyo/shori/"):
            page = client.get(address)
            assert page.status_code == 200
            assert (bango in page.content.decode()) is sees

    @pytest.mark.kj("KJ-UI-04")
    def test_a_number_in_the_address_of_a_list_is_not_given_back(self, world: World) -> None:
        client = browser(an_operator(), hokensha="")

        page = client.get("/unyo/shori/?ato=123456789018.123456789018&jotai=123456789018")

        assert page.status_code == 200
        assert "123456789018" not in page.content.decode()
        asked_for = RequestFactory().get("/unyo/shori/?ato=1764000000000000.17.123456789018.x")
        assert chain_of(asked_for) == [1764000000000000, 17]

    def test_what_waits_for_a_file_of_its_sender_is_not_shown_as_standing_still(self, world: World) -> None:
        now = clock.now()
        runs = a_file(world, now - timedelta(minutes=9), state="shori", moved_at=now)
        a_file(world, now - timedelta(minutes=8), state="uketsuke")
        client = browser(an_operator(), hokensha="")

        todo, files = (client.get(address).content.decode() for address in ("/unyo/", "/unyo/shori/"))

        assert f"{runs} の終わりを待っています" in files
        assert "停滞" not in files
        assert "進んでいません" not in todo

    @pytest.mark.kj("KJ-LOG-01")
    def test_every_page_an_operator_opens_is_on_record_and_no_poll(self, world: World) -> None:
        client = browser(an_operator(), hokensha="")
        mark = client.get("/unyo/").headers["HX-PTag"]
        for address in ("/unyo/shori/", "/unyo/haishin/"):
            assert client.get(address).status_code == 200
        polled = client.get("/unyo/", headers={"HX-Request": "true", "HX-PTag": mark})
        client.get("/unyo/", headers={"HX-Request": "true"})  # says that it is a poll, and cannot prove it

        assert "<html" not in polled.content.decode()
        rows = asked(world, "SELECT screen_id, actor_id FROM sosa_log_event WHERE kind = 'monitor' ORDER BY id")
        assert [row[0] for row in rows] == ["OP-001", "OP-101", "OP-201", "OP-001"]


class TestWhatNeedsAnOperator:
    @pytest.mark.parametrize(("minutes", "alarmed"), [(4, False), (6, True)])
    def test_the_age_of_what_was_not_received_is_alarmed(self, world: World, minutes: int, *, alarmed: bool) -> None:
        joined(1, now=clock.now() - timedelta(minutes=minutes))
        client = browser(an_operator(), hokensha="")

        todo, haishin = (client.get(address).content.decode() for address in ("/unyo/", "/unyo/haishin/"))

        assert (f"オン資への電文が{minutes}分" in todo) is alarmed
        assert ("受領されていません（見本健康保険組合、1件）" in todo) is alarmed
        assert ("遅延" in haishin) is alarmed

    @pytest.mark.kj("KJ-MENU-09")
    def test_a_number_of_another_person_is_there_with_insurer_and_next_act(self, world: World) -> None:
        joined(1)
        joined(2, by=clerk(OTHER_KENPO))
        line = known("03", 1, koshingo_kojin_bango=bango(2), kojin_bango_koshin_kubun="1")
        with pytest.raises(RuleBroken):
            register_one(by=clerk(), line=line, now=clock.now())

        client = browser(an_operator(), hokensha="")
        page = client.get("/unyo/").content.decode()

        case_id, other = asked(world, "SELECT id::text, other_himozuke_bango::text FROM shikaku_bango_case")[0]
        for text in (
            "個人番号の重なりが1件あります。保険者に連絡し",
            "見本健康保険組合",
            f"試験健康保険組合（{OTHER_KENPO}）",
        ):
            assert text in page
        assert case_id[:8] in page
        assert [text for text in (bango(1), bango(2), case_id, other, "0000000001") if text in page] == []
        assert "ほかの保険者の訂正" not in page

        with world.admin() as admin:
            admin.execute("UPDATE shikaku_bango_case SET channel = 'teisei'")
        page = client.get("/unyo/").content.decode()
        assert page.count("ほかの保険者の訂正") == 2  # what to do about it, and the row

    @pytest.mark.kj("KJ-EXT-04")
    def test_a_refused_telegram_is_in_the_resend_queue_until_a_new_one_is_owed(self, world: World) -> None:
        joined(1)
        with world.admin() as admin:
            admin.execute(
                "UPDATE shikaku_onshi_soshin SET sent_at = %s, answered_at = %s, shori_kekka_kubun = '9'",
                [clock.now() - timedelta(days=3)] * 2,
            )
        client = browser(an_operator(), hokensha="")

        before = [client.get(address).content.decode() for address in ("/unyo/", "/unyo/haishin/")]
        with as_role(world, "worker"):
            resend_refused(by=system_principal(actor_id="tests"), now=clock.now())
        after = [client.get(address).content.decode() for address in ("/unyo/", "/unyo/haishin/")]

        assert "処理結果が異常の電文が1件あります（見本健康保険組合）。原因を確かめ、再送してください。" in before[0]
        assert '<dt>再送待ち</dt><dd>1 <span class="tile-note">件</span>' in before[1]
        assert "異常あり" in before[1]
        assert "処理結果が異常の電文" not in after[0]
        assert '<dt>再送待ち</dt><dd>0 <span class="tile-note">件</span>' in after[1]


class TestRetryNow:
    """What backs off goes at once when an operator says so."""

    def test_the_telegrams_of_that_insurer_go_now_and_it_is_on_record(self, world: World) -> None:
        joined(1)
        joined(2, by=clerk(OTHER_KENPO))
        later = clock.now() + timedelta(hours=1)
        with world.admin() as admin:
            admin.execute("UPDATE shikaku_onshi_soshin SET attempts = 3, available_at = %s", [later])
        client = browser(an_operator(), hokensha="")

        assert "今すぐ再試行" in client.get("/unyo/haishin/").content.decode()
        done = client.post("/unyo/haishin/saishiko/", {"hokensha_code": KENPO})
        page = client.get(done.headers["Location"]).content.decode()

        assert done.status_code == 303
        assert "1件を、次の試行を待たずに送ります。" in page
        assert asked(world, "SELECT hokensha_code FROM shikaku_onshi_soshin WHERE available_at <= now()") == [(KENPO,)]
        assert asked(world, "SELECT screen_id, hokensha_code FROM sosa_log_event WHERE kind = 'onshi_retried'") == [
            ("OP-201", None)
        ]

    def test_where_nothing_waits_for_its_next_try_it_says_so(self, world: World) -> None:
        client = browser(an_operator(), hokensha="")

        done = client.post("/unyo/haishin/saishiko/", {"hokensha_code": KENPO})
        page = client.get(done.headers["Location"]).content.decode()

        assert "次の試行を待っている電文はありません。" in page
        assert "0件を" not in page
        assert "notice-info" in page
        assert "notice-ok" not in page

    def test_who_may_change_and_not_look_is_let_in_and_who_only_looks_is_kept_out_before_the_method(
        self, world: World
    ) -> None:
        joined(1)
        changes = browser(an_operator(kengen=frozenset({("unyo", "koshin")})), hokensha="")
        looks = browser(an_operator("K0002", kengen=frozenset({("unyo", "shokai")})), hokensha="")

        assert changes.post("/unyo/haishin/saishiko/", {"hokensha_code": KENPO}).status_code == 303
        assert changes.get("/unyo/haishin/saishiko/").status_code == 405
        assert looks.get("/unyo/haishin/saishiko/").status_code == 403

    def test_who_only_looks_has_no_button_and_is_refused(self, world: World) -> None:
        joined(1)
        with world.admin() as admin:
            admin.execute("UPDATE shikaku_onshi_soshin SET attempts = 3, available_at = now() + interval '1 hour'")
        client = browser(an_operator(kengen=frozenset({("unyo", "shokai")})), hokensha="")

        assert '<button class="button button-small" aria-label' not in client.get("/unyo/haishin/").content.decode()
        assert client.post("/unyo/haishin/saishiko/", {"hokensha_code": KENPO}).status_code == 403
        assert asked(world, "SELECT count(*) FROM sosa_log_event WHERE kind = 'onshi_retried'") == [(0,)]
