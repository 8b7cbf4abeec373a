"""The pages: who signs in, the people of one municipality, and one resident's story step by step."""

from collections.abc import Mapping, Sequence
from html import escape

from simulators.shell import pages
from simulators.shell.faults import Plan
from simulators.shell.store import Row
from simulators.yobosesshu.items import BEYOND, KIROKU, TAISHOSHA, YOSHINHYO, Item
from simulators.yobosesshu.kiroku import ENTERED
from simulators.yobosesshu.settei import MEISHO, TOI
from simulators.yobosesshu.store import IRAI, MACHI, Zone

SYSTEM = "予診情報・予防接種記録管理／請求支払システム"
STATUS = {
    "machi": "PMHへ依頼する前",
    "irai": "PMHの答えを待っている",
    "zumi": "PMHキーあり",
    "nashi": "加入者なし",
    "kyohi": "断られた",
}
DAN = (
    (1, "対象者の登録", "自治体の健康管理システム → このシステム"),
    (2, "PMHキーの採番", "このシステム → PMH → 中間サーバー → PMH → このシステム"),
    (3, "PMH仮名識別子の格納", "中間サーバー → オンライン資格確認 → マイナポータル → このシステム"),
    (4, "予診票の入力", "住民 → マイナポータル → このシステム"),
    (5, "接種の記録", "医療機関 → このシステム"),
    (6, "ID5の取得", "このシステム → 履歴照会回答 → オンライン資格確認 → 履歴照会回答 → このシステム"),
)
FLAG = {"0": "非該当", "1": "該当"}
IMI: Mapping[str, Mapping[str, str]] = {
    "seibetsu": {"1": "男", "2": "女", "3": "不明"},
    "henko_kubun": {"1": "追加", "2": "変更"},
    "kaito_shori_status": {"zumi": "処理済み"},
    "sesshu_doi_flag": {"0": "同意していない", "1": "同意した"},
    "jisshi_kubun": {"1": "個別", "2": "集団"},
    "sesshu_kubun": {"1": "定期", "2": "任意"},
    "sesshu_bui": {"1": "左上腕", "2": "右上腕"},
    "sesshu_hoho": {"1": "皮下", "2": "筋肉内"},
}
TO_DO = {
    2: "PMHと中間サーバーが動いているかを確かめてください。",
    3: "住民がマイナポータルにログインし、予防接種のサービスを使い始めるのを待っています。",
    4: "住民がマイナポータルで予診票に答えるのを待っています。",
    5: "医療機関の利用者でログインし、下の「接種を記録する」から記録します。",
    6: "接種が記録されると、自動で照会します。",
}


def overview(*, zones: Sequence[Zone], users: Sequence[Row], plan: Plan, struck: Mapping[str, int]) -> str:
    """Counts of each municipality, the users one can sign in as, and the faults."""
    names = ("taishosha", "pmh_key", "kamei", "yoshinhyo", "kiroku", "id5")
    rows = [
        [escape(zone.code), escape(zone.name), *(pages.kensu(zone.state()[name]) for name in names)] for zone in zones
    ]
    heads = ("自治体コード", "自治体", "対象者", "PMHキー", "PMH仮名識別子", "予診票", "接種記録", "ID5")
    people = [
        [
            escape(user["user_shimei"]),
            "医療機関" if user["user_kubun"] == "iryokikan" else "自治体",
            "できる" if user["kojin_bango_etsuran_kano_flag"] == "1" else "できない",
            _sign_in(user),
        ]
        for user in users
    ]
    return pages.layout(
        f"利用者を選ぶ｜{SYSTEM}（模擬）",
        '<p><a href="/">最新の状態にする</a></p><h2>自治体ごとの件数</h2>'
        + pages.table("自治体（区画は互いに分かれています）", heads, rows)
        + "<h2>利用者を選ぶ</h2><p>訓練用のため、パスワードは要りません。</p>"
        + pages.table("利用者", ("ユーザー氏名", "ユーザー区分", "個人番号の閲覧", "ログイン"), people)
        + pages.faults(plan, struck, reset="すべての自治体の内容を消す"),
        system=SYSTEM,
    )


def _sign_in(user: Row) -> str:
    return (
        '<form method="post" action="/login">'
        f'<input type="hidden" name="kikan_user_id" value="{escape(user["kikan_user_id"])}">'
        f'<button aria-label="{escape(user["user_shimei"])}でログインする">ログイン</button></form>'
    )


def _head(user: Row, zone: Zone) -> str:
    return pages.signed_in(f"{zone.name}（{zone.code}）｜{user['user_shimei']}")


def people(*, user: Row, zone: Zone, logged: Sequence[Row]) -> str:
    """Everybody of the signed-in user's municipality."""
    rows = [
        [
            f'<a href="/hito?id={escape(row["row_id"])}">{escape(row["shimei"])}</a>',
            escape(row["seinengappi"]),
            f"<code>{escape(row['yobosesshu_taishosha_bango'])}</code>",
            STATUS[row["renkei_shori_status"]],
            _yes(row["pmh_kamei_shikibetsushi"]),
            _yes(row["id5"]),
        ]
        for row in zone.people()
    ]
    heads = ("氏名", "生年月日", "予防接種対象者番号", "PMHキー", "PMH仮名識別子", "ID5")
    log = [
        [
            pages.time(row["nichiji"]),
            escape(row["kikan_user_id"]),
            escape(row["sosa"]),
            escape(row["yobosesshu_taishosha_bango"]),
            escape(row["kekka"]),
        ]
        for row in logged
    ]
    entry = _entry() if user["user_kubun"] == "jichitai" else ""
    return pages.layout(
        f"対象者｜{SYSTEM}（模擬）",
        _head(user, zone)
        + '<p><a href="/hitobito">最新の状態にする</a></p><h2>対象者</h2>'
        + pages.table("氏名を選ぶと、一人の流れを順に見られます", heads, rows)
        + entry
        + "<h2>操作ログ</h2>"
        + pages.table("新しい順に20件", ("日時", "機関ユーザーID", "操作", "予防接種対象者番号", "結果"), log),
        system=SYSTEM,
    )


def _yes(value: str | None) -> str:
    return "あり" if value else "まだ"


def _entry() -> str:
    fields = (
        ("jichitai_gyomu_id", "自治体業務ID", ""),
        ("kojin_bango", "個人番号（架空の番号だけ）", ""),
        ("shimei", "氏名", "見本　花子"),
        ("shimei_kana", "カナ", "ミホン　ハナコ"),
        ("jusho", "住所", "架空県試験市実在せず町1"),
        ("seinengappi", "生年月日", "2020-04-01"),
        ("seibetsu", "性別（1 男、2 女、3 不明）", "2"),
        ("hogosha_shimei", "保護者氏名（なければ空）", ""),
    )
    return (
        "<h2>対象者を登録する</h2><p>生年月日は 2020-04-01 のように入れます。</p>"
        f'<form method="post" action="/toroku-form" class="futo">{_inputs("t", fields)}<button>登録する</button></form>'
    )


def _inputs(prefix: str, fields: Sequence[tuple[str, str, str]]) -> str:
    return "".join(
        f'<div><label for="{prefix}-{name}">{escape(label)}</label>'
        f'<input type="text" id="{prefix}-{name}" name="{name}" value="{escape(value)}" autocomplete="off"></div>'
        for name, label, value in fields
    )


def story(*, user: Row, zone: Zone, person: Row, today: str) -> str:
    """The six steps of one resident with what happened, then the record items as this user may see them."""
    happened = zone.ayumi(person["seq"])
    done = _done(zone, person)
    first = next((dan for dan, _, _ in DAN if not done[dan]), 0)
    steps = "".join(_step(dan, person, done=done[dan], current=dan == first, happened=happened) for dan, _, _ in DAN)
    again = ""
    if user["user_kubun"] == "jichitai" and person["renkei_shori_status"] in ("nashi", "kyohi"):
        again = (
            '<form method="post" action="/sai-irai">'
            f'<input type="hidden" name="id" value="{escape(person["row_id"])}">'
            "<button>採番を依頼し直す</button></form>"
        )
    return pages.layout(
        f"一人の流れ｜{SYSTEM}（模擬）",
        _head(user, zone)
        + '<p><a href="/hitobito">対象者の一覧へ戻る</a>　'
        + f'<a href="/hito?id={escape(person["row_id"])}">最新の状態にする</a></p>'
        + f"<h2>{escape(person['shimei'])} さんの流れ</h2>"
        + f'<ol class="dan">{steps}</ol>{again}'
        + "".join(_vaccination(user, zone, person, sesshu, today) for sesshu in zone.sesshu_of(person["seq"]))
        + "<h2>対象者情報</h2>"
        + _numbered("文書004の記録項目 1～16", (*TAISHOSHA, *BEYOND), _shown(user, person)),
        system=SYSTEM,
    )


def _done(zone: Zone, person: Row) -> dict[int, bool]:
    kanri = [one["yobosesshu_kanri_id"] for one in zone.sesshu_of(person["seq"])]
    return {
        1: True,
        2: bool(person["pmh_key"]),
        3: bool(person["pmh_kamei_shikibetsushi"]),
        4: any(zone.answers(one) for one in kanri),
        5: any(zone.records(one) for one in kanri),
        6: bool(person["id5"]),
    }


def _step(dan: int, person: Row, *, done: bool, current: bool, happened: Sequence[Row]) -> str:
    _, name, way = DAN[dan - 1]
    if done:
        state = '<strong class="yoi">済み</strong>'
    elif dan == 2 and person["renkei_error_naiyo"]:
        state = f"{_standing(person)}{escape(person['renkei_error_naiyo'])}"
    elif current:
        state = f"<strong>いまここ。</strong>{escape(TO_DO.get(dan, ''))}"
    else:
        state = "まだ"
    lines = "".join(
        f"<li>{pages.time(row['nichiji'])}　{escape(row['naiyo'])}</li>" for row in happened if row["dan"] == dan
    )
    mark = ' aria-current="step"' if current else ""
    head = f'<h3>{name}</h3><p class="michi">{way}</p><p>{state}</p>'
    return f"<li{mark}>{head}" + (f"<ul>{lines}</ul>" if lines else "") + "</li>"


def _standing(person: Row) -> str:
    """Whether the 採番 goes on by itself or somebody has to do something."""
    if person["renkei_shori_status"] in (MACHI, IRAI):
        return "<strong>いまここ。</strong>"
    return '<strong class="warui">止まっています。</strong>'


def _shown(user: Row, person: Row) -> dict[str, str]:
    """The items of a person; the 個人番号 only for who may see it, the keys never for a medical institution."""
    shown = {item.column: str(person[item.column] or "") for item in (*TAISHOSHA, *BEYOND)}
    if user["kojin_bango_etsuran_kano_flag"] != "1":
        shown["kojin_bango"] = "（閲覧できません）"
    if user["user_kubun"] != "jichitai":
        hidden = "（医療機関には示しません）"
        shown |= dict.fromkeys(("kojin_bango", "pmh_key", "pmh_kamei_shikibetsushi", "pmh_renkei_key", "id5"), hidden)
    shown["renkei_shori_status"] = STATUS[person["renkei_shori_status"]]
    return shown


def _numbered(title: str, items: Sequence[Item], values: Mapping[str, object]) -> str:
    named = {f"{item.bango or '―'}　{item.ja}": _readable(item.column, values.get(item.column)) for item in items}
    return pages.items(title, named)


def _readable(column: str, value: object) -> str:
    """A value as people read it: a moment in Japan's time, a code with its meaning."""
    text = str(value or "")
    if column.endswith("_nichiji"):
        return pages.time(text)
    meaning = IMI.get(column) or (FLAG if column.endswith("_flag") else {})
    return f"{text}　{meaning[text]}" if text in meaning else text or "―"


def _vaccination(user: Row, zone: Zone, person: Row, sesshu: Row, today: str) -> str:
    kanri = sesshu["yobosesshu_kanri_id"]
    answers, records = zone.answers(kanri), zone.records(kanri)
    text = f"<h2>{escape(MEISHO[sesshu['yobosesshu_settei_id']])}</h2>"
    rows = [
        [escape(TOI[row["komoku_id"]]), escape(row["kaito_naiyo"]), pages.time(row["kaito_nichiji"])] for row in answers
    ]
    text += pages.table("予診票の回答", ("質問", "回答", "回答日時"), rows)
    if answers:
        text += _details("予診票情報 25～37（最初の質問）", _numbered("", YOSHINHYO, answers[0]))
    for record in records:
        text += _numbered("予防接種記録情報 38～60", KIROKU, record)
    if not records and user["user_kubun"] == "iryokikan":
        form = _record_form(person, kanri, today)
        text += form if answers else _details("接種を記録する（予診票が届くまでは受け付けません）", form)
    return text


def _details(title: str, content: str) -> str:
    return f"<details><summary>{escape(title)}</summary>{content}</details>"


def _record_form(person: Row, kanri: str, today: str) -> str:
    days = {"sesshu_ymd": today, "vaccine_yuko_kigen": f"{int(today[:4]) + 1}{today[4:8]}01"}
    fields = [(name, label, days.get(name, value)) for name, label, value in ENTERED]
    return (
        "<p>本人確認と同意の後に、接種を記録します。</p>"
        '<form method="post" action="/kiroku" class="futo">'
        f'<input type="hidden" name="id" value="{escape(person["row_id"])}">'
        f'<input type="hidden" name="kanri" value="{escape(kanri)}">'
        f"{_inputs(kanri, fields)}<button>接種を記録する</button></form>"
    )


def refused(text: str, *, back: str = "/hitobito") -> str:
    """Why something was not done."""
    return pages.mistake(text, system=SYSTEM, back=back)
