"""Ends a member of staff of any organisation: the account, its sessions and its rights. 根拠: KJ-AUTH-08."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from chukan.controls.kengen.actions.grant import end_rights
from chukan.controls.kikan.domain import OPERATORS
from chukan.controls.kikan.queries import hokensha_facts
from chukan.controls.shokuin.actions.keep_staff import end_shokuin
from chukan.controls.shokuin.domain import HOKENSHA, normal_id, zone_for
from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.errors import RuleBroken
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import outside_transaction, own_transaction

JIMU: Final = "kanri"
FILE: Final = "shokuin"


@dataclass(frozen=True, slots=True)
class EndedStaff:
    """Who was ended, since when the account is not valid, and how many sessions ended with it."""

    shokuin_id: str
    valid_to: date
    sessions: int


@outside_transaction
def end_staff_by_command(
    *, by: Principal, soshiki: str, hokensha_code: str | None, shokuin_id: str, now: datetime
) -> EndedStaff:
    """End one member of staff from this moment, whatever the rank: the next request of any session is refused.

    For whom no screen may change: operators' staff and システム管理責任者. *Idempotent:* one that has ended keeps its
    無効日. Raises RuleBroken for an organisation there is not, NotFound for an insurer or a 職員ID there is not.
    """
    if soshiki != HOKENSHA and soshiki not in OPERATORS:
        raise RuleBroken("soshiki_fumei", "組織は " + "、".join(OPERATORS) + " のどれかで指定してください。")
    if hokensha_code is not None:
        hokensha_facts(hokensha_code)
    zone = zone_for(soshiki=soshiki, hokensha_code=hokensha_code)
    return _end(by=by, zone=zone, hokensha_code=hokensha_code, shokuin_id=normal_id(shokuin_id), now=now)


@own_transaction
def _end(*, by: Principal, zone: str, hokensha_code: str | None, shokuin_id: str, now: datetime) -> EndedStaff:
    ended = end_shokuin(by=by, shokuin_id=shokuin_id, now=now)
    end_rights(by=by, row_id=ended.row_id, now=now)
    record_sosa(
        by=by,
        kind=SosaKind.STAFF_CHANGED,
        jimu=JIMU,
        target_file=FILE,
        targets=[str(ended.row_id)],
        result="ok",
        detail={
            "change": "ended",
            "shokuin_id": shokuin_id,
            "valid_to": ended.valid_to.isoformat(),
            "sessions": ended.sessions,
        },
        zone=hokensha_code,
        now=now,
    )
    return EndedStaff(shokuin_id, ended.valid_to, ended.sessions)
