"""「表示」: how numbers, dates and marks look on every screen. Loaded in templates by `{% load hyoji %}`."""

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from chukan.kernel.values.kana import display_kana
from chukan.kernel.values.wareki import show_long, show_short, show_wareki

register = template.Library()

_JST: Final = ZoneInfo("Asia/Tokyo")
_NOTHING: Final = "—"

_PATHS: Final = {
    "ok": '<circle cx="12" cy="12" r="9"/><path d="m8 12.5 2.7 2.7 5.3-5.7"/>',
    "error": '<path d="M8 2.5h8L21.5 8v8L16 21.5H8L2.5 16V8Z"/><path d="m9 9 6 6m0-6-6 6"/>',
    "warn": '<path d="M12 3.5 22 20.5H2Z"/><path d="M12 10v5m0 2.6v.1"/>',
    "wait": '<circle cx="12" cy="12" r="9"/><path d="M12 7v5.5l3.5 2"/>',
    "run": '<path d="M12 3a9 9 0 1 1-9 9"/>',
    "off": '<circle cx="12" cy="12" r="9"/><path d="M8 12h8"/>',
    "info": '<circle cx="12" cy="12" r="9"/><path d="M12 11v5m0-8.6v.1"/>',
}


def _icon(name: str) -> SafeString:
    return format_html(
        '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{}</svg>',
        # Constant drawings of this module; nothing from outside gets here.
        mark_safe(_PATHS.get(name, _PATHS["info"])),  # noqa: S308
    )


_ICONS: Final = {name: _icon(name) for name in _PATHS}


@register.simple_tag
def icon(name: str) -> SafeString:
    """Return the drawing called `name`; it says nothing to a screen reader."""
    return _ICONS.get(name, _ICONS["info"])


@register.simple_tag
def mark(kind: str, text: str) -> SafeString:
    """Return a status as shape, word and colour together: `kind` is ok, wait, error, warn, run or off."""
    return format_html('<span class="mark mark-{}">{}{}</span>', kind, _ICONS.get(kind, _ICONS["info"]), text)


@register.filter
def kazu(value: object) -> str:
    """Return a count as people read it: 1,284,301."""
    return f"{value:,}" if isinstance(value, int) else _NOTHING


def _as_date(value: object) -> date | None:
    if isinstance(value, datetime):
        return value.astimezone(_JST).date()
    if isinstance(value, date):
        return value
    if isinstance(value, str) and value:
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    return None


@register.filter
def hizuke(value: object) -> str:
    """Return a date for a detail page: 令和8年11月20日（2026-11-20）."""
    day = _as_date(value)
    return show_long(day) if day else _NOTHING


@register.filter
def hizuke_short(value: object) -> str:
    """Return a date for a list: R08.11.20."""
    day = _as_date(value)
    return show_short(day) if day else _NOTHING


@register.filter
def hizuke_wareki(value: object) -> str:
    """Return a date in a sentence: 令和8年11月20日."""
    day = _as_date(value)
    return show_wareki(day) if day else _NOTHING


@register.filter
def nichiji(value: object) -> str:
    """Return a time for a list, in Japan: R08.11.20 09:41."""
    if not isinstance(value, datetime):
        return _NOTHING
    local = value.astimezone(_JST)
    return f"{show_short(local.date())} {local:%H:%M}"


@register.filter
def nichiji_byo(value: object) -> str:
    """Return a time to the second, in Japan: R08.11.20 09:41:12."""
    if not isinstance(value, datetime):
        return _NOTHING
    local = value.astimezone(_JST)
    return f"{show_short(local.date())} {local:%H:%M:%S}"


@register.filter
def jikoku(value: object) -> str:
    """Return the time of day to the second, in Japan: 09:41:12."""
    return f"{value.astimezone(_JST):%H:%M:%S}" if isinstance(value, datetime) else _NOTHING


@register.filter
def nagasa(value: object) -> str:
    """Return a length of time in words: 2時間5分, 12分18秒, 41秒."""
    if not isinstance(value, int | float):
        return _NOTHING
    minutes, seconds = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}時間{minutes}分"
    return f"{minutes}分{seconds:02d}秒" if minutes else f"{seconds}秒"


@register.filter
def kana(value: object) -> str:
    """Return kana in full width: stored as received, shown readable."""
    return display_kana(value) if isinstance(value, str) and value else _NOTHING


@register.filter
def aru(value: object) -> object:
    """Return the value, or a dash where there is none."""
    return _NOTHING if value is None or value == "" else value
