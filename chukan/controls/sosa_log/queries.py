"""Reads the operation log: an insurer its own, operators every zone's without a personal item, the verifier all."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from django.db import connection
from django.db.models import QuerySet

from chukan.controls.sosa_log.domain import STREAM, LogFilter, LogPage, LogRow
from chukan.controls.sosa_log.models import SosaLogCheckpoint, SosaLogEvent
from chukan.controls.sosa_log.verification import Entry, Unlinked
from chukan.kernel.clock import JST
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import OPERATOR_ALIAS, reads, reads_as_operator

_CHUNK: Final = 5000
_ENTRIES: Final = """
SELECT l.idx, l.event_id, l.event_xid::text, l.leaf_hash, e.salt, e.body, e.at, e.hokensha_code, e.channel, e.soshiki,
       e.actor_id, e.actor_name, e.terminal, e.jimu, e.target_file, e.kind, e.targets, e.result, e.screen_id,
       e.request_id, e.xid::text
FROM sosa_log_leaf l LEFT JOIN sosa_log_event e ON e.id = l.event_id AND e.stream = l.stream
WHERE l.stream = %s AND l.idx >= %s AND l.idx < %s ORDER BY l.idx LIMIT %s
"""
_UNLINKED: Final = """
SELECT e.id, coalesce((SELECT min(l.idx) FROM sosa_log_leaf l
  WHERE l.stream = e.stream AND (l.event_xid, l.event_id) > (e.xid, e.id)), 0)
FROM sosa_log_event e, (
  SELECT event_xid, event_id FROM sosa_log_leaf WHERE stream = %s ORDER BY idx DESC LIMIT 1) last
WHERE e.stream = %s AND (e.xid, e.id) <= (last.event_xid, last.event_id)
  AND NOT EXISTS (SELECT 1 FROM sosa_log_leaf l WHERE l.event_id = e.id)
ORDER BY e.id LIMIT 100
"""
# In one statement: a leaf and the checkpoint over it are committed together.
_EXTENT: Final = """
SELECT (SELECT coalesce(max(idx) + 1, 0) FROM sosa_log_leaf WHERE stream = %s),
       (SELECT coalesce(max(size), 0) FROM sosa_log_checkpoint WHERE stream = %s)
"""
_ROUNDS: Final = """
SELECT c.size, c.note, (
  SELECT string_agg(l.leaf_hash, ''::bytea ORDER BY l.idx) FROM sosa_log_leaf l
  WHERE l.stream = c.stream AND l.idx < c.size AND l.idx >= coalesce(
    (SELECT max(p.size) FROM sosa_log_checkpoint p WHERE p.stream = c.stream AND p.size < c.size), 0))
FROM sosa_log_checkpoint c WHERE c.stream = %s AND c.size > %s AND c.size <= %s ORDER BY c.size LIMIT %s
"""
_ROUNDS_AT_ONCE: Final = 500
_ENDLESS: Final = 2**63 - 1
_COLUMNS: Final = (
    "channel", "soshiki", "actor_id", "actor_name", "terminal", "jimu", "target_file", "kind", "targets", "result",
    "screen_id", "request_id",
)  # fmt: skip


def _found(alias: str, given: LogFilter) -> QuerySet[SosaLogEvent]:
    rows = SosaLogEvent.objects.using(alias).filter(stream=STREAM)
    if given.hokensha_code:
        rows = rows.filter(hokensha_code=given.hokensha_code)
    if given.actor_id:
        rows = rows.filter(actor_id=given.actor_id)
    if given.day_from:
        rows = rows.filter(at__gte=_midnight(given.day_from))
    if given.day_to:
        rows = rows.filter(at__lt=_midnight(given.day_to + timedelta(days=1)))
    if given.kind:
        rows = rows.filter(kind=given.kind)
    if given.result:
        rows = rows.filter(result=given.result)
    if given.terminal:
        rows = rows.filter(terminal=given.terminal)
    if given.target:
        rows = rows.filter(targets__contains=[given.target])
    return rows


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=JST)


def _row(event: SosaLogEvent) -> LogRow:
    return LogRow(
        id=event.pk,
        at=event.at,
        hokensha_code=event.hokensha_code,
        soshiki=event.soshiki,
        actor_id=event.actor_id,
        actor_name=event.actor_name,
        terminal=event.terminal,
        jimu=event.jimu,
        target_file=event.target_file,
        kind=event.kind,
        targets=tuple(event.targets),
        result=event.result,
        screen_id=event.screen_id,
        request_id=event.request_id,
    )


def _page(rows: QuerySet[SosaLogEvent], *, before: int | None, after: int | None, limit: int) -> LogPage:
    rows = rows.defer("body", "salt", "xid")
    if after is not None:
        newer = list(rows.filter(pk__gt=after).order_by("pk")[: limit + 1])
        found = newer[:limit][::-1]
        return LogPage(tuple(_row(row) for row in found), has_newer=len(newer) > limit, has_older=True)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    older = list(rows.order_by("-pk")[: limit + 1])
    return LogPage(
        tuple(_row(row) for row in older[:limit]), has_newer=before is not None, has_older=len(older) > limit
    )


@reads
def find_own_events(
    *, by: Principal, given: LogFilter, before: int | None = None, after: int | None = None, limit: int
) -> LogPage:
    """Return the events of the caller's own organisation, newest first. 根拠: KJ-LOG-16."""
    own = given.of_zone(by.hokensha_code or "")
    return _page(_found("default", own), before=before, after=after, limit=limit)


@reads_as_operator
def find_events(
    *,
    by: Principal,  # the decorator asks who reads
    given: LogFilter,
    before: int | None = None,
    after: int | None = None,
    limit: int,
) -> LogPage:
    """Return the events of every zone, newest first, for operators. 根拠: KJ-LOG-13."""
    return _page(_found(OPERATOR_ALIAS, given), before=before, after=after, limit=limit)


# --- for the sealer and the verifier: they see all zones


def newest_checkpoint() -> SosaLogCheckpoint | None:
    """Return the checkpoint of the largest size, or None."""
    return SosaLogCheckpoint.objects.filter(stream=STREAM).order_by("-size").first()


def notes_after(size: int) -> Sequence[tuple[int, str]]:
    """Return (size, note) of every checkpoint larger than `size`, in order."""
    return list(
        SosaLogCheckpoint.objects.filter(stream=STREAM, size__gt=size).order_by("size").values_list("size", "note")
    )


def rounds_after(size: int, *, until: int = _ENDLESS) -> Iterator[tuple[int, str, bytes]]:
    """Yield (size, note, leaves of the round) of every checkpoint larger than `size` and not above `until`."""
    last = size
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_ROUNDS, [STREAM, last, until, _ROUNDS_AT_ONCE])
            rows = cursor.fetchall()
        for found, note, leaves in rows:
            yield found, note, bytes(leaves or b"")
            last = found
        if len(rows) < _ROUNDS_AT_ONCE:
            return


def sealed_extent() -> tuple[int, int]:
    """Return the number of leaves and the largest signed size at one moment: the same, unless somebody has added."""
    with connection.cursor() as cursor:
        cursor.execute(_EXTENT, [STREAM, STREAM])
        leaves, size = cursor.fetchone()
    return leaves, size


def iterate_leaves() -> Iterator[tuple[int, bytes]]:
    """Yield (index, leaf) in order; memory does not grow with the log. Needs the caller's transaction."""
    with connection.cursor() as cursor:
        name = f"leaves_{uuid4().hex}"
        cursor.execute(
            f"DECLARE {name} NO SCROLL CURSOR FOR "  # noqa: S608  # our own name
            "SELECT idx, leaf_hash FROM sosa_log_leaf WHERE stream = %s ORDER BY idx",
            [STREAM],
        )
        while True:
            cursor.execute(f"FETCH {_CHUNK} FROM {name}")
            rows = cursor.fetchall()
            if not rows:
                return
            for idx, leaf in rows:
                yield idx, bytes(leaf)


def iterate_entries(*, below: int = _ENDLESS) -> Iterator[Entry]:
    """Yield every leaf below an index with the event it stands for, in order."""
    start = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_ENTRIES, [STREAM, start, below, _CHUNK])
            rows = cursor.fetchall()
        for row in rows:
            yield _entry(row)
        if len(rows) < _CHUNK:
            return
        start = rows[-1][0] + 1


def _entry(row: tuple[Any, ...]) -> Entry:
    idx, event_id, leaf_xid, leaf, salt, body, at, hokensha_code, *columns, event_xid = row
    if salt is None or body is None:
        return Entry(idx, event_id, int(leaf_xid), bytes(leaf), None, None)
    searched = {
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "hokensha_code": hokensha_code,
        **dict(zip(_COLUMNS, columns, strict=True)),
    }
    return Entry(idx, event_id, int(event_xid), bytes(leaf), bytes(salt), bytes(body), searched)


def unlinked_events() -> Sequence[Unlinked]:
    """Return events that stand before the last sealed one and were never sealed: put in afterwards."""
    with connection.cursor() as cursor:
        cursor.execute(_UNLINKED, [STREAM, STREAM])
        return [Unlinked(event_id, before) for event_id, before in cursor.fetchall()]


@reads
def oldest_unsealed(*, by: Principal) -> datetime | None:  # the decorator asks who reads
    """Return since when the oldest event nobody has sealed yet waits, None when all are sealed; of no zone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sosa_log_oldest_unsealed(%s)", [STREAM])
        (since,) = cursor.fetchone()
    return since  # type: ignore[no-any-return]  # a cursor says nothing of types
