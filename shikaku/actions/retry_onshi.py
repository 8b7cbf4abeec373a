"""再試行: an operator does not wait for the next try of what オンライン資格確認 has not received."""

from datetime import datetime
from typing import Final

from django.db import connection

from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction
from shikaku.actions.record_shokai import UNYO
from shikaku.actions.resend_to_onshi import QUEUE

SCREEN: Final = "OP-201"


@own_transaction
def retry_onshi(*, by: Principal, hokensha_code: str, now: datetime) -> int:
    """Let the unreceived telegrams of an insurer go now and return how many waited for their next try.

    The same telegrams in the same order: only their time changes. *Idempotent.*
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT shikaku_retry_now(%s, %s)", [hokensha_code, now])
        moved = int(cursor.fetchone()[0])
    record_sosa(
        by=by,
        kind=SosaKind.ONSHI_RETRIED,
        jimu=UNYO,
        target_file=QUEUE,
        result="ok",
        detail={"hokensha_code": hokensha_code, "count": moved},
        screen_id=SCREEN,
        now=now,
    )
    return moved
