"""What this stand-in can do wrong towards the hub, beside what every door can."""

from dataclasses import dataclass, field

from simulators.shell.faults import Plan


@dataclass(frozen=True)
class FaultPlan(Plan):
    """Rates are 0–1 of the requests to the hub."""

    answer_lost: float = field(default=0.0, metadata={"ja": "払い出しの答えを失い、もう一度依頼する（依頼ごと）"})
    ask_twice: float = field(default=0.0, metadata={"ja": "同じ依頼を二度送り、答えを比べる（依頼ごと）"})
    extra_key: float = field(default=0.0, metadata={"ja": "先に氏名を付けた依頼を送る（断られるのが正しい、依頼ごと）"})
    unsigned: float = field(default=0.0, metadata={"ja": "先に署名のない依頼を送る（断られるのが正しい、依頼ごと）"})
    ikkatsu_off: bool = field(default=False, metadata={"ja": "一括を使わず、一人ずつ依頼する"})
    irai_off: bool = field(default=False, metadata={"ja": "依頼を送らずにためる"})
