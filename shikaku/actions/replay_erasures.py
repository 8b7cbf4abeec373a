"""After a restore: what was erased since the backup is erased again, and nobody waits for files that are gone."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.controls.uketsuke.actions import refuse_unended
from chukan.controls.uketsuke.queries import find_ended_file
from chukan.kernel.principal import Principal
from chukan.kernel.storage import store
from chukan.kernel.transactions import outside_transaction, own_transaction
from shikaku.actions.accept_toroku_file import FILE, JIMU
from shikaku.actions.erase_expired import remove_refused_lines
from shikaku.actions.erase_upload import erase_upload
from shikaku.actions.sender_principal import sender_principal
from shikaku.queries.due_work import list_uketsuke_of_files

LOST = "fukugen"


@dataclass(frozen=True, slots=True)
class ErasedAgain:
    """How many keys and files came back and were erased, and what became of the 受付 that name them."""

    keys: int
    objects: int
    refused: int
    lost: tuple[str, ...]


@outside_transaction
def replay_erasures(*, by: Principal, now: datetime) -> ErasedAgain:
    """Erase again what the journal names; return the counts and the 受付番号 whose file has to be sent again.

    *Idempotent:* a second time nothing is found. 根拠: KJ-IN-21.
    """
    files = store()
    replayed = files.replay()
    refused = 0
    lost: list[str] = []
    for found in list_uketsuke_of_files(by=by, file_keys=sorted(replayed.erased)):
        owner = sender_principal(by=by, sender=found.sender, hokensha_code=found.hokensha_code or "")
        bango = refuse_lost(by=owner, uketsuke_id=found.uketsuke_id, done_by=by, now=now)
        if bango is not None:
            lost.append(bango)
        ended = find_ended_file(by=owner, uketsuke_id=found.uketsuke_id)
        if ended is not None and ended.keeps_key and ended.file_key in replayed.sealed:
            remove_refused_lines(
                by=owner, uketsuke_id=found.uketsuke_id, kind=SosaKind.FILE_ERASED_AGAIN, done_by=by, now=now
            )
            refused += 1
        erase_upload(by=owner, uketsuke_id=found.uketsuke_id, now=now)
    return ErasedAgain(len(replayed.keys), len(replayed.objects), refused, tuple(lost))


@own_transaction
def refuse_lost(*, by: Principal, uketsuke_id: UUID, done_by: Principal, now: datetime) -> str | None:
    """End a 受付 whose file is gone before its last line and return its 受付番号; None when it had ended."""
    bango = refuse_unended(by=by, uketsuke_id=uketsuke_id, reason_code=LOST, now=now)
    if bango is not None:
        record_sosa(
            by=done_by,
            kind=SosaKind.FILE_REFUSED,
            jimu=JIMU,
            target_file=FILE,
            targets=(bango,),
            result="ok",
            detail={"state": LOST},
            zone=by.hokensha_code,
            now=now,
        )
    return bango
