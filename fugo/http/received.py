"""What a message of 情報提供NWS may say: 処理通番 and 機関別符号, and nothing besides. 根拠: KJ-IN-13."""

import re
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from chukan.kernel.errors import Invalid
from chukan.kernel.http.parsing import refuse_unknown_keys
from chukan.kernel.values.kikanbetsu_fugo import KikanbetsuFugo
from fugo.domain.answer_matching import Received

IKKATSU_MAX: Final = 5_000
KEYS: Final = frozenset({"shori_tsuban", "kikanbetsu_fugo"})
_TSUBAN: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def read_item(item: Mapping[str, object], *, at: str = "") -> Received:
    """Return one code and the request it names. Raises Invalid, never with the code in it."""
    prefix = f"{at}/" if at else ""
    if item.keys() != KEYS:
        refuse_unknown_keys(item, KEYS, at=at)
    tsuban, fugo = item.get("shori_tsuban"), item.get("kikanbetsu_fugo")
    if not isinstance(tsuban, str) or not _TSUBAN.fullmatch(tsuban):
        raise Invalid(
            "shori_tsuban_fusei", "処理通番を小文字のUUIDで指定してください。", pointer=f"{prefix}shori_tsuban"
        )
    try:
        return Received(UUID(tsuban), KikanbetsuFugo.parse(fugo if isinstance(fugo, str) else ""))
    except ValueError:
        raise Invalid(
            "kikanbetsu_fugo_fusei",
            "機関別符号は1〜64文字の印字できるASCIIで指定してください。個人番号は受け取れません。",
            pointer=f"{prefix}kikanbetsu_fugo",
        ) from None


def read_items(body: Mapping[str, object]) -> list[Received]:
    """Return the items of a bulk message in order. Raises Invalid; nothing is stored then."""
    refuse_unknown_keys(body, {"items"})
    items = body.get("items")
    if not isinstance(items, list) or not 0 < len(items) <= IKKATSU_MAX:
        raise Invalid("items_fusei", f"items は1〜{IKKATSU_MAX}件の並びにしてください。", pointer="items")
    received = []
    for place, item in enumerate(items):
        if not isinstance(item, dict):
            raise Invalid("items_fusei", "items の要素はオブジェクトにしてください。", pointer=f"items/{place}")
        received.append(read_item(item, at=f"items/{place}"))
    return received
