"""「競合」: a member changed while a form about them was open. By whom and when, and what was typed beside the newest.

What the clerk left as it was follows the change, so that going on takes nothing back; what the clerk typed stays.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from chukan.kernel.clock import business_date_jst
from chukan.kernel.templatetags.hyoji import nichiji
from shikaku.domain.items import Item
from shikaku.domain.line import Value
from shikaku.http.terminal_entry import CLEARED, Target, Typed
from shikaku.http.terminal_forms import FieldError, Spec
from shikaku.http.terminal_layout import Options
from shikaku.http.terminal_lines import Unreadable, canonical, is_henko, item_of, typed_form
from shikaku.http.terminal_show import ROUTES, value_text
from shikaku.queries.rireki import RirekiLine

CHANGED_TITLE: Final = "入力しているあいだに、この加入者の内容が変わりました。まだ登録していません。"
_WHAT_TO_DO: Final = "最新の内容と比べて、もう一度「確認へ進む」を押してください。"
_BOTH: Final = "この項目も変更されています。最新の内容と比べて、登録する内容を入力してください。"
UNTOUCHED: Final = "（変えていません。最新の内容にしました）"
_DIGITS: Final = 18  # of a 履歴通番 at most


@dataclass(frozen=True, slots=True)
class ChangedItem:
    """One item that is no longer as the form had shown it: as it is now, and what the clerk had typed."""

    label: str
    newest: object
    typed: object


@dataclass(frozen=True, slots=True)
class Kyogo:
    """A form after somebody else's change: its values, what differs, what to look at."""

    typed: Typed
    items: tuple[ChangedItem, ...]
    errors: tuple[FieldError, ...]


def seen_of(text: str) -> int | None:
    """Return the 履歴通番 a form says it showed; None, as for a form that showed none, when it is no such number."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else None


def told_of(line: RirekiLine | None, today: date) -> str:
    """Return who changed a member and when, and what to do."""
    if line is None:
        return f"この加入者は別の操作で変更されました。{_WHAT_TO_DO}"
    at = line.version.toroku_nichiji
    when = nichiji(at)
    if business_date_jst(at) == today:
        when = when.rpartition(" ")[2]
    route = ROUTES.get(line.channel, line.channel)
    how = (
        f"{line.accepted_by_name}が変更しました" if line.accepted_by_name else f"{route or '別の操作'}で変更されました"
    )
    return f"この加入者は {when} に{how}。{_WHAT_TO_DO}"


def shown_before(target: Target, lines: Iterable[RirekiLine], seen: int | None) -> Mapping[str, Value]:
    """Return the items as the form had shown them; none when it does not say which version that was."""
    before = next((line.version for line in lines if line.version.rireki_tsuban == seen), None)
    return Target(target.detail, before).held


def beside(
    before: Mapping[str, Value],
    after: Mapping[str, Value],
    typed: Typed,
    specs: Sequence[Spec],
    options: Options,
    *,
    prefilled: bool,
) -> Kyogo:
    """Return what was typed on a form that had shown `before`, put beside `after`.

    Only a form whose fields were filled from what is held (`prefilled`) has fields that follow the change.
    """
    values = dict(typed.values)
    items, errors = [], []
    for spec in specs:
        item, was, now = item_of(spec.name), before.get(spec.name), after.get(spec.name)
        if item is None or was == now or is_henko(spec.name):
            continue
        text = values.get(spec.name, "")
        shown: object
        if spec.name not in typed.cleared and _stands_for(item, text, was if prefilled else None):
            if not prefilled:
                continue
            values[spec.name] = typed_form(item, now)
            shown = UNTOUCHED
        elif spec.name not in typed.cleared and _stands_for(item, text, now):
            continue
        else:
            shown = CLEARED if spec.name in typed.cleared else text or "（空）"
            errors.append(FieldError(spec.name, _BOTH))
        group = spec.name.partition(".")[0]
        items.append(ChangedItem(spec.label, value_text(group, item.key, now, options), shown))
    return Kyogo(Typed(values, typed.cleared, typed.bango), tuple(items), tuple(errors))


def _stands_for(item: Item, text: str, value: Value) -> bool:
    """Tell whether a field with this text says this value."""
    if not text:
        return value is None
    try:
        return canonical(item, text) == value
    except Unreadable:
        return False
