"""The 接種記録 a medical institution enters: what must be there and what cannot be so."""

import re
from collections.abc import Mapping, Sequence
from datetime import date

from simulators.shell.store import Row
from simulators.yobosesshu.settei import KIBO

ENTERED: tuple[tuple[str, str, str], ...] = (
    ("sesshu_ymd", "接種日", ""),
    ("sesshu_doi_flag", "接種同意フラグ（1 同意した）", "1"),
    ("iryokikan_code", "医療機関コード", "9919990013"),
    ("ishi_mei", "医師名", "見本　医師"),
    ("jisshi_basho", "実施場所", "見本医院"),
    ("jisshi_kubun", "実施区分（1 個別、2 集団）", "1"),
    ("sesshu_kubun", "接種区分（1 定期、2 任意）", "1"),
    ("gtin_code", "GTINコード（14桁）", "14987000000014"),
    ("vaccine_maker_mei", "ワクチンメーカー名", "見本製薬"),
    ("vaccine_ippan_mei", "ワクチン一般名", "見本ワクチン"),
    ("vaccine_tsusho", "ワクチン通称", "見本"),
    ("vaccine_hanbai_mei", "ワクチン販売名", "見本ワクチン「模擬」"),
    ("lot_bango", "ロット番号", "MH001"),
    ("sesshu_ryo", "接種量（mL）", "0.5"),
    ("sesshu_bui", "接種部位（1 左上腕、2 右上腕）", "1"),
    ("sesshu_hoho", "接種方法（1 皮下、2 筋肉内）", "1"),
    ("vaccine_yuko_kigen", "ワクチン有効期限", ""),
    ("yochui_sesshu_flag", "要注意接種フラグ（1 該当）", "0"),
    ("tokubetsu_no_jijo", "特別の事情（なければ空）", ""),
    ("kaigai_sesshu_flag", "海外接種フラグ（1 該当）", "0"),
)
NAMES = {name: ja for name, ja, _ in ENTERED}
OPTIONAL = frozenset({"tokubetsu_no_jijo"})
CODES: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("jisshi_kubun", "sesshu_kubun", "sesshu_bui", "sesshu_hoho"), frozenset("12")),
    **dict.fromkeys(("sesshu_doi_flag", "yochui_sesshu_flag", "kaigai_sesshu_flag"), frozenset("01")),
}
AMOUNT = re.compile(r"[0-9]{1,2}\.[0-9]{1,2}")


def gtin_digit(body: str) -> str:
    """The check digit of a GTIN (weights 3, 1 from the right)."""
    total = sum(int(digit) * (3 - 2 * (place % 2)) for place, digit in enumerate(reversed(body)))
    return str(-total % 10)


def refusal_of(given: Mapping[str, str], *, person: Row, answers: Sequence[Row], today: date) -> str:
    """Why this record is not taken, where and what to do; '' when it is."""
    return _unready(answers) or _shape(given) or _days(given, person=person, today=today)


def _unready(answers: Sequence[Row]) -> str:
    if not answers:
        return "予診票がまだ届いていません。マイナポータルで予診票に答えてもらってから、記録してください。"
    if any(row["komoku_id"] == KIBO and row["kaito_naiyo"] != "はい" for row in answers):
        return (
            "予診票で、本人が接種を希望していません。接種しないでください。希望が変わったら、予診票を直してもらいます。"
        )
    if any(row["sesshu_fuka_flag"] == "1" for row in answers):
        return "予診票の体温が37.5度以上で、接種不可フラグが立っています。日を改め、予診票を直してもらってください。"
    return ""


def _shape(given: Mapping[str, str]) -> str:
    if given.keys() != NAMES.keys():
        return "接種記録の項目がそろっていません。画面を開き直して、入れ直してください。"
    for name, ja in NAMES.items():
        if not given[name] and name not in OPTIONAL:
            return f"「{ja}」が空です。入れてください。"
        if name in CODES and given[name] not in CODES[name]:
            return f"「{ja}」は、かっこの中の数字から選んでください。"
    if given["sesshu_doi_flag"] != "1":
        return "「接種同意フラグ」が1ではありません。同意のない接種は記録できません。本人の同意を確かめてください。"
    gtin = given["gtin_code"]
    if not re.fullmatch(r"[0-9]{14}", gtin) or gtin_digit(gtin[:13]) != gtin[13]:
        return "「GTINコード」の検査数字が合いません。外箱のバーコードを読み直してください。"
    if not AMOUNT.fullmatch(given["sesshu_ryo"]):
        return "「接種量」は 0.5 のように半角の数字で入れてください。"
    return ""


def _days(given: Mapping[str, str], *, person: Row, today: date) -> str:
    days = {}
    for name in ("sesshu_ymd", "vaccine_yuko_kigen"):
        try:
            days[name] = date.fromisoformat(given[name])
        except ValueError:
            return f"「{NAMES[name]}」は 2026-04-01 のように、実在する日を入れてください。"
    day = days["sesshu_ymd"]
    if day > today:
        return "「接種日」が今日より後です。接種した日を入れてください。"
    if day < date.fromisoformat(person["seinengappi"]):
        return "「接種日」が生年月日より前です。人を取り違えていないか確かめてください。"
    if days["vaccine_yuko_kigen"] < day:
        return "接種日に「ワクチン有効期限」が過ぎています。使ったワクチンを確かめ、自治体に連絡してください。"
    return ""
