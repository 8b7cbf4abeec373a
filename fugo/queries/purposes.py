"""What the matrix of 事務 × 保険者種別 says of codes on a day: who may ask for them, and what for."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Final

from chukan.controls.kikan.domain import ALL_SHUBETSU
from chukan.controls.kikan.queries import kano_outcome

_JIMU: Final = "fugo_shutoku"
_HOSHIKI: Final = "jido"


def find_purpose(hokensha_shubetsu: str, on: date) -> str | None:
    """Return what codes of a 保険者種別 are asked for on a day, None when none may be. 根拠: KJ-IN-20, KJ-NWS-27."""
    outcome, row = kano_outcome(hokensha_shubetsu, _JIMU, _HOSHIKI, on)
    return row.purpose if outcome == "kano" and row is not None else None


def find_purposes(hokensha_shubetsu: Collection[str], on: date) -> frozenset[str]:
    """Return all purposes of these 保険者種別 on a day."""
    found = (find_purpose(one, on) for one in hokensha_shubetsu)
    return frozenset(purpose for purpose in found if purpose is not None)


def list_begun(on: date, within: timedelta) -> frozenset[str]:
    """Return the 保険者種別 that may ask for codes on a day and might not yet so long before."""
    return frozenset(
        one for one in ALL_SHUBETSU if find_purpose(one, on) is not None and find_purpose(one, on - within) is None
    )
