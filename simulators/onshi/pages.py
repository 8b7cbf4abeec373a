"""The page on which people see what arrived. Every value is escaped; nothing is loaded from elsewhere."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from simulators.onshi.faults import FaultPlan
from simulators.shell import pages
from simulators.shell.pages import table as _table
from simulators.shell.pages import time as _time
from simulators.wire import GROUPS_JA, ITEMS_JA, REPEATED_GROUPS

SYSTEM = "オンライン資格確認等システム"
SHUBETSU = {"shikaku": "資格", "sakujo": "削除", "pmh_id": "PMH-ID"}
ATSUKAI = {"hanei": "反映", "furui": "古いため不採用"}
KEKKA = {"machi": "送信待ち", "sumi": "送信済み", "kyohi": "相手が拒否"}
FINDINGS = {
    "kojin_bango": "個人番号とみられる12桁",
    "kinshi_komoku": "送ってはならない項目",
    "katachi": "形の違い",
    "id_nido": "二度目のPMH-ID",
    "id_kawatta": "変わったPMH-ID",
    "id_kyoyu": "違う人のPMH-ID",
    "id_chigai": "PMH-IDのない、又は違う資格",
}
CHECKS = (
    ("kojin_bango", "個人番号とみられる12桁の数字"),
    ("kinshi_komoku", "送ってはならない項目"),
    ("junjo_ihan", "人ごとの順序の逆転・重複"),
    ("tobi", "人ごとの通し番号の飛び"),
    ("naiyo_fuitchi", "同じ送信番号で内容が違う電文"),
    ("onaji_hito", "一括の中の同じ人の2件目"),
    ("katachi", "決められた形と違う電文"),
    ("id_nido", "一人のPMH-IDの二度目（異常と答えた後の再送を除く）"),
    ("id_kawatta", "変わったPMH-ID"),
    ("id_kyoyu", "違う人に同じPMH-ID"),
    ("id_chigai", "PMH-IDの後の、PMH-IDがない又は違う資格の電文"),
    ("denbun_fusei", "読み取れない電文"),
    ("shomei_fusei", "確かめられない署名"),
)


def _layout(title: str, content: str) -> str:
    return pages.layout(title, content, system=SYSTEM)


def _counts(state: Mapping[str, Any]) -> str:
    kekka, kubun = state["kekka"], state["kekka_kubun"]
    return pages.counts(
        (
            ("届いた電文", state["denbun"]),
            ("うち資格", state["shubetsu"]["shikaku"]),
            ("うち削除", state["shubetsu"]["sakujo"]),
            ("うちPMH-ID", state["shubetsu"]["pmh_id"]),
            ("人（紐付番号）", state["hito"]),
            ("保有中（人×保険者）", state["genzai"]),
            ("古いため不採用", state["furui"]),
            ("同じ電文の再送", state["saisoshin"]),
            ("処理結果 送信待ち", kekka["machi"]),
            ("処理結果 送信済み（正常）", kubun["1"]),
            ("処理結果 送信済み（警告）", kubun["2"]),
            ("処理結果 送信済み（異常）", kubun["9"]),
            ("処理結果 相手が拒否", kekka["kyohi"]),
        )
    )


def overview(
    *,
    state: Mapping[str, Any],
    latest: Sequence[Mapping[str, Any]],
    findings: Sequence[Mapping[str, Any]],
    plan: FaultPlan,
    struck: Mapping[str, int],
) -> str:
    """Counts, checks, the latest telegrams, the search of one person and the faults."""
    rows = [
        [
            str(row["seq"]),
            _time(row["uketsuke_nichiji"]),
            SHUBETSU[row["denbun_shubetsu"]],
            f"<code>{escape(row['himozuke_bango'])}</code>",
            str(row["jun"]),
            escape(row["hokensha_code"]) or "―",
            ATSUKAI[row["atsukai"]],
            f"{KEKKA[row['kekka_jotai']]} {escape(row['kekka_kubun'] or '')}",
            _to_person(row),
        ]
        for row in latest
    ]
    heads = ("着順", "受信日時", "種別", "紐付番号", "順番", "保険者コード", "扱い", "処理結果", "一人")
    found = [
        [FINDINGS[row["shurui"]], f"<code>{escape(row['soshin_bango'])}</code>", escape(row["basho"])]
        for row in findings
    ]
    return _layout(
        "届いたもの｜オンライン資格確認等システム（模擬）",
        '<p><a href="/">最新の状態にする</a></p><h2>件数</h2>'
        + _counts(state)
        + "<h2>確認</h2>"
        + pages.checks(CHECKS, state)
        + (_table("見つかったもの（新しい20件）", ("種類", "送信番号", "場所"), found) if found else "")
        + '<h2>一人を見る</h2><form method="post" action="/hito"><label for="himozuke">紐付番号かPMH-ID</label>'
        '<input type="text" id="himozuke" name="himozuke_bango" size="38" autocomplete="off">'
        "<button>表示する</button></form><h2>届いた電文</h2>"
        + _table("新しい順に50件", heads, rows)
        + pages.faults(plan, struck, reset="受け取ったものをすべて消す"),
    )


def _to_person(row: Mapping[str, Any]) -> str:
    """A button, as a 紐付番号 never stands in an address."""
    number = escape(row["himozuke_bango"])
    return (
        '<form method="post" action="/hito">'
        f'<input type="hidden" name="himozuke_bango" value="{number}">'
        f'<button class="usui" aria-label="着順{row["seq"]}の人を見る">見る</button></form>'
    )


def josei(*, asked: str, refusal: str, told: Sequence[Mapping[str, Any]]) -> str:
    """What PMH says about the medical aid of one person."""
    rows = [
        [
            escape(str(row["jichitai_code"])),
            escape(str(row["kohi_futansha_bango"] or "―")),
            escape(str(row["jukyusha_bango"] or "―")),
            escape(f"{row['yuko_kaishi_ymd']}～{row['yuko_shuryo_ymd'] or ''}"),
        ]
        for row in told
    ]
    content = f'<p class="warui" role="alert">{escape(refusal)}</p>' if refusal else ""
    if not refusal:
        heads = ("自治体コード", "公費負担者番号", "受給者番号", "有効期間")
        content = "<p>PMH へ直接照会しました。中間サーバーは通りません。</p>" + _table(
            "医療助成の有効期限", heads, rows
        )
    return _layout(
        "医療助成の有効期限",
        f'<p><a href="/">一覧へ戻る</a></p><h2>紐付番号 <code>{escape(asked)}</code></h2>{content}',
    )


def _renkei(asked: str, renkei: Mapping[str, Any] | None) -> str:
    if renkei is None:
        return ""
    known = "渡した" if renkei["jotai"] == "sumi" else f"渡していない（{renkei['riyu'] or '送信待ち'}）"
    held = {"PMH-ID": renkei["pmh_id"], "仮名識別子": renkei["kamei_shikibetsushi"], "マイナポータル": known}
    return (
        "<h2>PMH-ID</h2>"
        + pages.items("", held)
        + '<form method="post" action="/josei">'
        + f'<input type="hidden" name="himozuke_bango" value="{escape(asked)}">'
        + "<button>医療助成の有効期限をPMHに照会する</button></form>"
    )


def person(*, asked: str, person: Mapping[str, Any] | None, renkei: Mapping[str, Any] | None = None) -> str:
    """Every telegram of one person in order of arrival, the order check, and what is held now."""
    back = '<p><a href="/">一覧へ戻る</a></p>'
    if person is None:
        return _layout(
            "一人を見る", f"{back}<p>「{escape(asked)}」の電文は届いていません。番号を確かめてください。</p>"
        )
    in_order = not person["junjo_ihan"] and not person["tobi"]
    verdict = '<span class="yoi">順番どおり、飛びなし</span>' if in_order else '<strong class="warui">要確認</strong>'
    rows = [
        [
            str(row["seq"]),
            str(row["jun"]),
            SHUBETSU[row["denbun_shubetsu"]],
            escape(row["hokensha_code"]) or "―",
            ATSUKAI[row["atsukai"]],
            _time(row["uketsuke_nichiji"]),
            f"{KEKKA[row['kekka_jotai']]} {escape(row['kekka_kubun'] or '')}",
        ]
        for row in person["denbun"]
    ]
    held = "".join(
        f"<h3>保険者 {escape(row['hokensha_code']) or '―'}（順番 {row['jun']}）</h3>"
        + (_held(row["naiyo"]) if row["naiyo"] else "<p>削除されています。</p>")
        for row in person["genzai"]
    )
    heads = ("着順", "順番", "種別", "保険者コード", "扱い", "受信日時", "処理結果")
    return _layout(
        "一人を見る",
        f"{back}<h2>紐付番号 <code>{escape(person['himozuke_bango'])}</code></h2>"
        f"<p>順序の確認: {verdict}（逆転・重複 {person['junjo_ihan']}、飛び {person['tobi']}）</p>"
        + _table("届いた順", heads, rows)
        + _renkei(asked, renkei)
        + f"<h2>いま保有している内容</h2>{held}",
    )


def _held(naiyo: Mapping[str, Any]) -> str:
    """The contents of one telegram under their Japanese names."""
    shown = [("被保険者枝番", naiyo.get("hihokensha_edaban")), ("PMH-ID", naiyo.get("pmh_id"))]
    parts = [_items("", {name: value for name, value in shown if value is not None}, {})]
    parts += [_items(GROUPS_JA[group], naiyo.get(group) or {}, ITEMS_JA[group]) for group in ("kihon", "seigyo")]
    for period in naiyo.get("kikan") or []:
        title = f"資格通番 {period.get('shikaku_tsuban')}（履歴通番 {period.get('rireki_tsuban')}）加入者資格情報"
        parts.append(_items(title, period.get("shikaku") or {}, ITEMS_JA["shikaku"]))
        parts += [
            _items(f"{GROUPS_JA[group]} {place}", element, ITEMS_JA[group])
            for group in REPEATED_GROUPS
            for place, element in enumerate(period.get(group) or [], start=1)
        ]
    return "".join(parts)


def _items(title: str, items: Mapping[str, Any], names: Mapping[str, str]) -> str:
    return pages.items(title, {names.get(key, key): _value(value) for key, value in items.items()})


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "該当" if value else "非該当"
    return "（なし）" if value is None else str(value)
