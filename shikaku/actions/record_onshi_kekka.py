"""Records what オンライン資格確認等システム made of one telegram. 根拠: KJ-EXT-03, KJ-EXT-04."""

from datetime import datetime
from uuid import UUID

from django.db import connection

from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction
from shikaku.actions.accept_toroku_file import FILE, JIMU


@own_transaction
def record_onshi_kekka(*, by: Principal, soshin_bango: UUID, kubun: str, meisai_code: str, now: datetime) -> str:
    """Bind a 処理結果 to its telegram and return `recorded`, `same`, `other` or `unknown`.

    *Idempotent:* the first result stands; the same one again changes nothing, another one is told apart.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT shikaku_record_onshi_kekka(%s, %s, %s, %s)", [soshin_bango, kubun, meisai_code, now])
        outcome = str(cursor.fetchone()[0])
    if outcome in {"recorded", "same"}:
        record_sosa(
            by=by,
            kind=SosaKind.SHORI_KEKKA,
            jimu=JIMU,
            target_file=FILE,
            targets=(str(soshin_bango),),
            result="ok",
            detail={"kubun": kubun},
            now=now,
        )
    return outcome
