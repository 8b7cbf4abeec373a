"""What operators may know of the requests of PMH: how many, when, what came of them. Nothing about a person.

根拠: KJ-MENU-09, KJ-EXT-16.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db.models import Count, F, Max, Q, QuerySet, Sum
from django.db.models.functions import ExtractHour, TruncDate

from chukan.kernel.clock import JST
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import OPERATOR_ALIAS, reads_as_operator
from pmh.domain.irai import ANSWERED
from pmh.models import Irai

HOURS: Final = 24


@dataclass(frozen=True, slots=True)
class IraiCount:
    """Requests of some time: how many there were and were refused, and what the numbers in them were answered with."""

    requests: int
    refused: int
    shinki: int
    kizon: int
    nashi: int


@dataclass(frozen=True, slots=True)
class IraiOfClient:
    """The requests of one system for one 事務."""

    client_id: str
    jimu_kubun: str
    count: IraiCount
    last_at: datetime


@dataclass(frozen=True, slots=True)
class IraiDay:
    """The requests of one day, and the answered numbers of each hour of it."""

    count: IraiCount
    by_client: tuple[IraiOfClient, ...]
    by_hour: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RefusedIrai:
    """Requests of one system that were refused for one reason."""

    client_id: str
    jimu_kubun: str
    hoho: str
    code: str
    count: int
    last_at: datetime


_SUMS: Final = {
    "requests": Count("id"),
    "refused": Count("id", filter=~Q(result_code=ANSWERED)),
    "shinki": Sum("issued_count", default=0),
    "kizon": Sum("repeated_count", default=0),
    "nashi": Sum("unknown_count", default=0),
}


def _since(since: datetime) -> QuerySet[Irai]:
    return Irai.objects.using(OPERATOR_ALIAS).filter(answered_at__gte=since)


def _count(row: Mapping[str, Any]) -> IraiCount:
    return IraiCount(**{name: row[name] for name in _SUMS})


@reads_as_operator
def count_day(*, by: Principal, since: datetime) -> IraiDay:  # by is checked by the decorator
    """Return the requests since midnight: of all, of each system and 事務, and the numbers answered in each hour."""
    rows = _since(since)
    hours = [0] * HOURS
    in_hours = rows.annotate(hour=ExtractHour("answered_at", tzinfo=JST)).values("hour")
    numbers = F("issued_count") + F("repeated_count") + F("unknown_count")
    for hour, answered in in_hours.annotate(answered=Sum(numbers)).values_list("hour", "answered"):
        hours[hour] = answered
    found = rows.values("client_id", "jimu_kubun").annotate(**_SUMS, last_at=Max("answered_at"))
    return IraiDay(
        count=_count(rows.aggregate(**_SUMS)),
        by_client=tuple(
            IraiOfClient(row["client_id"], row["jimu_kubun"], _count(row), row["last_at"])
            for row in found.order_by("client_id", "jimu_kubun")
        ),
        by_hour=tuple(hours),
    )


@reads_as_operator
def count_days(*, by: Principal, since: datetime) -> dict[date, IraiCount]:  # by is checked by the decorator
    """Return the requests of each day (JST) since an instant, newest first; days without one are left out."""
    found = _since(since).annotate(day=TruncDate("answered_at", tzinfo=JST)).values("day").annotate(**_SUMS)
    return {row["day"]: _count(row) for row in found.order_by("-day")}


@reads_as_operator
def list_refused(*, by: Principal, since: datetime) -> tuple[RefusedIrai, ...]:  # by is checked by the decorator
    """Return what was refused since an instant, by system, 事務, form and reason; the latest first."""
    rows = _since(since).exclude(result_code=ANSWERED)
    found = rows.values("client_id", "jimu_kubun", "hoho", "result_code").annotate(
        count=Count("id"), last_at=Max("answered_at")
    )
    return tuple(
        RefusedIrai(row["client_id"], row["jimu_kubun"], row["hoho"], row["result_code"], row["count"], row["last_at"])
        for row in found.order_by("-last_at", "client_id", "result_code")
    )
