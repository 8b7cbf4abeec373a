"""「選択した人の一括喪失」: the chosen members become one 登録ファイル of 喪失, by the way every file goes."""

import csv
from collections.abc import Sequence
from datetime import date, datetime
from io import StringIO
from typing import Final
from uuid import UUID

from chukan.controls.uketsuke.actions import Upload
from chukan.kernel.errors import Invalid
from chukan.kernel.principal import Principal
from chukan.kernel.storage import store
from chukan.kernel.transactions import outside_transaction, own_transaction
from chukan.kernel.values.edaban import format_edaban
from shikaku.actions.accept_toroku_file import take_toroku_file
from shikaku.actions.erase_upload import RULE
from shikaku.actions.terminal_slip import hold_slip, spend_slip
from shikaku.domain.items import HEADER_OF, TOP
from shikaku.queries.kanyusha import list_edaban
from shikaku.queries.terminal_slip import SlipAnswer, answer_of

LIMIT: Final = 500
_KIND: Final = "toroku"


@outside_transaction
def accept_ikkatsu_soshitsu(
    *,
    by: Principal,
    slip_id: UUID,
    row_ids: Sequence[UUID],
    soshitsu_ymd: date,
    jiyu: str,
    screen_id: str,
    now: datetime,
) -> SlipAnswer:
    """Give a 受付番号 for the loss of up to 500 chosen members; each is one 明細 with its own result.

    The same choice on another slip is a file of its own and meets the members as they are then: no digest is kept.
    *Idempotent:* a slip is accepted once; every later press returns the first answer, two at once one after the
    other. Raises Invalid without a choice, NotFound when there is no such slip. *Locks:* the slip.
    """
    edabans = list_edaban(by=by, row_ids=row_ids[:LIMIT])
    if not edabans or len(row_ids) > LIMIT:
        raise Invalid("sentaku_nashi", f"加入者を1人以上{LIMIT}人以下で選んでください。", pointer="row")
    text = StringIO()
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow(
        [
            TOP["shori_shubetsu_code"],
            TOP["hokensha_code"],
            TOP["hihokensha_edaban"],
            HEADER_OF["shikaku", "shikaku_soshitsu_ymd"],
            HEADER_OF["shikaku", "shikaku_soshitsu_jiyu"],
        ]
    )
    for edaban in edabans:
        lines.writerow(["04", by.hokensha_code, format_edaban(edaban), f"{soshitsu_ymd:%Y%m%d}", jiyu])
    writer = store().create(_KIND)
    try:
        writer.write(text.getvalue().encode())
        stored = writer.close()
    except BaseException:
        writer.discard()
        raise
    upload = Upload(stored.key, stored.size, b"", f"一括喪失_{len(edabans)}人")
    answer = _accept(by=by, slip_id=slip_id, upload=upload, screen_id=screen_id, now=now)
    if answer.facts["file"] != upload.file_key:
        store().erase(upload.file_key, rule=RULE, now=now)
    return answer


@own_transaction
def _accept(*, by: Principal, slip_id: UUID, upload: Upload, screen_id: str, now: datetime) -> SlipAnswer:
    slip = hold_slip(by=by, slip_id=slip_id)
    earlier = answer_of(by, slip)
    if earlier is not None:
        return earlier
    accepted = take_toroku_file(by=by, upload=upload, screen_id=screen_id, now=now)
    facts = {
        "uketsuke_id": str(accepted.uketsuke_id),
        "uketsuke_bango": accepted.uketsuke_bango,
        "file": upload.file_key,
    }
    return spend_slip(by=by, slip=slip, facts=facts)
