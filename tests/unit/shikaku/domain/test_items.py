"""The item list: complete, without doubles, and the headers of a file."""

import pytest

from shikaku.domain.items import (
    ELEMENT_KEYS,
    FILE_HEADERS,
    GROUPS,
    HEADER_OF,
    HENKO_YMD,
    NUMBER_HEADERS,
    REPEATED_GROUPS,
    SINGLE_GROUPS,
    TOP,
)


@pytest.mark.parametrize(
    ("group", "count"),
    [
        ("seigyo", 3),
        ("kihon", 24),
        ("shikaku", 14),
        ("sho", 10),
        ("iryoken", 35),
        ("korei", 5),
        ("gendogaku", 7),
        ("tokutei_shippei", 6),
    ],
)
def test_each_group_has_the_items_of_the_record(group: str, count: int) -> None:
    items = GROUPS[group].items
    assert len(items) == count
    assert len({item.key for item in items}) == len({item.ja for item in items}) == count


def test_system_items_are_eight_with_those_of_the_line_itself() -> None:
    of_the_line = {"shori_shubetsu_code", "hokensha_code", "hihokensha_edaban", "kojin_bango", "koshingo_kojin_bango"}
    assert of_the_line | GROUPS["system"].columns() == {
        "record_shikibetsu_bango",
        "record_shubetsu_code",
        "shori_shubetsu_code",
        "hokensha_code",
        "hihokensha_edaban",
        "kojin_bango",
        "koshingo_kojin_bango",
        "access_group_code",
    }
    assert set(TOP) - of_the_line == {"kojin_bango_koshin_kubun", "fugo_shutoku_yokyu_kubun", "shikaku_tsuban"}


@pytest.mark.parametrize(
    ("header", "place"),
    [
        ("処理種別コード", ("", "shori_shubetsu_code")),
        ("資格通番", ("", "shikaku_tsuban")),
        ("レコード識別番号", ("system", "record_shikibetsu_bango")),
        ("氏名（券面記載）（カナ）", ("kihon", "shimei_kenmen_kana")),
        ("保険者番号", ("shikaku", "hokensha_bango")),
        ("資格取得年月日（保護開始日・保護再開日）", ("shikaku", "shikaku_shutoku_ymd")),
        ("情報提供に関する制御情報/オプトアウト", ("seigyo", "opt_out")),
        ("被保険者証等情報/保険者番号", ("sho", "hokensha_bango")),
        ("高齢受給者証情報/交付年月日", ("korei", "kofu_ymd")),
        ("医療券・調剤券情報/備考1", ("iryoken", "biko1")),
    ],
)
def test_headers_of_a_file(header: str, place: tuple[str, str]) -> None:
    assert FILE_HEADERS[header] == place
    assert HEADER_OF[place] == header


def test_headers_are_one_to_one() -> None:
    assert len(FILE_HEADERS) == len(HEADER_OF) == 8 + 3 + 3 + 24 + 14 + 10 + 35 + 5 + 7 + 6
    assert {"個人番号", "更新後個人番号"} == NUMBER_HEADERS
    assert "オプトアウト" not in FILE_HEADERS
    assert "交付年月日" not in FILE_HEADERS


def test_change_dates_stand_in_their_group() -> None:
    assert len(HENKO_YMD) == 12
    for (group, _key), henko in HENKO_YMD.items():
        assert henko in GROUPS[group].columns()
        assert henko.endswith("_henko_ymd")
    dated = {henko for (group, _), henko in HENKO_YMD.items() if group == "kihon"}
    assert dated == {key for key in GROUPS["kihon"].columns() if key.endswith("_henko_ymd")}


def test_elements_are_told_apart_by_items_they_have() -> None:
    assert set(ELEMENT_KEYS) == set(REPEATED_GROUPS)
    for group, keys in ELEMENT_KEYS.items():
        assert set(keys) <= GROUPS[group].columns()
        assert GROUPS[group].repeated
    assert not any(GROUPS[group].repeated for group in SINGLE_GROUPS)
