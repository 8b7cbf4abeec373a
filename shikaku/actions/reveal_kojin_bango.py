"""Shows one 個人番号 for a recorded reason: first the intent is committed, then the envelope is opened.

根拠: KJ-AUTH-14, KJ-LOG-08, KJ-UI-04.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from chukan.controls.sosa_log.actions import record_sosa, record_sosa_alone
from chukan.controls.sosa_log.domain import SosaKind
from chukan.controls.sosa_log.sealing import require_sealed_for_numbers
from chukan.kernel.crypto.envelope import open_envelope
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.errors import Invalid, NotFound, NotPermitted
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import outside_transaction, own_transaction
from chukan.kernel.values.kojin_bango import KojinBango
from shikaku.actions.accept_toroku_file import FILE, JIMU
from shikaku.actions.block_numbers import KANYUSHA_TABLE, KOJIN_BANGO
from shikaku.models import ItakuKukakuKanyusha

RIYU: Final = {
    "shinsei_kakunin": "申請書の番号との照合",
    "chigai_kakunin": "番号相違の問合せへの対応",
    "honnin_moshide": "本人からの申出への対応",
    "tokusho": "他機関からの照会への対応",
    "sonota": "その他",
}
_NOTE_MIN: Final = 5


@dataclass(frozen=True, slots=True)
class Revealed:
    """The number, for one page fragment, and the number of the record that says so."""

    kojin_bango: KojinBango
    kiroku_bango: int


@outside_transaction
def reveal_kojin_bango(*, by: Principal, row_id: UUID, riyu: str, note: str, screen_id: str, now: datetime) -> Revealed:
    """Return the 個人番号 of one person of the zone. Log first, then open: no log, no number.

    Raises NotPermitted without 個人番号取扱権限, Invalid without a reason, NotFound for another zone's person,
    Unavailable while the operation log is not sealed.
    """
    if not by.can_kojin_bango(JIMU):
        raise NotPermitted(
            "kojin_bango_kengen_nashi",
            "個人番号を取り扱う権限がありません。必要なときはシステム管理責任者に依頼してください。",
        )
    if riyu not in RIYU or (riyu == "sonota" and len(note.strip()) < _NOTE_MIN):
        raise Invalid("riyu_nashi", "理由を選んでください。その他のときは5文字以上で書いてください。", pointer="riyu")
    require_sealed_for_numbers(by=by, now=now)
    intent = record_sosa_alone(
        by=by,
        kind=SosaKind.BANGO_REVEAL_INTENT,
        jimu=JIMU,
        target_file=FILE,
        targets=(str(row_id),),
        result="ok",
        detail={"riyu": riyu},
        screen_id=screen_id,
        now=now,
    )
    number = open_kojin_bango(by=by, row_id=row_id, riyu=riyu, note=note, screen_id=screen_id, now=now)
    return Revealed(number, intent)


@own_transaction
def open_kojin_bango(*, by: Principal, row_id: UUID, riyu: str, note: str, screen_id: str, now: datetime) -> KojinBango:
    """Open the envelope of one number and record the outcome in the same transaction."""
    row = ItakuKukakuKanyusha.objects.filter(hokensha_code=by.hokensha_code, id=row_id).first()
    if row is None or row.ct_kojin_bango is None:
        raise NotFound("kojin_bango_nashi", "この加入者の個人番号は登録されていません。")
    plain = open_envelope(
        get_keyring(),
        table=KANYUSHA_TABLE,
        envelope=KOJIN_BANGO,
        hokensha_code=row.hokensha_code,
        row_id=row.id,
        data=bytes(row.ct_kojin_bango),
    )
    record_sosa(
        by=by,
        kind=SosaKind.BANGO_REVEAL,
        jimu=JIMU,
        target_file=FILE,
        targets=(str(row.himozuke_bango), str(row_id)),
        result="ok",
        detail={"riyu": riyu, "note": note[:100]},
        screen_id=screen_id,
        now=now,
    )
    return KojinBango.parse(plain.decode())
