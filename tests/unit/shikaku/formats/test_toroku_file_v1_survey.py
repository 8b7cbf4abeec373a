"""What the inspection counts of a 登録ファイル: lines that take away, per 保険者, in any spelling of the same file."""

from __future__ import annotations

import io
import tracemalloc
from typing import BinaryIO, cast

import pytest

from shikaku.domain.horyu import Count, Tally
from shikaku.formats.toroku_file_v1 import FileSurvey, open_toroku_file

HEADER = (
    "処理種別コード,保険者コード,被保険者枝番,個人番号,住所,身分,資格喪失年月日（保護停止日・保護廃止日）,"
    "高齢受給者証情報/回収年月日"
)
MINE, THEIRS, NOBODYS = "00138057", "00138065", "06132013"
ROWS = (
    f"01,{MINE},,123456789018,見本市１,,,",
    f"02,{MINE},,234567890121,,,,",
    f"03,{MINE},0000000001,,見本市２,,,",
    f"03,{MINE},0000000001,,[消去],,,[消去]",
    f"03,{MINE},,123456789018,[消去],[消去],,",
    f"03,{MINE},0000000002,,,,20261001,",
    f"03,{MINE},0000000002,,,,[消去],",
    f"04,{MINE},0000000003,,,,20261001,",
    f"04,{MINE},,345678901234,[消去],,20261001,",
    f"05,{MINE},0000000004,,,,,",
    f"04,{THEIRS},0000000001,,,,20261001,",
    f"04,{NOBODYS},0000000001,,,,20261001,",
    f"99,{MINE},0000000001,,,,20261001,",
)
FOUND = {
    MINE: Tally(
        2,
        Count(4, 3),
        {
            "住所": Count(2, 1),
            "高齢受給者証情報/回収年月日": Count(1, 1),
            "身分": Count(1, 0),
            "資格喪失年月日（保護停止日・保護廃止日）": Count(1, 1),
        },
    ),
    THEIRS: Tally(0, Count(1, 1)),
}


def survey(text: str | bytes, *, zones: tuple[str, ...] = (MINE, THEIRS), encoding: str = "utf-8") -> FileSurvey:
    data = text.encode(encoding) if isinstance(text, str) else text
    return open_toroku_file(io.BytesIO(data)).survey(zones)


def quoted(text: str) -> str:
    return ",".join(f'"{cell}"' for cell in text.split(","))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
@pytest.mark.parametrize("newline", ["\r\n", "\n"])
@pytest.mark.parametrize("spelled", [str, quoted])
def test_every_spelling_of_a_file_counts_the_same(encoding: str, newline: str, spelled: type[str]) -> None:
    text = newline.join(spelled(row) for row in (HEADER, *ROWS)) + newline

    assert survey(text, encoding=encoding) == FileSurvey(len(ROWS), FOUND)


def test_columns_may_come_in_any_order() -> None:
    def turned(row: str) -> str:
        return ",".join(reversed(row.split(",")))

    assert survey("\r\n".join(map(turned, (HEADER, *ROWS)))) == FileSurvey(len(ROWS), FOUND)


def test_lines_of_insurers_that_were_not_asked_about_are_lines_only() -> None:
    assert survey("\n".join((HEADER, *ROWS)), zones=(NOBODYS,)) == FileSurvey(
        len(ROWS), {NOBODYS: Tally(0, Count(1, 1))}
    )


@pytest.mark.parametrize(
    "row",
    [
        f"04,{MINE},0000000001".encode(),
        b"04",
        f"04,{MINE},0000000001,,,,20261001,,".encode(),
        f'04,{MINE},"0000000001,,,,20261001,'.encode(),
        f"04,{MINE},0000000001,,".encode() + b"\xff\xfe,,20261001,",
    ],
)
def test_a_line_that_cannot_be_read_takes_nothing_away(row: bytes) -> None:
    assert survey(HEADER.encode() + b"\n" + row + b"\n") == FileSurvey(1, {MINE: Tally(), THEIRS: Tally()})


def test_empty_lines_and_a_header_alone_are_no_lines() -> None:
    nothing = FileSurvey(0, {MINE: Tally(), THEIRS: Tally()})

    assert survey(HEADER) == survey(HEADER + "\r\n\r\n\r\n") == nothing


def test_memory_does_not_grow_with_the_file() -> None:
    class Rows:
        """A stream of lines that are made as they are read; every one names an insurer of its own."""

        def __init__(self, blocks: int) -> None:
            self._blocks, self._at = blocks, 0

        def read(self, _size: int) -> bytes:
            self._at += 1
            if self._at > self._blocks:
                return b""
            if self._at == 1:
                return (HEADER + "\n").encode()
            codes = range(self._at * 1000, self._at * 1000 + 1000)
            return "".join(
                f"03,{code:08d},0000000001,,[消去],,,\n04,{MINE},1,,,,20261001,\n" for code in codes
            ).encode()

    def peak(blocks: int) -> int:
        tracemalloc.start()
        open_toroku_file(cast("BinaryIO", Rows(blocks))).survey((MINE,))
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    small = peak(3)
    assert peak(40) < small * 1.5
