"""What an insurer may know of the code of a member: how far it has come since it registered the member itself.

What happened before would tell that somebody else insured the person; the code itself is never told. 根拠: KJ-MENU-08,
KJ-ZONE-01.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from fugo.domain.shutoku_state import ShutokuState


@dataclass(frozen=True, slots=True)
class Jotai:
    """The progress of one own member; no state when the person has no request any more."""

    row_id: UUID
    hihokensha_edaban: int
    toroku_nichiji: datetime
    state: ShutokuState | None
    fugo_saihakko_flag: bool
    fugo_status_koshin_nichiji: datetime | None
    fugo_yokyu_uketsuke_nichiji: datetime | None
    fugo_tenso_nichiji: datetime | None
    fugo_soshin_nichiji: datetime | None
    fugo_uketsuke_nichiji: datetime | None
    fugo_settei_nichiji: datetime | None


def as_told(jotai: Jotai) -> Jotai:
    """Return the progress without the times before the insurer registered the member."""

    def since(instant: datetime | None) -> datetime | None:
        return None if instant is None or instant < jotai.toroku_nichiji else instant

    return replace(
        jotai,
        fugo_status_koshin_nichiji=since(jotai.fugo_status_koshin_nichiji),
        fugo_yokyu_uketsuke_nichiji=since(jotai.fugo_yokyu_uketsuke_nichiji),
        fugo_tenso_nichiji=since(jotai.fugo_tenso_nichiji),
        fugo_soshin_nichiji=since(jotai.fugo_soshin_nichiji),
        fugo_uketsuke_nichiji=since(jotai.fugo_uketsuke_nichiji),
        fugo_settei_nichiji=since(jotai.fugo_settei_nichiji),
    )
