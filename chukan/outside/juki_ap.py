"""情報提供サーバーAP, the way to 住基ネット. Used by fugo and honnin only.

A 符号取得要求ファイル holds 個人番号 and leaves on a 支払基金 operator's act alone. 根拠: KJ-FUGO-03.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import BinaryIO, Final
from uuid import UUID

from django.conf import settings

from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.crypto.kms import HTTP
from chukan.kernel.errors import Unavailable
from chukan.kernel.http.signatures import SigningKey
from chukan.outside.client import OutcomeUnknown, PartnerClient, Refused, TimeLimits

# Between two pieces of the file 30 s may pass, after the last one as long again until the answer.
LIMITS: Final = TimeLimits(connect=3, write=30, read=60, total=600)
CONNECTIONS: Final = 2
YOKYU: Final = "/fugo-yokyu/"
CSV: Final = "text/csv"
PIECE: Final = 64 * 1024
# Nobody is served just now: as with silence, this says nothing about the file.
AWAY: Final = frozenset({429, 502, 503, 504})


class JukiApClient:
    """The line to 住基ネット."""

    def __init__(self, client: PartnerClient) -> None:
        """Keep the signed client."""
        self._client = client

    def put_fugo_yokyu(self, file_id: UUID, content: BinaryIO, *, now: datetime) -> int:
        """Send one request file, read twice and never held whole; return 202, or the status of the refusal.

        The same bytes under the same name are taken once, however often they are sent. Raises: OutcomeUnknown.
        """
        sha256, length = hashlib.sha256(), 0
        for piece in _pieces(content):
            sha256.update(piece)
            length += len(piece)
        content.seek(0)
        outcome = self._client.put_stream(
            f"{YOKYU}{file_id}",
            _pieces(content),
            content_type=CSV,
            length=length,
            sha256=sha256.digest(),
            now=now,
        )
        if isinstance(outcome, Refused) and outcome.status in AWAY:
            raise OutcomeUnknown("partner_away")
        return outcome.status


def _pieces(content: BinaryIO) -> Iterator[bytes]:
    while piece := content.read(PIECE):
        yield piece


@cache
def juki_ap_client() -> JukiApClient:
    """Return this process's line to 住基ネット. Raises: Unavailable when no address is set."""
    url = str(settings.CHUKAN_JUKI_URL)
    if not url:
        raise Unavailable("juki_nashi", "CHUKAN_JUKI_URL が設定されていません。")
    key = get_keyring().signing_key(HTTP)
    client = PartnerClient(
        url,
        allowed=(settings.CHUKAN_ONSHI_URL, settings.CHUKAN_NWS_URL, settings.CHUKAN_JUKI_URL),
        signer=SigningKey(key.kid, key.private_key),
        limits=LIMITS,
        connections=CONNECTIONS,
    )
    return JukiApClient(client)
