"""The pages of this stand-in: of persons and codes only short fingerprints."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

from simulators.nws.faults import FaultPlan
from simulators.shell import pages
from simulators.shell.store import Row

SYSTEM = "情報提供ネットワークシステム"
SEARCH = pages.lookup("/tsuban", "shori_tsuban", "処理通番")
JOTAI = {"machi": "送るのを待っている", "sumi": "送った", "ushinatta": "訓練用の障害で失った（再要求で送る）"}
KEKKA = {
    "": "―",
    "ok": "受け取った",
    "jufuku": "すでに受け取っている（重複）",
    "yokyu_nashi": "求めていない（要求なし）",
}
KOTO = {
    "ushinau": "送らずに失った",
    "okurasu": "遅らせた",
    "nido_okuru": "二度目を送った",
    "betsujin": "別の人の符号を送った",
    "shiranai_tsuban": "求められていない符号を送った",
}
CHECKS = (
    ("katachi", "決められた形でない答え"),
    ("kotae_fuitchi", "送った順と違う答え"),
    ("yokei_uketsuke", "断られるべき送信が通った"),
    ("shiranai_uketsuke", "求められていない符号が受け取られた"),
)
MOVES = (("1", "1時間進める"), ("24", "1日進める"), ("168", "7日進める"))


def overview(
    *,
    state: Mapping[str, Any],
    hours: Mapping[str, float],
    now: float,
    events: Sequence[Row],
    plan: FaultPlan,
    struck: Mapping[str, int],
) -> str:
    """Counts, checks, the search of one 処理通番, the clock, what was out of the ordinary, and the faults."""
    shown = (
        ("符号の取得要求", "yokyu"),
        ("うち再発行", "saihakko"),
        ("送るのを待っている", "machi"),
        ("送った", "sumi"),
        ("障害で失った", "ushinatta"),
        ("中間サーバーが受け取った", "ok"),
        ("重複と答えた", "jufuku"),
        ("要求なしと答えた", "yokyu_nashi"),
        ("同じ処理通番の再要求", "saiuketsuke"),
        ("同じ処理通番で違う人", "tsuban_fuitchi"),
        ("一括の送信", "ikkatsu"),
        ("つながらなかった送信", "tsushin"),
        ("断られた送信", "kyohi"),
        ("断られるべき送信が断られた", "kotowarareta"),
        ("求められていない符号が断られた", "shiranai_kyohi"),
        ("別の人の符号が受け取られた", "betsujin_uketsuke"),
    )
    rows = [
        [
            pages.time(row["nichiji"]),
            f"<code>{escape(row['shori_tsuban'])}</code>",
            escape(KOTO[row["koto"]]),
            escape(KEKKA[row["kekka"]]),
        ]
        for row in events
    ]
    return pages.layout(
        "機関別符号｜情報提供ネットワークシステム（模擬）",
        '<p><a href="/">最新の状態にする</a></p><h2>件数</h2>'
        + pages.counts([(name, state[key]) for name, key in shown])
        + "<h2>確認</h2>"
        + pages.checks(CHECKS, state)
        + "<h2>一つの処理通番を見る</h2>"
        + SEARCH
        + _clock(hours, now)
        + "<h2>ふだんと違う送信</h2>"
        + pages.table("新しい順に20件", ("日時", "処理通番", "起こしたこと", "中間サーバーの答え"), rows)
        + pages.faults(plan, struck, reset="受け取った要求をすべて消す"),
        system=SYSTEM,
    )


def _clock(hours: Mapping[str, float], now: float) -> str:
    inputs = "".join(
        f'<div><label for="c-{name}">{label}</label><input type="text" inputmode="decimal" size="8" id="c-{name}"'
        f' name="{name}" value="{hours[name]:g}"></div>'
        for name, label in (
            ("okure_jikan", "要求から符号を送るまでの時間（時間）"),
            ("haba_jikan", "さらに遅れる時間の幅（時間、0からこの値まで不規則）"),
        )
    )
    moves = "".join(
        f'<form method="post" action="/tokei"><input type="hidden" name="susumeru_jikan" value="{value}">'
        f"<button>{label}</button></form>"
        for value, label in MOVES
    )
    return (
        "<h2>時計と遅れ</h2>"
        f"<p>このシステムの時計は {_moment(now)} です（実際より{hours['susumi_jikan']:g}時間先）。"
        "遅れは、これから届く要求に効きます。</p>"
        f'<form method="post" action="/tokei" class="futo">{inputs}<button>この遅れにする</button></form>'
        f'<div class="kazu">{moves}</div>'
    )


def _moment(seconds: float) -> str:
    return pages.time(datetime.fromtimestamp(seconds, tz=UTC).isoformat())


def tsuban(*, asked: str, row: Mapping[str, Any] | None) -> str:
    """What happened to one 処理通番."""
    if row is None:
        return pages.looked_up("処理通番", asked, None, form=SEARCH, system=SYSTEM)
    values = {
        "状態": JOTAI[row["jotai"]],
        "中間サーバーの答え": KEKKA[row["kekka"] or ""],
        "要求した機関": row["kikan_code"],
        "人の目印（番号ではありません）": row["hito"],
        "符号の目印（符号ではありません）": row["fugo"],
        "この人の何回目の発行か": f"{row['sedai']:,}回目",
        "要求が届いた日時": pages.time(row["uketsuke_nichiji"]),
        "再要求": f"{row['saido']:,}回",
        "送る日時（このシステムの時計）": _moment(row["todoke"]) if row["jotai"] == "machi" else "―",
        "送ろうとした回数": f"{row['kaisu']:,}回",
        "答えを受けた日時": pages.time(row["soshin_nichiji"]),
    }
    rows = [
        [pages.time(event["nichiji"]), escape(KOTO[event["koto"]]), escape(KEKKA[event["kekka"]])]
        for event in row["dekigoto"]
    ]
    happened = pages.table("ふだんと違う送信", ("日時", "起こしたこと", "中間サーバーの答え"), rows)
    return pages.looked_up("処理通番", asked, pages.items("", values) + happened, form=SEARCH, system=SYSTEM)
