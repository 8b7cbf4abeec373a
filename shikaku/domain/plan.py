"""What was decided about one line: a plan to write, or a rejection with every reason."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, NamedTuple

from shikaku.domain.held import Held, HeldPeriod, speaking_version
from shikaku.domain.violations import Violation


class VersionWrite(NamedTuple):
    """One version to append; `supersedes` is the 履歴通番 of the version it takes the place of, None for none."""

    shikaku_tsuban: int | None
    rireki_tsuban: int
    supersedes: int | None
    valid_from: date | None
    valid_to: date | None
    withdrawn: bool
    joho: dict[str, Any]

    def __repr__(self) -> str:
        """Show the numbers of the version, nothing personal."""
        return f"VersionWrite(shikaku_tsuban={self.shikaku_tsuban}, rireki_tsuban={self.rireki_tsuban})"


class Plan(NamedTuple):
    """An accepted line. `owes` is the telegram the person's state now owes.

    `new_kanyusha` asks for a 被保険者枝番. `kanyusha_kubun`, `fugo_requested` and `has_number` are the person's state
    after the line; `shikaku_tsuban` and `rireki_tsuban` go into the answer, also when no version is written (`W102`).
    """

    handled_as: str
    warnings: tuple[Violation, ...]
    new_kanyusha: bool
    kanyusha_kubun: str
    version: VersionWrite | None
    number_change: Literal["1", "2"] | None
    owes: Literal["shikaku", "sakujo"] | None
    fugo_requested: bool
    has_number: bool
    shikaku_tsuban: int | None
    rireki_tsuban: int | None


@dataclass(frozen=True, slots=True)
class Rejection:
    """A refused line: every violation, E before W, ascending."""

    violations: tuple[Violation, ...]


def apply_plan(held: Held | None, plan: Plan, edaban: int, himozuke: str) -> Held:
    """Return the person as held after the plan, so that the next line of the same block sees it."""
    version = plan.version
    periods = () if held is None else held.periods
    standing = None if held is None else held.standing
    next_shikaku = 1 if held is None else held.next_shikaku_tsuban
    next_rireki = 1 if held is None else held.next_rireki_tsuban
    newest = {} if held is None else held.newest
    if version is not None:
        written = HeldPeriod(
            version.shikaku_tsuban,
            version.rireki_tsuban,
            version.valid_from,
            version.valid_to,
            version.withdrawn,
            version.joho,
        )
        newest = version.joho
        next_rireki = version.rireki_tsuban + 1
        if version.shikaku_tsuban is None:
            standing = written
        elif version.shikaku_tsuban >= next_shikaku:
            periods = (*periods, written)
            next_shikaku = version.shikaku_tsuban + 1
            standing = None
        else:
            periods = tuple(
                written if period.shikaku_tsuban == version.shikaku_tsuban else period for period in periods
            )
    speaking = newest
    if version is not None:
        spoken = speaking_version((*periods, standing) if standing is not None else periods)
        speaking = newest if spoken is None else spoken.joho
    return Held(
        hihokensha_edaban=edaban,
        himozuke_bango=himozuke,
        kanyusha_kubun=plan.kanyusha_kubun,
        fugo_requested=plan.fugo_requested,
        has_number=plan.has_number,
        periods=periods,
        next_shikaku_tsuban=next_shikaku,
        next_rireki_tsuban=next_rireki,
        newest=speaking,
        standing=standing,
    )
