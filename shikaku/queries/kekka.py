"""Results and refused lines of one 受付, as streams that never grow with the file."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from chukan.controls.uketsuke.queries import UketsukeStatus, get_refused_file, iterate_kekka, sealed_lines
from chukan.kernel.principal import Principal
from chukan.kernel.storage import store
from shikaku.domain.violations import Violation
from shikaku.formats.kekka_file_v1 import KekkaRow, TeiseiFile, write_teisei

_CHUNK = 1000


def kekka_rows(*, by: Principal, status: UketsukeStatus) -> Iterator[KekkaRow]:
    """Yield the result of every line in input order; each chunk is read in a short transaction of its own."""
    for chunk in iterate_kekka(by=by, row_id=status.row_id):
        for row in chunk:
            found = [Violation(code, pointer) for code, pointer in zip(row.codes, row.pointers, strict=True)]
            yield KekkaRow(
                status.uketsuke_bango, row.meisai_no, row.line_number, found, row.hihokensha_edaban, row.shikaku_tsuban
            )


def teisei_csv(*, by: Principal, row_id: UUID, with_numbers: bool, now: datetime) -> Iterator[bytes]:
    """Yield the refused lines as a CSV ready to mend and send again. Raises NotFound before the first byte.

    Without 個人番号取扱権限 (`with_numbers` false) the number columns are empty.
    """
    refused = get_refused_file(by=by, row_id=row_id, now=now)
    file = TeiseiFile(refused.raw_header, refused.header, refused.encoding, refused.bom)
    opened = (raw for _, raw in refused_lines(by=by, row_id=row_id, file_key=refused.file_key))
    return write_teisei(file, opened, with_numbers=with_numbers)


def refused_lines(*, by: Principal, row_id: UUID, file_key: str) -> Iterator[tuple[int, bytes]]:
    """Yield (明細の番号, the line as it was sent) of every refused line in input order."""
    open_line = store().line_opener(file_key)
    after = 0
    while chunk := sealed_lines(by=by, row_id=row_id, after=after, limit=_CHUNK):
        for number, sealed in chunk:
            yield number, open_line(row_id, number, sealed)
        after = chunk[-1][0]
