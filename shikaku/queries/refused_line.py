"""One refused line, opened for mending on screen. The 個人番号 in it is for the registration, never for a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from uuid import UUID

from django.db.models import Count, Exists, OuterRef

from chukan.controls.uketsuke.models import Teiseimachi, Uketsuke
from chukan.controls.uketsuke.queries import MeisaiResult, get_refused_file, list_meisai, sealed_lines
from chukan.kernel.errors import NotFound
from chukan.kernel.principal import Principal
from chukan.kernel.storage import store
from chukan.kernel.transactions import reads
from shikaku.domain.line import TorokuLine
from shikaku.formats.kekka_file_v1 import CRLF
from shikaku.formats.toroku_file_v1 import open_toroku_file


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """One line waiting to be mended: what it said, and why it was refused. `line` is None when it cannot be read."""

    result: MeisaiResult
    line: TorokuLine | None = field(repr=False)


@reads
def list_mendable(*, by: Principal, row_id: UUID, numbers: Sequence[int]) -> frozenset[int]:
    """Return which of these lines still wait to be mended."""
    rows = Teiseimachi.objects.filter(sender=by.sender, uketsuke_id=row_id, meisai_no__in=numbers)
    return frozenset(rows.values_list("meisai_no", flat=True))


@reads
def find_waiting(*, by: Principal, row_ids: Sequence[UUID]) -> frozenset[UUID]:
    """Return which of these 受付 have a refused line that still waits to be mended."""
    lines = Teiseimachi.objects.filter(sender=by.sender, uketsuke_id=OuterRef("id"))
    rows = Uketsuke.objects.filter(Exists(lines), sender=by.sender, id__in=row_ids)
    return frozenset(rows.values_list("id", flat=True))


@reads
def count_waiting(*, by: Principal, row_ids: Sequence[UUID]) -> Mapping[UUID, int]:
    """Return how many refused lines of each 受付 still wait to be mended; none = left out."""
    rows = Teiseimachi.objects.filter(sender=by.sender, uketsuke_id__in=row_ids)
    found = rows.values("uketsuke_id").annotate(waiting=Count("meisai_no"))
    return {row["uketsuke_id"]: row["waiting"] for row in found}


@reads
def open_refused_line(*, by: Principal, row_id: UUID, meisai_no: int, now: datetime) -> RefusedLine:
    """Return one refused line. Raises NotFound when it is not the caller's, was mended, thrown away or has expired."""
    file = get_refused_file(by=by, row_id=row_id, now=now)
    sealed = sealed_lines(by=by, row_id=row_id, after=meisai_no - 1, limit=1)
    results = list_meisai(by=by, row_id=row_id, after=meisai_no - 1, limit=1)
    if not sealed or sealed[0][0] != meisai_no or not results:
        raise NotFound(
            "teiseimachi_nashi", "この行は訂正待ちにありません。直し終わったか、破棄したか、期限が過ぎています。"
        )
    raw = store().line_opener(file.file_key)(row_id, meisai_no, sealed[0][1])
    reader = open_toroku_file(BytesIO(file.raw_header + CRLF + raw + CRLF))
    return RefusedLine(results[0], next((one.line for one in reader.lines()), None))
