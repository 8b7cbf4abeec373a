"""Files of 国保情報集約システム that are held: decided by command, because 市町村国保 has no terminal to decide at.

The decision is the insurer's all the same: who asked for it has to be its システム管理責任者 and is on record.
"""

from dataclasses import dataclass
from datetime import datetime

from chukan.controls.shokuin.queries import find_system_kanri
from chukan.controls.uketsuke.domain import KAIJO
from chukan.controls.uketsuke.queries import HoryuFacts, UketsukeStatus, get_uketsuke_by_id, list_horyu, uketsuke_nashi
from chukan.kernel import clock
from chukan.kernel.errors import NotFound, NotPermitted
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import outside_transaction
from chukan.kernel.values.uketsuke_bango import is_valid
from shikaku.actions.decide_horyu import Decider, release_horyu, withdraw_horyu
from shikaku.actions.sender_principal import sender_principal
from shikaku.queries.jokyo import find_file_place


@dataclass(frozen=True, slots=True)
class Asked:
    """What an insurer's システム管理責任者 asked for."""

    hokensha_code: str
    shokuin_id: str
    decision: str


@dataclass(frozen=True, slots=True)
class HeldFile:
    """The file now, and why it is, or was, held for whom: counts only."""

    status: UketsukeStatus
    horyu: tuple[HoryuFacts, ...]


@outside_transaction
def decide_asked_horyu(*, by: Principal, uketsuke_bango: str, asked: Asked | None, now: datetime) -> HeldFile:
    """Carry out what was asked for, or nothing, and return the file as it is then.

    Raises NotFound for an unknown number, for whoever is no システム管理責任者 of the insurer, and where nothing is
    held for it; NotPermitted for a file of an insurer that has a terminal; Conflict when it is decided otherwise.
    """
    place = find_file_place(by=by, uketsuke_bango=uketsuke_bango) if is_valid(uketsuke_bango) else None
    if place is None:
        raise uketsuke_nashi()
    if place.hokensha_code is not None:
        raise NotPermitted(
            "tanmatsu_de_kettei", "この保険者のファイルは、保険者のシステム管理責任者が統合専用端末で決めます。"
        )
    owner = sender_principal(by=by, sender=place.sender, hokensha_code="")
    if asked is not None:
        on = clock.business_date_jst(now)
        shimei = find_system_kanri(by=by, zone=asked.hokensha_code, shokuin_id=asked.shokuin_id, on=on)
        if shimei is None:
            raise NotFound(
                "kanrisha_nashi",
                "この職員IDの有効なシステム管理責任者は、この保険者にいません。保険者コードと職員IDを確かめてください。",
            )
        decider = Decider(asked.hokensha_code, asked.shokuin_id, shimei, "")
        act = release_horyu if asked.decision == KAIJO else withdraw_horyu
        act(by=owner, uketsuke_id=place.row_id, decider=decider, done_by=by, now=now)
    status = get_uketsuke_by_id(by=owner, row_id=place.row_id, now=now)
    return HeldFile(status, list_horyu(by=owner, row_id=place.row_id))
