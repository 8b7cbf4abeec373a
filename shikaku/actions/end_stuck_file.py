"""Ends a 登録ファイル that stands still and cannot be mended in time; by command, with a reason on record. Ours."""

from datetime import datetime
from uuid import UUID

from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.controls.uketsuke.actions import give_up_uketsuke
from chukan.controls.uketsuke.domain import GIVEN_UP, KYOHI
from chukan.controls.uketsuke.queries import UketsukeStatus, get_uketsuke_by_id, uketsuke_nashi
from chukan.kernel.outbox.publish import publish
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import outside_transaction, own_transaction
from chukan.kernel.values.uketsuke_bango import is_valid
from shikaku.actions.accept_toroku_file import FILE, JIMU
from shikaku.actions.sender_principal import sender_principal
from shikaku.domain.riyu import checked_riyu
from shikaku.events import TorokuFileFinished
from shikaku.queries.jokyo import find_file_place


@outside_transaction
def end_stuck_file(*, by: Principal, uketsuke_bango: str, riyu: str, now: datetime) -> UketsukeStatus:
    """End the file and return it as it is then; the sender's next one begins, the upload is erased on schedule.

    What was registered stays, with its results; lines refused so far can be fetched. Raises Invalid for the reason,
    NotFound for an unknown 受付番号, Conflict for a file that does not stand still.
    """
    text = checked_riyu(riyu)
    place = find_file_place(by=by, uketsuke_bango=uketsuke_bango) if is_valid(uketsuke_bango) else None
    if place is None:
        raise uketsuke_nashi()
    owner = sender_principal(by=by, sender=place.sender, hokensha_code=place.hokensha_code or "")
    close_stuck(by=owner, uketsuke_id=place.row_id, riyu=text, done_by=by, now=now)
    return get_uketsuke_by_id(by=owner, row_id=place.row_id, now=now)


@own_transaction
def close_stuck(*, by: Principal, uketsuke_id: UUID, riyu: str, done_by: Principal, now: datetime) -> None:
    """Refuse the file, log it in its sender's zone and say so."""
    bango = give_up_uketsuke(by=by, uketsuke_id=uketsuke_id, reason_code=GIVEN_UP, now=now)
    record_sosa(
        by=done_by,
        kind=SosaKind.FILE_REFUSED,
        jimu=JIMU,
        target_file=FILE,
        targets=(bango,),
        result="ok",
        detail={"state": GIVEN_UP, "riyu": riyu},
        zone=by.hokensha_code,
        now=now,
    )
    publish(TorokuFileFinished(occurred_at=now, key=str(uketsuke_id), uketsuke_id=uketsuke_id, state=KYOHI))
