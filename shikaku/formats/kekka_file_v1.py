"""結果ファイル and 訂正待ちファイル, version 1: what an insurer gets back about a file.

The result has no personal data beyond 被保険者枝番. The refused lines come back as they were sent, byte for byte; for
who may not handle 個人番号 the number columns are empty and no other field keeps a number either.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from chukan.kernel.values.edaban import format_edaban
from chukan.kernel.values.kojin_bango import contains_kojin_bango
from shikaku.domain.items import NUMBER_HEADERS
from shikaku.domain.violations import Violation, kekka_kubun, message, order_results
from shikaku.formats.csv_records import field_spans

BOM: Final = b"\xef\xbb\xbf"
CRLF: Final = b"\r\n"
KEKKA_HEADER: Final = (
    "受付番号",
    "受付明細番号",
    "行番号",
    "処理結果区分",
    "処理結果明細コード",
    "処理結果詳細コード",
    "メッセージ",
    "被保険者枝番",
    "資格通番",
)
_NUMBER_LENGTH: Final = 12
_ROWS_PER_PIECE: Final = 2_000


class KekkaRow(NamedTuple):
    """The result of one 明細; `results` empty = 正常."""

    uketsuke_bango: str
    meisai: int
    gyo_bango: int
    results: Sequence[Violation]
    hihokensha_edaban: int | None
    shikaku_tsuban: int | None


def format_meisai_bango(meisai: int) -> str:
    """Return 受付明細番号: the count of the 明細 in its 受付, seven digits."""
    return f"{meisai:07d}"


def kekka_line(row: KekkaRow) -> str:
    """Return one line of the result without its line end."""
    results = order_results(row.results)
    codes = tuple(result.code for result in results)
    messages = " / ".join(message(*result) for result in results)
    return ",".join(
        (
            row.uketsuke_bango,
            format_meisai_bango(row.meisai),
            str(row.gyo_bango),
            kekka_kubun(codes),
            " ".join(codes),
            " ".join(result.pointer for result in results),
            _quoted(messages),
            "" if row.hihokensha_edaban is None else format_edaban(row.hihokensha_edaban),
            "" if row.shikaku_tsuban is None else str(row.shikaku_tsuban),
        )
    )


def write_kekka(rows: Iterable[KekkaRow]) -> Iterator[bytes]:
    """Yield the result file in pieces: UTF-8 with BOM, CRLF, the header first; without rows the header alone."""
    yield BOM + ",".join(KEKKA_HEADER).encode() + CRLF
    piece: list[str] = []
    for row in rows:
        piece.append(kekka_line(row))
        if len(piece) == _ROWS_PER_PIECE:
            yield _piece(piece)
            piece = []
    if piece:
        yield _piece(piece)


def _piece(lines: list[str]) -> bytes:
    return ("\r\n".join(lines) + "\r\n").encode()


def _quoted(text: str) -> str:
    if any(char in text for char in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


class TeiseiFile(NamedTuple):
    """How the input looked: its header record as bytes, its encoding, and whether it began with a BOM."""

    raw_header: bytes
    header: tuple[str, ...]
    encoding: str
    bom: bool


def write_teisei(file: TeiseiFile, records: Iterable[bytes], *, with_numbers: bool) -> Iterator[bytes]:
    """Yield the refused lines with the input's header, columns and encoding, ready to mend and send again."""
    yield (BOM if file.bom else b"") + file.raw_header + CRLF
    for raw in records:
        yield (raw if with_numbers else without_numbers(raw, file)) + CRLF


def without_numbers(raw: bytes, file: TeiseiFile) -> bytes:
    """Return the record with its number columns empty, and every other field empty that holds a number.

    In a record that does not fit the header any field with twelve digits in a row goes: columns may have shifted.
    """
    spans = field_spans(raw)
    if spans is None:
        return b",".join(_harmless(piece, file.encoding) for piece in raw.split(b","))
    if len(spans) != len(file.header):
        return b",".join(_harmless(raw[start:end], file.encoding) for start, end in spans)
    return b",".join(
        b"" if name in NUMBER_HEADERS else _checked(raw[start:end], file.encoding)
        for name, (start, end) in zip(file.header, spans, strict=True)
    )


def _checked(piece: bytes, encoding: str) -> bytes:
    if len(piece) < _NUMBER_LENGTH and piece.isascii():
        return piece
    try:
        return b"" if contains_kojin_bango(piece.decode(encoding)) else piece
    except UnicodeDecodeError:
        return _harmless(piece, encoding)


def _harmless(piece: bytes, encoding: str) -> bytes:
    text = unicodedata.normalize("NFKC", piece.decode(encoding, errors="replace"))
    run = 0
    for char in text:
        run = run + 1 if "0" <= char <= "9" else run if char in " -" else 0
        if run >= _NUMBER_LENGTH:
            return b""
    return piece
