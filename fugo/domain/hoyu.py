"""保有: when everything about a person's 機関別符号 goes, by person and not by issue. 根拠: KJ-RET-05, KJ-RET-02."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Self

from chukan.kernel.values.last_erasable import last_erasable

# The two 制度 the rule names: no 情報連携 whose five years would count.
KEPT_BY_ONSHI_ALONE: Final = frozenset({"shichoson_kokuho", "seikatsu_hogo"})


@dataclass(frozen=True, slots=True)
class Kanyu:
    """One insurer a person was insured with: `soshitsu_on` is the last 資格喪失年月日 there, None while one is open."""

    hokensha_shubetsu: str
    soshitsu_on: date | None


@dataclass(frozen=True, slots=True)
class Until:
    """The latest days of loss that are over: for 情報連携, and for what オン資 needs of 資格履歴."""

    renkei_on: date
    onshi_on: date

    @classmethod
    def on(cls, on: date, *, renkei_years: int, onshi_years: int) -> Self:
        """Return both on the day `on` (JST)."""
        return cls(last_erasable(on, years=renkei_years), last_erasable(on, years=onshi_years))


def is_over(kanyu: Sequence[Kanyu], *, last_known_on: date, until: Until) -> bool:
    """Tell whether a person's codes may go: every insurer's loss is over for オン資, those of 情報連携 for that too.

    Of somebody who holds no period any more (all 取消, erased or 訂正 of the number) `last_known_on` counts, the last
    day anything happened to the code. A loss to come is none.
    """
    if not kanyu:
        return last_known_on <= min(until.renkei_on, until.onshi_on)
    return all(_is_over(one, until) for one in kanyu)


def _is_over(kanyu: Kanyu, until: Until) -> bool:
    if kanyu.soshitsu_on is None or kanyu.soshitsu_on > until.onshi_on:
        return False
    return kanyu.hokensha_shubetsu in KEPT_BY_ONSHI_ALONE or kanyu.soshitsu_on <= until.renkei_on
