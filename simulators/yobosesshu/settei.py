"""The 予防接種設定 every municipality starts with: what is asked of the resident, and what an answer may be."""

import re
from collections.abc import Mapping
from typing import Any

YES_NO = ("はい", "いいえ")
TAION, KIBO = "K01", "K05"
FEVER = 37.5
KOMOKU: tuple[Mapping[str, Any], ...] = (
    {"komoku_id": TAION, "toi": "今日の体温は何度ですか（例 36.5）", "sentakushi": ()},
    {"komoku_id": "K02", "toi": "今日、体に具合の悪いところがありますか", "sentakushi": YES_NO},
    {"komoku_id": "K03", "toi": "これまでの予防接種で具合が悪くなったことがありますか", "sentakushi": YES_NO},
    {"komoku_id": "K04", "toi": "薬や食品で体の具合が悪くなったことがありますか", "sentakushi": YES_NO},
    {"komoku_id": KIBO, "toi": "接種を希望しますか", "sentakushi": YES_NO},
)
SETTEI: tuple[Mapping[str, Any], ...] = (
    {"yobosesshu_settei_id": "S01", "meisho": "季節性インフルエンザ（模擬）", "komoku": KOMOKU},
    {"yobosesshu_settei_id": "S02", "meisho": "麻しん風しん混合（模擬）", "komoku": KOMOKU},
)
MEISHO: Mapping[str, str] = {one["yobosesshu_settei_id"]: one["meisho"] for one in SETTEI}
TOI: Mapping[str, str] = {one["komoku_id"]: one["toi"] for one in KOMOKU}
TEMPERATURE = re.compile(r"[34][0-9]\.[0-9]")


def mistake_in(given: Mapping[str, str]) -> str:
    """What is wrong with the answers of a 予診票, where and what to do; '' when nothing is."""
    if given.keys() != TOI.keys():
        return "予診票の項目がそろっていません。画面を開き直して、すべての質問に答えてください。"
    for item in KOMOKU:
        answer, toi = given[item["komoku_id"]], item["toi"]
        if not answer:
            return f"「{toi}」に答えていません。答えを入れてください。"
        if item["sentakushi"] and answer not in item["sentakushi"]:
            return f"「{toi}」は「はい」か「いいえ」で答えてください。"
    if not TEMPERATURE.fullmatch(given[TAION]):
        return f"「{TOI[TAION]}」は 36.5 のように半角の数字で入れてください。"
    return ""


def has_fever(given: Mapping[str, str]) -> bool:
    """Whether the temperature alone forbids the vaccination (37.5 ℃ or more)."""
    return float(given[TAION]) >= FEVER
