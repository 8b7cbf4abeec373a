"""生体認証 in a Chromium with a virtual authenticator: the first sign-in, a refusal in the browser, one act."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import World
from tests.browser.support.device import Device
from tests.browser.support.window import Window

pytestmark = [pytest.mark.browser, pytest.mark.slow]
VENDOR = ("unyo_hoshu", "UH001")
WITNESSES = ("SK900", "SK901")


@pytest.fixture
def window(browser: Browser, demo: World) -> Iterator[Window]:
    opened = Window(browser, demo.url)
    yield opened
    opened.close()


@pytest.mark.kj("KJ-AUTH-04")
def test_a_vendor_registers_an_authenticator_signs_in_and_confirms_one_act(window: Window, demo: World) -> None:
    device = Device(window)
    window.go("/login/")
    window.page.fill("#f-shokuin_id", VENDOR[1])
    window.page.fill("#f-password", demo.password(*VENDOR))
    window.press("Enter", moves=True)
    assert window.page.url.startswith(f"{demo.url}/login/seitai/")
    window.check("AU-002_first_key", screen_id="AU-002")
    for number, witness in enumerate(WITNESSES, start=1):
        window.page.fill(f"#f-witness_{number}", witness)
        window.page.fill(f"#f-witness_{number}_password", demo.password("shiharai_kikin", witness))
    window.press("F12", moves=True)
    window.check("AU-002_make_key", screen_id="AU-002")
    window.page.fill("#f-meisho", "認証器 12")
    window.press("F12", moves=True)

    window.page.locator("#seitai-start").wait_for()
    window.check("AU-002_ask", screen_id="AU-002")
    window.press("F12", moves=True)
    window.page.wait_for_url(f"{demo.url}/unyo/")

    window.go("/seitai/ninshoki/")
    assert "認証器 12" in window.page.inner_text("#main")
    window.check("US-301", screen_id="US-301")
    window.press("F4", moves=True)
    window.check("IP-001", screen_id="IP-001")
    device.recognises(is_recognised=False)
    window.press("F12")
    window.page.locator("#seitai-error").wait_for()
    assert "指紋や顔を読み取れなかった" in window.page.inner_text("#seitai-error")
    assert window.page.evaluate("document.activeElement.id") == "seitai-error"
    window.check("IP-001_not_recognised", screen_id="IP-001")
    device.recognises(is_recognised=True)
    window.press("F12", moves=True)
    window.page.wait_for_url(f"{demo.url}/seitai/ninshoki/?kekka=tameshi")
    assert "確認できました" in window.page.inner_text("#main")


def test_a_wrong_witness_is_shown_at_the_field(window: Window, demo: World) -> None:
    window.sign_in("shiharai_kikin", "SK003", demo.password("shiharai_kikin", "SK003"))
    window.go("/seitai/ninshoki/")
    window.page.fill("#f-witness_1", "SK900")
    window.page.fill("#f-witness_1_password", "mistyped-by-accident")
    window.press("F12", moves=True)

    assert window.page.title().startswith("エラー: ")
    window.check("US-301_error", screen_id="US-301", refusal=True)
    assert window.page.input_value("#f-witness_1") == "SK900"
    assert window.page.input_value("#f-witness_1_password") == ""
