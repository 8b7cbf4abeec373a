"""What operators see of requests: counts, states, stamps, results. No person, no number, no code.

根拠: KJ-MENU-08, KJ-FUGO-07.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import connections
from django.db.models import Sum
from django.db.models.functions import TruncDate

from chukan.kernel.clock import JST
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import OPERATOR_ALIAS, reads_as_operator
from fugo.domain.answer_matching import Juryo
from fugo.domain.search_word import Span
from fugo.domain.shutoku_state import ShutokuState
from fugo.models import JuryoKazu

COUNTED: Final = 1_000_000  # beyond, the page says 「以上」
_NONE: Final = UUID(int=0)
_COUNTS: Final = "SELECT file_machi, oldest, left_out, kaito_machi, overdue FROM fugo_desk_counts(%s, %s)"
_FILE: Final = "SELECT status, kensu FROM fugo_desk_file(%s)"
_REQUESTS: Final = """
SELECT shori_tsuban, hokensha_code, status, is_saihakko, uketsuke_at, tenso_at, soshin_at, fugo_uketsuke_at, settei_at,
  asked_count, last_sent_at, kekka_code, kekka_message FROM fugo_desk_requests(%s, %s, %s, %s, %s, %s, %s)
"""


@dataclass(frozen=True, slots=True)
class Counts:
    """Requests that are not at their end, `COUNTED` + 1 at most each.

    `file_machi` wait for a file since `oldest`; `left_out` are in none for a reason; `kaito_machi` are sent and have no
    code, `overdue` longer than the patience.
    """

    file_machi: int
    oldest: datetime | None
    left_out: int
    kaito_machi: int
    overdue: int


@dataclass(frozen=True, slots=True)
class DeskRequest:
    """One request as operators see it: whose member, how far, when, how often asked, with what result."""

    shori_tsuban: UUID
    hokensha_code: str
    state: ShutokuState
    is_saihakko: bool
    uketsuke_at: datetime
    tenso_at: datetime | None
    soshin_at: datetime | None
    fugo_uketsuke_at: datetime | None
    settei_at: datetime | None
    asked_count: int
    last_sent_at: datetime | None
    kekka_code: str
    kekka_message: str


@reads_as_operator
def count_requests(*, by: Principal, sent_before: datetime) -> Counts:  # by is checked by the decorator
    """Return how many requests wait for what; `sent_before`: who was sent earlier is overdue."""
    with connections[OPERATOR_ALIAS].cursor() as cursor:
        cursor.execute(_COUNTS, [sent_before, COUNTED + 1])
        return Counts(*cursor.fetchone())


@reads_as_operator
def count_of_file(*, by: Principal, file_id: UUID) -> dict[ShutokuState, int]:  # by is checked by the decorator
    """Return how many requests that lie in a file, or went with it last, have no code yet, by state."""
    with connections[OPERATOR_ALIAS].cursor() as cursor:
        cursor.execute(_FILE, [file_id])
        return {ShutokuState(status): kensu for status, kensu in cursor.fetchall()}


@reads_as_operator
def find_request(*, by: Principal, shori_tsuban: UUID) -> DeskRequest | None:  # by is checked by the decorator
    """Return one request, None when there is none with that 処理通番."""
    found = _requests("tsuban", of_id=shori_tsuban, most=1)
    return found[0] if found else None


@reads_as_operator
def list_of_file(
    *, by: Principal, file_id: UUID, after: UUID = _NONE, most: int
) -> tuple[DeskRequest, ...]:  # by is checked by the decorator
    """Return requests of a file that have no code yet, in the order of 処理通番 after one of them."""
    return _requests("file", of_id=file_id, after=after, most=most)


@reads_as_operator
def list_of_uketsuke(
    *, by: Principal, uketsuke_bango: str, span: Span, after: UUID = _NONE, most: int
) -> tuple[DeskRequest, ...]:  # by is checked by the decorator
    """Return requests a 受付 made within a span, in the order of 処理通番 after one of them."""
    return _requests("uketsuke", bango=uketsuke_bango, after=max(span.after, after), until=span.until, most=most)


@reads_as_operator
def list_overdue(
    *, by: Principal, sent_before: datetime, most: int
) -> tuple[DeskRequest, ...]:  # by is checked by the decorator
    """Return requests that went out before an instant and have no code, the longest first."""
    return _requests("overdue", at=sent_before, most=most)


@reads_as_operator
def list_left_out(*, by: Principal, most: int) -> tuple[DeskRequest, ...]:  # by is checked by the decorator
    """Return requests that go into no file, with the reason, the oldest first."""
    return _requests("left_out", most=most)


def _requests(
    by_what: str,
    *,
    of_id: UUID = _NONE,
    bango: str = "",
    after: UUID = _NONE,
    until: UUID = _NONE,
    at: datetime | None = None,
    most: int,
) -> tuple[DeskRequest, ...]:
    with connections[OPERATOR_ALIAS].cursor() as cursor:
        cursor.execute(_REQUESTS, [by_what, of_id, bango, after, until, at, most])
        return tuple(
            DeskRequest(tsuban, code, ShutokuState(status), *rest) for tsuban, code, status, *rest in cursor.fetchall()
        )


@reads_as_operator
def count_juryo(*, by: Principal, since: datetime) -> dict[Juryo, int]:  # by is checked by the decorator
    """Return what became of the codes that came since an instant; what did not happen is 0."""
    rows = JuryoKazu.objects.using(OPERATOR_ALIAS).filter(hour__gte=since).values_list("juryo")
    counted = dict(rows.annotate(total=Sum("count")))
    return {juryo: int(counted.get(juryo.value, 0)) for juryo in Juryo}


@reads_as_operator
def count_juryo_days(
    *, by: Principal, since: datetime
) -> dict[date, Mapping[Juryo, int]]:  # by is checked by the decorator
    """Return what became of the codes of each day (JST) since an instant, newest first; days without are left out."""
    rows = JuryoKazu.objects.using(OPERATOR_ALIAS).filter(hour__gte=since)
    found = rows.annotate(day=TruncDate("hour", tzinfo=JST)).values_list("day", "juryo").annotate(total=Sum("count"))
    days: dict[date, dict[Juryo, int]] = {}
    for day, juryo, total in found.order_by("-day"):
        days.setdefault(day, dict.fromkeys(Juryo, 0))[Juryo(juryo)] = int(total)
    return dict(days)
