"""What this stand-in can do wrong towards the hub, beside what every door can."""

from dataclasses import dataclass, field

from simulators.shell.faults import Plan


@dataclass(frozen=True)
class FaultPlan(Plan):
    """Rates are 0–1 of the codes or of the calls to the hub; waits are in milliseconds."""

    ushinau: float = field(default=0.0, metadata={"ja": "符号を送らずに失う（符号ごと、再要求で送る）"})
    okurasu: float = field(default=0.0, metadata={"ja": "一部の符号を遅らせ、順を入れ替える（符号ごと）"})
    okurasu_ms: int = field(default=5_000, metadata={"ja": "一部の符号を遅らせる時間（ミリ秒）"})
    nido_okuru: float = field(default=0.0, metadata={"ja": "同じ符号を二度送る（符号ごと）"})
    betsujin: float = field(default=0.0, metadata={"ja": "先に別の人の符号を送る（符号ごと）"})
    shiranai_tsuban: float = field(default=0.0, metadata={"ja": "求められていない処理通番の符号も送る（符号ごと）"})
    yokei_komoku: float = field(default=0.0, metadata={"ja": "先に余計な項目を付けて送る（断られるのが正しい）"})
    shomei_nashi: float = field(default=0.0, metadata={"ja": "先に署名なしで送る（断られるのが正しい）"})
    kotae_ushinau: float = field(default=0.0, metadata={"ja": "中間サーバーの答えを失い、もう一度送る（送信ごと）"})
    tochu_setsudan: float = field(default=0.0, metadata={"ja": "送信の途中で切断し、もう一度送る（送信ごと）"})
    ikkatsu_off: bool = field(default=False, metadata={"ja": "一括を使わず、一つずつ送る"})
    okurazu: bool = field(default=False, metadata={"ja": "符号を送らずにためる"})
