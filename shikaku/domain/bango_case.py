"""個人番号の重なり: a new number that leads to another person (`E214`), until its person comes with one that does not.

Or a number that another insurer said was never the person's (訂正), which this insurer has for the same 紐付番号.
No 個人番号 and no hash of one: a person is a 被保険者枝番 or a 紐付番号 here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Final, NamedTuple
from uuid import UUID

CLASH: Final = "E214"
# Why a case is closed: a later line of its person was registered with a number, or an operator gave a reason.
TEISEI: Final = "teisei"
UNYO: Final = "unyo"
# How a case came about that no line of its own insurer opened.
PARTED: Final = "teisei"
# So many digits of a case's random id tell it from the other open ones of its insurer.
CASE_ID_SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class BangoClash:
    """Who was to get the number, by 被保険者枝番, and the 紐付番号 it leads to already."""

    hihokensha_edaban: int
    other_himozuke_bango: UUID


class NumberLine(NamedTuple):
    """One line with 更新後個人番号: registered for the person of a 被保険者枝番, or refused with a clash."""

    hokensha_code: str
    meisai_no: int
    registered: int | None
    clash: BangoClash | None


class CaseChanges(NamedTuple):
    """The persons (保険者コード, 被保険者枝番) whose open cases close, and then the lines that open or renew one."""

    closing: frozenset[tuple[str, int]]
    opening: tuple[NumberLine, ...]


def plan_cases(lines: Iterable[NumberLine]) -> CaseChanges:
    """Return what lines in their order do to the cases: a clash its person corrected further down opens none."""
    closing: set[tuple[str, int]] = set()
    opening: dict[tuple[str, int], list[NumberLine]] = {}
    for line in lines:
        if line.registered is not None:
            person = (line.hokensha_code, line.registered)
            closing.add(person)
            opening.pop(person, None)
        elif line.clash is not None:
            person = (line.hokensha_code, line.clash.hihokensha_edaban)
            opening.setdefault(person, []).append(line)
    return CaseChanges(frozenset(closing), tuple(chain.from_iterable(opening.values())))
