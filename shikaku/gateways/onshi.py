"""オンライン資格確認等システム, as 資格履歴 sees it: many telegrams go out, each is received or is not."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from chukan.outside.client import OutcomeUnknown
from chukan.outside.onshi import OK, OnshiClient, onshi_client

__all__ = ["OnshiGateway", "OutcomeUnknown", "SignedOnshiGateway"]


class OnshiGateway(Protocol):
    """Sends telegrams, each of another person."""

    def send(self, telegrams: Sequence[Mapping[str, object]], *, now: datetime) -> frozenset[str]:
        """Return the 送信番号 that were received; the others are sent again. Raises OutcomeUnknown."""
        ...


class SignedOnshiGateway:
    """The real line: signed calls of up to 1,000 telegrams, one telegram alone by itself."""

    def __init__(self, client: OnshiClient | None = None) -> None:
        """Use the process's line unless another is given."""
        self._client = client

    def send(self, telegrams: Sequence[Mapping[str, object]], *, now: datetime) -> frozenset[str]:
        """Send them and return the 送信番号 that were received. Raises OutcomeUnknown."""
        client = self._client or onshi_client()
        if len(telegrams) == 1:
            received = client.post_shikaku_joho(telegrams[0], now=now)
            return frozenset({str(telegrams[0]["soshin_bango"])} if received else ())
        codes = client.post_ikkatsu(telegrams, now=now) or {}
        return frozenset(number for number, code in codes.items() if code == OK)
