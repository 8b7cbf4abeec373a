"""The pages of this stand-in: no 個人番号, and of who was meant only a short fingerprint."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from simulators.juki.faults import FaultPlan
from simulators.shell import pages
from simulators.shell.store import Row

SYSTEM = "住民基本台帳ネットワークシステム"
SEARCH = pages.lookup("/tsuban", "shori_tsuban", "処理通番")
JOTAI = {
    "machi": "コアシステムへ渡すのを待っている",
    "sumi": "コアシステムへ渡した",
    "ushinatta": "訓練用の障害で失った（同じ処理通番で求めれば渡す）",
    "nashi": "住民なし（符号は作られない）",
}
RIYU = {"": "―", "kensa_suji": "12桁でないか、検査数字が違う", "jumin_nashi": "その番号の住民がいない"}
CHECKS = (
    ("file_fuitchi", "同じファイルIDで内容が違う"),
    ("tsuban_fuitchi", "同じ処理通番で違う人"),
    ("file_fusei", "読み取れないファイル"),
    ("digest_fusei", "本文が Content-Digest と合わない"),
    ("shomei_fusei", "署名を確かめられない"),
)


def overview(
    *,
    state: Mapping[str, Any],
    files: Sequence[Row],
    households: int,
    plan: FaultPlan,
    struck: Mapping[str, int],
) -> str:
    """Counts, checks, the latest files, the search of one 処理通番, new inhabitants and the faults."""
    shown = (
        ("届いたファイル", "file"),
        ("同じファイルの再送", "saiuketsuke"),
        ("符号の取得要求", "yokyu"),
        ("コアシステムへ渡した", "sumi"),
        ("渡すのを待っている", "machi"),
        ("障害で失った", "ushinatta"),
        ("番号の誤り", "kensa_suji"),
        ("住民のいない番号", "jumin_nashi"),
        ("加えた住民の番号", "jumin_tsuika"),
    )
    rows = [
        [
            f"<code>{escape(row['file_id'])}</code>",
            pages.time(row["nichiji"]),
            pages.kensu(row["kensu"]),
            f"{row['saiuketsuke']:,}回",
        ]
        for row in files
    ]
    return pages.layout(
        "符号取得要求｜住民基本台帳ネットワークシステム（模擬）",
        '<p><a href="/">最新の状態にする</a></p><h2>件数</h2>'
        + pages.counts([(name, state[key]) for name, key in shown])
        + "<h2>確認</h2>"
        + pages.checks(CHECKS, state)
        + "<h2>一つの処理通番を見る</h2>"
        + SEARCH
        + "<h2>符号取得要求ファイル</h2>"
        + pages.table("新しい順に20件", ("ファイルID", "受信日時", "要求", "再送"), rows)
        + _inhabitants(households)
        + pages.faults(plan, struck, reset="受け取ったものと加えた住民をすべて消す"),
        system=SYSTEM,
    )


def _inhabitants(households: int) -> str:
    inputs = "".join(
        f'<div><label for="j-{name}">{label}</label>'
        f'<input type="text" id="j-{name}" name="{name}" size="14" autocomplete="off"></div>'
        for name, label in (
            ("kojin_bango", "個人番号（必須、架空の番号だけ）"),
            ("kyu_kojin_bango", "前の個人番号（番号が変わった人のとき）"),
        )
    )
    return (
        "<h2>住民</h2>"
        f"<p>simulators.people の始めから{households:,}世帯が住んでいます。ほかの番号の人は、ここで加えます。"
        "加えた番号は表示しません。</p>"
        f'<form method="post" action="/jumin-form" class="futo">{inputs}<button>住民を加える</button></form>'
    )


def tsuban(*, asked: str, row: Mapping[str, Any] | None) -> str:
    """What happened to one 処理通番."""
    if row is None:
        return pages.looked_up("処理通番", asked, None, form=SEARCH, system=SYSTEM)
    values = {
        "状態": JOTAI[row["jotai"]],
        "符号が作られない理由": RIYU[row["riyu"]],
        "人の目印（番号ではありません）": row["hito"] or "―",
        "始めに届いたファイル": row["file_id"],
        "始めに届いた日時": pages.time(row["uketsuke_nichiji"]),
        "コアシステムへ渡した日時": pages.time(row["watashi_nichiji"]),
        "届いた回数": f"{row['kaisu']:,}回",
        "違う人で届いた回数": f"{row['fuitchi']:,}回",
    }
    return pages.looked_up("処理通番", asked, pages.items("", values), form=SEARCH, system=SYSTEM)
