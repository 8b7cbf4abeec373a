"""A virtual authenticator that a window's page has, as Chromium offers it to tests."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from playwright.sync_api import CDPSession, Page

from tests.browser.support.window import Window

if TYPE_CHECKING:
    from tests.browser.conftest import World

WITNESSES = ("SK900", "SK901")


_KEPT = frozenset({"credentialId", "isResidentCredential", "rpId", "privateKey", "userHandle"})


class Device:
    """A virtual authenticator that the browser has."""

    def __init__(self, window: Window, *, page: Page | None = None) -> None:
        self._window = window
        tab = page or window.page
        self._cdp: CDPSession = tab.context.new_cdp_session(tab)
        self._cdp.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        self.id = self._cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]

    def recognises(self, *, is_recognised: bool) -> None:
        """Let the device recognise its owner, or not."""
        self._cdp.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": is_recognised})

    def register(self, demo: World, *, witnesses: tuple[str, str] = WITNESSES) -> dict[str, Any]:
        """Register it for the window's person before two administrators (US-301); return its key as it keeps it."""
        window = self._window
        window.go("/seitai/ninshoki/")
        for number, witness in enumerate(witnesses, start=1):
            window.page.fill(f"#f-witness_{number}", witness)
            window.page.fill(f"#f-witness_{number}_password", demo.password("shiharai_kikin", witness))
        window.press("F12", moves=True)
        window.page.fill("#f-meisho", "認証器 21")
        window.press("F12", moves=True)
        window.page.wait_for_url("**/seitai/ninshoki/?kekka=toroku")
        (key,) = self._cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.id})["credentials"]
        return dict(key)

    def hold(self, key: dict[str, Any]) -> None:
        """Hold a key that was registered before; its count of uses is ahead of every earlier one."""
        held = {name: value for name, value in key.items() if name in _KEPT} | {"signCount": int(time.time())}
        self._cdp.send("WebAuthn.addCredential", {"authenticatorId": self.id, "credential": held})
