"""Codes, their order, and what is said."""

import re

import pytest

from shikaku.domain.items import GROUPS, TOP
from shikaku.domain.violations import CODES, Violation, has_error, item_name, kekka_kubun, message, order_results

POINTERS = [
    *TOP,
    *(
        (item.key if group.key == "system" else f"{group.key}/{'0/' if group.repeated else ''}{item.key}")
        for group in GROUPS.values()
        for item in group.items
    ),
]


def test_codes_are_those_of_the_contract() -> None:
    assert list(CODES) == [f"E{number}" for number in range(201, 216)] + ["W101", "W102", "W103"]


def test_e_before_w_ascending_each_once() -> None:
    given = [
        Violation("W101", "-"),
        Violation("E207", "kihon/jusho"),
        Violation("E201", "shikaku/shikaku_shutoku_ymd"),
        Violation("E207", "kihon/yubin_bango"),
        Violation("E207", "korei/10/kofu_ymd"),
        Violation("E207", "korei/9/kofu_ymd"),
        Violation("E207", "kojin_bango"),
        Violation("E207", "kihon/jusho"),
        Violation("E207", "kihon"),
        Violation("E207", "-"),
    ]
    assert [f"{code}@{pointer}" for code, pointer in order_results(given)] == [
        "E201@shikaku/shikaku_shutoku_ymd",
        "E207@-",
        "E207@kojin_bango",
        "E207@kihon",
        "E207@kihon/jusho",
        "E207@kihon/yubin_bango",
        "E207@korei/9/kofu_ymd",
        "E207@korei/10/kofu_ymd",
        "W101@-",
    ]


def test_only_e_refuses() -> None:
    assert has_error([Violation("W102", "-"), Violation("E201", "-")])
    assert not has_error([Violation("W102", "-")])


@pytest.mark.parametrize("code", CODES)
def test_every_code_says_what_happened_and_what_to_do_everywhere(code: str) -> None:
    for pointer in ["-", *POINTERS]:
        text = message(code, pointer)
        assert text.endswith("。")
        assert text.count("。") >= 2, text
        assert "{" not in text
        # Digits in messages are limits and examples, never something that was sent.
        assert not re.search(r"[0-9]{9,}", text)
        for word in ("不正", "無効", "失敗", "お手数", "申し訳", "エラー", "！"):
            assert word not in text


@pytest.mark.parametrize(
    ("code", "pointer", "text"),
    [
        ("E206", "kojin_bango", "個人番号の検査用数字が合いません。書類の番号を確かめてください。"),
        ("E208", "kihon/jusho_henko_ymd", "住所変更年月日がありません。値を変えるときは、変更した日を入れてください。"),
        ("E208", "shikaku/edaban", "枝番がありません。値を入れてください。"),
        ("E207", "korei/0/kofu_ymd",
         "高齢受給者証情報の交付年月日を読み取れません。2026-04-01 か 20260401 の形で入れてください。"),
        ("E205", "gendogaku/2/tekiyo_kubun",
         "限度額適用認定証関連情報（3件目）の適用区分がコード表にない値です。コード表の値を入れてください。"),
        ("E208", "-", "変更する項目がありません。変更する項目を1つ以上入れてください。"),
    ],
)  # fmt: skip
def test_what_is_said(code: str, pointer: str, text: str) -> None:
    assert message(code, pointer) == text


def test_most_messages_fit_beside_the_field() -> None:
    usual = [p for p in POINTERS if not p.startswith("iryoken") and p.count("/") != 2]
    long = {message(code, p) for code in CODES for p in usual if len(message(code, p)) > 60}
    assert long == set()


@pytest.mark.parametrize(
    ("pointer", "name"),
    [
        ("-", "この明細"),
        ("kihon", "加入者基本情報"),
        ("nowhere/at/all", "この明細"),
        ("kihon/nothing", "加入者基本情報"),
        ("record_shubetsu_code", "レコード種別コード"),
        ("sho/0", "被保険者証等情報"),
    ],
)
def test_names_of_places(pointer: str, name: str) -> None:
    assert item_name(pointer) == name
    assert message("E207", pointer).endswith("。")


@pytest.mark.parametrize(
    ("codes", "kubun"),
    [((), "1"), (("W101",), "2"), (("E201",), "9"), (("E201", "W101"), "9"), (("W102", "W103"), "2")],
)
def test_kekka_kubun(codes: tuple[str, ...], kubun: str) -> None:
    assert kekka_kubun(codes) == kubun
