"""再取得対象者の抽出: who is asked for anew, as a CSV for the approved medium.

派生: the smallest file that still says who is meant. A member is named by the insurer's own 被保険者枝番 and the
request by its 処理通番. 個人番号, 機関別符号 and 紐付番号 are not in it, though KJ-MENU-09 would allow the number:
nobody needs it, the request file takes it from 資格履歴. 根拠: KJ-DUAL-02, KJ-DUAL-06.
"""

from collections.abc import Iterable, Iterator
from typing import Final, Protocol
from uuid import UUID

COLUMNS: Final = ("保険者コード", "被保険者枝番", "処理通番", "要求しない理由")
_BOM: Final = "\ufeff"


class Line(Protocol):
    """One person of the extract; without a request there is a reason instead."""

    @property
    def hokensha_code(self) -> str:
        """Return the insurer's code."""

    @property
    def hihokensha_edaban(self) -> int | None:
        """Return which member of the insurer."""

    @property
    def shori_tsuban(self) -> UUID | None:
        """Return the request."""

    @property
    def reason(self) -> str:
        """Return why there is none, in words."""


def write_extract(blocks: Iterable[Iterable[Line]]) -> Iterator[bytes]:
    """Yield the file block by block: UTF-8 with a mark, CRLF, a header; no cell has a comma or a quote."""
    yield (_BOM + ",".join(COLUMNS) + "\r\n").encode()
    for lines in blocks:
        yield "".join(map(_text, lines)).encode()


def _text(line: Line) -> str:
    edaban = "" if line.hihokensha_edaban is None else str(line.hihokensha_edaban)
    tsuban = "" if line.shori_tsuban is None else str(line.shori_tsuban)
    return f"{line.hokensha_code},{edaban},{tsuban},{line.reason}\r\n"
