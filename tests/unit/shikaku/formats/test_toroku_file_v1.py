"""登録ファイル: golden files, headers, encodings, broken records, resuming."""

import io
import tracemalloc
from typing import Any, BinaryIO, cast

import pytest

from shikaku.domain.items import FILE_HEADERS
from shikaku.domain.line import TorokuLine
from shikaku.domain.violations import Violation
from shikaku.formats.csv_records import RECORD_LIMIT
from shikaku.formats.toroku_file_v1 import FileLine, HeaderRefused, open_toroku_file
from tests.unit.shikaku.golden import golden_bytes, golden_json

HEADER = "処理種別コード,保険者コード,個人番号,氏名（券面記載）"
ROW = "01,06132013,123456789018,見本　太郎"


def read(data: bytes, **kwargs: Any) -> list[FileLine]:
    return list(open_toroku_file(io.BytesIO(data)).lines(**kwargs))


def refusal(data: bytes) -> str:
    with pytest.raises(HeaderRefused) as refused:
        open_toroku_file(io.BytesIO(data))
    return refused.value.code


def plain(line: TorokuLine | None) -> dict[str, Any] | None:
    if line is None:
        return None
    given = {key: getattr(line, key) for key in line.__slots__}
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in given.items()
        if value not in (None, {}, (), "", False)
    }


@pytest.mark.parametrize(
    "name",
    [
        "utf8_bom",
        "utf8_lf_no_final_newline",
        "cp932",
        "header_only",
        "one_record_undecodable",
        "unclosed_quote",
    ],
)
def test_golden_files(name: str) -> None:
    reader = open_toroku_file(io.BytesIO(golden_bytes(f"toroku_file_v1/{name}.csv")))
    found = {
        "encoding": reader.encoding,
        "bom": reader.bom,
        "lines": [
            {
                "meisai": line.meisai,
                "gyo_bango": line.gyo_bango,
                "line": plain(line.line),
                "violations": [list(violation) for violation in line.violations],
            }
            for line in reader.lines()
        ],
    }
    assert found == golden_json(f"toroku_file_v1/{name}.json")


@pytest.mark.parametrize("name", ["utf8_bom", "cp932", "one_record_undecodable", "unclosed_quote"])
def test_records_are_kept_as_they_came(name: str) -> None:
    data = golden_bytes(f"toroku_file_v1/{name}.csv")
    reader = open_toroku_file(io.BytesIO(data))
    again = (b"\xef\xbb\xbf" if reader.bom else b"") + b"".join(
        raw + b"\r\n" for raw in [reader.raw_header, *(line.raw for line in reader.lines())]
    )
    assert again == data.replace(b"\r\n\r\n", b"\r\n")


def test_every_item_has_a_column_and_comes_in_any_order() -> None:
    names = sorted(FILE_HEADERS)
    values = {"処理種別コード": "01", "保険者コード": "06132013"}
    row = ",".join(values.get(name, "") for name in names)
    (line,) = read((",".join(names) + "\r\n" + row + "\r\n").encode())
    assert line.line is not None
    assert plain(line.line) == {"shori_shubetsu_code": "01", "hokensha_code": "06132013"}


@pytest.mark.parametrize(
    ("column", "cell", "where", "value"),
    [
        ("被保険者枝番", "0000000012", "hihokensha_edaban", 12),
        ("資格通番", "3", "shikaku_tsuban", 3),
        ("個人番号更新区分", "1", "kojin_bango_koshin_kubun", "1"),
        ("更新後個人番号", "983205673214", "koshingo_kojin_bango", "983205673214"),
        ("符号取得要求区分", "0", "fugo_shutoku_yokyu_kubun", "0"),
        ("レコード識別番号", "R1", "system", {"record_shikibetsu_bango": "R1"}),
        ("死亡フラグ", "1", "kihon", {"shibo_flag": True}),
        ("情報提供に関する制御情報/オプトアウト", "0", "seigyo", {"opt_out": False}),
        ("被保険者証等情報/証区分", "01", "sho", ({"sho_kubun": "01"},)),
        ("限度額適用認定証関連情報/交付年月日", "20260801", "gendogaku", ({"kofu_ymd": "2026-08-01"},)),
        ("特定疾病療養受療証情報/自己負担限度額", "20000", "tokutei_shippei", ({"jiko_futan_gendogaku": 20000},)),
        ("医療券・調剤券情報/診療年月", "202604", "iryoken_given", True),
        ("資格喪失年月日（保護停止日・保護廃止日）", "[消去]", "shikaku", {"shikaku_soshitsu_ymd": None}),
        ("高齢受給者証情報/回収年月日", "[消去]", "korei", ({"kaishu_ymd": None},)),
        ("被保険者枝番", "[消去]", "hihokensha_edaban", None),
    ],
)
def test_cells_become_values(column: str, cell: str, where: str, value: Any) -> None:
    (line,) = read(f"処理種別コード,保険者コード,{column}\r\n03,06132013,{cell}\r\n".encode())
    assert getattr(line.line, where) == value
    assert line.line is not None
    assert line.line.unreadable == ()


@pytest.mark.parametrize(
    ("column", "cell", "pointer"),
    [
        ("被保険者枝番", "12", "hihokensha_edaban"),
        ("被保険者枝番", "0000000000", "hihokensha_edaban"),
        ("資格通番", "0", "shikaku_tsuban"),
        ("資格通番", "１", "shikaku_tsuban"),
        ("死亡フラグ", "true", "kihon/shibo_flag"),
        ("生年月日", "S55.4.1", "kihon/seinengappi"),
        ("生年月日", "1980-04-01", "kihon/seinengappi"),
        ("特定疾病療養受療証情報/自己負担限度額", "-1", "tokutei_shippei/0/jiko_futan_gendogaku"),
        ("高齢受給者証情報/交付年月日", " ", "korei/0/kofu_ymd"),
        ("医療券・調剤券情報/診療年月", "2026-04", "iryoken/0/shinryo_ym"),
    ],
)
def test_cells_that_cannot_be_read(column: str, cell: str, pointer: str) -> None:
    (line,) = read(f"処理種別コード,保険者コード,{column}\r\n03,06132013,{cell}\r\n".encode())
    assert line.line is not None
    assert line.line.unreadable == (pointer,)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "midashi_fumei"),
        (b"\r\n" + f"{HEADER}\r\n".encode(), "midashi_fumei"),
        (f"{HEADER},続柄\r\n".encode(), "midashi_fumei"),
        (f"{HEADER},\r\n".encode(), "midashi_fumei"),
        (f"{HEADER}, 住所\r\n".encode(), "midashi_fumei"),
        (f"{HEADER},オプトアウト\r\n".encode(), "midashi_fumei"),
        (f'{HEADER},"住所\r\n'.encode(), "midashi_fumei"),
        ("処理種別コード,個人番号\r\n".encode(), "midashi_fumei"),
        ("保険者コード,個人番号\r\n".encode(), "midashi_fumei"),
        (f"{HEADER},個人番号\r\n".encode(), "midashi_jufuku"),
        (f"{HEADER}\r\n".encode("utf-16"), "moji_code_fumei"),
        (b"\xef\xbb\xbf" + f"{HEADER}\r\n".encode("cp932"), "moji_code_fumei"),
        (b"\xff\xff\r\n", "moji_code_fumei"),
        (b"x" * (RECORD_LIMIT + 5), "midashi_fumei"),
    ],
)
def test_headers_that_refuse_the_file(data: bytes, code: str) -> None:
    assert refusal(data) == code


@pytest.mark.parametrize(("encoding", "start"), [("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("cp932", b"")])
def test_the_header_decides_the_encoding(encoding: str, start: bytes) -> None:
    reader = open_toroku_file(io.BytesIO(start + f"{HEADER}\r\n{ROW}\r\n".encode(encoding)))
    assert reader.encoding == encoding
    (line,) = reader.lines()
    assert line.line is not None
    assert line.line.kihon["shimei_kenmen"] == "見本　太郎"


@pytest.mark.parametrize("byte", [b"\x80", b"\xa0", b"\xfd", b"\xfe", b"\xff", b"\x85\x20"])
def test_bytes_that_cp932_does_not_know(byte: bytes) -> None:
    data = f"{HEADER}\r\n01,06132013,,#\r\n{ROW}\r\n".encode("cp932").replace(b"#", byte)
    assert [line.violations for line in read(data)] == [(Violation("E207", "-"),), ()]


def test_gaiji_of_cp932_are_characters() -> None:
    (line,) = read(f"{HEADER}\r\n01,06132013,,#\r\n".encode("cp932").replace(b"#", b"\xf0\x40"))
    assert line.line is not None
    assert line.line.kihon["shimei_kenmen"] == "\ue000"


def test_a_quoted_header_is_fine() -> None:
    data = ('"処理種別コード","保険者コード"\r\n"03","06132013"\r\n').encode()
    (line,) = read(data)
    assert line.line is not None
    assert line.line.hokensha_code == "06132013"


@pytest.mark.parametrize("row", ["01,06132013", f"{ROW},", "x", '01,06132013,"a"b,c'])
def test_a_record_that_does_not_fit_is_refused_alone(row: str) -> None:
    lines = read(f"{HEADER}\r\n{row}\r\n{ROW}\r\n".encode())
    assert [line.violations for line in lines] == [(Violation("E207", "-"),), ()]
    assert [line.gyo_bango for line in lines] == [2, 3]


def test_a_record_beyond_the_limit_is_refused_alone() -> None:
    lines = read(f"{HEADER}\r\n01,06132013,,{'x' * RECORD_LIMIT}\r\n{ROW}\r\n".encode())
    assert [line.violations for line in lines] == [(Violation("E207", "-"),), ()]


def test_empty_lines_are_rows_but_no_meisai() -> None:
    lines = read(f"{HEADER}\r\n\r\n{ROW}\r\n\r\n\r\n{ROW}\r\n\r\n".encode())
    assert [(line.meisai, line.gyo_bango) for line in lines] == [(1, 3), (2, 6)]


@pytest.mark.parametrize("name", ["utf8_bom", "one_record_undecodable", "unclosed_quote"])
def test_resuming_anywhere_gives_the_same_rest(name: str) -> None:
    data = golden_bytes(f"toroku_file_v1/{name}.csv")
    everything = read(data)
    for at in range(len(everything) + 2):
        assert read(data, skip_until=at) == everything[at:]


def test_memory_does_not_grow_with_the_file() -> None:
    class Rows:
        """A file of a million rows that is never anywhere as a whole."""

        def __init__(self, count: int) -> None:
            self._blocks = count // 1000
            self._block = (ROW + "\r\n").encode() * 1000
            self._header = f"{HEADER}\r\n".encode()

        def read(self, _size: int) -> bytes:
            if self._header:
                block, self._header = self._header, b""
                return block
            self._blocks -= 1
            return self._block if self._blocks >= 0 else b""

    def peak(count: int) -> int:
        tracemalloc.start()
        last = 0
        for line in open_toroku_file(cast("BinaryIO", Rows(count))).lines():
            last = line.meisai
        assert last == count
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    assert peak(40_000) < 1.2 * peak(4_000)
