"""The 符号取得要求ファイル as it streams in: CSV `shori_tsuban,kojin_bango`, never held whole."""

import csv
import re
from collections.abc import Iterable, Iterator

HEADER = ["shori_tsuban", "kojin_bango"]
TSUBAN = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
MAX_LINE = 256
BOM = b"\xef\xbb\xbf"


class FileRefused(Exception):
    """The file cannot be taken; the text says where and never quotes it."""


def read_requests(pieces: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    """処理通番 and 個人番号 of each line as they stand there.

    Raises FileRefused for anything that is not this CSV; a number that is no 個人番号 is not judged here.
    """
    rows = csv.reader(_lines(pieces), strict=True)
    try:
        if next(rows, None) != HEADER:
            raise FileRefused("1行目は shori_tsuban,kojin_bango です")
        for place, row in enumerate(rows, start=2):
            if len(row) != len(HEADER) or not TSUBAN.fullmatch(row[0]):
                raise FileRefused(f"{place}行目を読み取れません")
            yield row[0], row[1]
    except csv.Error as error:
        raise FileRefused("CSVとして読み取れません") from error


def _lines(pieces: Iterable[bytes]) -> Iterator[str]:
    rest = b""
    first = True
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield _text(line.removeprefix(BOM) if first else line)
            first = False
        if len(rest) > MAX_LINE:
            raise FileRefused("長すぎる行があります")
    if rest:
        yield _text(rest)


def _text(line: bytes) -> str:
    try:
        return line.decode("ascii") + "\n"
    except UnicodeDecodeError as error:
        raise FileRefused("使えない文字があります") from error
