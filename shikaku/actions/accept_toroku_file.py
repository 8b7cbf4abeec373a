"""Takes in a 登録ファイル: receipt, operation log and event are one transaction."""

from datetime import datetime

from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.controls.uketsuke.actions import Accepted, Upload, accept_uketsuke
from chukan.kernel.outbox.publish import publish
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import joins_transaction, own_transaction
from shikaku.events import TorokuFileAccepted

JIMU = "shikaku"
FILE = "資格履歴ファイル"


@own_transaction
def accept_toroku_file(
    *, by: Principal, upload: Upload, saisoshin: bool = False, screen_id: str | None = None, now: datetime
) -> Accepted:
    """Take a file in, in a transaction of its own; as `take_toroku_file`."""
    return take_toroku_file(by=by, upload=upload, saisoshin=saisoshin, screen_id=screen_id, now=now)


@joins_transaction
def take_toroku_file(
    *, by: Principal, upload: Upload, saisoshin: bool = False, screen_id: str | None = None, now: datetime
) -> Accepted:
    """Give a 受付番号 for a stored upload and make sure that it is processed.

    *Idempotent:* the same file of the same sender is refused with the earlier 受付番号 (Conflict `jufuku_file`).
    根拠: KJ-IN-01, KJ-LOG-01.
    """
    accepted = accept_uketsuke(by=by, upload=upload, saisoshin=saisoshin, now=now)
    record_sosa(
        by=by,
        kind=SosaKind.FILE_ACCEPTED,
        jimu=JIMU,
        target_file=FILE,
        targets=(accepted.uketsuke_bango,),
        result="ok",
        detail={"size": upload.size, "refused": upload.refused},
        screen_id=screen_id,
        now=now,
    )
    if not upload.refused:
        publish(
            TorokuFileAccepted(
                occurred_at=now,
                key=str(accepted.uketsuke_id),
                uketsuke_id=accepted.uketsuke_id,
                sender=by.sender or "",
                hokensha_code=by.hokensha_code or "",
            )
        )
    return accepted
