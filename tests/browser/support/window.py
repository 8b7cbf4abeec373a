"""One person's browser window: goes to screens and holds every screen to the same standard."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page

ROOT = Path(__file__).resolve().parents[3]
AXE = ROOT / "tests" / "browser" / "vendor" / "axe-core-4.14.1"
PICTURES = ROOT / "build" / "pictures"
SIZES = ((1280, 1024), (1920, 1080))
NARROW = (320, 640)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What axe cannot decide by itself: contrast behind overlapping or symbol-only text. Computed by hand for the tokens.
UNDECIDED = {"color-contrast"}
_RUN_AXE = """async (rules) => {
  const found = await axe.run(document, {runOnly: {type: 'tag', values: rules}});
  const plain = (list) => list.map((one) => ({
    id: one.id, nodes: one.nodes.map((node) => node.html.slice(0, 200) + ' ' + (node.failureSummary ?? '')),
  }));
  return {violations: plain(found.violations), incomplete: plain(found.incomplete)};
}"""
_CSP = """\
window.__csp = [];
document.addEventListener('securitypolicyviolation', (e) => window.__csp.push(e.violatedDirective));
"""
_WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_STATUS_LINE = "Failed to load resource: the server responded with a status of"


@lru_cache(maxsize=1)
def axe_source() -> str:
    return (AXE / "axe.min.js").read_text(encoding="utf-8")


class Window:
    """A window of one person."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.url = url
        self._context = browser.new_context(
            viewport={"width": SIZES[0][0], "height": SIZES[0][1]},
            locale="ja-JP",
            timezone_id="Asia/Tokyo",
            reduced_motion="reduce",
            accept_downloads=True,
        )
        self._context.add_init_script(_CSP)
        self.said: list[str] = []
        self.page: Page = self._new_page()

    def _new_page(self) -> Page:
        page = self._context.new_page()
        page.set_default_timeout(30_000)
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.said.append(f"pageerror: {error}"))
        return page

    def _heard(self, message: ConsoleMessage) -> None:
        # `verbose` is advice of the browser to developers (about forms with two passwords and the like).
        if message.type in {"error", "warning"}:
            self.said.append(f"{message.type}: {message.text}")

    def fresh(self) -> Window:
        """A new tab of the same person at the first size; the old one is closed."""
        self.page.close()
        self.said.clear()
        self.page = self._new_page()
        return self

    def close(self) -> None:
        self._context.close()

    def sign_in(self, soshiki: str, shokuin_id: str, password: str) -> None:
        self.go("/login/")
        if soshiki.isdigit():
            self.page.fill("#f-hokensha_code", soshiki)
        self.page.fill("#f-shokuin_id", shokuin_id)
        self.page.fill("#f-password", password)
        self.press("Enter", moves=True)
        assert "/login" not in self.page.url, self.page.inner_text("main")

    def go(self, path: str) -> int:
        """Open an address and return the status it answers with."""
        response = self.page.goto(self.url + path)
        assert response is not None
        return response.status

    def press(self, key: str, *, moves: bool = False) -> None:
        """Press a key; `moves`: it leads to another page."""
        if not moves:
            self.page.keyboard.press(key)
            return
        with self.page.expect_navigation():
            self.page.keyboard.press(key)
        self.page.wait_for_load_state()

    def type(self, text: str) -> None:
        """Type into whatever has the focus."""
        self.page.keyboard.type(text)

    def focused(self) -> str:
        """The id or the tag of what has the focus."""
        return str(self.page.evaluate("document.activeElement.id || document.activeElement.tagName"))

    def check(self, name: str, *, screen_id: str = "", refusal: bool = False) -> None:
        """Hold the page as it stands to the standard of every screen, at both sizes and on a narrow one.

        axe without violations, nothing in the console, nothing the policy refused, no sideways scrolling, one h1,
        title with 画面ID, no inline style or handler; keeps its picture. `refusal`: the page itself answered 4xx.
        """
        page = self.page
        assert page.locator("h1").count() == 1
        assert page.get_attribute("html", "lang") == "ja"
        if screen_id:
            assert screen_id in page.title(), page.title()
        inline = page.locator("[style]:not([style='']), [onclick], [hx-on]").all()
        assert not inline, [one.evaluate("e => e.outerHTML.slice(0, 200)") for one in inline]
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            self._picture(f"{name}_{width}")
            assert page.evaluate(_WIDER) == 0, f"{name}: sideways scrolling at {width}"
            self._axe(f"{name} at {width}")
        page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
        assert page.evaluate(_WIDER) == 0, f"{name}: sideways scrolling at {NARROW[0]}"
        page.set_viewport_size({"width": SIZES[0][0], "height": SIZES[0][1]})
        assert page.evaluate("window.__csp") == []
        assert page.evaluate("localStorage.length + sessionStorage.length") == 0
        said = [line for line in self.said if not (refusal and _STATUS_LINE in line)]
        assert said == [], f"{name}: {said}"
        self.said.clear()

    def _picture(self, name: str) -> None:
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=str(PICTURES / f"{name}.png"))

    def _axe(self, where: str) -> None:
        self.page.evaluate(axe_source())
        found: dict[str, Any] = self.page.evaluate(_RUN_AXE, RULES)
        assert found["violations"] == [], f"{where}: {json.dumps(found['violations'], ensure_ascii=False, indent=1)}"
        undecided = {one["id"] for one in found["incomplete"]} - UNDECIDED
        assert not undecided, f"{where}: {undecided}"
