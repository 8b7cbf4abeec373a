"""Reading of what municipalities register; a refusal says what is wrong, where, and what to do."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from simulators.wire import is_kojin_bango
from simulators.yobosesshu.store import REGISTERED

KEYS = frozenset({"jichitai_gyomu_id", *REGISTERED}) - {"renkei_file_mei"}
NEEDED = ("jichitai_gyomu_id", "kojin_bango", "shimei_kana", "shimei", "jusho", "seinengappi", "seibetsu")
MAX_ITEMS = 5000
MAX_LENGTH = 200
GYOMU_ID = re.compile(r"[0-9A-Za-z-]{1,20}")


class MessageRefused(Exception):
    """Nothing of the message is kept; the text never holds a 個人番号."""


def read_registration(value: object) -> tuple[str, str, list[Mapping[str, Any]]]:
    """自治体コード, 連携ファイル名 and 対象者 of a registration; raises MessageRefused."""
    if not isinstance(value, Mapping) or value.keys() != {"jichitai_code", "renkei_file_mei", "items"}:
        raise MessageRefused("jichitai_code・renkei_file_mei・items の三つを送ってください。")
    code, name, items = value["jichitai_code"], value["renkei_file_mei"], value["items"]
    if not isinstance(code, str) or not isinstance(name, str) or not 0 < len(name) <= MAX_LENGTH:
        raise MessageRefused("jichitai_code と renkei_file_mei は文字で送ってください。")
    if not isinstance(items, list) or not 0 < len(items) <= MAX_ITEMS:
        raise MessageRefused(f"items は 1 から {MAX_ITEMS:,} 件までにしてください。")
    for place, item in enumerate(items):
        check_item(item, f"items/{place}/")
    return code, name, items


def check_item(item: object, place: str = "") -> None:
    """Nothing when one 対象者 can be kept; raises MessageRefused naming the item."""
    if not isinstance(item, Mapping) or not item.keys() <= KEYS:
        raise MessageRefused(f"{place or '登録'} に決められていない項目があります。取り除いてください。")
    for name in NEEDED:
        if not isinstance(item.get(name), str) or not item[name]:
            raise MessageRefused(f"{place}{name} がありません。入れてください。")
    if any(not isinstance(text, str | None) or len(text or "") > MAX_LENGTH for text in item.values()):
        raise MessageRefused(f"{place} の値は {MAX_LENGTH} 文字までの文字にしてください。")
    if not GYOMU_ID.fullmatch(item["jichitai_gyomu_id"]):
        raise MessageRefused(f"{place}jichitai_gyomu_id は英数字とハイフンで20文字までにしてください。")
    if not is_kojin_bango(item["kojin_bango"]):
        raise MessageRefused(f"{place}kojin_bango の検査数字が合いません。住民基本台帳の番号と見比べてください。")
    if item["seibetsu"] not in ("1", "2", "3"):
        raise MessageRefused(f"{place}seibetsu は 1・2・3 のどれかにしてください。")
    try:
        date.fromisoformat(item["seinengappi"])
    except ValueError:
        raise MessageRefused(f"{place}seinengappi は YYYY-MM-DD の実在する日にしてください。") from None
