"""Searches and outputs of the operation log, each of them an event itself."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from chukan.controls.sosa_log.actions.record_sosa import record_sosa
from chukan.controls.sosa_log.domain import (
    KIND_LABELS,
    RESULTS,
    LogFilter,
    LogPage,
    LogRow,
    SosaKind,
    csv_cell,
    short_target,
)
from chukan.controls.sosa_log.queries import find_events, find_own_events
from chukan.controls.sosa_log.sealing import require_sealed_for_numbers
from chukan.kernel.clock import JST
from chukan.kernel.errors import ErrorItem, RuleBroken
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction

EXPORT_MAX: Final = 50_000
_HEADER: Final = (
    "番号", "処理日時", "保険者コード", "所属", "操作者ID", "操作者", "端末", "事務", "対象ファイル", "操作種別",
    "対象キー", "結果", "画面ID", "要求番号",
)  # fmt: skip


def _find(by: Principal, given: LogFilter, *, before: int | None, after: int | None, limit: int) -> LogPage:
    if by.channel == "operator":
        return find_events(by=by, given=given, before=before, after=after, limit=limit)
    return find_own_events(by=by, given=given, before=before, after=after, limit=limit)


def _record(by: Principal, kind: SosaKind, given: LogFilter, count: int, screen_id: str, now: datetime) -> None:
    asked: dict[str, str | int] = {
        name: str(value)
        for name, value in (
            ("actor_id", given.actor_id),
            ("day_from", given.day_from),
            ("day_to", given.day_to),
            ("kind", given.kind),
            ("result", given.result),
            ("terminal", given.terminal),
            ("hokensha_code", given.hokensha_code),
        )
        if value
    }
    record_sosa(
        by=by,
        kind=kind,
        jimu="kanri",
        target_file="sosa_log",
        targets=(given.target,) if given.target else (),
        result="ok",
        detail={**asked, "count": count},
        screen_id=screen_id,
        now=now,
    )


@own_transaction
def search_log(
    *,
    by: Principal,
    given: LogFilter,
    before: int | None = None,
    after: int | None = None,
    limit: int,
    screen_id: str,
    now: datetime,
) -> LogPage:
    """Return some 「操作ログ」 events: operators every zone's, everybody else the own organisation's; and record it.

    根拠: KJ-LOG-13, KJ-LOG-16.
    """
    page = _find(by, given, before=before, after=after, limit=limit)
    _record(by, SosaKind.LOG_SEARCH, given, len(page.rows), screen_id, now)
    return page


@own_transaction
def export_log(*, by: Principal, given: LogFilter, screen_id: str, now: datetime, most: int = EXPORT_MAX) -> bytes:
    """Return all events that match as CSV for people, and record the output.

    Raises: RuleBroken when there are too many, Unavailable while the log is not sealed. 根拠: KJ-LOG-13.
    """
    require_sealed_for_numbers(by=by, now=now)
    page = _find(by, given, before=None, after=None, limit=most)
    if page.has_older:
        message = f"出力できるのは{most:,}件までです。期間か操作者で絞り込んでください。"
        raise RuleBroken("kensu_kata", message, errors=(ErrorItem("S-201", "f-day_from", message),))
    _record(by, SosaKind.LOG_EXPORT, given, len(page.rows), screen_id, now)
    return _to_csv(page.rows)


def _to_csv(rows: Sequence[LogRow]) -> bytes:
    """Return the rows as CSV: UTF-8 with BOM, CRLF, everything quoted, no cell a formula."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(_HEADER)
    for row in rows:
        cells = (
            str(row.id),
            row.at.astimezone(JST).isoformat(timespec="seconds"),
            row.hokensha_code or "",
            row.soshiki,
            row.actor_id,
            row.actor_name,
            row.terminal,
            row.jimu,
            row.target_file,
            KIND_LABELS.get(row.kind, row.kind),
            " ".join(short_target(target) for target in row.targets),
            RESULTS.get(row.result, row.result),
            row.screen_id,
            row.request_id,
        )
        writer.writerow([csv_cell(cell) for cell in cells])
    return b"\xef\xbb\xbf" + text.getvalue().encode()
