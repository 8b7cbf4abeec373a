"""Everything about a line that can be told without looking at what is held."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from shikaku.domain.line import TorokuLine
from shikaku.domain.violations import Violation


class CodeBook(Protocol):
    """Code tables: True or False for a table with rows on that day, None for a table without rows."""

    def __call__(self, table: str, value: str, on: date, /) -> bool | None:
        """Tell whether `value` stands in `table` on the day."""
        ...


@dataclass(frozen=True, slots=True)
class HokenshaFacts:
    """What the rules need to know of one insurer. Empty `kohi_futansha_bango` = not compared."""

    shubetsu: str
    hokensha_bango: frozenset[str] = frozenset()
    kohi_futansha_bango: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LineFacts:
    """The day, the insurers the sender may write for (by 保険者コード), and the code tables. Made once per block."""

    on: date
    hokensha: Mapping[str, HokenshaFacts]
    codes: CodeBook
    known_codes: dict[tuple[str, str], bool] = field(default_factory=dict, compare=False, repr=False)


def check_line(line: TorokuLine, *, facts: LineFacts) -> list[Violation]:
    """Return every violation that needs no held state: E204–E210, E215."""
    raise NotImplementedError
