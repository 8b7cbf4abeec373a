"""What can be wrong with a key or a ciphertext. No message holds a key, a plaintext or a personal value."""

from chukan.kernel.errors import Conflict, Unavailable


class KeyUnavailable(Unavailable):
    """A key that is needed is not there; `missing` names it. 根拠: KJ-ENC-05."""

    def __init__(self, missing: str) -> None:
        """Say which key is missing."""
        super().__init__("kagi_nashi", f"鍵がありません（{missing}）。鍵置き場を確かめてください。")
        self.missing = missing

    def __str__(self) -> str:
        return f"kagi_nashi: {self.missing}"


class ReplacementRunning(Conflict):
    """The key of an index is being replaced already: a text never has three hashes."""

    def __init__(self) -> None:
        """Say what to do first."""
        super().__init__("kagi_koshin_chu", "この鍵は更新の途中です。先に、始めた更新を終わらせてください。")


class EnvelopeRefused(Exception):
    """A ciphertext was not opened; `reason` says why: header, algorithm, key, owner, state or tag. 根拠: KJ-ENC-07."""

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.reason = reason
