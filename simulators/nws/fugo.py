"""コアシステム: the code of a person for one institution. No code is kept: it is derived when it is sent."""

from simulators.shell.hidden import fingerprint, letters


class CodeMaker:
    """Derives codes under one secret.

    The codes of one person for two institutions, or of two issues, have nothing in common without the secret.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def fugo(self, *, kikan_code: str, shutoku_bango: str, sedai: int) -> str:
        """The code of a person for an institution in its n-th issue."""
        return letters(self._secret, "fugo", kikan_code, shutoku_bango, str(sedai))

    def shimon(self, value: str) -> str:
        """A person or a code in short, for people."""
        return fingerprint(self._secret, value)
