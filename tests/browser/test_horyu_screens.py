"""HS-302 and HS-305 of a held file in a real browser: what a clerk reads, what the manager decides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.support.window import Window

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SEND = "/shikaku/toroku-files/soshin/"
HEADER = "処理種別コード,保険者コード,被保険者枝番,身分,資格喪失年月日（保護停止日・保護廃止日）"
CODE = "06132013"


@pytest.fixture
def held(clerk: Window, keeper: Window, tmp_path: Path) -> Iterator[str]:
    """The address of a file that waits; whatever a test did, it is taken back at the end."""
    rows = [f"04,{CODE},{n:010d},,20261001" for n in range(1, 41)]
    rows += [f"03,{CODE},{n:010d},[消去]," for n in range(41, 76)]
    path = tmp_path / "soshitsu_202610.csv"
    path.write_text("\r\n".join([HEADER, *rows]) + "\r\n", encoding="utf-8")
    clerk.go(SEND)
    clerk.page.set_input_files("#f-file", str(path))
    clerk.page.locator("[data-check-title]").wait_for()
    clerk.press("F12", moves=True)
    clerk.page.locator("#horyu-title").wait_for(timeout=60_000)
    address = clerk.page.url.removeprefix(clerk.url)
    yield address
    keeper.go(f"{address}horyu/")
    if keeper.page.locator("#horyu-torisage").count():
        keeper.page.click("#horyu-torisage")
        keeper.page.click("#torisage-dialog button.button-danger")
        keeper.page.wait_for_load_state()


def test_a_clerk_reads_the_difference_and_whom_to_ask(clerk: Window, held: str) -> None:
    clerk.go(held)

    clerk.check("HS-302_held_clerk", screen_id="HS-302")
    text = clerk.page.inner_text("#live")
    assert "が資格を失います（基準 5 %）。" in text
    assert "で「身分」を消します（基準 5 %）。" in text
    assert "システム管理責任者に連絡してください。" in text
    assert clerk.page.locator("#live .actions a").count() == 0


def test_the_manager_decides_by_password_or_takes_it_back(keeper: Window, held: str) -> None:
    keeper.go("/home/")
    assert "保留しています" in keeper.page.inner_text("main")
    keeper.go(held)
    keeper.check("HS-302_held", screen_id="HS-302")

    keeper.page.click("#live .actions a.button-main")
    keeper.page.wait_for_load_state()
    keeper.check("HS-305_normal", screen_id="HS-305")
    keeper.press("F12", moves=True)
    keeper.check("HS-305_error", screen_id="HS-305", refusal=True)

    keeper.page.click("#horyu-torisage")
    keeper.check("HS-305_dialog", screen_id="HS-305")
    keeper.page.click("#torisage-dialog button.button-danger")
    keeper.page.wait_for_load_state()
    keeper.check("HS-302_withdrawn", screen_id="HS-302")
    assert "保険者が取り下げました。" in keeper.page.inner_text("#live")
