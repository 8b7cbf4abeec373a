"""再発行対象者リスト: what it says, whom it means, how far its requests are; never a code or a number."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection

from chukan.kernel.errors import NotFound
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import reads
from fugo.domain.answer_matching import FUGO_KAWARAZU
from fugo.domain.saihakko import Progress, State
from fugo.domain.shutoku_state import ShutokuState
from fugo.models import SaihakkoList

LIST_NASHI: Final = ("saihakko_list_nashi", "この再発行対象者リストはありません。一覧から選び直してください。")
FIRST: Final = UUID(int=0)
_COUNT: Final = "SELECT fugo_saihakko_count(%s)"
_PART: Final = (
    "SELECT himozuke_bango, has_open_request, hokensha_code, hihokensha_edaban FROM fugo_saihakko_part(%s, %s, %s)"
)
_PROGRESS: Final = "SELECT status, reason, kensu FROM fugo_saihakko_progress(%s)"
_WRITTEN: Final = (
    "SELECT himozuke_bango, hokensha_code, hihokensha_edaban, shori_tsuban, reason"
    " FROM fugo_saihakko_written(%s, %s, %s)"
)
_BLOCK: Final = 5_000


@dataclass(frozen=True, slots=True)
class ListFacts:
    """One list as it is stored; `state` is the stored one (`fugo.domain.saihakko.stage_of` says where it stands)."""

    id: UUID
    state: State
    genin: str
    reason: str
    of_hokensha: tuple[str, ...]
    issued_from: datetime | None
    issued_until: datetime | None
    tsuban_count: int
    shonin_id: UUID | None
    taisho_count: int
    requested_count: int
    left_out_count: int
    created_at: datetime
    created_by: str
    baitai_id: str
    executed_at: datetime | None
    executed_by: str
    extracted_to: UUID | None
    write_until: datetime | None
    written_at: datetime | None
    instructed_at: datetime | None
    confirmed_at: datetime | None
    confirmed_by: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """One person of a list who has a code, and the member a request would come from; none when nobody hangs on them."""

    himozuke_bango: UUID
    has_open_request: bool
    hokensha_code: str | None
    hihokensha_edaban: int | None


@dataclass(frozen=True, slots=True)
class Extracted:
    """One line of the extract."""

    hokensha_code: str
    hihokensha_edaban: int | None
    shori_tsuban: UUID | None
    reason: str


def facts_of(row: SaihakkoList) -> ListFacts:
    """Return a row as a value."""
    return ListFacts(
        id=row.id,
        state=State(row.state),
        genin=row.reason_code,
        reason=row.reason_text,
        of_hokensha=tuple(row.of_hokensha),
        issued_from=row.issued_from,
        issued_until=row.issued_until,
        tsuban_count=len(row.of_shori_tsuban),
        shonin_id=row.shonin_id,
        taisho_count=row.taisho_count,
        requested_count=row.requested_count,
        left_out_count=row.left_out_count,
        created_at=row.created_at,
        created_by=row.created_by,
        baitai_id=row.medium_id,
        executed_at=row.executed_at,
        executed_by=row.executed_by,
        extracted_to=row.extracted_to,
        write_until=row.write_until,
        written_at=row.written_at,
        instructed_at=row.instructed_at,
        confirmed_at=row.confirmed_at,
        confirmed_by=row.confirmed_by,
    )


@reads
def list_saihakko(*, by: Principal, most: int) -> tuple[ListFacts, ...]:  # zone of none
    """Return the newest lists."""
    return tuple(map(facts_of, SaihakkoList.objects.order_by("-created_at", "-id")[:most]))


@reads
def get_saihakko(*, by: Principal, list_id: UUID) -> ListFacts:  # zone of none
    """Return one list. Raises NotFound."""
    row = SaihakkoList.objects.filter(id=list_id).first()
    if row is None:
        raise NotFound(*LIST_NASHI)
    return facts_of(row)


@reads
def list_to_extract(*, by: Principal) -> tuple[UUID, ...]:  # zone of none
    """Return the lists whose permission was used and whose persons are not all extracted, the oldest first."""
    waiting = SaihakkoList.objects.filter(state=State.SHONIN_ZUMI).order_by("executed_at", "id")
    return tuple(waiting.values_list("id", flat=True))


@reads
def count_meant(*, by: Principal, list_id: UUID) -> int:
    """Return how many persons a list means today; it never grows."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [list_id])
        return int(cursor.fetchone()[0])


@reads
def list_candidates(*, by: Principal, list_id: UUID, after: UUID, most: int) -> tuple[Candidate, ...]:
    """Return some persons a list means, in the order of 紐付番号 after one of them; none before it was allowed."""
    with connection.cursor() as cursor:
        cursor.execute(_PART, [list_id, after, most])
        return tuple(Candidate(*row) for row in cursor.fetchall())


@reads
def count_progress(*, by: Principal, list_id: UUID) -> Progress:
    """Return how far the requests of a list are."""
    by_state: dict[ShutokuState, int] = {}
    left_out: dict[str, int] = {}
    unaskable = unchanged = 0
    with connection.cursor() as cursor:
        cursor.execute(_PROGRESS, [list_id])
        for status, reason, kensu in cursor.fetchall():
            if status is None:
                left_out[reason] = left_out.get(reason, 0) + kensu
            elif reason == FUGO_KAWARAZU and status != ShutokuState.SETTEI:
                unchanged += kensu
            elif reason and status != ShutokuState.SETTEI:
                unaskable += kensu
            else:
                by_state[ShutokuState(status)] = by_state.get(ShutokuState(status), 0) + kensu
    return Progress(by_state, unaskable, unchanged, left_out)


@reads
def list_extracted(*, by: Principal, list_id: UUID, after: UUID) -> tuple[tuple[UUID, Extracted], ...]:
    """Return some lines of the extract after a person, with the person for the next call."""
    with connection.cursor() as cursor:
        cursor.execute(_WRITTEN, [list_id, after, _BLOCK])
        return tuple((person, Extracted(code or "", *rest)) for person, code, *rest in cursor.fetchall())


def extracted_lines(*, by: Principal, list_id: UUID) -> Iterator[tuple[Extracted, ...]]:
    """Yield the extract block by block; empty before it was taken out."""
    after = FIRST
    while found := list_extracted(by=by, list_id=list_id, after=after):
        after = found[-1][0]
        yield tuple(line for _, line in found)
