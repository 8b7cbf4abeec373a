"""The five tasks done most, by keyboard alone, from ホーム to the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.support.people import card_number, kojin_bango, line, write_csv
from tests.browser.support.window import Window

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def go_to(window: Window, screen_id: str) -> None:
    """Ctrl+K, 画面ID, Enter."""
    window.go("/home/")
    window.press("Control+k")
    window.type(screen_id)
    window.press("Enter", moves=True)


def find(window: Window, kana: str) -> None:
    """Find members and open the first."""
    go_to(window, "HS-101")
    window.type(kana)
    window.press("Enter", moves=True)
    assert window.focused() == "TR"
    window.press("Enter", moves=True)
    assert "HS-102" in window.page.title()


def tab_to(window: Window, field: str, *, at_most: int = 60) -> None:
    """Tab on until a field has the focus."""
    for _ in range(at_most):
        if window.focused() == field:
            return
        window.press("Tab")
    pytest.fail(f"{field} cannot be reached by Tab")


def register(window: Window, seed: int, kana: str) -> None:
    """Register one person from ホーム."""
    go_to(window, "HS-201")
    assert window.focused() == "f-kojin_bango"
    window.type(kojin_bango(seed))
    window.press("Tab")
    window.type(kojin_bango(seed))
    tab_to(window, "f-kihon-seinengappi")
    window.type("S55.4.1")
    window.press("Tab")
    window.press("Space")
    tab_to(window, "f-kihon-shimei_kenmen_kana")
    window.type(kana)
    tab_to(window, "f-shikaku-hihokenshasho_bango")
    window.type(card_number(seed))
    window.press("Tab")
    window.type("00")
    window.press("Tab")
    window.type("R6.4.1")
    window.press("Tab")
    window.type("1")  # the number picks the option
    window.press("F12", moves=True)
    assert "内容の確認" in window.page.title(), window.page.inner_text("main")
    window.press("F12", moves=True)
    assert "HS-206" in window.page.title()


def test_find_one_person_and_open(clerk: Window) -> None:
    find(clerk, "エソラ")


def test_register_one_person(clerk: Window) -> None:
    register(clerk, 70_000_001, "キーボード　イチ")


def test_amend_one_item(clerk: Window) -> None:
    register(clerk, 70_000_002, "シュウセイ　タロウ")
    find(clerk, "シュウセイ")
    clerk.press("F4", moves=True)
    tab_to(clerk, "f-kihon-yubin_bango", at_most=80)
    clerk.type("1000001")
    tab_to(clerk, "f-kihon-yubin_bango_henko_ymd")
    clerk.type("R8.11.1")
    clerk.press("F12", moves=True)
    assert "内容の確認" in clerk.page.title(), clerk.page.inner_text("main")

    clerk.press("F12", moves=True)

    assert "資格を修正しました" in clerk.page.inner_text("main")


def test_register_a_loss(clerk: Window) -> None:
    register(clerk, 70_000_003, "ソウシツ　タロウ")
    find(clerk, "ソウシツ")
    tab_to(clerk, "act-soshitsu")
    clerk.press("Enter", moves=True)
    assert clerk.focused() == "f-shikaku-shikaku_soshitsu_ymd"
    clerk.type("R8.4.1")
    clerk.press("F12", moves=True)
    clerk.press("F12", moves=True)

    assert "資格喪失を登録しました" in clerk.page.inner_text("main")


def test_send_a_file_and_see_it_accepted(clerk: Window, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "kenban.csv", [line(70_100 + at) for at in range(5)])
    # The browser needs a moment to hand its file dialog over: it is asked before the key that opens one.
    clerk.page.on("filechooser", lambda _chooser: None)
    go_to(clerk, "HS-301")
    clerk.press("F2")
    assert clerk.focused() == "f-file"
    with clerk.page.expect_file_chooser() as chooser:
        clerk.press("Space")
    chooser.value.set_files(str(path))
    clerk.page.locator("[data-check].notice-ok").wait_for()

    clerk.press("F12", moves=True)

    assert "HS-302" in clerk.page.title()
    clerk.page.locator("#live-title", has_text="処理が終わりました").wait_for(timeout=60_000)
    assert "5件すべて登録しました" in clerk.page.inner_text("#live")


def test_keys_do_nothing_while_japanese_is_being_converted(clerk: Window) -> None:
    clerk.go("/shikaku/toroku/")
    clerk.page.evaluate(
        "document.activeElement.dispatchEvent("
        "new KeyboardEvent('keydown', {key: 'F12', bubbles: true, isComposing: true}))"
    )
    clerk.page.wait_for_timeout(300)

    assert clerk.page.url.endswith("/shikaku/toroku/")
    assert clerk.page.locator("#error-summary").count() == 0


def test_rows_move_by_arrows_and_letters(clerk: Window) -> None:
    go_to(clerk, "HS-101")
    clerk.type("ミホ")
    clerk.press("Enter", moves=True)
    rows = clerk.page.locator("#results tbody tr")

    def here() -> int:
        return int(
            clerk.page.evaluate("[...document.querySelectorAll('#results tbody tr')].indexOf(document.activeElement)")
        )

    clerk.press("ArrowDown")
    clerk.press("j")
    assert here() == 2
    clerk.press("k")
    assert here() == 1
    clerk.press("End")
    assert here() == rows.count() - 1
    clerk.press("Home")
    assert here() == 0


def test_f6_goes_from_error_to_error(clerk: Window) -> None:
    clerk.go("/shikaku/toroku/")
    clerk.press("F12", moves=True)
    clerk.press("F6")
    first = clerk.focused()
    clerk.press("F6")
    second = clerk.focused()
    clerk.press("Shift+F6")

    assert first == clerk.focused() != second
