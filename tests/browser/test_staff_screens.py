"""KR-101 and KR-102 in a real browser: a member of staff is registered, signs in for the first time, and is stopped."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import PERSONS, World
from tests.browser.support.window import Window

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TOROKU = "/kanri/shokuin/toroku/"
THEIR_OWN = "asagao to kaze no 2026 nen"
READS = "input[name=kengen][value='shikaku:shokai']"


@pytest.fixture
def shokuin_id() -> str:
    """A 職員ID nobody has yet, in a demo that may be an old one."""
    return f"B{secrets.token_hex(4)}".upper()


@pytest.fixture
def newcomer(browser: Browser, demo: World) -> Iterator[Window]:
    """The window of whoever is registered."""
    window = Window(browser, demo.url)
    yield window
    window.close()


def password_of(person: str, demo: World) -> str:
    return demo.password(*PERSONS[person])


def registered(keeper: Window, demo: World, shokuin_id: str) -> str:
    """Register somebody who may only look, and return the password for the first sign-in."""
    keeper.go(TOROKU)
    keeper.page.fill("#f-shokuin_id", shokuin_id)
    keeper.page.fill("#f-shimei", "見本　新人")
    keeper.page.check(READS)
    keeper.press("F12", moves=True)
    keeper.page.fill("#f-password", password_of("keeper", demo))
    keeper.press("F12", moves=True)
    return keeper.page.inner_text("#first-password").strip()


class TestRegistration:
    def test_what_is_missing_is_told_at_its_field_and_in_the_summary(self, keeper: Window) -> None:
        keeper.go(TOROKU)
        keeper.page.fill("#f-valid_to", "R98.4.1")
        keeper.press("F12", moves=True)

        keeper.check("KR-102_errors", screen_id="KR-102", refusal=True)
        for field in ("shokuin_id", "shimei", "valid_to"):
            assert keeper.page.inner_text(f"#f-{field}-error")
        assert keeper.page.input_value("#f-valid_to") == "R98.4.1"

    def test_it_is_shown_whole_and_done_by_password_only(self, keeper: Window, demo: World, shokuin_id: str) -> None:
        keeper.go(TOROKU)
        keeper.page.fill("#f-shokuin_id", shokuin_id)
        keeper.page.fill("#f-shimei", "見本　新人")
        keeper.page.check(READS)
        keeper.press("F12", moves=True)
        keeper.check("KR-102_check", screen_id="KR-102")
        assert all(text in keeper.page.inner_text("main") for text in (shokuin_id, "見本　新人", "（照会）"))

        keeper.page.fill("#f-password", "chigau aikotoba")
        keeper.press("F12", moves=True)
        keeper.check("KR-102_password", screen_id="KR-102", refusal=True)
        assert keeper.page.inner_text("#f-password-error")
        keeper.page.fill("#f-password", password_of("keeper", demo))
        keeper.press("F12", moves=True)

        keeper.check("KR-102_done", screen_id="KR-102")
        assert keeper.focused() == "done-title"
        assert len(keeper.page.inner_text("#first-password").strip()) >= 12
        keeper.press("F4", moves=True)
        assert shokuin_id in keeper.page.inner_text("#staff")

    def test_coming_back_from_the_check_page_everything_is_there(self, keeper: Window, shokuin_id: str) -> None:
        keeper.go(TOROKU)
        keeper.page.fill("#f-shokuin_id", shokuin_id)
        keeper.page.fill("#f-shimei", "見本　新人")
        keeper.page.check(READS)
        keeper.press("F12", moves=True)

        keeper.press("F2", moves=True)

        assert keeper.page.input_value("#f-shokuin_id") == shokuin_id
        assert keeper.page.input_value("#f-shimei") == "見本　新人"
        assert keeper.page.is_checked(READS)


class TestNewcomer:
    def test_the_first_password_lets_in_and_is_changed_before_anything_else(
        self, keeper: Window, newcomer: Window, demo: World, shokuin_id: str
    ) -> None:
        given = registered(keeper, demo, shokuin_id)

        newcomer.sign_in(PERSONS["keeper"][0], shokuin_id, given)
        assert "AU-003" in newcomer.page.title()
        newcomer.go("/home/")
        assert "AU-003" in newcomer.page.title()
        for name, value in (("current", given), ("new", THEIR_OWN), ("repeated", THEIR_OWN)):
            newcomer.page.fill(f"#f-{name}", value)
        newcomer.press("F12", moves=True)
        newcomer.go("/home/")

        newcomer.check("HM-001_newcomer", screen_id="HM-001")
        menu = newcomer.page.inner_text(".menu")
        assert "HS-101" in menu
        assert "HS-201" not in menu
        assert "KR-101" not in menu

    def test_who_is_stopped_is_shown_before_and_after_and_is_out_at_once(
        self, keeper: Window, newcomer: Window, demo: World, shokuin_id: str
    ) -> None:
        newcomer.sign_in(PERSONS["keeper"][0], shokuin_id, registered(keeper, demo, shokuin_id))
        keeper.go("/kanri/shokuin/")
        keeper.page.locator(f"#staff tr:has-text('{shokuin_id}') a").click()
        keeper.page.wait_for_load_state()
        keeper.page.fill("#f-valid_to", keeper.page.input_value("#f-valid_from"))
        keeper.press("F12", moves=True)
        keeper.check("KR-102_change_check", screen_id="KR-102")
        assert keeper.page.locator(".before-after .after").all_inner_texts()[1:] == ["なし"]  # of the rights
        keeper.page.fill("#f-password", password_of("keeper", demo))
        keeper.press("F12", moves=True)

        newcomer.go("/home/")
        assert "/login" in newcomer.page.url
