"""Every screen in its states, at both sizes: the same standard for all of them (`Window.check`)."""

from __future__ import annotations

import json
import re
from pathlib import Path

import psycopg
import pytest

from tests.browser.conftest import World
from tests.browser.support.people import card_number, kojin_bango, line, write_csv
from tests.browser.support.window import Window

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SEARCH = "/shikaku/kensaku/"
SEND = "/shikaku/toroku-files/soshin/"
FILES = "/shikaku/toroku-files/"
DONE = re.compile("処理が終わりました")


def search(window: Window, kana: str) -> None:
    """Find members by kana."""
    window.go(SEARCH)
    window.page.fill("#f-kana", kana)
    window.press("Enter", moves=True)


def open_first(window: Window, kana: str = "エソラ") -> None:
    """Open the first member found."""
    search(window, kana)
    window.press("Enter", moves=True)


def send(window: Window, path: Path) -> None:
    """Send a file and wait until it is done."""
    window.go(SEND)
    window.page.set_input_files("#f-file", str(path))
    window.page.locator("[data-check-title]").wait_for()
    window.press("F12", moves=True)
    window.page.locator("#live-title", has_text=DONE).wait_for(timeout=60_000)


class TestSignIn:
    def test_au_001(self, stranger: Window) -> None:
        stranger.go("/login/")

        stranger.check("AU-001_normal", screen_id="AU-001")

    def test_au_001_refused(self, stranger: Window) -> None:
        stranger.go("/login/")
        stranger.page.fill("#f-hokensha_code", "06132013")
        stranger.page.fill("#f-shokuin_id", "nobody")
        stranger.page.fill("#f-password", "wrong and long enough")
        stranger.press("Enter", moves=True)

        stranger.check("AU-001_error", screen_id="AU-001", refusal=True)
        assert stranger.page.title().startswith("エラー:")

    def test_au_003(self, clerk: Window) -> None:
        clerk.go("/password/")
        clerk.check("AU-003_normal", screen_id="AU-003")

        clerk.page.fill("#f-new", "short")
        clerk.press("F12", moves=True)
        clerk.check("AU-003_error", screen_id="AU-003", refusal=True)

    def test_an_address_without_sign_in_leads_to_the_sign_in(self, stranger: Window) -> None:
        stranger.go(SEARCH)

        assert "/login/" in stranger.page.url


class TestHome:
    def test_hm_001(self, clerk: Window) -> None:
        clerk.go("/")

        clerk.check("HM-001_normal", screen_id="HM-001")

    @pytest.mark.kj("KJ-MENU-01")
    def test_hm_001_shows_only_what_the_rights_open(self, reader: Window) -> None:
        reader.go("/home/")

        reader.check("HM-001_reader", screen_id="HM-001")
        menu = reader.page.locator(".menu a span:first-child").all_inner_texts()
        assert menu == ["HM-001", "HS-101", "HS-303", "HS-501"]


class TestSearch:
    def test_hs_101_before(self, clerk: Window) -> None:
        clerk.go(SEARCH)

        clerk.check("HS-101_before", screen_id="HS-101")
        assert clerk.focused() == "f-kana"

    def test_hs_101_found(self, clerk: Window) -> None:
        search(clerk, "ミホ")

        clerk.check("HS-101_found", screen_id="HS-101")
        assert clerk.page.locator("#results tbody tr").count() >= 5
        assert "ミホ" not in clerk.page.url

    def test_hs_101_nothing(self, clerk: Window) -> None:
        search(clerk, "ヌヌヌヌ")

        clerk.check("HS-101_none", screen_id="HS-101")
        assert "見つかりませんでした" in clerk.page.inner_text("main")

    def test_hs_101_errors(self, clerk: Window) -> None:
        clerk.go(SEARCH)
        clerk.page.fill("#f-seinengappi", "19801399")
        clerk.press("Enter", moves=True)

        clerk.check("HS-101_error", screen_id="HS-101", refusal=True)
        assert clerk.focused() == "error-summary"
        assert clerk.page.input_value("#f-seinengappi") == "19801399"

    def test_hs_101_of_a_reader_has_no_ticks(self, reader: Window) -> None:
        search(reader, "ミホ")

        reader.check("HS-101_reader", screen_id="HS-101")
        assert reader.page.locator("input[name=row]").count() == 0

    def test_hs_101_chip_widens(self, clerk: Window) -> None:
        search(clerk, "ミホ")
        with clerk.page.expect_navigation():
            clerk.page.click("button.chip")

        clerk.check("HS-101_chip", screen_id="HS-101")


class TestMember:
    def test_hs_102(self, clerk: Window) -> None:
        open_first(clerk)

        clerk.check("HS-102_normal", screen_id="HS-102")

    @pytest.mark.kj("KJ-UI-04")
    def test_the_number_is_not_in_the_page(self, clerk: Window) -> None:
        open_first(clerk)

        assert not re.search(r"[0-9]{4} ?[0-9]{4} ?[0-9]{4}(?![0-9])", clerk.page.inner_text("#kojin-bango"))
        assert clerk.page.locator("[data-revealed]").count() == 0

    def test_hs_102_of_a_reader_can_change_nothing(self, reader: Window) -> None:
        open_first(reader)

        reader.check("HS-102_reader", screen_id="HS-102")
        assert reader.page.locator("#act-shusei, [data-dialog=reveal-dialog]").count() == 0

    def test_reveal_dialog_and_its_errors(self, clerk: Window) -> None:
        open_first(clerk)
        clerk.page.click("[data-dialog=reveal-dialog]")
        clerk.check("HS-102_reveal", screen_id="HS-102")

        clerk.page.click("#reveal-dialog .button-main")
        clerk.page.locator("#riyu-error").wait_for()
        clerk.check("HS-102_reveal_error", screen_id="HS-102", refusal=True)

    def test_hs_103(self, clerk: Window) -> None:
        open_first(clerk)
        clerk.press("F3", moves=True)
        clerk.check("HS-103_normal", screen_id="HS-103")

        clerk.page.fill("#f-on", "M33.1.1")
        clerk.press("Enter", moves=True)
        clerk.check("HS-103_empty", screen_id="HS-103")

        clerk.page.fill("#f-known_on", "R99.1.1")
        clerk.press("Enter", moves=True)
        clerk.check("HS-103_error", screen_id="HS-103", refusal=True)

    def test_a_member_who_is_not_there_and_an_address_that_is_not_look_the_same(self, clerk: Window) -> None:
        missing = clerk.go("/shikaku/kanyusha/00000000-0000-4000-8000-000000000000/")
        clerk.check("404", refusal=True)
        unknown = clerk.go("/nai/")
        clerk.check("404_address", refusal=True)

        assert (missing, unknown) == (404, 404)


class TestForms:
    def test_hs_201(self, clerk: Window) -> None:
        clerk.go("/shikaku/toroku/")
        clerk.check("HS-201_normal", screen_id="HS-201")

        clerk.press("F12", moves=True)
        clerk.check("HS-201_error", screen_id="HS-201", refusal=True)
        assert clerk.focused() == "error-summary"
        assert clerk.page.locator("[aria-invalid=true]").count() >= 5

    def test_hs_201_to_206(self, clerk: Window) -> None:
        number = kojin_bango(20_260_001)
        clerk.go("/shikaku/toroku/")
        fill_new(clerk, number, card_number(990_001))
        clerk.press("F12", moves=True)
        clerk.check("HS-201_check", screen_id="HS-201")
        assert number not in clerk.page.content()

        clerk.press("F12", moves=True)
        clerk.check("HS-206", screen_id="HS-206")
        assert "加入者を登録しました" in clerk.page.inner_text("main")

    def test_the_last_button_pressed_twice_or_again_shows_one_result(self, clerk: Window) -> None:
        clerk.go("/shikaku/toroku/")
        fill_new(clerk, kojin_bango(20_260_004), card_number(990_004))
        clerk.press("F12", moves=True)
        check = clerk.page.url.removeprefix(clerk.url)

        # Two presses of a person: the browser gives the first up and shows what the second is answered.
        with clerk.page.expect_navigation(url=re.compile("/shikaku/kanryo/")):
            clerk.page.dblclick("#check-submit")
        clerk.check("HS-206_twice", screen_id="HS-206")
        shown = clerk.page.inner_text(".notice strong")
        done = clerk.page.url
        clerk.go(check)

        assert clerk.page.url == done
        assert clerk.page.inner_text(".notice strong") == shown

    def test_a_number_typed_twice_differently_is_refused_and_not_given_back(self, clerk: Window) -> None:
        number = kojin_bango(20_260_002)
        clerk.go("/shikaku/toroku/")
        fill_new(clerk, number, card_number(990_002))
        clerk.page.fill("#f-kojin_bango_again", kojin_bango(20_260_003))
        clerk.press("F12", moves=True)

        assert "一致しません" in clerk.page.inner_text("#error-summary")
        assert number not in clerk.page.content()
        assert clerk.page.input_value("#f-kojin_bango") == ""
        clerk.said.clear()

    def test_hs_202(self, clerk: Window) -> None:
        open_first(clerk)
        clerk.press("F4", moves=True)
        clerk.check("HS-202_normal", screen_id="HS-202")

        clerk.page.fill("#f-kihon-jusho", "見本県画面市1-2-3")
        clerk.press("F12", moves=True)
        clerk.check("HS-202_error", screen_id="HS-202", refusal=True)

        clerk.page.fill("#f-kihon-jusho_henko_ymd", "R8.11.1")
        clerk.press("F12", moves=True)
        clerk.check("HS-202_check", screen_id="HS-202")
        assert clerk.page.locator("td.before").count() >= 1

    def test_only_the_button_clears_an_item(self, clerk: Window) -> None:
        open_first(clerk)
        clerk.press("F4", moves=True)
        clerk.page.fill("#f-shikaku-hihokenshasho_kigo", "")
        clerk.press("F12", moves=True)
        assert "この項目を消す" in clerk.page.inner_text("#error-summary")

        clerk.page.click("[data-clear=f-shikaku-hihokenshasho_kigo]")
        clerk.press("F12", moves=True)
        assert "（この項目を消す）" in clerk.page.inner_text("main")
        clerk.said.clear()

    def test_hs_203_and_205(self, clerk: Window) -> None:
        open_first(clerk)
        member = clerk.page.url.removeprefix(clerk.url)
        clerk.go(f"{member}soshitsu/")
        clerk.check("HS-203_normal", screen_id="HS-203")
        clerk.press("F12", moves=True)
        clerk.check("HS-203_error", screen_id="HS-203", refusal=True)
        clerk.page.fill("#f-shikaku-shikaku_soshitsu_ymd", "R98.4.1")
        clerk.press("F12", moves=True)
        clerk.check("HS-203_check", screen_id="HS-203")

        clerk.go(f"{member}torikeshi/")
        clerk.check("HS-205_normal", screen_id="HS-205")
        clerk.press("F12", moves=True)
        clerk.check("HS-205_check", screen_id="HS-205")

    def test_hs_204(self, clerk: Window) -> None:
        search(clerk, "ミホ")
        clerk.press("Space")
        clerk.press("ArrowDown")
        clerk.press("x")
        assert clerk.page.inner_text("[data-selected-count]") == "2件を選択中"
        with clerk.page.expect_navigation():
            clerk.page.click("text=資格喪失の登録へ")
        clerk.check("HS-204_normal", screen_id="HS-204")

        clerk.press("F12", moves=True)
        clerk.check("HS-204_error", screen_id="HS-204", refusal=True)
        clerk.page.fill("#f-shikaku-shikaku_soshitsu_ymd", "R98.4.1")
        clerk.press("F12", moves=True)
        clerk.check("HS-204_check", screen_id="HS-204")

    def test_a_reader_is_kept_out_of_every_form(self, reader: Window) -> None:
        for path in ("/shikaku/toroku/", SEND, "/shikaku/ikkatsu-soshitsu/"):
            assert reader.go(path) == 403
        reader.check("403", refusal=True)


def fill_new(window: Window, number: str, bango: str) -> None:
    """Fill what a new member needs."""
    page = window.page
    page.fill("#f-kojin_bango", number)
    page.fill("#f-kojin_bango_again", number)
    page.fill("#f-kihon-seinengappi", "S55.4.1")
    page.check("#f-kihon-seibetsu1 input[value='2']")
    page.fill("#f-kihon-shimei_kenmen", "画面　試子")
    page.fill("#f-kihon-shimei_kenmen_kana", "ガメン　シコ")
    page.fill("#f-shikaku-hihokenshasho_kigo", "画面")
    page.fill("#f-shikaku-hihokenshasho_bango", bango)
    page.fill("#f-shikaku-edaban", "00")
    page.fill("#f-shikaku-shikaku_shutoku_ymd", "R6.4.1")
    page.select_option("#f-shikaku-honnin_kazoku_kubun", "1")


class TestFiles:
    def test_hs_301(self, clerk: Window) -> None:
        clerk.go(SEND)
        clerk.check("HS-301_normal", screen_id="HS-301")

        clerk.press("F12", moves=True)
        clerk.check("HS-301_error", screen_id="HS-301", refusal=True)

    def test_hs_301_looks_at_the_file_before_it_leaves(self, clerk: Window, tmp_path: Path) -> None:
        wrong = tmp_path / "wrong.csv"
        wrong.write_bytes("処理種別コード,しらない列\r\n01,x\r\n".encode())
        clerk.go(SEND)
        clerk.page.set_input_files("#f-file", str(wrong))
        clerk.page.locator("[data-check].notice-error").wait_for()

        clerk.check("HS-301_precheck", screen_id="HS-301")
        assert "「しらない列」" in clerk.page.inner_text("[data-check]")
        assert "「保険者コード」がありません" in clerk.page.inner_text("[data-check]")

    def test_hs_302_303_304(self, clerk: Window, tmp_path: Path) -> None:
        good = [line(seed) for seed in range(30_100, 30_160)]
        bad = [line(30_200, bango="123456789012"), line(30_201, birth="19801399"), line(30_202, sex="7")]
        send(clerk, write_csv(tmp_path / "gamen.csv", good + bad))
        status = clerk.page.url.removeprefix(clerk.url)
        clerk.check("HS-302_done", screen_id="HS-302")
        assert clerk.page.locator("#meisai tbody tr").count() == 3

        clerk.go(f"{status}?code=E206")
        clerk.check("HS-302_code", screen_id="HS-302")
        assert clerk.page.locator("#meisai tbody tr").count() == 1
        with clerk.page.expect_download() as download:
            clerk.press("F7")
        refused = Path(download.value.path()).read_bytes()
        assert refused.count(b"\r\n") == 4

        clerk.go(f"{status}?code=E205")
        clerk.page.locator("#meisai a[data-open]").click()
        clerk.page.wait_for_load_state()
        clerk.check("HS-304_normal", screen_id="HS-304")
        assert kojin_bango(30_202) not in clerk.page.content()
        clerk.press("F12", moves=True)
        clerk.check("HS-304_error", screen_id="HS-304", refusal=True)
        clerk.page.check("#f-kihon-seibetsu1 input[value='1']")
        clerk.press("F12", moves=True)
        clerk.check("HS-304_check", screen_id="HS-304")
        clerk.press("F12", moves=True)
        clerk.check("HS-302_mended", screen_id="HS-302")
        assert clerk.page.locator("#meisai a[data-open]").count() == 2

        clerk.go(FILES)
        clerk.check("HS-303_normal", screen_id="HS-303")

    def test_hs_302_without_errors_and_the_same_file_again(self, clerk: Window, tmp_path: Path) -> None:
        path = write_csv(tmp_path / "onaji.csv", [line(30_300)])
        send(clerk, path)
        clerk.check("HS-302_clean", screen_id="HS-302")

        clerk.go(SEND)
        clerk.page.set_input_files("#f-file", str(path))
        clerk.press("F12", moves=True)
        clerk.check("HS-301_again", screen_id="HS-301", refusal=True)
        assert "同じ内容のファイル" in clerk.page.inner_text("main")

    def test_hs_302_refused(self, clerk: Window, tmp_path: Path) -> None:
        path = tmp_path / "midashi.csv"
        path.write_bytes("処理種別コード,保険者コード,ない項目\r\n01,06132013,1\r\n".encode())
        clerk.go(SEND)
        clerk.page.set_input_files("#f-file", str(path))
        clerk.press("F12", moves=True)
        clerk.page.locator("#live-title", has_text="受け付けられませんでした").wait_for(timeout=60_000)

        clerk.check("HS-302_refused", screen_id="HS-302")


class TestKeeping:
    @pytest.mark.parametrize(
        ("path", "screen_id"),
        [("/kanri/shokuin/", "KR-101"), ("/kanri/shokuin/toroku/", "KR-102"), ("/kanri/sosa-rireki/", "KR-201")],
    )
    def test_screens_of_the_keeper(self, keeper: Window, path: str, screen_id: str) -> None:
        keeper.go("/home/")
        found = keeper.page.locator(f".menu a:has-text('{screen_id}')")
        if found.count():
            keeper.go(str(found.first.get_attribute("href")))
        elif screen_id == "KR-102":
            keeper.go(str(keeper.page.locator(".menu a:has-text('KR-101')").get_attribute("href")))
            keeper.page.locator("main a", has_text="登録").first.click()
            keeper.page.wait_for_load_state()

        keeper.check(f"{screen_id}_normal", screen_id=screen_id)


class TestConsole:
    @pytest.mark.parametrize(
        ("path", "screen_id"), [("/unyo/", "OP-001"), ("/unyo/shori/", "OP-101"), ("/unyo/haishin/", "OP-201")]
    )
    def test_screens_of_the_operator(self, operator: Window, path: str, screen_id: str) -> None:
        assert operator.go(path) == 200

        operator.check(f"{screen_id}_normal", screen_id=screen_id)
        assert operator.page.get_attribute("body", "data-console") == "operator"

    def test_op_001_with_a_number_of_another_person(self, operator: Window, demo: World) -> None:
        services = json.loads((demo.home / "run" / "services.json").read_text(encoding="utf-8"))
        with psycopg.connect(services["database_url"], autocommit=True) as admin:
            admin.execute(
                "INSERT INTO shikaku_bango_case (id, hokensha_code, hihokensha_edaban, other_himozuke_bango, channel,"
                " uketsuke_bango, meisai_no, first_seen_at, last_seen_at, seen_count, closed_reason)"
                " SELECT gen_random_uuid(), hokensha_code, hihokensha_edaban, gen_random_uuid(), 'server_api',"
                " '20261120-ABCDEFGHJK', 12, now(), now(), 2, '' FROM shikaku_itaku_kukaku_kanyusha LIMIT 1"
            )
            operator.go("/unyo/")
            admin.execute("DELETE FROM shikaku_bango_case")

        operator.check("OP-001_case", screen_id="OP-001")
        assert "個人番号の重なりが1件あります" in operator.page.inner_text("main")
        operator.page.click("text=個人番号の重なりが1件あります")
        assert operator.page.evaluate("document.activeElement.id") == "bango-cases"

    def test_op_101_empty(self, operator: Window) -> None:
        operator.go("/unyo/shori/?jotai=horyu")

        operator.check("OP-101_empty", screen_id="OP-101")
        assert "0件" in operator.page.inner_text("main")

    def test_an_operator_is_kept_out_of_the_terminal(self, operator: Window) -> None:
        for path in ("/home/", SEARCH, "/shikaku/toroku/", FILES):
            assert operator.go(path) == 403
        operator.check("403_operator", refusal=True)


def test_dialogs_of_every_screen(clerk: Window, demo: World) -> None:
    clerk.go(SEARCH)
    clerk.page.locator("h1").click()
    clerk.press("F1")
    clerk.check("help", screen_id="HS-101")
    assert "F2" in clerk.page.inner_text("#help-dialog")
    clerk.press("Escape")

    clerk.press("Control+k")
    clerk.type("HS301")
    clerk.check("palette", screen_id="HS-101")
    clerk.press("Enter", moves=True)
    assert clerk.page.url == demo.url + SEND
