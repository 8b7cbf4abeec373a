"""The frame of every page. Every value is escaped by who hands it in; nothing is loaded from elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from html import escape

from simulators.clock import JST
from simulators.shell.faults import Plan


def layout(title: str, content: str, *, system: str) -> str:
    """A whole page of the named system; `content` is HTML, the rest is text."""
    return (
        '<!DOCTYPE html><html lang="ja"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)}</title><link rel="stylesheet" href="/style.css"></head><body>'
        '<header><p class="kankyo">模擬システム（本物ではありません）</p>'
        f"<h1>{escape(system)}（模擬）</h1></header>"
        f"<main>{content}</main></body></html>"
    )


def table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table with a caption; cells are HTML. Without rows it says that there are none."""
    if not rows:
        return f"<h3>{escape(caption)}</h3><p>ありません。</p>"
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return (
        f'<div class="hyo" role="region" tabindex="0" aria-label="{escape(caption)}">'
        f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def items(title: str, values: Mapping[str, str]) -> str:
    """Named values of one thing, as text; nothing when there are none."""
    if not values:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>' for name, value in values.items()
    )
    caption = f"<caption>{escape(title)}</caption>" if title else ""
    return f'<table class="komoku">{caption}<tbody>{rows}</tbody></table>'


def counts(shown: Sequence[tuple[str, int]]) -> str:
    """Tiles of a name and a count."""
    tiles = "".join(f"<div><dt>{escape(name)}</dt><dd>{kensu(number)}</dd></div>" for name, number in shown)
    return f'<dl class="kazu">{tiles}</dl>'


def checks(names: Sequence[tuple[str, str]], state: Mapping[str, int]) -> str:
    """What must be 0: (key, name) each, with the verdict."""
    rows = [
        [
            escape(name),
            kensu(state[key]),
            '<span class="yoi">よし</span>' if not state[key] else '<strong class="warui">要確認</strong>',
        ]
        for key, name in names
    ]
    return table("0件であるべきもの", ("確認すること", "件数", "判定"), rows)


def lookup(action: str, name: str, label: str) -> str:
    """The form that looks for one thing by its number."""
    return (
        f'<form method="post" action="{action}"><label for="{name}">{escape(label)}</label>'
        f'<input type="text" id="{name}" name="{name}" size="38" autocomplete="off">'
        "<button>表示する</button></form>"
    )


def looked_up(label: str, asked: str, content: str | None, *, form: str, system: str) -> str:
    """The page of the one thing that was looked for, or that it is not there (`content` None)."""
    back = '<p><a href="/">一覧へ戻る</a></p>'
    shown = (
        f"<p>{escape(label)}「{escape(asked)}」の要求は届いていません。</p>"
        if content is None
        else f"<h2>{escape(label)} <code>{escape(asked)}</code></h2>{content}"
    )
    return layout(f"一つの{label}", f"{back}{shown}{form}", system=system)


def sentence(text: str) -> str:
    """A cell of a table with a sentence, which may run over several lines."""
    return f'<span class="bun">{escape(text)}</span>' if text else ""


def signed_in(who: str) -> str:
    """Who is signed in, and the way out."""
    out = '<form method="post" action="/logout"><button class="usui">ログアウト</button></form>'
    return f'<div class="dare"><p>{escape(who)}</p>{out}</div>'


def time(text: str | None) -> str:
    """A kept moment as people in Japan read it."""
    if not text:
        return "―"
    return datetime.fromisoformat(text).astimezone(JST).strftime("%Y-%m-%d %H:%M:%S")


def kensu(number: int) -> str:
    """A count."""
    return f"{number:,}件"


def mistake(text: str, *, system: str, back: str = "/") -> str:
    """What was not taken or cannot be shown, and where to go on."""
    content = f'<p class="warui" role="alert">{escape(text)}</p><p><a href="{escape(back)}">戻る</a></p>'
    return layout(f"受け付けられません｜{system}（模擬）", content, system=system)


def faults(plan: Plan, struck: Mapping[str, int], *, reset: str) -> str:
    """The section of faults: what is on, the form, and the button `reset` that forgets everything."""
    inputs = []
    for item in fields(plan):
        value, label = getattr(plan, item.name), escape(item.metadata.get("ja", "乱数の種"))
        identifier = f"f-{item.name}"
        if isinstance(value, bool):
            control = (
                f'<input type="checkbox" id="{identifier}" name="{item.name}" value="1"{" checked" if value else ""}>'
            )
        else:
            shown = value if isinstance(value, int) else f"{value:g}"
            attributes = f'id="{identifier}" name="{item.name}" value="{shown}"'
            control = f'<input type="text" inputmode="decimal" size="8" {attributes}>'
        inputs.append(f'<div><label for="{identifier}">{label}</label>{control}</div>')
    return (
        f"<h2>訓練用の障害</h2>{_faults_on(plan, struck)}"
        "<p>割合は0（起こさない）から1（毎回）までです。乱数の種が同じなら、同じ壊れ方をします。</p>"
        f'<form method="post" action="/futo" class="futo">{"".join(inputs)}<button>この設定にする</button></form>'
        f'<form method="post" action="/shokika"><button class="keshi">{escape(reset)}</button></form>'
    )


def _faults_on(plan: Plan, struck: Mapping[str, int]) -> str:
    """Which faults are on with their values, how often each has happened, and the way to stop them all."""
    labels = {item.name: item.metadata.get("ja", "乱数の種") for item in fields(plan)}
    on = plan.switched_on
    rows = [
        [escape(labels[name]), _fault_value(on[name]) if name in on else "なし", kensu(struck.get(name, 0))]
        for name in labels
        if name in on or name in struck
    ]
    if not rows:
        return "<p>障害は起こしていません。</p>"
    state = '<p class="warui">障害を起こしています。</p>' if on else "<p>障害は止まっています。</p>"
    stop = '<form method="post" action="/futo/teishi"><button>障害をすべて止める</button></form>' if on else ""
    return state + table("起こしている障害、起きた障害", ("障害", "割合", "起きた回数"), rows) + stop


def _fault_value(value: float) -> str:
    if isinstance(value, bool):
        return "すべて"
    return f"{value:,}ミリ秒" if isinstance(value, int) else f"{value:g}"
