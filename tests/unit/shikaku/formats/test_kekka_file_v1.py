"""結果ファイル and 訂正待ちファイル."""

import csv
import io

import pytest

from shikaku.domain.violations import Violation
from shikaku.formats.kekka_file_v1 import KekkaRow, TeiseiFile, without_numbers, write_kekka, write_teisei
from shikaku.formats.toroku_file_v1 import open_toroku_file
from tests.unit.shikaku.golden import golden_bytes

ROWS = [
    KekkaRow("20261120-0123456789", 1, 2, (), 1, 1),
    KekkaRow("20261120-0123456789", 2, 3, (Violation("W101", "-"),), 12, 2),
    KekkaRow(
        "20261120-0123456789",
        3,
        5,
        (Violation("E208", "kihon/jusho_henko_ymd"), Violation("E201", "shikaku/shikaku_shutoku_ymd")),
        None,
        None,
    ),
    KekkaRow("20261120-0123456789", 4, 6, (Violation("E207", "-"),), None, None),
]
HEADER = ("処理種別コード", "保険者コード", "個人番号", "住所", "更新後個人番号")


def teisei(encoding: str = "utf-8", *, bom: bool = False) -> TeiseiFile:
    return TeiseiFile(",".join(HEADER).encode(encoding), HEADER, encoding, bom)


def test_golden_result() -> None:
    assert b"".join(write_kekka(ROWS)) == golden_bytes("kekka_file_v1/kekka.csv")


def test_codes_and_places_are_pairs_and_nothing_personal_is_there() -> None:
    text = b"".join(write_kekka(ROWS)).decode("utf-8-sig")
    header, *rows = list(csv.reader(io.StringIO(text, newline="")))
    assert ",".join(header) == (
        "受付番号,受付明細番号,行番号,処理結果区分,処理結果明細コード,処理結果詳細コード,メッセージ,被保険者枝番,資格通番"
    )
    assert [row[3] for row in rows] == ["1", "2", "9", "9"]
    for row in rows:
        assert len(row[4].split()) == len(row[5].split())
        assert len(row[6].split(" / ")) == max(1, len(row[4].split()))
    assert rows[2][4:6] == ["E201 E208", "shikaku/shikaku_shutoku_ymd kihon/jusho_henko_ymd"]
    assert rows[1][7:] == ["0000000012", "2"]


def test_without_rows_the_header_alone() -> None:
    assert b"".join(write_kekka([])).count(b"\r\n") == 1


def test_many_rows_come_in_pieces() -> None:
    pieces = list(write_kekka(ROWS[:1] * 5_001))
    assert len(pieces) == 4
    assert b"".join(pieces).count(b"\r\n") == 5_002


@pytest.mark.parametrize("name", ["utf8_bom", "cp932", "one_record_undecodable", "unclosed_quote"])
def test_refused_lines_come_back_as_they_were(name: str) -> None:
    data = golden_bytes(f"toroku_file_v1/{name}.csv")
    reader = open_toroku_file(io.BytesIO(data))
    file = TeiseiFile(reader.raw_header, reader.header, reader.encoding, reader.bom)
    lines = list(reader.lines())
    again = b"".join(write_teisei(file, (line.raw for line in lines), with_numbers=True))
    assert [line.raw for line in open_toroku_file(io.BytesIO(again)).lines()] == [line.raw for line in lines]
    assert again.startswith(b"\xef\xbb\xbf") is reader.bom
    blank = b"".join(write_teisei(file, (line.raw for line in lines), with_numbers=False))
    assert b"123456789018" not in blank
    mended = list(open_toroku_file(io.BytesIO(blank)).lines())
    assert [line.line and line.line.kihon for line in mended] == [line.line and line.line.kihon for line in lines]


@pytest.mark.parametrize(
    ("raw", "blanked"),
    [
        ("03,06132013,123456789018,見本市1,983205673214", "03,06132013,,見本市1,"),
        ('03,06132013,"123456789018","見本市,1",', '03,06132013,,"見本市,1",'),
        ("03,06132013,12345,見本市1,", "03,06132013,,見本市1,"),
        ("03,06132013,,見本市123456789018,", "03,06132013,,,"),
        ("03,06132013,,見本市１２３４５６７８９０１８,", "03,06132013,,,"),
        ("03,06132013,,見本市123456789017,", "03,06132013,,見本市123456789017,"),
        # columns that do not fit the header: any twelve digits go
        ("03,06132013,x,見本市1,x,123456789017", "03,06132013,x,見本市1,x,"),
        ("03,06132013,１２３４ ５６７８ ９０１７", "03,06132013,"),
        ('03,06132013,"123456789018,見本市1,', "03,06132013,,見本市1,"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "cp932"])
def test_without_the_right_no_number_is_left(raw: str, blanked: str, encoding: str) -> None:
    assert without_numbers(raw.encode(encoding), teisei(encoding)) == blanked.encode(encoding)


def test_a_record_that_does_not_decode_keeps_no_number_either() -> None:
    raw = b"03,06132013,123456789018,\xff123456789018,x"
    assert without_numbers(raw, teisei()) == b"03,06132013,,,"
