"""「保留」: whether a file would end, or empty an item of, far more members of an insurer than is usual.

Counts in, reasons out; who a line is about is not looked at. 根拠: the published contract §4.
"""

from dataclasses import dataclass, field
from typing import Final

# The item of a reason that is about losing eligibility; every other item is a header of the file.
LOSS: Final = ""
NO_LIMIT: Final = 100  # percent: more than all cannot be lost, so nothing is held

JOINING: Final = frozenset({"01", "02"})
CHANGING: Final = frozenset({"03"})
# 取消 takes a period away as 喪失 ends it. 派生: the contract says "lost" without naming a 処理種別コード.
LEAVING: Final = frozenset({"04", "05"})


@dataclass(slots=True)
class Count:
    """Lines of one kind. `named`: those that give a 被保険者枝番, so that they are about somebody already held."""

    total: int = 0
    named: int = 0

    def add(self, *, named: bool) -> None:
        """Count one line."""
        self.total += 1
        self.named += named


@dataclass(slots=True)
class Tally:
    """What the lines of one insurer say in a file: joining, losing, clearing per item."""

    joining: int = 0
    losing: Count = field(default_factory=Count)
    clearing: dict[str, Count] = field(default_factory=dict)

    def add_cleared(self, item: str, *, named: bool) -> None:
        """Count one line that clears an item."""
        self.clearing.setdefault(item, Count()).add(named=named)

    def at_most(self, lines: int) -> "Tally":
        """Return the same when no more than so many of the lines can be applied."""

        def capped(count: Count) -> Count:
            return Count(min(count.total, lines), min(count.named, lines))

        clearing = {item: capped(count) for item, count in self.clearing.items()}
        return Tally(self.joining, capped(self.losing), clearing)

    def counts(self) -> tuple[tuple[str, Count], ...]:
        """Return what is judged, the loss of eligibility first."""
        return ((LOSS, self.losing), *self.clearing.items())


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that is far more than usual: so many lines, of so many members."""

    item: str
    count: int
    of: int

    @property
    def share(self) -> float:
        """Return the lines in percent of the members."""
        return self.count * 100 / self.of


def members_needed(tally: Tally, *, percent: int, least: int) -> int:
    """Return from how many valid members on nothing of this is held; 0 when nothing is, however few there are."""
    most = max(count.total for _, count in tally.counts())
    return most * 100 // percent + 1 if most >= least and percent < NO_LIMIT else 0


def reasons_to_hold(tally: Tally, *, valid: int, percent: int, least: int) -> tuple[Reason, ...]:
    """Return why the file is held for an insurer with so many valid members; nothing when it goes on.

    Held is what is more than `percent` of the members and at least `least` lines. Lines that give a 被保険者枝番 are
    about members held before the file; the others may be about somebody the file itself brings, so they are compared
    with those together. An insurer without a valid member has nobody to lose.
    """
    if not valid or percent >= NO_LIMIT:
        return ()
    reasons = []
    for item, count in tally.counts():
        for lines, members in ((count.named, valid), (count.total, valid + tally.joining)):
            if lines >= least and lines * 100 > members * percent:
                reasons.append(Reason(item, lines, members))
                break
    return tuple(reasons)
