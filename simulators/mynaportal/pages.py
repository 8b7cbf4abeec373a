"""The pages of this stand-in: the cards, and what one resident sees after signing in."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from simulators.shell import pages
from simulators.shell.faults import Plan
from simulators.shell.store import Row

SYSTEM = "マイナポータル"
JOTAI = {"mishiyo": "まだ使っていない", "machi": "識別子を渡している", "zumi": "使っている"}
CHECKS = (("key_nokori", "識別子を渡した後に残るPMHキー"),)


def _login(row: Row) -> str:
    return (
        '<form method="post" action="/login">'
        f'<input type="hidden" name="serial_bango" value="{escape(row["serial_bango"])}">'
        f'<button aria-label="{escape(row["shimei"])}のカードでログインする">ログイン</button></form>'
    )


def overview(*, state: Mapping[str, int], residents: Sequence[Row], plan: Plan, struck: Mapping[str, int]) -> str:
    """Counts, the cards one can sign in with, and the faults."""
    counts = pages.counts(tuple((JOTAI[name], state[name]) for name in JOTAI))
    rows = [
        [
            escape(row["shimei"]),
            f"<code>{escape(row['serial_bango'])}</code>",
            JOTAI[row["jotai"]],
            _login(row),
            pages.sentence(row["riyu"]),
        ]
        for row in residents
    ]
    heads = ("氏名", "電子証明書のシリアル番号", "予防接種のサービス", "カードをかざす", "連絡")
    return pages.layout(
        "カードを選ぶ｜マイナポータル（模擬）",
        '<p><a href="/">最新の状態にする</a></p><h2>件数</h2>'
        + counts
        + "<h2>確認</h2>"
        + pages.checks(CHECKS, state)
        + "<h2>カードを選ぶ</h2>"
        + "<p>オンライン資格確認等システムからPMH-IDが届いた人のカードです。</p>"
        + pages.table("カード", heads, rows)
        + pages.faults(plan, struck, reset="受け取ったものをすべて消す"),
        system=SYSTEM,
    )


def mine(*, resident: Row, refusal: str, told: Sequence[Mapping[str, Any]]) -> str:
    """What a signed-in resident sees: the start of the service, 予診票, 接種記録 and 通知."""
    head = pages.signed_in(f"{resident['shimei']} さん") + "<h2>わたしの予防接種</h2>"
    if resident["jotai"] == "mishiyo":
        body = (
            "<p>予防接種のサービスをまだ使っていません。始めると、このサービスのためだけの識別子を作ります。</p>"
            '<form method="post" action="/kaishi"><button>予防接種のサービスを使い始める</button></form>'
        )
    elif resident["jotai"] == "machi":
        body = (
            f"<p>識別子を予防接種のシステムへ渡しています。{escape(resident['riyu'])}</p>"
            '<p><a href="/watashi">最新の状態にする</a></p>'
        )
    elif refusal:
        body = f'<p class="warui" role="alert">{escape(refusal)}</p><p><a href="/watashi">もう一度見る</a></p>'
    else:
        body = '<p><a href="/watashi">最新の状態にする</a></p>'
        body += "".join(_municipality(one) for one in told) or "<p>お知らせする予防接種はありません。</p>"
    return pages.layout("わたしの予防接種｜マイナポータル（模擬）", head + body, system=SYSTEM)


def _municipality(one: Mapping[str, Any]) -> str:
    notices = [[pages.time(row["nichiji"]), escape(row["naiyo"])] for row in one["tsuchi"]]
    return (
        f"<h2>{escape(one['jichitai_mei'])}から</h2>"
        + pages.table("お知らせ", ("日時", "内容"), notices)
        + "".join(_vaccination(one["jichitai_code"], sesshu) for sesshu in one["sesshu"])
    )


def _vaccination(jichitai_code: str, sesshu: Mapping[str, Any]) -> str:
    title = f"<h3>{escape(sesshu['meisho'])}</h3>"
    records = [
        [escape(row["sesshu_ymd"]), escape(row["vaccine_mei"]), escape(row["lot_bango"]), escape(row["jisshi_basho"])]
        for row in sesshu["kiroku"]
    ]
    if records:
        return title + pages.table("接種記録", ("接種日", "ワクチン名", "ロット番号", "実施場所"), records)
    return title + _form(jichitai_code, sesshu)


def _form(jichitai_code: str, sesshu: Mapping[str, Any]) -> str:
    given = sesshu["kaito"]
    fields = "".join(_question(sesshu["yobosesshu_kanri_id"], item, given) for item in sesshu["komoku"])
    note = "<p>回答済みです。接種の前なら直せます。</p>" if given else "<p>接種の前に、予診票に答えてください。</p>"
    return (
        f'{note}<form method="post" action="/kaito" class="futo">'
        f'<input type="hidden" name="jichitai_code" value="{escape(jichitai_code)}">'
        f'<input type="hidden" name="yobosesshu_kanri_id" value="{escape(sesshu["yobosesshu_kanri_id"])}">'
        f"{fields}<button>予診票を送る</button></form>"
    )


def _question(place: str, item: Mapping[str, Any], given: Mapping[str, str]) -> str:
    name, value = f"k-{item['komoku_id']}", given.get(item["komoku_id"], "")
    identifier = f"{escape(place)}-{escape(item['komoku_id'])}"
    if item["sentakushi"]:
        options = "".join(
            f'<option value="{escape(word)}"{" selected" if word == value else ""}>'
            f"{escape(word) or '選んでください'}</option>"
            for word in ("", *item["sentakushi"])
        )
        control = f'<select id="{identifier}" name="{escape(name)}">{options}</select>'
    else:
        control = f'<input type="text" id="{identifier}" name="{escape(name)}" size="8" value="{escape(value)}">'
    return f'<div><label for="{identifier}">{escape(item["toi"])}</label>{control}</div>'


def refused(text: str, *, back: str = "/watashi") -> str:
    """Why something a resident sent was not taken, and where to go on."""
    return pages.mistake(text, system=SYSTEM, back=back)
