"""What this stand-in can do wrong beside what every door can."""

from dataclasses import dataclass, field

from simulators.shell.faults import Dice, Plan

__all__ = ["Dice", "FaultPlan"]


@dataclass(frozen=True)
class FaultPlan(Plan):
    """Rates are 0–1 of the telegrams or answers concerned; waits are in milliseconds."""

    item_error: float = field(default=0.0, metadata={"ja": "一括の中の1件を受け取らない（電文ごと）"})
    result_9: float = field(default=0.0, metadata={"ja": "処理結果を9（異常）にする（電文ごと）"})
    result_2: float = field(default=0.0, metadata={"ja": "処理結果を2（警告あり）にする（電文ごと）"})
    duplicate_answer: float = field(default=0.0, metadata={"ja": "同じ処理結果を二度送る（電文ごと）"})
    conflicting_answer: float = field(default=0.0, metadata={"ja": "違う処理結果を続けて送る（電文ごと）"})
    result_delay_ms: int = field(default=0, metadata={"ja": "すべての処理結果を遅らせる時間（ミリ秒）", "alone": True})
    result_late: float = field(default=0.0, metadata={"ja": "一部の処理結果を遅らせ、順を入れ替える（電文ごと）"})
    result_late_ms: int = field(default=5_000, metadata={"ja": "一部の処理結果を遅らせる時間（ミリ秒）"})
    result_off: bool = field(default=False, metadata={"ja": "処理結果を送らない"})
