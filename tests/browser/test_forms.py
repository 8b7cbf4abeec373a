"""What happens at a form between two pages: the caret in a number, leaving, sending, and an answer that is none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Route

from tests.browser.conftest import PERSONS, World
from tests.browser.support.people import line, write_csv
from tests.browser.support.window import Window

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SEND = "/shikaku/toroku-files/soshin/"
TOROKU = "/shikaku/toroku/"


class TestNumber:
    @pytest.fixture
    def window(self, clerk: Window) -> Window:
        """A form with a number typed in, the caret at its beginning."""
        clerk.go(TOROKU)
        clerk.page.focus("#f-kojin_bango")
        clerk.type("123456789012")
        clerk.press("Home")
        return clerk

    def number(self, window: Window) -> str:
        return window.page.input_value("#f-kojin_bango")

    def test_a_digit_in_the_middle_is_corrected_where_it_stands(self, window: Window) -> None:
        for _ in range(3):
            window.press("ArrowRight")
        window.press("Backspace")
        assert self.number(window) == "1245 6789 012"
        window.type("9")

        assert self.number(window) == "1294 5678 9012"

    def test_digits_across_a_gap_are_deleted_and_typed_anew_either_way(self, window: Window) -> None:
        for _ in range(3):
            window.press("ArrowRight")
        for _ in range(3):
            window.press("Delete")
        assert self.number(window) == "1237 8901 2"
        window.type("00")
        for _ in range(2):
            window.press("Backspace")
        window.type("456")

        assert self.number(window) == "1234 5678 9012"


class TestLeaving:
    def test_a_form_with_something_typed_asks_first(self, clerk: Window) -> None:
        clerk.go(TOROKU)
        clerk.page.fill("#f-kihon-shimei_kenmen", "見本　花子")

        clerk.press("F10")
        clerk.page.locator("#leave-dialog[open]").wait_for()
        clerk.check("HS-201_leave", screen_id="HS-201")
        assert "入力した内容を捨ててやめます" in clerk.page.inner_text("#leave-dialog")
        clerk.press("F10")
        clerk.press("Enter")
        assert clerk.page.locator("#leave-dialog[open]").count() == 0
        assert clerk.page.input_value("#f-kihon-shimei_kenmen") == "見本　花子"

        clerk.press("F10")
        with clerk.page.expect_navigation():
            clerk.page.click("#leave-dialog a")
        assert "HM-001" in clerk.page.title()

    @pytest.mark.parametrize("change", ["select", "check", "clear"])
    def test_every_kind_of_field_counts(self, clerk: Window, change: str) -> None:
        if change == "clear":
            clerk.go("/shikaku/kensaku/")
            clerk.page.fill("#f-kana", "エソラ")
            clerk.press("Enter", moves=True)
            clerk.press("Enter", moves=True)
            clerk.press("F4", moves=True)
            clerk.page.click("[data-clear=f-shikaku-hihokenshasho_kigo]")
        else:
            clerk.go(TOROKU)
            if change == "check":
                clerk.page.check("#f-kihon-seibetsu1 input[value='2']")
            else:
                clerk.page.select_option("#f-shikaku-honnin_kazoku_kubun", "2")

        clerk.press("F10")

        clerk.page.locator("#leave-dialog[open]").wait_for()

    def test_a_form_as_it_was_opened_is_left_at_once(self, clerk: Window) -> None:
        clerk.go(TOROKU)

        clerk.press("F10", moves=True)

        assert "HM-001" in clerk.page.title()

    def test_what_was_typed_before_an_error_and_before_the_check_page_counts(self, clerk: Window) -> None:
        clerk.go(TOROKU)
        clerk.press("F12", moves=True)
        clerk.press("F10")
        clerk.page.locator("#leave-dialog[open]").wait_for()
        clerk.said.clear()

        clerk.go("/shikaku/kensaku/")
        clerk.page.fill("#f-kana", "エソラ")
        clerk.press("Enter", moves=True)
        clerk.press("Enter", moves=True)
        clerk.go(f"{clerk.page.url.removeprefix(clerk.url)}soshitsu/")
        clerk.page.fill("#f-shikaku-shikaku_soshitsu_ymd", "R98.4.1")
        clerk.press("F12", moves=True)
        clerk.press("F10")
        clerk.page.locator("#leave-dialog[open]").wait_for()
        clerk.check("HS-203_leave", screen_id="HS-203")

    def test_nothing_opens_while_japanese_is_being_converted(self, clerk: Window) -> None:
        clerk.go(TOROKU)
        clerk.page.fill("#f-kihon-shimei_kenmen", "見本　花子")
        clerk.page.evaluate(
            "document.activeElement.dispatchEvent("
            "new KeyboardEvent('keydown', {key: 'F10', bubbles: true, isComposing: true}))"
        )
        clerk.page.wait_for_timeout(300)

        assert clerk.page.url.endswith(TOROKU)
        assert clerk.page.locator("#leave-dialog[open]").count() == 0

    def test_the_form_of_a_member_of_staff_asks_too(self, keeper: Window) -> None:
        keeper.go("/kanri/shokuin/toroku/")
        keeper.page.fill("#f-shimei", "見本　花子")

        keeper.press("F10")

        keeper.page.locator("#leave-dialog[open]").wait_for()
        keeper.check("KR-102_leave", screen_id="KR-102")


def test_leaving_during_an_upload_is_asked_about(clerk: Window, tmp_path: Path) -> None:
    asked: list[str] = []
    held: list[Route] = []

    def hear(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    def hold(route: Route) -> None:
        held.append(route)

    clerk.go(SEND)
    clerk.page.on("dialog", hear)
    clerk.page.route(f"**{SEND}", hold)
    clerk.page.set_input_files("#f-file", str(write_csv(tmp_path / "okuru.csv", [line(70_200)])))
    clerk.page.locator("[data-check].notice-ok").wait_for()
    box = clerk.page.locator("[data-key=F10]").bounding_box()
    assert box is not None
    clerk.page.click("#upload-submit", no_wait_after=True)
    clerk.page.wait_for_timeout(500)
    assert (len(held), asked) == (1, []), "sending itself is not leaving"

    # By the mouse itself: a page that is being sent answers no question about its contents.
    clerk.page.mouse.click(box["x"] + 5, box["y"] + 5)
    clerk.page.wait_for_timeout(500)

    assert asked == ["beforeunload"]
    assert clerk.page.url.endswith(SEND)
    for route in held:
        route.abort()
    clerk.page.unroute_all(behavior="ignoreErrors")


class TestNoAnswer:
    @pytest.mark.parametrize(("status", "words"), [(403, "開き直して"), (503, "少し待って"), (0, "応答がありません")])
    def test_a_number_that_is_not_shown_says_why(self, clerk: Window, demo: World, status: int, words: str) -> None:
        clerk.go("/shikaku/kensaku/")
        clerk.page.fill("#f-kana", "エソラ")
        clerk.press("Enter", moves=True)
        clerk.press("Enter", moves=True)
        answer_with(clerk, "**/kojin-bango/", status)
        clerk.page.click("[data-dialog=reveal-dialog]")
        clerk.page.locator("input[name=riyu]").first.check()
        clerk.page.fill("#reveal-password", demo.password(*PERSONS["clerk"]))
        clerk.press("Enter")

        said = clerk.page.locator("#reveal-dialog [role=alert][data-reveal-error]:not([hidden])")
        said.wait_for()
        assert words in said.inner_text()
        clerk.page.unroute_all(behavior="ignoreErrors")
        clerk.press("Enter")
        clerk.page.locator("[data-revealed]").wait_for()
        clerk.said.clear()

    @pytest.mark.parametrize(("status", "words"), [(403, "開き直して"), (503, "少し待って"), (0, "応答がありません")])
    def test_a_lock_that_stays_does_not_blame_the_password(
        self, clerk: Window, demo: World, status: int, words: str
    ) -> None:
        clerk.page.clock.install()
        clerk.go(TOROKU)
        clerk.page.clock.run_for(601_000)
        clerk.page.locator("#lock-cover[open]").wait_for()
        answer_with(clerk, re.compile("/unlock/$"), status)
        clerk.page.fill("#unlock-password", demo.password(*PERSONS["clerk"]))
        clerk.press("Enter")

        said = clerk.page.locator("[data-unlock-error]:not([hidden])")
        said.wait_for()
        assert words in said.inner_text()
        assert "認証" not in said.inner_text()
        clerk.page.unroute_all(behavior="ignoreErrors")
        clerk.press("Enter")
        clerk.page.locator("#lock-cover[open]").wait_for(state="detached")
        clerk.said.clear()


def answer_with(window: Window, address: str | re.Pattern[str], status: int) -> None:
    """Let a page of another kind, or nothing, come instead of the answer."""

    def answer(route: Route) -> None:
        if status:
            route.fulfill(status=status, content_type="text/html", body="<!doctype html><h1>x</h1>")
        else:
            route.abort()

    window.page.route(address, answer)
