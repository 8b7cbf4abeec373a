"""The pages of this stand-in. A 個人番号 is never shown whole."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from simulators.pmh.faults import FaultPlan
from simulators.pmh.messages import JIMU
from simulators.shell import pages
from simulators.shell.store import Row

SYSTEM = "Public Medical Hub"
JOTAI = {"machi": "答えを待っている", "sumi": "PMH-IDあり", "nashi": "加入者なし", "kyohi": "断られた"}
HOHO = {"ikken": "一人", "ikkatsu": "一括"}
CHECKS = (
    ("bango_fuitchi", "送った個人番号と違う番号が返った"),
    ("katachi", "決められた二項目でない答え"),
    ("kotae_fuitchi", "同じ依頼に違う答え"),
    ("id_kawatta", "同じ人のPMH-IDが変わった"),
    ("id_ni_bango", "個人番号を含むPMH-ID"),
    ("yokei_uketsuke", "断られるべき依頼が通った"),
)
RIYU = {
    "": "",
    "kanyusha_nashi": "どの医療保険者等にも登録のない番号です。加入の届出を確かめ、後で依頼し直してください。",
    "itaku_kakunin_nashi": (
        "この事務の委託の確認が中間サーバーに登録されていないか、見直しの日を過ぎています。"
        "支払基金に登録を依頼し、登録されたら依頼し直してください。"
    ),
    "tsushin": "中間サーバーにつながりません。自動でやり直します。",
    "ushinatta": "訓練用の障害で答えを失いました。自動でやり直します。",
    "katachi": "答えの形が違いました。自動でやり直します。",
    "bango_fuitchi": "違う番号の答えでした。自動でやり直します。",
}


def masked(number: str) -> str:
    """The last four digits."""
    return "*" * (len(number) - 4) + number[-4:]


def reason(code: str) -> str:
    """Why somebody has no PMH-ID, and what to do."""
    return RIYU.get(code, f"中間サーバーの答え: {code}。接続の登録と中間サーバーの状態を確かめてください。")


def overview(
    *,
    state: Mapping[str, Any],
    by_jichitai: Sequence[Row],
    requests: Sequence[Row],
    jichitai_codes: Sequence[str],
    plan: FaultPlan,
    struck: Mapping[str, int],
) -> str:
    """Counts, checks, municipalities, the latest requests, registration by hand and the faults."""
    counts = pages.counts(
        (
            ("登録された対象者", state["taisho"]),
            ("PMH-IDあり", state["sumi"]),
            ("答えを待っている", state["machi"]),
            ("加入者なし", state["nashi"]),
            ("断られた", state["kyohi"]),
            ("中間サーバーへの依頼", state["irai"]),
            ("うち一括", state["ikkatsu"]),
            ("断られるべき依頼が断られた", state["kotowarareta"]),
            ("違う番号に同じPMH-ID（個人番号の変更なら正しい）", state["id_kyoyu"]),
            ("オン資からの期限の照会", state["toi"]),
        )
    )
    rows = [
        [
            f'<a href="/jichitai?code={escape(row["jichitai_code"])}">{escape(row["jichitai_code"])}</a>',
            f"{row['jimu_kubun']} {JIMU[row['jimu_kubun']]}",
            *(pages.kensu(row[name]) for name in ("n", "sumi", "machi", "nashi", "kyohi")),
        ]
        for row in by_jichitai
    ]
    heads = ("自治体コード", "事務区分", "対象者", "PMH-IDあり", "待ち", "加入者なし", "断られた")
    asked = [
        [
            pages.time(row["nichiji"]),
            f"{row['jimu_kubun']} {JIMU[row['jimu_kubun']]}",
            HOHO[row["hoho"]],
            pages.kensu(row["kensu"]),
            str(row["status"] or "―"),
            escape("正常" if row["kekka"] == "ok" else row["kekka"]),
        ]
        for row in requests
    ]
    return pages.layout(
        "PMH-IDの依頼｜Public Medical Hub（模擬）",
        '<p><a href="/">最新の状態にする</a></p><h2>件数</h2>'
        + counts
        + "<h2>確認</h2>"
        + pages.checks(CHECKS, state)
        + "<h2>自治体ごと</h2>"
        + pages.table("自治体と事務区分", heads, rows)
        + "<h2>中間サーバーへの依頼</h2>"
        + pages.table("新しい順に20件", ("日時", "事務区分", "方法", "人数", "状態コード", "結果"), asked)
        + _registration(jichitai_codes)
        + pages.faults(plan, struck, reset="受け取ったものをすべて消す"),
        system=SYSTEM,
    )


def _registration(jichitai_codes: Sequence[str]) -> str:
    codes = "".join(f'<option value="{escape(code)}">{escape(code)}</option>' for code in jichitai_codes)
    jimu = "".join(f'<option value="{code}">{code} {name}</option>' for code, name in JIMU.items())
    fields = (
        ("jichitai_gyomu_id", "自治体業務ID（必須）", "20"),
        ("kojin_bango", "個人番号（必須、架空の番号だけ）", "14"),
        ("kohi_futansha_bango", "公費負担者番号", "10"),
        ("jukyusha_bango", "受給者番号", "10"),
        ("yuko_kaishi_ymd", "医療助成の有効開始年月日", "12"),
        ("yuko_shuryo_ymd", "医療助成の有効終了年月日", "12"),
    )
    inputs = "".join(
        f'<div><label for="t-{name}">{label}</label>'
        f'<input type="text" id="t-{name}" name="{name}" size="{size}" autocomplete="off"></div>'
        for name, label, size in fields
    )
    return (
        "<h2>自治体システムの代わりに一人を登録する</h2><p>年月日は 2026-04-01 のように入れます。</p>"
        '<form method="post" action="/toroku-form" class="futo">'
        f'<div><label for="t-code">自治体コード</label><select id="t-code" name="jichitai_code">{codes}</select></div>'
        f'<div><label for="t-jimu">事務区分</label><select id="t-jimu" name="jimu_kubun">{jimu}</select></div>'
        f"{inputs}<button>登録して依頼する</button></form>"
    )


def jichitai(*, code: str, kept: Sequence[Row]) -> str:
    """Everybody of one municipality, and the buttons that ask again."""
    rows = [
        [
            escape(row["jichitai_gyomu_id"]),
            f"{row['jimu_kubun']} {JIMU[row['jimu_kubun']]}",
            f"<code>{escape(masked(row['kojin_bango']))}</code>",
            f"<code>{escape(row['pmh_id'])}</code>" if row["pmh_id"] else "―",
            escape(JOTAI[row["jotai"]]),
            f"{escape(row['yuko_kaishi_ymd'])}～{escape(row['yuko_shuryo_ymd'] or '')}"
            if row["yuko_kaishi_ymd"]
            else "―",
            pages.sentence(reason(row["riyu"])),
        ]
        for row in kept
    ]
    again = "".join(
        '<form method="post" action="/sai-irai-form">'
        f'<input type="hidden" name="jichitai_code" value="{escape(code)}">'
        f'<input type="hidden" name="jimu_kubun" value="{jimu}">'
        f"<button>{name}のPMH-IDのない人を依頼し直す</button></form>"
        for jimu, name in JIMU.items()
        if any(row["jimu_kubun"] == jimu and row["jotai"] in ("nashi", "kyohi") for row in kept)
    )
    heads = ("自治体業務ID", "事務区分", "個人番号", "PMH-ID", "状態", "医療助成の有効期間", "理由と、すること")
    return pages.layout(
        f"自治体 {code}｜Public Medical Hub（模擬）",
        f'<p><a href="/">一覧へ戻る</a></p><h2>自治体 {escape(code)}</h2>'
        + pages.table("この自治体が登録した対象者", heads, rows)
        + again,
        system=SYSTEM,
    )
