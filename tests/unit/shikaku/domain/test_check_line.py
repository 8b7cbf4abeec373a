"""The rules that need no held state, over the nine kinds of insurers where they differ."""

import dataclasses
from datetime import date
from typing import Any

import pytest

from shikaku.domain.check_line import check_line
from shikaku.domain.line import TorokuLine
from tests.unit.shikaku.lines import (
    FUTANSHA,
    HOKENSHA_CODE,
    JUKYUSHA,
    KENPO,
    SHUBETSU,
    facts,
    kihon,
    known_line,
    new_line,
    shikaku,
    standing_line,
    written,
)

INSURERS = tuple(shubetsu for shubetsu in SHUBETSU if shubetsu != "seikatsu_hogo")


def found(line: TorokuLine, shubetsu: str = "kenpo_kumiai", on: date = date(2026, 11, 20)) -> set[str]:
    violations = written(check_line(line, facts=facts(shubetsu, on)))
    assert len(violations) == len(set(violations))
    return set(violations)


@pytest.mark.parametrize("shubetsu", SHUBETSU)
@pytest.mark.parametrize("code", ["01", "02"])
def test_a_complete_line_is_clean(shubetsu: str, code: str) -> None:
    assert found(new_line(shubetsu, shori_shubetsu_code=code), shubetsu) == set()


@pytest.mark.parametrize("shubetsu", INSURERS)
@pytest.mark.parametrize(
    "key", ["hokensha_bango", "hihokenshasho_bango", "edaban", "shikaku_shutoku_ymd", "honnin_kazoku_kubun"]
)
def test_what_a_member_needs(shubetsu: str, key: str) -> None:
    line = new_line(shubetsu, shikaku=shikaku(shubetsu, **{key: None}))
    free = shubetsu == "koki_koiki" and key == "edaban"
    assert found(line, shubetsu) == (set() if free else {f"E208@shikaku/{key}"})


@pytest.mark.kj("KJ-SHI-07")
@pytest.mark.parametrize("key", ["kohi_futansha_bango", "jukyusha_bango", "shikaku_shutoku_ymd"])
def test_what_a_hihogosha_needs(key: str) -> None:
    line = new_line("seikatsu_hogo", shikaku=shikaku("seikatsu_hogo", **{key: None}))
    assert found(line, "seikatsu_hogo") == {f"E208@shikaku/{key}"}


@pytest.mark.kj("KJ-SHI-07")
@pytest.mark.parametrize("key", ["hokensha_bango", "hihokenshasho_kigo", "hihokenshasho_bango"])
def test_the_card_numbers_are_not_for_seikatsu_hogo(key: str) -> None:
    line = new_line("seikatsu_hogo", shikaku=shikaku("seikatsu_hogo", **{key: "06132013"}))
    assert found(line, "seikatsu_hogo") == {f"E209@shikaku/{key}"}


@pytest.mark.parametrize("shubetsu", INSURERS)
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("kohi_futansha_bango", FUTANSHA),
        ("jukyusha_bango", JUKYUSHA),
        ("jichitai_fukushi_jimusho_mei", "見本福祉事務所"),
    ],
)
def test_the_kohi_items_are_for_seikatsu_hogo_alone(shubetsu: str, key: str, value: str) -> None:
    line = new_line(shubetsu, shikaku=shikaku(shubetsu, **{key: value}))
    assert found(line, shubetsu) == {f"E209@shikaku/{key}"}


@pytest.mark.kj("KJ-IN-07")
@pytest.mark.parametrize("shubetsu", SHUBETSU)
@pytest.mark.parametrize("kubun", ["01", "02", "03", "04", "05", "1"])
def test_kanyusha_kubun_by_seido(shubetsu: str, kubun: str) -> None:
    own = "04" if shubetsu == "seikatsu_hogo" else "01"
    if kubun in ("02", "03"):
        line = new_line(shubetsu, kihon=kihon(kanyusha_kubun_code=kubun), shikaku={})
        assert found(line, shubetsu) == set()
    else:
        line = new_line(shubetsu, kihon=kihon(kanyusha_kubun_code=kubun))
        expected = {"04": "E209", "01": "E209"}.get(kubun, "E205")
        assert found(line, shubetsu) == (set() if kubun == own else {f"{expected}@kihon/kanyusha_kubun_code"})


@pytest.mark.parametrize(
    ("over", "expected"),
    [
        ({"kanyusha_kubun_code": None}, {"E208@kihon/kanyusha_kubun_code"}),
        ({"seinengappi": None}, {"E208@kihon/seinengappi"}),
        ({"seibetsu1": None}, {"E208@kihon/seibetsu1"}),
        ({"shimei_kenmen": None}, set()),
        ({"shimei_kenmen_kana": None}, set()),
        ({"shimei_kenmen": None, "shimei_kenmen_kana": None}, {"E208@kihon/shimei_kenmen"}),
        ({"shimei_kenmen": None, "shimei_kenmen_kana": None, "shimei_sonota": "見本"}, {"E208@kihon/shimei_kenmen"}),
    ],
)
def test_what_a_person_needs(over: dict[str, Any], expected: set[str]) -> None:
    assert found(new_line(kihon=kihon(**over))) == expected


def test_a_required_item_that_is_null_is_missing() -> None:
    line = new_line(kihon={**kihon(), "seinengappi": None}, shikaku={**shikaku(), "edaban": None})
    assert found(line) == {"E208@kihon/seinengappi", "E208@shikaku/edaban"}


@pytest.mark.parametrize(("kubun", "needed"), [("01", True), ("02", True), ("03", False)])
def test_who_needs_a_number(kubun: str, needed: bool) -> None:
    line = new_line(kojin_bango=None) if kubun == "01" else standing_line(kubun, kojin_bango=None)
    assert found(line) == ({"E208@kojin_bango"} if needed else set())


def test_a_setaiin_who_comes_again_is_named_somehow() -> None:
    line = standing_line("03", shori_shubetsu_code="02", kojin_bango=None)
    assert found(line) == {"E208@hihokensha_edaban"}
    assert found(dataclasses.replace(line, hihokensha_edaban=1)) == set()


@pytest.mark.parametrize("kubun", ["02", "03"])
@pytest.mark.parametrize("group", ["sho", "korei", "gendogaku", "tokutei_shippei"])
def test_who_has_no_period_has_nothing_of_one(kubun: str, group: str) -> None:
    line = standing_line(kubun, **{group: ({"kofu_ymd": "2026-04-01"},)}, shikaku={"edaban": "00"})
    assert found(line) == {"E209@shikaku", f"E209@{group}"}
    assert found(standing_line(kubun, shikaku={"edaban": None})) == set()


@pytest.mark.kj("KJ-IN-06")
@pytest.mark.parametrize("code", ["", "00", "06", "1", "０１", "新規"])
def test_keiki_is_one_of_five(code: str) -> None:
    expected = "E205" if code else "E208"
    assert f"{expected}@shori_shubetsu_code" in found(new_line(shori_shubetsu_code=code))


@pytest.mark.kj("KJ-IN-06")
@pytest.mark.parametrize("code", ["01", "02", "03", "04", "05"])
def test_each_keiki_has_its_line(code: str) -> None:
    line = new_line() if code == "01" else new_line(shori_shubetsu_code="02")
    if code > "02":
        line = known_line(code, kihon={"mibun": "1"}, shikaku={"shikaku_soshitsu_ymd": "2026-10-01"})
    assert found(line) == set()


@pytest.mark.kj("KJ-SHI-01")
@pytest.mark.parametrize("unreadable", [(), ("hihokensha_edaban",)])
def test_an_edaban_of_ones_own_is_refused(unreadable: tuple[str, ...]) -> None:
    line = new_line(hihokensha_edaban=None if unreadable else 7, unreadable=unreadable)
    assert "E209@hihokensha_edaban" in found(line)


def test_a_tsuban_of_ones_own_is_refused() -> None:
    assert found(new_line(shikaku_tsuban=1)) == {"E209@shikaku_tsuban"}


@pytest.mark.kj("KJ-IN-08")
def test_a_line_for_another_insurer() -> None:
    assert found(new_line(hokensha_code="99999999")) == {"E204@hokensha_code"}
    assert found(new_line(hokensha_code="9999")) == {"E204@hokensha_code", "E207@hokensha_code"}
    assert found(new_line(hokensha_code="")) == {"E208@hokensha_code"}


@pytest.mark.kj("KJ-IN-08")
def test_a_sender_for_several_insurers_meets_the_rules_of_each() -> None:
    both = dataclasses.replace(
        facts("shichoson_kokuho"), hokensha={**facts("shichoson_kokuho").hokensha, **facts("kenpo_kumiai").hokensha}
    )
    line = new_line("shichoson_kokuho")
    assert check_line(line, facts=both) == []
    foreign = dataclasses.replace(line, hokensha_code=KENPO)
    assert written(check_line(foreign, facts=both)) == ["E204@shikaku/hokensha_bango"]
    assert HOKENSHA_CODE["shichoson_kokuho"] != KENPO


@pytest.mark.parametrize("bango", ["138057", "00138057"])
def test_six_and_eight_digits_are_the_same_hokensha_bango(bango: str) -> None:
    line = new_line("shichoson_kokuho", shikaku=shikaku("shichoson_kokuho", hokensha_bango=bango))
    assert found(line, "shichoson_kokuho") == set()


@pytest.mark.parametrize("code", ["01", "02"])
@pytest.mark.parametrize(
    ("start", "expected"),
    [("2026-11-20", set()), ("2026-11-21", {"E210@shikaku/shikaku_shutoku_ymd"}), ("2026-04-01", set())],
)
def test_a_member_has_begun(code: str, start: str, expected: set[str]) -> None:
    line = new_line(shori_shubetsu_code=code, shikaku=shikaku(shikaku_shutoku_ymd=start))
    assert found(line) == expected
    hogo = new_line("seikatsu_hogo", shikaku=shikaku("seikatsu_hogo", shikaku_shutoku_ymd=start))
    assert found(hogo, "seikatsu_hogo") == expected


def test_a_future_soshitsu_is_fine() -> None:
    assert found(new_line(shikaku=shikaku(shikaku_soshitsu_ymd="2099-04-01"))) == set()


@pytest.mark.parametrize("code", ["03", "04", "05"])
def test_a_known_person_is_named(code: str) -> None:
    over: dict[str, Any] = {"kihon": {"mibun": "1"}, "shikaku": {"shikaku_soshitsu_ymd": "2026-10-01"}}
    line = known_line(code, hihokensha_edaban=None, **over)
    assert found(line) == {"E208@hihokensha_edaban"}
    assert found(dataclasses.replace(line, kojin_bango="123456789018")) == set()


@pytest.mark.parametrize("given", [{}, {"shikaku_soshitsu_ymd": None}, {"shikaku_soshitsu_jiyu": "99"}])
def test_soshitsu_has_a_day(given: dict[str, Any]) -> None:
    assert found(known_line("04", shikaku=given)) == {"E208@shikaku/shikaku_soshitsu_ymd"}


def test_henko_changes_something() -> None:
    assert found(known_line("03")) == {"E208@-"}
    for given in (
        {"kihon": {"jusho": None}},
        {"seigyo": {"opt_out": True}},
        {"korei": ({"kofu_ymd": "2026-08-01"},)},
        {"fugo_shutoku_yokyu_kubun": "1"},
        {"system": {"record_shubetsu_code": "1"}},
    ):
        assert found(known_line("03", **given)) == set()


@pytest.mark.parametrize(
    ("shubetsu", "group", "key", "refused"),
    [
        ("kenpo_kumiai", "kihon", "seinengappi", True),
        ("kenpo_kumiai", "kihon", "kanyusha_kubun_code", True),
        ("kenpo_kumiai", "kihon", "jusho", False),
        ("kenpo_kumiai", "shikaku", "edaban", True),
        ("kenpo_kumiai", "shikaku", "hihokenshasho_kigo", False),
        ("kenpo_kumiai", "shikaku", "shikaku_soshitsu_ymd", False),
        ("koki_koiki", "shikaku", "edaban", False),
        ("seikatsu_hogo", "shikaku", "jukyusha_bango", True),
    ],
)
def test_what_is_required_cannot_be_cleared(shubetsu: str, group: str, key: str, refused: bool) -> None:
    line = known_line("03", hokensha_code=HOKENSHA_CODE[shubetsu], **{group: {key: None}})
    assert found(line, shubetsu) == ({f"E208@{group}/{key}"} if refused else set())


def test_number_change_comes_as_a_pair_and_with_henko() -> None:
    number = "983205673214"
    assert found(known_line("03", koshingo_kojin_bango=number, kojin_bango_koshin_kubun="1")) == set()
    assert found(known_line("03", koshingo_kojin_bango=number)) == {"E208@kojin_bango_koshin_kubun"}
    assert found(known_line("03", kojin_bango_koshin_kubun="2")) == {"E208@koshingo_kojin_bango"}
    assert found(known_line("03", koshingo_kojin_bango=number, kojin_bango_koshin_kubun="3")) == {
        "E205@kojin_bango_koshin_kubun"
    }
    assert found(new_line(koshingo_kojin_bango=number, kojin_bango_koshin_kubun="1")) == {
        "E209@koshingo_kojin_bango",
        "E209@kojin_bango_koshin_kubun",
    }


@pytest.mark.kj("KJ-IN-19")
@pytest.mark.parametrize("key", ["kojin_bango", "koshingo_kojin_bango"])
@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("123456789017", "E206"),
        ("12345678901", "E207"),
        ("１２３４５６７８９０１８", "E207"),
        ("1234-5678-9018", "E207"),
        ("", "E207"),
    ],
)
def test_the_form_of_a_number(key: str, number: str, expected: str) -> None:
    line = known_line(
        "03", hihokensha_edaban=1, kojin_bango_koshin_kubun="1", **{"koshingo_kojin_bango": "983205673214", key: number}
    )
    assert found(line) == {f"{expected}@{key}"}


@pytest.mark.parametrize(("kubun", "expected"), [("0", set()), ("1", set()), ("2", {"E205"}), ("", {"E207"})])
def test_fugo_shutoku_yokyu_kubun(kubun: str, expected: set[str]) -> None:
    line = new_line(fugo_shutoku_yokyu_kubun=kubun)
    assert found(line) == {f"{code}@fugo_shutoku_yokyu_kubun" for code in expected}


def test_iryoken_comes_later() -> None:
    assert found(new_line("seikatsu_hogo", iryoken_given=True), "seikatsu_hogo") == {"E209@iryoken"}


def test_an_element_without_anything_in_it() -> None:
    assert found(new_line(korei=({}, {"kofu_ymd": None}))) == {"E208@korei/0/kofu_ymd", "E208@korei/1/kofu_ymd"}


def test_what_could_not_be_read_is_said_once() -> None:
    line = new_line(
        kojin_bango=None,
        kihon=kihon(seinengappi=None, shimei_kenmen=None, shimei_kenmen_kana=None),
        unreadable=("kojin_bango", "kihon/seinengappi", "kihon/shimei_kenmen"),
    )
    assert found(line) == {"E207@kojin_bango", "E207@kihon/seinengappi", "E207@kihon/shimei_kenmen"}


def test_every_violation_is_listed() -> None:
    line = new_line(
        hihokensha_edaban=3,
        kojin_bango="123456789017",
        kihon=kihon(seibetsu1="9", seinengappi="2026-02-30", jusho="見本市 123456789018"),
        shikaku=shikaku(hokensha_bango="06132012", edaban="1", honnin_kazoku_kubun=None),
        fugo_shutoku_yokyu_kubun="x",
    )
    assert found(line) == {
        "E204@shikaku/hokensha_bango",
        "E205@fugo_shutoku_yokyu_kubun",
        "E205@kihon/seibetsu1",
        "E206@kojin_bango",
        "E206@shikaku/hokensha_bango",
        "E207@kihon/seinengappi",
        "E207@shikaku/edaban",
        "E208@shikaku/honnin_kazoku_kubun",
        "E209@hihokensha_edaban",
        "E215@kihon/jusho",
    }
