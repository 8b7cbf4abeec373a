"""登録電文: every shape of the JSON object."""

from typing import Any

import pytest

from chukan.kernel.errors import Invalid
from shikaku.domain.check_line import check_line
from shikaku.formats.toroku_message_v1 import read_message
from tests.unit.shikaku.lines import NUMBER, facts, written

BODY: dict[str, Any] = {
    "shori_shubetsu_code": "01",
    "hokensha_code": "06132013",
    "hihokensha_edaban": None,
    "kojin_bango": NUMBER,
    "koshingo_kojin_bango": None,
    "fugo_shutoku_yokyu_kubun": "1",
    "kihon": {
        "shimei_kenmen": "見本　太郎",
        "seibetsu1": "1",
        "seinengappi": "1980-04-01",
        "kanyusha_kubun_code": "01",
    },
    "seigyo": {"jiko_joho_teikyo_fuka_flag": False, "opt_out": False, "tokutei_kenshin_doi_flag": False},
    "shikaku": {
        "hokensha_bango": "06132013",
        "hihokenshasho_bango": "123",
        "edaban": "00",
        "shikaku_shutoku_ymd": "2026-04-01",
        "shikaku_soshitsu_ymd": None,
        "honnin_kazoku_kubun": "1",
    },
    "sho": [],
    "korei": [],
    "gendogaku": [],
    "tokutei_shippei": [],
    "iryoken": [],
}


def refusal(body: object) -> Invalid:
    with pytest.raises(Invalid) as refused:
        read_message(body)
    return refused.value


def found(**over: Any) -> set[str]:
    return set(written(check_line(read_message({**BODY, **over}), facts=facts())))


def test_the_example_of_the_contract_is_clean() -> None:
    assert found() == set()


def test_groups_may_be_left_out_null_or_empty() -> None:
    nothings: list[Any] = [None, []]
    for nothing in nothings:
        line = read_message({**BODY, "seigyo": nothing, "korei": nothing})
        assert line.seigyo == {}
        assert line.korei == ()


@pytest.mark.kj("KJ-IN-04")
@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"shimei": "見本"}, "shimei"),
        ({"system": {}}, "system"),
        ({"pmh_id": "x"}, "pmh_id"),
        ({"himozuke_bango": "x"}, "himozuke_bango"),
        ({"kihon": {"tsuzukigara": "1"}}, "kihon/tsuzukigara"),
        ({"kihon": {"kojin_bango": NUMBER}}, "kihon/kojin_bango"),
        ({"shikaku": {"sho_kubun": "01"}}, "shikaku/sho_kubun"),
        ({"korei": [{"kofu_ymd": "2026-04-01"}, {"sho_kubun": "01"}]}, "korei/1/sho_kubun"),
        ({"iryoken": [{"nothing": 1}]}, "iryoken/0/nothing"),
        ({NUMBER: "x"}, "****"),
        ({"kihon": {f"a{NUMBER}": "x"}}, "kihon/****"),
        ({"x" * 99: "x"}, "x" * 64),
        ({"": "x"}, "****"),
    ],
)
def test_one_unknown_key_refuses_the_message_and_is_named(body: dict[str, Any], pointer: str) -> None:
    error = refusal({**BODY, **body})
    assert error.code == "unknown_field"
    assert error.pointer == pointer
    assert [item.pointer for item in error.errors] == [pointer]
    assert pointer in error.message
    assert NUMBER not in f"{error!r} {error.message}"


@pytest.mark.kj("KJ-IN-06")
@pytest.mark.parametrize("key", ["shori_shubetsu_code", "hokensha_code"])
@pytest.mark.parametrize("absent", [True, False])
def test_keiki_and_insurer_are_always_there(key: str, absent: bool) -> None:
    body = {k: v for k, v in BODY.items() if k != key} if absent else {**BODY, key: None}
    line = read_message({**body, "kihon": {**BODY["kihon"], "seibetsu1": 1}})
    assert {f"E208@{key}", "E207@kihon/seibetsu1"} <= set(written(check_line(line, facts=facts())))


@pytest.mark.parametrize("body", [None, [], "x", 1, [BODY]])
def test_a_body_is_an_object(body: object) -> None:
    assert refusal(body).code == "json_fusei"


@pytest.mark.parametrize(
    ("over", "expected"),
    [
        ({"shori_shubetsu_code": ""}, {"E207@shori_shubetsu_code"}),
        ({"shori_shubetsu_code": 1}, {"E207@shori_shubetsu_code"}),
        ({"hokensha_code": 6132013}, {"E207@hokensha_code"}),
        ({"kojin_bango": 123456789018}, {"E207@kojin_bango"}),
        ({"kojin_bango": ""}, {"E207@kojin_bango"}),
        ({"hihokensha_edaban": "0000000001"}, {"E209@hihokensha_edaban"}),
        ({"hihokensha_edaban": "1"}, {"E207@hihokensha_edaban", "E209@hihokensha_edaban"}),
        ({"hihokensha_edaban": 1}, {"E207@hihokensha_edaban", "E209@hihokensha_edaban"}),
        ({"shikaku_tsuban": 1}, {"E209@shikaku_tsuban"}),
        ({"shikaku_tsuban": "1"}, {"E207@shikaku_tsuban", "E209@shikaku_tsuban"}),
        ({"shikaku_tsuban": True}, {"E207@shikaku_tsuban", "E209@shikaku_tsuban"}),
        ({"fugo_shutoku_yokyu_kubun": True}, {"E207@fugo_shutoku_yokyu_kubun"}),
        ({"record_shubetsu_code": ["1"]}, {"E207@record_shubetsu_code"}),
        ({"seigyo": {"opt_out": "true"}}, {"E207@seigyo/opt_out"}),
        ({"seigyo": "x"}, {"E207@seigyo"}),
        ({"seigyo": [1]}, {"E207@seigyo"}),
        ({"kihon": {**BODY["kihon"], "jusho": ["x"]}}, {"E207@kihon/jusho"}),
        ({"kihon": {**BODY["kihon"], "jusho": ""}}, {"E207@kihon/jusho"}),
        ({"kihon": {**BODY["kihon"], "seinengappi": {"y": 1}}}, {"E207@kihon/seinengappi"}),
        ({"korei": {"kofu_ymd": "2026-04-01"}}, {"E207@korei"}),
        ({"korei": ["x", {"kofu_ymd": "2026-04-01"}]}, {"E207@korei/0"}),
        ({"korei": [{"kofu_ymd": "20260401"}]}, {"E207@korei/0/kofu_ymd"}),
        ({"korei": [{"kofu_ymd": 1.5}]}, {"E207@korei/0/kofu_ymd"}),
        ({"korei": [{"kofu_ymd": "2026-04-01"}] * 101}, {"E207@korei"}),
        ({"tokutei_shippei": [{"jiko_futan_gendogaku": 10000}]}, set()),
        ({"tokutei_shippei": [{"jiko_futan_gendogaku": 1e4}]}, {"E207@tokutei_shippei/0/jiko_futan_gendogaku"}),
        ({"iryoken": [{"biko1": "x"}]}, {"E209@iryoken"}),
        ({"iryoken": [{}]}, {"E209@iryoken"}),
        ({"iryoken": "x"}, {"E207@iryoken"}),
    ],
)  # fmt: skip
def test_shapes(over: dict[str, Any], expected: set[str]) -> None:
    assert found(**over) == expected


def test_top_level_items_arrive() -> None:
    line = read_message(
        {
            "shori_shubetsu_code": "03",
            "hokensha_code": "06132013",
            "hihokensha_edaban": "0000000012",
            "koshingo_kojin_bango": NUMBER,
            "kojin_bango_koshin_kubun": "2",
            "shikaku_tsuban": 2,
            "access_group_code": None,
            "record_shikibetsu_bango": "R1",
            "kihon": {"jusho": None},
        }
    )
    assert (line.hihokensha_edaban, line.shikaku_tsuban, line.kojin_bango_koshin_kubun) == (12, 2, "2")
    assert line.system == {"access_group_code": None, "record_shikibetsu_bango": "R1"}
    assert line.kihon == {"jusho": None}
    assert line.unreadable == ()
