"""再送待ち: telegrams answered 異常 that no newer one of the same person and insurer followed. 根拠: KJ-EXT-04."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connections

from chukan.kernel.principal import Principal
from chukan.kernel.transactions import OPERATOR_ALIAS, reads_as_operator
from shikaku.models import OnshiSoshin

_LIST = """
SELECT soshin_bango, hokensha_code, answered_at FROM shikaku_resend_queue()
WHERE (%s::text IS NULL OR hokensha_code = %s) AND (%s::uuid IS NULL OR soshin_bango = %s)
ORDER BY hokensha_code, answered_at, soshin_bango
"""
_COUNT = "SELECT hokensha_code, count(*) FROM shikaku_resend_queue() GROUP BY 1"


@dataclass(frozen=True, slots=True)
class RefusedTelegram:
    """One telegram that waits to be sent anew; the person is not named."""

    soshin_bango: UUID
    hokensha_code: str
    answered_at: datetime


@reads_as_operator
def list_resend_queue(
    *,
    by: Principal,  # checked by the decorator
    hokensha_code: str | None = None,
    soshin_bango: UUID | None = None,
) -> tuple[RefusedTelegram, ...]:
    """Return what waits to be sent anew, of one insurer or one number or of all; by insurer, oldest answer first."""
    with connections[OPERATOR_ALIAS].cursor() as cursor:
        cursor.execute(_LIST, [hokensha_code, hokensha_code, soshin_bango, soshin_bango])
        return tuple(RefusedTelegram(*row) for row in cursor.fetchall())


@reads_as_operator
def count_resend_queue(
    *,
    by: Principal,  # checked by the decorator
    hokensha_codes: frozenset[str] | None = None,
) -> dict[str, int]:
    """Return per insurer (None = all) how many wait to be sent anew; insurers without one are left out."""
    with connections[OPERATOR_ALIAS].cursor() as cursor:
        cursor.execute(_COUNT)
        return {code: count for code, count in cursor.fetchall() if hokensha_codes is None or code in hokensha_codes}


@reads_as_operator
def is_pmh_soshin(*, by: Principal, soshin_bango: UUID) -> bool:  # by is checked by the decorator
    """Tell whether a 送信番号 is that of a telegram of a PMH-ID, which is sent anew another way."""
    return OnshiSoshin.objects.using(OPERATOR_ALIAS).filter(soshin_bango=soshin_bango, kind="pmh_id").exists()
