"""What operators may know of files: figures of a day, lists, what stands still. Counts and states, nothing personal.

根拠: KJ-MENU-06, KJ-MENU-09.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import ExtractHour

from chukan.controls.uketsuke.domain import FINAL, RUNNING, STALLED_AFTER
from chukan.controls.uketsuke.models import Uketsuke
from chukan.controls.uketsuke.queries import with_waiting
from chukan.kernel.clock import JST
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import OPERATOR_ALIAS, reads_as_operator

HOURS: Final = 24


@dataclass(frozen=True, slots=True)
class Charge:
    """Whose files an operator sees: these insurers' (None = all), and those of 国保情報集約システム or not."""

    hokensha_codes: frozenset[str] | None = None
    shuyaku: bool = True


@dataclass(frozen=True, slots=True)
class FileState:
    """One file as operators see it."""

    uketsuke_bango: str
    hokensha_code: str | None
    channel: str
    jotai: str
    sosu: int
    shori_zumi: int
    ijo: int
    reason_code: str
    accepted_at: datetime
    finished_at: datetime | None
    moved_at: datetime
    waits_for: str | None


@dataclass(frozen=True, slots=True)
class DayFigures:
    """All files accepted since midnight: how many, lines done and refused, lines worked off by hour of receipt."""

    files: int
    running: int
    done: int
    refused: int
    by_hour: tuple[int, ...]


_COLUMNS: Final = (
    "uketsuke_bango", "hokensha_code", "channel", "state", "line_count", "bookmark", "refused_count", "reason_code",
    "accepted_at", "finished_at", "moved_at", "waits_for",
)  # fmt: skip  # the order of FileState


def _files(charge: Charge) -> QuerySet[Uketsuke]:
    rows = Uketsuke.objects.using(OPERATOR_ALIAS).filter(single=False)
    mine = Q()
    if charge.hokensha_codes is not None:
        mine = Q(hokensha_code__in=charge.hokensha_codes)
        if charge.shuyaku:
            mine |= Q(hokensha_code__isnull=True)
    return rows.filter(mine)


def _states(rows: QuerySet[Uketsuke], limit: int) -> tuple[FileState, ...]:
    return tuple(FileState(*values) for values in with_waiting(rows).values_list(*_COLUMNS)[:limit])


@reads_as_operator
def count_day(*, by: Principal, since: datetime, charge: Charge) -> DayFigures:  # by is checked by the decorator
    """Return the figures of all files accepted since an instant, however many."""
    rows = _files(charge).filter(accepted_at__gte=since)
    total = rows.aggregate(
        files=Count("uketsuke_bango"),
        running=Count("uketsuke_bango", filter=~Q(state__in=FINAL)),
        done=Sum(F("ok_count") + F("warned_count"), default=0),
        refused=Sum("refused_count", default=0),
    )
    hours = [0] * HOURS
    by_hour = rows.annotate(hour=ExtractHour("accepted_at", tzinfo=JST)).values("hour")
    for row in by_hour.annotate(lines=Sum("bookmark")):
        hours[row["hour"]] = row["lines"]
    return DayFigures(**total, by_hour=tuple(hours))


@reads_as_operator
def list_files(
    *,
    by: Principal,  # checked by the decorator
    since: datetime,
    charge: Charge,
    state: str = "",
    before: datetime | None = None,
    limit: int,
) -> tuple[FileState, ...]:
    """Return the files accepted since an instant, newest first."""
    rows = _files(charge).filter(accepted_at__gte=since)
    if state:
        rows = rows.filter(state=state)
    if before is not None:
        rows = rows.filter(accepted_at__lt=before)
    return _states(rows.order_by("-accepted_at"), limit)


@dataclass(frozen=True, slots=True)
class FilePlace:
    """Which row a 受付番号 names, and in whose zone; `hokensha_code` is None for 国保情報集約システム."""

    row_id: UUID
    sender: str
    hokensha_code: str | None


@reads_as_operator
def find_file_place(*, by: Principal, uketsuke_bango: str) -> FilePlace | None:  # by is checked by the decorator
    """Return where a file stands that operators are asked about by its number, None when there is none."""
    rows = Uketsuke.objects.using(OPERATOR_ALIAS).filter(single=False, uketsuke_bango=uketsuke_bango)
    return next((FilePlace(*values) for values in rows.values_list("id", "sender", "hokensha_code")), None)


@reads_as_operator
def list_stalled(
    *,
    by: Principal,  # checked by the decorator
    charge: Charge,
    limit: int,
    now: datetime,
) -> tuple[FileState, ...]:
    """Return the files that should move and do not, whenever they were accepted, the longest standing first."""
    rows = with_waiting(_files(charge).filter(state__in=RUNNING, moved_at__lt=now - STALLED_AFTER))
    moving = rows.filter(waits_for__isnull=True)  # type: ignore[misc]  # an annotation
    return _states(moving.order_by("moved_at"), limit)
