"""What can go wrong while starting; every message is one Japanese line for the person at the terminal."""

from __future__ import annotations

OWN_SERVERS: str = "導入済みのサーバーを使う場合は CHUKAN_DATABASE_URL と CHUKAN_REDIS_URL を設定してください。"


class StartError(Exception):
    """Something needed for the start is missing or broken; the text is shown as it is, on one line."""

    def __init__(self, message: str) -> None:
        """Keep the message on one line, whatever a program put into it."""
        super().__init__(" ".join(message.split()))


class ServiceMissing(StartError):
    """A program is not installed or does not run here; names the two variables that replace it."""

    def __init__(self, what: str) -> None:
        """Say what is missing, then what to do instead."""
        super().__init__(f"{what} {OWN_SERVERS}")


class AlreadyRunning(StartError):
    """Another starter holds this CHUKAN_HOME."""
