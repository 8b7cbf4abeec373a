"""What waits for a file and which files wait: counts, ids and states; never a 個人番号."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import Q

from chukan.kernel.errors import NotFound
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import reads
from fugo.domain.yokyu_file import SOSHIN_CHU, SOSHIN_MACHI, TSUKURI
from fugo.models import YokyuFile

_DUE: Final = "SELECT kensu, oldest FROM fugo_due(%s, %s, %s)"
_ZONES: Final = "SELECT hokensha_code FROM fugo_file_zones(%s)"
_PART: Final = "SELECT shori_tsuban, hihokensha_edaban, himozuke_bango FROM fugo_file_part(%s, %s, %s, %s)"


@dataclass(frozen=True, slots=True)
class Due:
    """How many requests wait, up to a limit, and since when the oldest does."""

    kensu: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Part:
    """One request of a file: which member of the zone, and who that was when it was made."""

    shori_tsuban: UUID
    hihokensha_edaban: int
    himozuke_bango: UUID


@dataclass(frozen=True, slots=True)
class YokyuFileFacts:
    """One request file."""

    id: UUID
    kind: str
    state: str
    kensu: int
    object_key: str
    sha256: str
    created_at: datetime
    sent_at: datetime | None
    attempts: int


def _facts(row: YokyuFile) -> YokyuFileFacts:
    return YokyuFileFacts(
        row.id,
        row.kind,
        row.state,
        row.kensu,
        row.object_key,
        row.sha256,
        row.created_at,
        row.sent_at,
        row.attempts,
    )


@reads
def count_due(*, by: Principal, kind: str, sent_before: datetime, most: int) -> Due:
    """Return how many requests of a kind wait for a file, `most` at most."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [kind, sent_before, most])
        return Due(*cursor.fetchone())


@reads
def list_zones(*, by: Principal, file_id: UUID) -> tuple[str, ...]:
    """Return the 保険者コード whose members are in a file."""
    with connection.cursor() as cursor:
        cursor.execute(_ZONES, [file_id])
        return tuple(row[0] for row in cursor.fetchall())


@reads
def list_part(*, by: Principal, file_id: UUID, hokensha_code: str, after: UUID, most: int) -> tuple[Part, ...]:
    """Return some requests of one insurer in a file, in the order of 処理通番 after one of them."""
    with connection.cursor() as cursor:
        cursor.execute(_PART, [file_id, hokensha_code, after, most])
        return tuple(Part(*row) for row in cursor.fetchall())


@reads
def get_yokyu_file(*, by: Principal, file_id: UUID) -> YokyuFileFacts:  # zone of none
    """Return one request file. Raises NotFound."""
    row = YokyuFile.objects.filter(id=file_id).first()
    if row is None:
        raise NotFound("yokyu_file_nashi", "この要求ファイルはありません。")
    return _facts(row)


@reads
def list_to_build(*, by: Principal, now: datetime) -> tuple[YokyuFileFacts, ...]:  # zone of none
    """Return files that nobody builds: whoever began them died."""
    return _idle(TSUKURI, now)


@reads
def list_to_send(*, by: Principal, now: datetime) -> tuple[YokyuFileFacts, ...]:  # zone of none
    """Return files an operator has released and nobody is sending, the oldest first."""
    return _idle(SOSHIN_CHU, now)


def _idle(state: str, now: datetime) -> tuple[YokyuFileFacts, ...]:
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
    return tuple(map(_facts, YokyuFile.objects.filter(free, state=state).order_by("created_at", "id")))


@reads
def list_to_discard(*, by: Principal, before: datetime) -> tuple[YokyuFileFacts, ...]:  # zone of none
    """Return files from before that instant that have not been taken by 住基ネット."""
    waiting = YokyuFile.objects.filter(state__in=(TSUKURI, SOSHIN_MACHI, SOSHIN_CHU), created_at__lt=before)
    return tuple(map(_facts, waiting.order_by("created_at", "id")))


@reads
def list_to_erase(*, by: Principal) -> tuple[YokyuFileFacts, ...]:  # zone of none
    """Return files at their end whose content is still there."""
    ended = YokyuFile.objects.filter(state__in=("soshin_zumi", "haiki"), erased_at__isnull=True).exclude(object_key="")
    return tuple(map(_facts, ended.order_by("created_at", "id")))


@reads
def list_named_objects(*, by: Principal, keys: Sequence[str]) -> frozenset[str]:  # zone of none
    """Return those of the stored objects that a request file names."""
    named = YokyuFile.objects.filter(object_key__in=list(keys), erased_at__isnull=True)
    return frozenset(named.values_list("object_key", flat=True))
