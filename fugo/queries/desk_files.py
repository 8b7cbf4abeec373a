"""Request files as operators see them: what waits, what went, by whose act. 根拠: KJ-FUGO-03, KJ-LOG-02."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Count, Q, Sum

from chukan.kernel.errors import NotFound
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import OPERATOR_ALIAS, reads_as_operator
from fugo.domain.yokyu_file import HAIKI, SOSHIN_ZUMI
from fugo.models import YokyuFile

# As the partial index has it.
_UNFINISHED: Final = ~Q(state__in=(SOSHIN_ZUMI, HAIKI))


@dataclass(frozen=True, slots=True)
class DeskFile:
    """One request file: what it is, whose act let it go, how the sending went."""

    id: UUID
    kind: str
    state: str
    kensu: int
    sha256: str
    created_at: datetime
    released_at: datetime | None
    sent_by: str
    ninsho_id: UUID | None
    sent_at: datetime | None
    answered_at: datetime | None
    erased_at: datetime | None
    attempts: int
    last_error: str


@dataclass(frozen=True, slots=True)
class FilesOfState:
    """How many files are in a state, and how many requests in them."""

    files: int = 0
    kensu: int = 0


def _fact(row: YokyuFile) -> DeskFile:
    return DeskFile(
        id=row.id,
        kind=row.kind,
        state=row.state,
        kensu=row.kensu,
        sha256=row.sha256,
        created_at=row.created_at,
        released_at=row.released_at,
        sent_by=row.sent_by,
        ninsho_id=row.ninsho_id,
        sent_at=row.sent_at,
        answered_at=row.answered_at,
        erased_at=row.erased_at,
        attempts=row.attempts,
        last_error=row.last_error,
    )


@reads_as_operator
def count_files(*, by: Principal) -> dict[str, FilesOfState]:  # by is checked by the decorator
    """Return the files that are not at their end, by state."""
    rows = YokyuFile.objects.using(OPERATOR_ALIAS).filter(_UNFINISHED).values_list("state")
    return {
        state: FilesOfState(files, kensu) for state, files, kensu in rows.annotate(files=Count("id"), sum=Sum("kensu"))
    }


@reads_as_operator
def list_unfinished(
    *, by: Principal, states: Collection[str], most: int
) -> tuple[DeskFile, ...]:  # by is checked by the decorator
    """Return files in some states that are not at their end, the oldest first."""
    rows = YokyuFile.objects.using(OPERATOR_ALIAS).filter(_UNFINISHED, state__in=states)
    return tuple(map(_fact, rows.order_by("created_at", "id")[:most]))


@reads_as_operator
def list_files(
    *, by: Principal, before: UUID | None = None, released: bool = False, most: int
) -> tuple[DeskFile, ...]:  # by is checked by the decorator
    """Return files before one of them, the newest first; `released`: only those an operator has let go."""
    rows = YokyuFile.objects.using(OPERATOR_ALIAS).all()
    if before is not None:
        rows = rows.filter(id__lt=before)
    if released:
        rows = rows.filter(released_at__isnull=False)
    return tuple(map(_fact, rows.order_by("-id")[:most]))


@reads_as_operator
def get_desk_file(*, by: Principal, file_id: UUID) -> DeskFile:  # by is checked by the decorator
    """Return one file. Raises NotFound."""
    row = YokyuFile.objects.using(OPERATOR_ALIAS).filter(id=file_id).first()
    if row is None:
        raise NotFound("yokyu_file_nashi", "この要求ファイルはありません。")
    return _fact(row)
