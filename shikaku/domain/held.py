"""What an insurer's zone holds of one person, as the rules look at it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Protocol, TypeAlias, TypeVar

# {"kihon": {}, "seigyo": {}, "shikaku": {}, "sho": [], "korei": [], "gendogaku": [], "tokutei_shippei": []} by column
# name, without empty items; "system" is there when something of システム基本情報 was given.
Joho: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class HeldPeriod:
    """The current version of one period; `shikaku_tsuban` and the days are None for a standing without a period.

    A 取消 period stays in the list, flagged `withdrawn`: its number is never given again.
    """

    shikaku_tsuban: int | None
    rireki_tsuban: int
    valid_from: date | None
    valid_to: date | None
    withdrawn: bool
    joho: Joho = field(repr=False)


class VersionLike(Protocol):
    """A current version, wherever it was read."""

    @property
    def shikaku_tsuban(self) -> int | None: ...
    @property
    def rireki_tsuban(self) -> int: ...
    @property
    def withdrawn(self) -> bool: ...


V = TypeVar("V", bound=VersionLike)


def speaking_version(versions: Iterable[V]) -> V | None:
    """Return the current version that speaks for the person: of the latest period, else of the standing, else any.

    派生: an amendment of an older period must not bring back the name or address of that time, so it is the latest
    period and not the latest writing that says who the person is.
    """
    speaking: V | None = None
    for version in versions:
        if speaking is None or _speaks_for(version) > _speaks_for(speaking):
            speaking = version
    return speaking


def _speaks_for(version: VersionLike) -> tuple[bool, int, int]:
    return not version.withdrawn, version.shikaku_tsuban or 0, version.rireki_tsuban


@dataclass(frozen=True, slots=True)
class Held:
    """One person as this insurer's zone holds them now. `newest` is the 情報 that speaks for the person."""

    hihokensha_edaban: int
    himozuke_bango: str
    kanyusha_kubun: str
    fugo_requested: bool
    has_number: bool
    periods: tuple[HeldPeriod, ...]
    next_shikaku_tsuban: int
    next_rireki_tsuban: int
    newest: Joho = field(repr=False)
    # The version of a 加入予定者 or 世帯員, until a period takes its place.
    standing: HeldPeriod | None = None

    @property
    def vouched(self) -> Joho:
        """Return what a present registration says of the person: nothing where every one was withdrawn as a mistake."""
        present = self.standing is not None or any(not period.withdrawn for period in self.periods)
        return self.newest if present else {}

    def latest_period(self) -> HeldPeriod | None:
        """Return the period with the highest 資格通番 that is not 取消."""
        latest: HeldPeriod | None = None
        for period in self.periods:
            if not period.withdrawn and (latest is None or (period.shikaku_tsuban or 0) > (latest.shikaku_tsuban or 0)):
                latest = period
        return latest

    def period(self, shikaku_tsuban: int) -> HeldPeriod | None:
        """Return the period of that number unless it is 取消."""
        for period in self.periods:
            if period.shikaku_tsuban == shikaku_tsuban and not period.withdrawn:
                return period
        return None


@dataclass(frozen=True, slots=True)
class KigoUse:
    """One period of another person of this insurer with the same 保険者番号・記号・番号・枝番."""

    hihokensha_edaban: int
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class KoshingoFacts:
    """What is known about 更新後個人番号.

    Its 紐付番号 (None: nobody's), the 被保険者枝番 that has it in this insurer, and whether it is the present one.
    Of the person's own numbers: `keeps` tells whether one from before still leads to the person, so that it remains
    this person whatever becomes of the present one; `parted` is the 紐付番号 the present number leads to where
    another insurer's 訂正 took it away from the person.
    """

    himozuke_bango: str | None = None
    edaban_here: int | None = None
    is_current: bool = False
    keeps: bool = False
    parted: str | None = None


NO_KOSHINGO: Final = KoshingoFacts()


def overlap(from_a: date, to_a: date | None, from_b: date, to_b: date | None) -> bool:
    """Tell whether two half-open periods share a day."""
    return (to_b is None or from_a < to_b) and (to_a is None or from_b < to_a)
