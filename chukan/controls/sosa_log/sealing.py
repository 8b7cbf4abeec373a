"""How long the operation log may stay unsealed before things stop: the one place that knows, and that is asked.

What nobody seals can be changed unnoticed. So operators are told first, then no 個人番号 is shown and nothing is
written out, in the end no partner is served. Registration at terminals goes on: it is recorded, and sealed later.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from chukan.controls.sosa_log.queries import oldest_unsealed
from chukan.kernel.errors import Unavailable
from chukan.kernel.principal import Principal
from chukan.settings import limits

# A look-up is served in milliseconds and asks every time; of a limit of hours, seconds are nothing.
LATELY: Final = timedelta(seconds=5)


class Passage(StrEnum):
    """What does not go on while the log stays unsealed."""

    NUMBERS = "numbers"  # a 個人番号 is shown, or rows are written out
    PARTNERS = "partners"  # a connecting system is served


_STOPS: Final[Mapping[Passage, timedelta]] = {
    Passage.NUMBERS: limits.UNSEALED_STOPS_NUMBERS,
    Passage.PARTNERS: limits.UNSEALED_STOPS_PARTNERS,
}


def is_overdue(since: datetime | None, *, now: datetime) -> bool:
    """Tell whether an event has waited so long that operators have to know."""
    return since is not None and now - since > limits.UNSEALED_ALARM


def is_stopped(passage: Passage, since: datetime | None, *, now: datetime) -> bool:
    """Tell whether an event has waited so long that this does not go on."""
    return since is not None and now - since > _STOPS[passage]


@dataclass(slots=True)
class SealingWatch:
    """What the database said when it was last asked; one for a process, whose threads may ask twice at worst."""

    monotonic: Callable[[], float] = time.monotonic
    _said: tuple[float, datetime | None] | None = None

    def since(self, *, by: Principal) -> datetime | None:
        """Return since when an event waits, as of the last few seconds."""
        said, at = self._said, self.monotonic()
        if said is None or at - said[0] > LATELY.total_seconds():
            said = self._said = (at, oldest_unsealed(by=by))
        return said[1]

    def forget(self) -> None:
        """Ask anew next time."""
        self._said = None


WATCH: Final = SealingWatch()


def require_sealed_for_numbers(*, by: Principal, now: datetime) -> None:
    """Raise Unavailable while the log has stayed unsealed too long to show a 個人番号 or write rows out.

    根拠: KJ-LOG-10.
    """
    if is_stopped(Passage.NUMBERS, oldest_unsealed(by=by), now=now):
        raise Unavailable(
            "fuin_teishi_hyoji",
            "操作ログの封印が15分より長く止まっているため、個人番号の表示と書き出しを止めています。何も出していません。"
            "支払基金に連絡し、封印が動いてからもう一度行ってください。",
        )


def require_sealed_for_partners(*, by: Principal, now: datetime) -> None:
    """Raise Unavailable while the log has stayed unsealed too long to serve connecting systems.

    根拠: KJ-LOG-10.
    """
    if is_stopped(Passage.PARTNERS, WATCH.since(by=by), now=now):
        raise Unavailable(
            "fuin_teishi",
            "操作ログの封印が4時間より長く止まっているため、接続システムとのやり取りを止めています。"
            "この要求では何もしていません。しばらく待って、同じ要求をもう一度送ってください。",
        )
