"""What one line does to one insurer's zone: `plan_registration` decides, `apply_plan` lets the next line see it.

The same function serves screen, REST and file. 根拠: KJ-SHI-01, KJ-SHI-02, KJ-SHI-03, KJ-SHI-05, KJ-SHI-06, KJ-EXT-18.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, TypeAlias

from shikaku.domain.line import TorokuLine
from shikaku.domain.violations import Violation

# {"kihon": {}, "seigyo": {}, "shikaku": {}, "sho": [], "korei": [], "gendogaku": [], "tokutei_shippei": [], "system": {}}
Joho: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class HeldPeriod:
    """The current version of one period. `shikaku_tsuban` is None for who has a standing but no period.

    A 取消 period stays in the list, flagged `withdrawn`: its number is never given again.
    """

    shikaku_tsuban: int | None
    rireki_tsuban: int
    valid_from: date | None
    valid_to: date | None
    withdrawn: bool
    joho: Joho = field(repr=False)


@dataclass(frozen=True, slots=True)
class Held:
    """One person as this insurer's zone holds them now."""

    hihokensha_edaban: int
    himozuke_bango: str
    kanyusha_kubun: str
    fugo_requested: bool
    has_number: bool
    periods: tuple[HeldPeriod, ...]
    next_shikaku_tsuban: int
    next_rireki_tsuban: int
    newest: Joho = field(repr=False)
    # The version of a 加入予定者 or 世帯員 (no period), until a period takes its place.
    standing: HeldPeriod | None = None


@dataclass(frozen=True, slots=True)
class KigoUse:
    """One period of another person of this insurer with the same 保険者番号・記号・番号・枝番."""

    hihokensha_edaban: int
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class KoshingoFacts:
    """What is known about 更新後個人番号: its 紐付番号, who has it in this insurer, and whether it is the present one."""

    himozuke_bango: str | None = None
    edaban_here: int | None = None
    is_current: bool = False


NO_KOSHINGO = KoshingoFacts()


@dataclass(frozen=True, slots=True)
class VersionWrite:
    """One version to append. `supersedes` is the 履歴通番 of the version it takes the place of, None for a new period."""

    shikaku_tsuban: int | None
    rireki_tsuban: int
    supersedes: int | None
    valid_from: date | None
    valid_to: date | None
    withdrawn: bool
    joho: Joho = field(repr=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """An accepted line. `new_kanyusha` asks for a 被保険者枝番; `owes` is the telegram the person's state now owes."""

    handled_as: str
    warnings: tuple[Violation, ...]
    new_kanyusha: bool
    kanyusha_kubun: str
    version: VersionWrite | None
    number_change: Literal["1", "2"] | None
    owes: Literal["shikaku", "sakujo"] | None
    fugo_requested: bool
    shikaku_tsuban: int | None
    rireki_tsuban: int | None
    # 01 and 02 (and W101) of someone held without a number, and new members: keep the line's number.
    has_number: bool = False


@dataclass(frozen=True, slots=True)
class Rejection:
    """A refused line: every violation, E before W, ascending."""

    violations: tuple[Violation, ...]


def plan_registration(
    *,
    line: TorokuLine,
    by_edaban: Held | None,
    by_number: Held | None,
    kigo_users: Sequence[KigoUse],
    koshingo: KoshingoFacts,
    on: date,
    checked: Sequence[Violation] = (),
) -> Plan | Rejection:
    """Decide what the line does; `checked` are the findings of `check_line`, merged into a rejection."""
    raise NotImplementedError


def apply_plan(held: Held | None, plan: Plan, *, edaban: int, himozuke: str) -> Held:
    """Return the person as held after the plan, for the next line of the same block."""
    raise NotImplementedError
