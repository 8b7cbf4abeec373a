"""Idle times and hidden numbers, by a clock that the test turns."""

from __future__ import annotations

import pytest

from tests.browser.conftest import PERSONS, World
from tests.browser.support.window import Window

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def open_member(window: Window) -> None:
    window.go("/shikaku/kensaku/")
    window.page.fill("#f-kana", "エソラ")
    window.press("Enter", moves=True)
    window.press("Enter", moves=True)


def password(demo: World) -> str:
    return demo.password(*PERSONS["clerk"])


def reveal(window: Window, demo: World) -> None:
    window.page.click("[data-dialog=reveal-dialog]")
    window.page.locator("input[name=riyu]").first.check()
    window.page.fill("#reveal-password", password(demo))
    window.press("Enter")
    window.page.locator("[data-revealed]").wait_for()


@pytest.mark.kj("KJ-UI-04")
def test_a_revealed_number_goes_after_thirty_seconds(clerk: Window, demo: World) -> None:
    clerk.page.clock.install()
    open_member(clerk)
    reveal(clerk, demo)
    clerk.check("HS-102_revealed", screen_id="HS-102")

    clerk.page.clock.run_for(31_000)

    assert clerk.page.locator("[data-revealed]").count() == 0
    assert "登録あり（非表示）" in clerk.page.inner_text("#kojin-bango")


@pytest.mark.kj("KJ-UI-04")
def test_a_revealed_number_goes_with_the_cover(clerk: Window, demo: World) -> None:
    open_member(clerk)
    reveal(clerk, demo)

    clerk.press("Control+Alt+l")

    assert clerk.page.locator("[data-revealed]").count() == 0
    assert clerk.page.locator("#blank-cover[open]").count() == 1
    clerk.press("Enter")
    assert clerk.page.locator("#blank-cover[open]").count() == 0


def test_the_screen_covers_itself_and_gives_the_focus_back(clerk: Window) -> None:
    clerk.page.clock.install()
    clerk.go("/shikaku/kensaku/")
    clerk.page.focus("#f-bango")

    clerk.page.clock.run_for(181_000)
    clerk.check("cover", screen_id="HS-101")
    assert clerk.page.locator("#blank-cover[open]").count() == 1
    clerk.press("a")

    assert clerk.focused() == "f-bango"
    assert clerk.page.input_value("#f-bango") == ""


def test_a_warning_comes_before_the_lock_and_can_be_answered(clerk: Window) -> None:
    clerk.page.clock.install()
    clerk.go("/shikaku/kensaku/")

    clerk.page.clock.run_for(481_000)
    assert clerk.page.locator("#session-warning[open]").count() == 1
    clerk.check("warning", screen_id="HS-101")
    clerk.press("Enter")

    assert clerk.page.locator("#session-warning[open]").count() == 0
    assert clerk.page.inner_text("[data-remaining]") == "10:00"


def test_what_was_typed_is_there_after_the_lock(clerk: Window, demo: World) -> None:
    clerk.page.clock.install()
    clerk.go("/shikaku/toroku/")
    clerk.page.fill("#f-shikaku-hihokenshasho_kigo", "入力中")

    clerk.page.clock.run_for(601_000)
    assert clerk.page.locator("#lock-cover[open]").count() == 1
    clerk.check("AU-004_in_place", screen_id="HS-201")
    clerk.press("Escape")
    assert clerk.page.locator("#lock-cover[open]").count() == 1

    clerk.page.fill("#unlock-password", "wrong and long enough")
    clerk.press("Enter")
    clerk.page.locator("[data-unlock-error]:not([hidden])").wait_for()
    clerk.page.fill("#unlock-password", password(demo))
    clerk.press("Enter")
    clerk.page.locator("#lock-cover[open]").wait_for(state="detached")

    assert clerk.page.input_value("#f-shikaku-hihokenshasho_kigo") == "入力中"
    clerk.said.clear()


def test_a_locked_session_opens_no_page_until_the_password(clerk: Window, demo: World) -> None:
    clerk.page.clock.install()
    clerk.go("/home/")
    clerk.page.clock.run_for(601_000)
    clerk.page.locator("#lock-cover[open]").wait_for()
    clerk.page.wait_for_timeout(500)

    status = clerk.go("/shikaku/kensaku/")
    clerk.check("AU-004_page", refusal=True)
    assert status == 423
    clerk.page.fill("input[name=password]", password(demo))
    clerk.press("Enter", moves=True)

    assert "HS-101" in clerk.page.title()
