"""再試行: an operator does not wait for the next try of what オンライン資格確認 has not received."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from django.db import connection

from chukan.controls.kengen.domain import NOT_PERMITTED_MESSAGE
from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.errors import NotFound, NotPermitted
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction
from shikaku.actions.record_shokai import UNYO
from shikaku.actions.resend_to_onshi import QUEUE

SCREEN: Final = "OP-201"


@own_transaction
def retry_onshi(*, by: Principal, hokensha_code: str, in_charge: Collection[str], now: datetime) -> int:
    """Let the unreceived telegrams of an insurer go now and return how many waited for their next try.

    The same telegrams in the same order: only their time changes, and what a sender has in hand is left alone. With
    them goes what is no insurer's and holds them back: the telegram of a PMH-ID of the same person.
    *Idempotent.* Raises NotPermitted without the right, NotFound for an insurer the operator is not `in_charge` of.
    """
    if not by.can(UNYO, "koshin"):
        raise NotPermitted("kengen_nashi", NOT_PERMITTED_MESSAGE)
    if hokensha_code not in in_charge:
        raise NotFound("hokensha_nashi", "この保険者は登録されていません。保険者コードを確かめてください。")
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
