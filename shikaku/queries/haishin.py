"""What operators may know of the telegrams to オンライン資格確認: counts, ages, results.

No person is named. 根拠: KJ-MENU-09.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connections
from django.db.models import Count, Max, Min, Q

from chukan.kernel.principal import Principal
from chukan.kernel.transactions import OPERATOR_ALIAS, reads, reads_as_operator
from shikaku.models import OnshiSoshin


@dataclass(frozen=True, slots=True)
class HaishinRow:
    """The deliveries of one insurer."""

    hokensha_code: str
    waiting: int
    oldest_at: datetime | None
    attempts: int
    sent: int
    answered_ok: int
    answered_refused: int


@dataclass(frozen=True, slots=True)
class PmhHaishin:
    """The telegrams that tell a PMH-ID: what waits, what was received since an instant, what waits to be sent anew.

    `resend`: answered 異常, and no newer one of the person followed.
    """

    waiting: int
    oldest_at: datetime | None
    attempts: int
    sent: int
    resend: int


@dataclass(frozen=True, slots=True)
class PmhRefusal:
    """Telegrams of a PMH-ID answered 異常 with one 処理結果明細コード, sent anew since or not."""

    meisai_code: str
    count: int
    first_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits to be received, of all insurers together."""

    waiting: int
    oldest_at: datetime | None


@reads
def get_backlog(*, by: Principal) -> Backlog:
    """Return how many telegrams wait and since when the oldest is owed; sees all for the sender's role alone."""
    found = OnshiSoshin.objects.filter(sent_at__isnull=True).aggregate(Count("soshin_bango"), Min("owed_at"))
    return Backlog(found["soshin_bango__count"], found["owed_at__min"])


@reads_as_operator
def list_haishin(
    *,
    by: Principal,  # checked by the decorator
    since: datetime,
    hokensha_codes: frozenset[str] | None = None,
) -> tuple[HaishinRow, ...]:
    """Return, per insurer, what waits and what was received and answered since an instant; oldest waiting first."""
    rows = OnshiSoshin.objects.using(OPERATOR_ALIAS).filter(Q(sent_at__isnull=True) | Q(sent_at__gte=since))
    rows = rows.filter(hokensha_code__isnull=False)  # what is about no insurer is counted by count_pmh_haishin
    if hokensha_codes is not None:
        rows = rows.filter(hokensha_code__in=hokensha_codes)
    waiting = Q(sent_at__isnull=True)
    found = rows.values("hokensha_code").annotate(
        waiting=Count("soshin_bango", filter=waiting),
        oldest_at=Min("owed_at", filter=waiting),
        attempts=Max("attempts", filter=waiting),
        sent=Count("soshin_bango", filter=~waiting),
        answered_ok=Count("soshin_bango", filter=Q(shori_kekka_kubun__in=("1", "2"))),
        answered_refused=Count("soshin_bango", filter=Q(shori_kekka_kubun="9")),
    )
    result = [
        HaishinRow(
            hokensha_code=str(row["hokensha_code"]),
            waiting=row["waiting"],
            oldest_at=row["oldest_at"],
            attempts=row["attempts"] or 0,
            sent=row["sent"],
            answered_ok=row["answered_ok"],
            answered_refused=row["answered_refused"],
        )
        for row in found
    ]
    return tuple(sorted(result, key=lambda row: (row.oldest_at is None, row.oldest_at or since, row.hokensha_code)))


@reads_as_operator
def count_pmh_haishin(*, by: Principal, since: datetime) -> PmhHaishin:  # by is checked by the decorator
    """Return how many telegrams of a PMH-ID wait to be received or to be sent anew, and what was received since."""
    rows = OnshiSoshin.objects.using(OPERATOR_ALIAS).filter(kind="pmh_id")
    waiting = Q(sent_at__isnull=True)
    found = rows.filter(waiting | Q(sent_at__gte=since)).aggregate(
        waiting=Count("soshin_bango", filter=waiting),
        oldest_at=Min("owed_at", filter=waiting),
        attempts=Max("attempts", filter=waiting),
        sent=Count("soshin_bango", filter=~waiting),
    )
    with connections[OPERATOR_ALIAS].cursor() as cursor:
        cursor.execute("SELECT shikaku_count_pmh_resend()")
        resend = int(cursor.fetchone()[0])
    return PmhHaishin(**found | {"attempts": found["attempts"] or 0}, resend=resend)


@reads_as_operator
def list_pmh_refusals(*, by: Principal) -> tuple[PmhRefusal, ...]:  # by is checked by the decorator
    """Return by 処理結果明細コード how many telegrams of a PMH-ID were answered 異常, the newest answer first.

    What was sent anew since is counted with the rest: the operator's role may not read which person followed.
    """
    rows = OnshiSoshin.objects.using(OPERATOR_ALIAS).filter(kind="pmh_id", shori_kekka_kubun="9")
    found = rows.values_list("shori_kekka_meisai_code").annotate(
        Count("soshin_bango"), Min("answered_at"), last_at=Max("answered_at")
    )
    return tuple(PmhRefusal(*row) for row in found.order_by("-last_at", "shori_kekka_meisai_code"))
