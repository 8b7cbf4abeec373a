"""How a 依頼 stands in a list."""

from collections.abc import Mapping
from typing import Final

from chukan.controls.shonin.domain import State
from chukan.controls.shonin.queries import IraiRow

MARKS: Final[Mapping[State, str]] = {
    State.IRAI: "wait",
    State.HITORIME: "wait",
    State.SHONIN_ZUMI: "ok",
    State.JIKKO_CHU: "run",
    State.KANRYO: "ok",
    State.SASHIMODOSHI: "warn",
    State.TORISAGE: "off",
    State.KIGENGIRE: "off",
}


def line_of(row: IraiRow) -> dict[str, object]:
    """Return one line: the 依頼, its mark, and how many of the persons needed have agreed."""
    agreed = sum(one.is_approval for one in row.handan)
    return {"row": row, "mark": MARKS[row.state], "agreed": f"{agreed}／{row.hitsuyo_ninzu}人"}
