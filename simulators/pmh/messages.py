"""Reading of what municipalities send; a refusal says what is wrong, where, and what to do."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from simulators.pmh.store import JOSEI
from simulators.wire import is_kojin_bango

JIMU = {"01": "医療費公費", "02": "予防接種", "03": "母子保健"}
MAX_ITEMS = 5000
ITEM_KEYS = frozenset({"jichitai_gyomu_id", "kojin_bango", *JOSEI})
GYOMU_ID = re.compile(r"[0-9A-Za-z-]{1,20}")


class MessageRefused(Exception):
    """Nothing of the message is kept; the text never holds a 個人番号."""


def read_registration(value: object) -> tuple[str, str, list[Mapping[str, Any]]]:
    """自治体コード, 事務区分 and persons of a registration; raises MessageRefused."""
    if not isinstance(value, Mapping) or value.keys() != {"jichitai_code", "jimu_kubun", "items"}:
        raise MessageRefused("jichitai_code・jimu_kubun・items の三つを送ってください。")
    jichitai, jimu, items = value["jichitai_code"], value["jimu_kubun"], value["items"]
    if not isinstance(jichitai, str) or not isinstance(jimu, str) or jimu not in JIMU:
        raise MessageRefused("jimu_kubun は 01（医療費公費）・02（予防接種）・03（母子保健）のどれかにしてください。")
    if not isinstance(items, list) or not 0 < len(items) <= MAX_ITEMS:
        raise MessageRefused(f"items は 1 から {MAX_ITEMS:,} 件までにしてください。")
    for place, item in enumerate(items):
        _check_item(item, f"items/{place}")
    return jichitai, jimu, items


def _check_item(item: object, place: str) -> None:
    if not isinstance(item, Mapping) or not item.keys() <= ITEM_KEYS:
        raise MessageRefused(f"{place} に決められていない項目があります。取り除いてください。")
    gyomu = item.get("jichitai_gyomu_id")
    if not isinstance(gyomu, str) or not GYOMU_ID.fullmatch(gyomu):
        raise MessageRefused(f"{place}/jichitai_gyomu_id は英数字とハイフンで20文字までにしてください。")
    number = item.get("kojin_bango")
    if not isinstance(number, str) or not is_kojin_bango(number):
        raise MessageRefused(f"{place}/kojin_bango の検査数字が合いません。住民基本台帳の番号と見比べてください。")
    start, end = (_day(item.get(name), f"{place}/{name}") for name in ("yuko_kaishi_ymd", "yuko_shuryo_ymd"))
    if end and (not start or end < start):
        raise MessageRefused(f"{place}/yuko_shuryo_ymd が有効開始年月日より前です。期間を確かめてください。")


def _day(value: object, place: str) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise MessageRefused(f"{place} は YYYY-MM-DD の実在する日にしてください。") from None
