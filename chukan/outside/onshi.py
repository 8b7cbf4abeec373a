"""オンライン資格確認等システム: telegrams out. Used by shikaku and pmh only; no 個人番号 passes here."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Final, cast

from django.conf import settings

from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.crypto.kms import HTTP
from chukan.kernel.errors import Unavailable
from chukan.kernel.http.signatures import SigningKey
from chukan.outside.client import Answered, Outcome, OutcomeUnknown, PartnerClient, Refused, TimeLimits

LIMITS: Final = TimeLimits(connect=3, write=10, read=30, total=45)
CONNECTIONS: Final = 8
ONE: Final = "/shikaku-joho"
MANY: Final = "/shikaku-joho/ikkatsu"
OK: Final = "ok"
# Nobody is served just now: as with silence, this says nothing about any one telegram.
AWAY: Final = frozenset({429, 502, 503, 504})


class OnshiClient:
    """The line to オンライン資格確認等システム."""

    def __init__(self, client: PartnerClient) -> None:
        """Keep the signed client."""
        self._client = client

    def post_shikaku_joho(self, telegram: Mapping[str, object], *, now: datetime) -> bool:
        """Send one telegram; True when it was received (2xx), False when refused. Raises: OutcomeUnknown."""
        return isinstance(_present(self._client.post_json(ONE, telegram, now=now)), Answered)

    def post_ikkatsu(self, telegrams: Sequence[Mapping[str, object]], *, now: datetime) -> dict[str, str] | None:
        """Send many telegrams, each of another person; return {送信番号: code}, None when refused as a whole.

        A telegram without an answer of its own is not in the result. Raises: OutcomeUnknown.
        """
        outcome = _present(self._client.post_json(MANY, {"items": list(telegrams)}, now=now))
        if isinstance(outcome, Refused):
            return None
        return _codes(outcome.json())


def _present(outcome: Outcome) -> Outcome:
    if isinstance(outcome, Refused) and outcome.status in AWAY:
        raise OutcomeUnknown("partner_away")
    return outcome


def _codes(answer: object) -> dict[str, str]:
    items = answer.get("kekka") if isinstance(answer, dict) else None
    if not isinstance(items, list):
        raise OutcomeUnknown("answer_without_kekka")
    return {
        str(item["soshin_bango"]): str(item["code"])
        for item in cast("list[object]", items)
        if isinstance(item, dict) and "soshin_bango" in item and "code" in item
    }


@cache
def onshi_client() -> OnshiClient:
    """Return this process's line to オンライン資格確認等システム. Raises: Unavailable when no address is set."""
    url = str(settings.CHUKAN_ONSHI_URL)
    if not url:
        raise Unavailable("onshi_nashi", "CHUKAN_ONSHI_URL が設定されていません。")
    key = get_keyring().signing_key(HTTP)
    client = PartnerClient(
        url,
        allowed=(settings.CHUKAN_ONSHI_URL, settings.CHUKAN_NWS_URL, settings.CHUKAN_JUKI_URL),
        signer=SigningKey(key.kid, key.private_key),
        limits=LIMITS,
        connections=CONNECTIONS,
    )
    return OnshiClient(client)
