"""A virtual authenticator that a window's page has, as Chromium offers it to tests."""

from __future__ import annotations

from playwright.sync_api import CDPSession

from tests.browser.support.window import Window


class Device:
    """A virtual authenticator that the browser has."""

    def __init__(self, window: Window) -> None:
        self._cdp: CDPSession = window.page.context.new_cdp_session(window.page)
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
