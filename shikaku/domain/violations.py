"""What can be wrong with a line: the codes, their order, and what each says in Japanese at its place.

A message tells what happened, where, and what to do; it never holds a value.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from shikaku.domain.items import GROUPS, ITEMS, TOP


class Violation(NamedTuple):
    """One broken rule and the place: a pointer without its first slash (`korei/0/kofu_ymd`), `-` for the whole line."""

    code: str
    pointer: str


# What each code stands for, in one line: for help pages and generated documents.
CODES: Final[Mapping[str, str]] = {
    "E201": "資格の期間が、同じ人の別の資格と重なっている",
    "E202": "資格喪失年月日が資格取得年月日以前である",
    "E203": "登録されていない人、ない資格通番、又は取消済みの資格である",
    "E204": "送信元の保険者コード、又はその保険者に登録された保険者番号ではない",
    "E205": "コード表にない値である",
    "E206": "検査用数字が合わない",
    "E207": "形式、文字の種類、長さが決まりと違う",
    "E208": "必要な項目がない",
    "E209": "ここには入れられない項目である",
    "E210": "資格取得年月日が今日より後である",
    "E211": "被保険者枝番と個人番号が別の人を指している",
    "E212": "個人番号は登録済みで、生年月日又は性別1が登録と違う",
    "E213": "保険者番号・記号・番号・枝番を同じ日に別の人が使っている",
    "E214": "更新後個人番号が別の人の番号として登録されている",
    "E215": "文章の項目に個人番号と思われる12桁の数字がある",
    "W101": "以前に資格があった人なので再加入として登録した",
    "W102": "登録の内容と同じなので何も変えていない",
    "W103": "登録済みの明細なので前回の結果を返した",
}

# By pointer first, then by code: the situations that have words of their own.
_AT: Final[Mapping[tuple[str, str], str]] = {
    ("E201", "shikaku/shikaku_soshitsu_ymd"): (
        "資格喪失年月日までの期間が、この人の別の資格と重なります。日付を確かめてください。"
    ),
    ("E203", "hihokensha_edaban"): (
        "この被保険者枝番の加入者（再加入では資格のあった人）は登録されていません。番号を確かめてください。"
    ),
    ("E203", "kojin_bango"): (
        "この個人番号の加入者（再加入では資格のあった人）は登録されていません。新規取得で登録してください。"
    ),
    ("E203", "shikaku_tsuban"): "対象の資格がないか、取消済みです。資格通番を確かめてください。",
    ("E204", "hokensha_code"): "保険者コードが送信元の保険者のものではありません。自分の保険者コードを入れてください。",
    ("E205", "shori_shubetsu_code"): "処理種別コードが決められた値ではありません。01〜05から選んでください。",
    ("E205", "kihon/kanyusha_kubun_code"): "加入者区分コードがコード表にありません。01〜04から選んでください。",
    ("E207", "-"): "この行を読み取れません。文字コード、項目の数、引用符を確かめてください。",
    ("E207", "hokensha_code"): "保険者コードを読み取れません。半角数字8桁で入れてください。",
    ("E207", "hihokensha_edaban"): "被保険者枝番を読み取れません。半角数字10桁で入れてください。",
    ("E207", "kojin_bango"): "個人番号を読み取れません。半角数字12桁で入れてください。",
    ("E207", "koshingo_kojin_bango"): "更新後個人番号を読み取れません。半角数字12桁で入れてください。",
    ("E207", "shikaku_tsuban"): "資格通番を読み取れません。1以上の半角数字で入れてください。",
    ("E207", "shikaku/shikaku_shutoku_ymd"): (
        "資格取得年月日を読み取れません。1900年1月1日以後の実在する日付を入れてください。"
    ),
    ("E208", "-"): "変更する項目がありません。変更する項目を1つ以上入れてください。",
    ("E208", "hihokensha_edaban"): "対象の人がわかりません。被保険者枝番か個人番号を入れてください。",
    ("E208", "kihon/shimei_kenmen"): "氏名（券面記載）もそのカナもありません。どちらかを入れてください。",
    ("E208", "kihon/shimei_kenmen_kana"): "氏名（券面記載）もそのカナもありません。どちらかを残してください。",
    ("E208", "koshingo_kojin_bango"): "更新後個人番号がありません。個人番号更新区分と一緒に入れてください。",
    ("E208", "kojin_bango_koshin_kubun"): "個人番号更新区分がありません。1（変更）か2（訂正）を入れてください。",
    ("E209", "hihokensha_edaban"): "新規取得では被保険者枝番を入れられません。枝番は自動で付くので、空にしてください。",
    ("E209", "shikaku_tsuban"): "新規取得・再加入では資格通番を入れられません。自動で付くので、空にしてください。",
    ("E209", "koshingo_kojin_bango"): "更新後個人番号は変更（03）のときだけ入れられます。空にしてください。",
    ("E209", "kojin_bango_koshin_kubun"): "個人番号更新区分は変更（03）のときだけ入れられます。空にしてください。",
    ("E209", "iryoken"): "医療券・調剤券情報は、まだ登録できません。項目を空にしてください。",
    ("E209", "shikaku"): "加入予定者・世帯員には加入者資格情報を入れられません。項目を空にしてください。",
    ("E209", "kihon/kanyusha_kubun_code"): (
        "この加入者区分コードは、この保険者や現在の資格では使えません。区分を確かめてください。"
    ),
    ("E211", "kojin_bango"): "被保険者枝番と個人番号が別の人を指しています。どちらが正しいか確かめてください。",
    ("E213", "shikaku/hihokenshasho_bango"): (
        "同じ保険者番号・記号・番号・枝番を別の人が使っています。番号か期間を確かめてください。"
    ),
    ("E214", "koshingo_kojin_bango"): (
        "更新後個人番号は別の人の番号として登録されています。番号を書類で確かめてください。"
    ),
}
_SPECIMENS: Final[Mapping[str, str]] = {
    "E201": "{item}からの期間が、この人の別の資格と重なります。先の資格の喪失日を確かめてください。",
    "E202": "資格喪失年月日が資格取得年月日以前です。取得日より後の日付を入れてください。",
    "E203": "対象の加入者又は資格が登録されていません。番号を確かめてください。",
    "E204": "{item}がこの保険者に登録された番号ではありません。番号を確かめてください。",
    "E205": "{item}がコード表にない値です。コード表の値を入れてください。",
    "E206": "{item}の検査用数字が合いません。書類の番号を確かめてください。",
    "E208": "{item}がありません。値を入れてください。",
    "E209": "{item}はここでは入れられません。項目を空にしてください。",
    "E210": "{item}が今日より後です。今日以前の日付にするか、加入予定者で登録してください。",
    "E211": "被保険者枝番と個人番号が別の人を指しています。どちらが正しいか確かめてください。",
    "E212": "登録済みの{item}と違います。先に変更（03）で正しい値に直してください。",
    "E213": "同じ記号・番号・枝番を別の人が使っています。番号か期間を確かめてください。",
    "E214": "更新後個人番号は別の人の番号として登録されています。番号を書類で確かめてください。",
    "E215": "{item}に個人番号と思われる12桁の数字があります。数字を除いてください。",
    "W101": "以前に資格があった人なので、再加入として登録しました。処理種別を確かめてください。",
    "W102": "登録の内容と同じです。何も変えていません。変更したい項目があれば確かめてください。",
    "W103": "前に登録した明細です。前回の結果をもう一度お返しします。対応はいりません。",
}
_FORM_BY_KIND: Final[Mapping[str, str]] = {
    "date": "2026-04-01 か 20260401 の形で入れてください。",
    "month": "2026-04 か 202604 の形の年月を入れてください。",
    "flag": "1か0（JSONはtrueかfalse）で入れてください。",
    "number": "0以上の半角数字で入れてください。",
    "code": "20字までの文字で入れてください。",
    "hokensha_bango": "半角数字8桁（国保は6桁）で入れてください。",
    "futansha": "半角数字8桁で入れてください。",
    "jukyusha": "半角数字7桁で入れてください。",
}
_HENKO_ITEM: Final = "{item}がありません。値を変えるときは、変更した日を入れてください。"
_SHORT_NAMES: Final[Mapping[str, str]] = {
    "shikaku_shutoku_ymd": "資格取得年月日",
    "shikaku_soshitsu_ymd": "資格喪失年月日",
}


def order_results(violations: Iterable[Violation]) -> tuple[Violation, ...]:
    """Return them once each, E before W, ascending; equal codes in the order of the item list, the whole line first."""
    once = dict.fromkeys(violations)
    return tuple(once) if len(once) < 2 else tuple(sorted(once, key=_rank))  # noqa: PLR2004 - one needs no order


def has_error(violations: Iterable[Violation]) -> bool:
    """Tell whether any of them refuses the line."""
    return any(violation.code[0] == "E" for violation in violations)


@lru_cache(maxsize=4096)
def _rank(violation: Violation) -> tuple[str, int, int, int]:
    group, *rest = violation.pointer.split("/")
    index = int(rest[0]) if len(rest) > 1 and rest[0].isdigit() else 0
    return violation.code, _ORDER.get((group, ""), -1), index, _ORDER.get((group, rest[-1] if rest else ""), -1)


def _order() -> dict[tuple[str, str], int]:
    """Number the places of a line: its own items, those of システム基本情報, then each group with its items."""
    places = [(key, "") for key in TOP]
    for group in GROUPS.values():
        if group.key == "system":
            places += [(item.key, "") for item in group.items]
        else:
            places += [(group.key, ""), *((group.key, item.key) for item in group.items)]
    return {place: number for number, place in enumerate(places)}


_ORDER: Final = _order()


def item_name(pointer: str) -> str:
    """Return the Japanese name of the item at a pointer, with its group and place where the name alone is not clear."""
    parts = pointer.split("/")
    if len(parts) == 1:
        if pointer in TOP:
            return TOP[pointer]
        if pointer in GROUPS:
            return GROUPS[pointer].ja
        item = ITEMS.get(("system", pointer))
        return "この明細" if item is None else item.ja
    group = GROUPS.get(parts[0])
    item = ITEMS.get((parts[0], parts[-1]))
    if group is None or item is None:
        return "この明細" if group is None else group.ja
    name = _SHORT_NAMES.get(item.key, item.ja)
    if not group.repeated:
        return name
    place = f"（{int(parts[1]) + 1}件目）" if parts[1].isdigit() and parts[1] != "0" else ""
    return f"{group.ja}{place}の{name}"


@lru_cache(maxsize=4096)
def message(code: str, pointer: str) -> str:
    """Return what happened, where, and what to do, in Japanese; never a value."""
    own = _AT.get((code, pointer))
    if own is not None:
        return own
    name = item_name(pointer)
    parts = pointer.split("/")
    if code == "E207":
        return f"{name}を読み取れません。{_form(parts)}"
    if code == "E208" and parts[-1].endswith("_henko_ymd"):
        return _HENKO_ITEM.format(item=name)
    return _SPECIMENS[code].format(item=name)


def _form(parts: list[str]) -> str:
    item = ITEMS.get((parts[0], parts[-1])) if len(parts) > 1 else ITEMS.get(("system", parts[0]))
    if item is None:
        return "決められた形で入れてください。"
    if item.kind == "digits":
        return f"半角数字{item.length}桁で入れてください。"
    if item.kind in ("name", "text"):
        return f"{item.length}字までの文字で、改行や空だけの値にせずに入れてください。"
    return _FORM_BY_KIND[item.kind]


def kekka_kubun(codes: tuple[str, ...]) -> str:
    """Return 処理結果区分 of a line with these codes: 1 正常, 2 正常（警告あり）, 9 異常."""
    if not codes:
        return "1"
    return "9" if any(code[0] == "E" for code in codes) else "2"
