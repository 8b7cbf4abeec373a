"""Erases confirmations whose time is over: the used ones with the operations they stand behind, the others soon.

根拠: KJ-RET-12, KJ-RET-18.
"""

from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from chukan.controls.seitai.domain import FILE, JIMU
from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.clock import business_date_jst, midnight_jst
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction
from chukan.kernel.values.last_erasable import last_erasable
from chukan.settings import limits

_DROP: Final = "SELECT unused, used FROM seitai_drop_spent(%s, %s, %s)"


@own_transaction
def erase_spent(*, by: Principal, now: datetime) -> tuple[int, int]:  # zone of none
    """Erase them in every zone; return how many were never used, and how many were.

    The signed bytes of a used one prove who confirmed what, so that they stay as long as the operation log does. That
    one was asked for, refused or left, the operation log says by itself.
    """
    used_until = last_erasable(business_date_jst(now), years=limits.OPLOG_RETENTION_YEARS)
    used_before = midnight_jst(now) - timedelta(days=(business_date_jst(now) - used_until).days - 1)
    with connection.cursor() as cursor:
        cursor.execute(_DROP, [now - limits.SEITAI_UNUSED_KEPT, used_before, now])
        unused, used = cursor.fetchone()
    for kensu, joken in (
        (unused, f"期限から{limits.SEITAI_UNUSED_KEPT.days}日（未使用）"),
        (used, f"使用から{limits.OPLOG_RETENTION_YEARS}年"),
    ):
        if kensu:
            record_sosa(
                by=by,
                kind=SosaKind.SEITAI_ERASED,
                jimu=JIMU,
                target_file=FILE,
                result="ok",
                detail={"kensu": kensu, "joken": joken},
                now=now,
            )
    return int(unused), int(used)
