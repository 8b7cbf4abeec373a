"""One value against its kind."""

from datetime import date
from typing import Any

import pytest

from shikaku.domain.check_values import CHECKS, HokenshaFacts, LineFacts, Values
from shikaku.domain.items import GROUPS
from tests.unit.shikaku.lines import codes, facts


def outcome(group: str, key: str, value: Any, *, on: date = date(2026, 11, 20), shubetsu: str = "kenpo_kumiai") -> str:
    known = facts(shubetsu, on)
    return " ".join(CHECKS[group][key](value, Values(known, next(iter(known.hokensha.values())), "123456789018", None)))


@pytest.mark.parametrize(
    ("group", "key", "value", "expected"),
    [
        # days
        ("kihon", "seinengappi", "2026-02-28", ""),
        ("kihon", "seinengappi", "2024-02-29", ""),
        ("kihon", "seinengappi", "2026-02-29", "E207"),
        ("kihon", "seinengappi", "2026-13-01", "E207"),
        ("kihon", "seinengappi", "20260401", "E207"),
        ("kihon", "seinengappi", "2026-4-1", "E207"),
        ("kihon", "seinengappi", "２０２６-04-01", "E207"),
        ("kihon", "seinengappi", "2026-04-01T00:00:00", "E207"),
        ("kihon", "seinengappi", "", "E207"),
        ("kihon", "seinengappi", 20260401, "E207"),
        ("kihon", "seinengappi", "1899-12-31", ""),
        ("shikaku", "shikaku_shutoku_ymd", "1900-01-01", ""),
        ("shikaku", "shikaku_shutoku_ymd", "1899-12-31", "E207"),
        ("shikaku", "shikaku_soshitsu_ymd", "9999-12-31", ""),
        # flags and amounts
        ("seigyo", "opt_out", True, ""),
        ("seigyo", "opt_out", "1", "E207"),
        ("seigyo", "opt_out", 1, "E207"),
        ("tokutei_shippei", "jiko_futan_gendogaku", 10000, ""),
        ("tokutei_shippei", "jiko_futan_gendogaku", True, "E207"),
        ("tokutei_shippei", "jiko_futan_gendogaku", -1, "E207"),
        ("tokutei_shippei", "jiko_futan_gendogaku", 10**12, "E207"),
        ("tokutei_shippei", "jiko_futan_gendogaku", "10000", "E207"),
        # digits
        ("kihon", "yubin_bango", "1000001", ""),
        ("kihon", "yubin_bango", "100-0001", "E207"),
        ("kihon", "yubin_bango", "１０００００１", "E207"),
        # numbers with a check digit
        ("shikaku", "hokensha_bango", "06132013", ""),
        ("shikaku", "hokensha_bango", "06132014", "E204 E206"),
        ("shikaku", "hokensha_bango", "01130012", "E204"),
        ("shikaku", "hokensha_bango", "6132013", "E204 E207"),
        ("shikaku", "hokensha_bango", 6132013, "E207"),
        ("sho", "hokensha_bango", "06132013", ""),
        ("sho", "hokensha_bango", "01130012", "E204"),
        ("shikaku", "jukyusha_bango", "1234566", ""),
        ("shikaku", "jukyusha_bango", "1234567", "E206"),
        ("shikaku", "jukyusha_bango", "123456", "E207"),
        ("shikaku", "jukyusha_bango", "１２３４５６６", "E207"),
        # code tables, with rows and without
        ("kihon", "seibetsu1", "1", ""),
        ("kihon", "seibetsu1", "9", "E205"),
        ("kihon", "seibetsu1", "", "E207"),
        ("kihon", "seibetsu1", "1\n", "E207"),
        ("kihon", "seibetsu1", 1, "E207"),
        ("kihon", "mibun", "課長", ""),
        ("kihon", "mibun", "x" * 20, ""),
        ("kihon", "mibun", "x" * 21, "E207"),
        ("kihon", "mibun", "", "E207"),
        ("kihon", "shichoson_code", "131016", ""),
        ("sho", "sho_kubun", "03", "E205"),
        ("gendogaku", "sho_kubun", "03", ""),
        # free text
        ("kihon", "shimei_kenmen", "見本　太郎", ""),
        ("kihon", "shimei_kenmen", "髙﨑 𠮷葛󠄀", ""),
        ("kihon", "shimei_kenmen", "\ue000本", ""),
        ("kihon", "shimei_kenmen", "見本\n太郎", "E207"),
        ("kihon", "shimei_kenmen", "見本\x00太郎", "E207"),
        ("kihon", "shimei_kenmen", "見本\u202e太郎", "E207"),
        ("kihon", "shimei_kenmen", "\ud800", "E207"),
        ("kihon", "shimei_kenmen", "　 ", "E207"),
        ("kihon", "shimei_kenmen", "", "E207"),
        ("kihon", "shimei_kenmen", ["見本"], "E207"),
        ("kihon", "shimei_kenmen", "あ" * 200, ""),
        ("kihon", "shimei_kenmen", "あ" * 201, "E207"),
        ("kihon", "jusho", "あ" * 301, "E207"),
        ("kihon", "jusho", "見本市123456789018", "E215"),
        ("kihon", "jusho", "見本市\n123456789018", "E207 E215"),
        ("kihon", "jusho", "見本市123456789017", ""),
        ("shikaku", "hihokensha_shimei", "１２３４５６７８９０１８", "E215"),
        ("shikaku", "jichitai_fukushi_jimusho_mei", "見本1234-5678-9018", "E215"),
        ("iryoken", "biko1", "番号 123456789018", "E215"),
        # identifiers: twelve digits may stand, the line's own number may not
        ("kihon", "setai_shikibetsu_bango", "983205673214", ""),
        ("kihon", "setai_shikibetsu_bango", "123456789018", "E215"),
        # and so in a code whose table has no rows
        ("kihon", "mibun", "983205673214", ""),
        ("kihon", "mibun", "123456789018", "E215"),
        ("kihon", "mibun", "１２３４-５６７８-９０１８", "E215"),
        ("kihon", "seibetsu1", "123456789018", "E215"),
        ("shikaku", "hihokenshasho_kigo", "い・ろ", ""),
        ("shikaku", "hihokenshasho_bango", "1" * 21, "E207"),
        ("iryoken", "shinryo_ym", "2026-04", ""),
        ("iryoken", "shinryo_ym", "2026-13", "E207"),
    ],
)  # fmt: skip
def test_one_value(group: str, key: str, value: Any, expected: str) -> None:
    assert outcome(group, key, value) == expected


@pytest.mark.kj("KJ-SHI-08")
@pytest.mark.parametrize(
    ("value", "expected"),
    [("00", ""), ("99", ""), ("0", "E207"), ("001", "E207"), ("０１", "E207"), ("A1", "E207"), (1, "E207")],
)
@pytest.mark.parametrize("group", ["shikaku", "sho"])
def test_the_cards_edaban_has_two_digits(group: str, value: Any, expected: str) -> None:
    assert outcome(group, "edaban", value) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [("12131017", ""), ("12131025", "E204"), ("12131018", "E204 E206"), ("1213101", "E204 E207")]
)
def test_kohi_futansha_bango(value: str, expected: str) -> None:
    assert outcome("shikaku", "kohi_futansha_bango", value, shubetsu="seikatsu_hogo") == expected


def test_an_insurer_without_kohi_numbers_compares_none() -> None:
    known = LineFacts(date(2026, 11, 20), {"x": HokenshaFacts("seikatsu_hogo")}, codes)
    check = CHECKS["shikaku"]["kohi_futansha_bango"]
    assert check("12131025", Values(known, known.hokensha["x"])) == ()
    assert check("12131025", Values(known, None)) == ()


def test_a_code_counts_from_its_day() -> None:
    assert outcome("gendogaku", "tekiyo_kubun", "B09", on=date(2022, 9, 30)) == "E205"
    assert outcome("gendogaku", "tekiyo_kubun", "B09", on=date(2022, 10, 1)) == ""


def test_a_code_is_looked_up_once_for_a_block() -> None:
    asked: list[str] = []

    def book(table: str, value: str, _on: date) -> bool | None:
        asked.append(f"{table}={value}")
        return value == "1"

    known = LineFacts(date(2026, 11, 20), {}, book)
    for value in ("1", "1", "9", "9"):
        CHECKS["kihon"]["seibetsu1"](value, Values(known, None))
    assert asked == ["seibetsu=1", "seibetsu=9"]


def test_every_item_has_its_check() -> None:
    assert {(group.key, item.key) for group in GROUPS.values() for item in group.items} == {
        (group, key) for group, checks in CHECKS.items() for key in checks
    }


@pytest.mark.parametrize(
    ("known", "bango", "same"),
    [
        ("138057", "00138057", True),
        ("00138057", "138057", True),
        ("138057", "138057", True),
        ("138057", "133017", False),
    ],
)
def test_six_or_eight_digits(known: str, bango: str, same: bool) -> None:
    assert HokenshaFacts("shichoson_kokuho", frozenset({known})).has_bango(bango) is same
