"""What this stand-in can do wrong beside what every door can."""

from dataclasses import dataclass, field

from simulators.shell.faults import Plan


@dataclass(frozen=True)
class FaultPlan(Plan):
    """Rates are 0–1 of the persons asked for."""

    yokyu_ushinau: float = field(default=0.0, metadata={"ja": "受け取った要求をコアシステムへ渡さずに失う（要求ごと）"})
    nido_watasu: float = field(default=0.0, metadata={"ja": "同じ要求をコアシステムへ二度渡す（要求ごと）"})
    watasazu: bool = field(default=False, metadata={"ja": "コアシステムへ渡さずにためる"})
