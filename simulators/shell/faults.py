"""What can be made to go wrong: rates per kind, drawn by a seeded die, so that a run can be repeated."""

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from threading import Lock
from typing import Any, Generic, Self, TypeVar

MAX_NUMBER = 600_000_000


@dataclass(frozen=True)
class Plan:
    """Faults of the door; a stand-in adds its own. Rates are 0–1 of the calls concerned; waits are in milliseconds.

    A whole number that works without a rate beside it carries `alone` in its metadata.
    """

    seed: int = 1
    drop: float = field(default=0.0, metadata={"ja": "受け取らずに切断する（要求ごと）"})
    error_5xx: float = field(default=0.0, metadata={"ja": "受け取らずに503を返す（要求ごと）"})
    delay: float = field(default=0.0, metadata={"ja": "受け取る前に待たせる（要求ごと）"})
    delay_ms: int = field(default=500, metadata={"ja": "待たせる時間（ミリ秒）"})
    drop_after: float = field(default=0.0, metadata={"ja": "受け取った後、応答せずに切断する（要求ごと）"})
    half_close: float = field(default=0.0, metadata={"ja": "受け取った後、応答の途中で切断する（要求ごと）"})
    late_answer: float = field(default=0.0, metadata={"ja": "受け取った後、応答を遅らせる（要求ごと）"})
    late_answer_ms: int = field(default=15_000, metadata={"ja": "応答を遅らせる時間（ミリ秒）"})

    def changed_by(self, values: Mapping[str, object]) -> Self:
        """The plan with the named values replaced; ValueError names the first that is not allowed."""
        present, known = self.as_dict(), dict[str, Any]()
        for name, value in values.items():
            if name not in present:
                raise ValueError(f"知らない項目です: {name}")
            kind = type(present[name])
            if (kind is bool) is not isinstance(value, bool) or not isinstance(value, int | float):
                raise ValueError(f"値の型が違います: {name}")  # one kind for the caller
            if kind is float and not 0 <= value <= 1:
                raise ValueError(f"割合は0から1までです: {name}")
            if kind is int and not 0 <= value <= MAX_NUMBER:
                raise ValueError(f"値が範囲の外です: {name}")
            known[name] = kind(value)
        return replace(self, **known)

    def changed_by_form(self, form: Mapping[str, str]) -> Self:
        """The plan a filled-in form describes; ValueError when a number cannot be read."""
        values: dict[str, object] = {}
        for item in fields(self):
            text = form.get(item.name, "").strip()
            if isinstance(item.default, bool):
                values[item.name] = text == "1"
            elif isinstance(item.default, int):
                values[item.name] = int(text or "0")
            else:
                values[item.name] = float(text or "0")
        return self.changed_by(values)

    def as_dict(self) -> dict[str, float | int | bool]:
        """The plan as plain values."""
        return {item.name: getattr(self, item.name) for item in fields(self)}

    @property
    def switched_on(self) -> dict[str, float | int | bool]:
        """The faults that are on with their rates: every rate above 0, and what works by itself."""
        alone = {item.name for item in fields(self) if item.metadata.get("alone")}
        return {
            name: value
            for name, value in self.as_dict().items()
            if value and (isinstance(value, float | bool) or name in alone)
        }


PlanT = TypeVar("PlanT", bound=Plan)


class PlanHolder(Generic[PlanT]):
    """The fault plan in force; replaced as a whole."""

    def __init__(self, plan: PlanT) -> None:
        self.current = plan


class Dice:
    """Draws by fault name and key; the n-th draw of one key is the same in every run with the same seed."""

    def __init__(self) -> None:
        self._draws: dict[tuple[str, str], int] = {}
        self._struck = Counter[str]()
        self._lock = Lock()

    def hits(self, plan: Plan, fault: str, key: str = "") -> bool:
        """Whether this fault happens now."""
        rate: float = getattr(plan, fault)
        if rate <= 0:
            return False
        with self._lock:
            turn = self._draws.get((fault, key), 0)
            self._draws[fault, key] = turn + 1
            struck = random.Random(f"{plan.seed}:{fault}:{key}:{turn}").random() < rate
            self._struck[fault] += struck
            return struck

    @property
    def struck(self) -> dict[str, int]:
        """How often each fault has happened since everything was forgotten, whatever the plan was."""
        with self._lock:
            return {name: count for name, count in self._struck.items() if count}

    def reset(self) -> None:
        """Start every sequence again."""
        with self._lock:
            self._draws.clear()

    def forget(self) -> None:
        """Start every sequence again, and the counts too."""
        self.reset()
        with self._lock:
            self._struck.clear()
