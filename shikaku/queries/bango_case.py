"""What operators may know of 個人番号の重なり: which insurer, by which line, since when. Neither person is named.

根拠: KJ-MENU-09.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connections

from chukan.kernel.principal import Principal
from chukan.kernel.transactions import OPERATOR_ALIAS, reads_as_operator
from shikaku.models import BangoCase


@dataclass(frozen=True, slots=True)
class OpenCase:
    """One open case. `holders` are the insurers of the other person: one of them may have to correct a number."""

    id: UUID
    hokensha_code: str
    channel: str
    uketsuke_bango: str
    meisai_no: int | None
    first_seen_at: datetime
    last_seen_at: datetime
    seen_count: int
    holders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpenCases:
    """How many cases are open, and the oldest of them."""

    count: int
    oldest: tuple[OpenCase, ...]


@reads_as_operator
def list_open_cases(
    *,
    by: Principal,  # checked by the decorator
    hokensha_codes: frozenset[str] | None = None,
    limit: int,
) -> OpenCases:
    """Return the open cases of these insurers (None = all), the oldest first."""
    rows = BangoCase.objects.using(OPERATOR_ALIAS).filter(closed_at__isnull=True)
    if hokensha_codes is not None:
        rows = rows.filter(hokensha_code__in=hokensha_codes)
    count = rows.count()
    if not count:
        return OpenCases(0, ())
    found = rows.order_by("first_seen_at", "id").values_list(
        "id", "hokensha_code", "channel", "uketsuke_bango", "meisai_no", "first_seen_at", "last_seen_at", "seen_count"
    )[:limit]
    oldest = tuple(found)
    holders: dict[UUID, list[str]] = {row[0]: [] for row in oldest}
    with connections[OPERATOR_ALIAS].cursor() as cursor:
        cursor.execute("SELECT id, hokensha_code FROM shikaku_case_holders(%s)", [list(holders)])
        for case_id, code in cursor.fetchall():
            holders[case_id].append(code)
    return OpenCases(count, tuple(OpenCase(*row, holders=tuple(holders[row[0]])) for row in oldest))
