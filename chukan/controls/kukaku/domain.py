"""Rules of zones: who works must have one, and what the database must show for every kind of table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from chukan.kernel.errors import NotPermitted
from chukan.kernel.principal import Principal

Kind = Literal["insurer", "person", "hub", "append_only", "reference"]
KINDS: Final[frozenset[str]] = frozenset({"insurer", "person", "hub", "append_only", "reference"})


def require_kukaku(by: Principal) -> str:
    """Return the 「区画」 of the actor. Raises NotPermitted where there is none: no work without an organisation."""
    if not by.hokensha_code:
        raise NotPermitted("kukaku_nashi", "この操作は医療保険者等の職員か接続システムだけが行えます。")
    return by.hokensha_code


@dataclass(frozen=True, slots=True)
class TableWalls:
    """What the database says about one table."""

    table: str
    secured: bool
    forced: bool
    policies: int
    readers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Gap:
    """One table whose walls are not those of its kind."""

    table: str
    kind: str
    message: str


def find_gaps(kinds: Mapping[str, str], walls: Mapping[str, TableWalls]) -> Sequence[Gap]:
    """Return every table that is not walled as its kind demands. 根拠: KJ-ZONE-05.

    `insurer`: row-level security, forced, with a policy. `person`: no login role may read it at all.
    """
    gaps = []
    for table, kind in sorted(kinds.items()):
        held = walls.get(table)
        if kind not in KINDS:
            gaps.append(Gap(table, kind, "表の種類が決まっていません。"))
        elif held is None:
            gaps.append(Gap(table, kind, "データベースに表がありません。"))
        elif kind == "insurer" and not (held.secured and held.forced and held.policies):
            gaps.append(Gap(table, kind, "行単位の区画が強制されていません。"))
        elif kind == "person" and held.readers:
            gaps.append(Gap(table, kind, "直接読める役割があります: " + "、".join(sorted(held.readers))))
    return tuple(gaps)
