"""What was typed on a form becomes one TorokuLine, and violations become errors at fields. Rules live in the domain."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from chukan.kernel.errors import ErrorItem
from chukan.kernel.values.kojin_bango import without_kojin_bango
from chukan.kernel.values.wareki import UnreadableDate, parse_ymd, show_short
from shikaku.domain.items import ITEMS, NUMBER_LIMIT, REPEATED_GROUPS, SINGLE_GROUPS, Item
from shikaku.domain.line import TorokuLine, Value
from shikaku.http.terminal_forms import FieldError, Spec
from shikaku.http.terminal_layout import KOJIN_BANGO, KOJIN_BANGO_AGAIN, KOSHINGO, KOSHINGO_AGAIN

_WIDTH_FREE: Final = frozenset({"code", "digits", "number", "hokensha_bango", "futansha", "jukyusha"})
_DASHES: Final = str.maketrans("", "", "-‐‑‒–—―−ー ")
_EMPTIED: Final = "空にするときは「この項目を消す」を押してください。変えないときは元の値に戻してください。"
_NEVER_EMPTY: Final = "{label}は空にできません。値を入力してください。"
_TWICE: Final = "2回の入力が一致しません。届出書を見て、2つの欄に同じ番号を入力してください。"
_AGAIN: Final = "確かめのため、同じ番号をもう一度入力してください。"
_HENKO_SUFFIX: Final = "_henko_ymd"
_NUMBER_DIGITS: Final = len(str(NUMBER_LIMIT))  # what is longer is no amount; thousands of digits cannot even be read


class Unreadable(ValueError):
    """What was typed has no canonical form for its item."""


def item_of(name: str) -> Item | None:
    """Return the item a field stands for, None for a field of the line itself or of the screen."""
    parts = name.split(".")
    return ITEMS.get((parts[0], parts[-1])) if len(parts) > 1 else None


def is_henko(name: str) -> bool:
    """Tell whether a field is the 変更年月日 of another, which is never filled in beforehand."""
    return name.endswith(_HENKO_SUFFIX)


def canonical(item: Item, typed: str) -> Value:
    """Return the value of what was typed; every form people use is converted, not refused. Raises Unreadable."""
    if item.kind == "date":
        try:
            return parse_ymd(typed).isoformat()
        except UnreadableDate:
            raise Unreadable from None
    if item.kind == "flag":
        return typed == "1"
    if item.kind in _WIDTH_FREE:
        typed = unicodedata.normalize("NFKC", typed).translate(_DASHES)
    if item.kind == "number":
        digits = typed.replace(",", "")
        if not digits.isdecimal() or len(digits) > _NUMBER_DIGITS:
            raise Unreadable
        return int(digits)
    return typed


def typed_form(item: Item, value: Value) -> str:
    """Return how a held value stands in its field."""
    if value is None:
        return ""
    if item.kind == "flag":
        return "1" if value else "0"
    if item.kind == "date":
        return show_short(date.fromisoformat(str(value)))
    return str(value)


def clean_bango(typed: str) -> str:
    """Return the digits of a 個人番号 as typed, in any width, with or without spaces."""
    return unicodedata.normalize("NFKC", typed).translate(_DASHES)


@dataclass(slots=True)
class Reading:
    """What the fields of a form came to: values per group, what could not be read, which fields get theirs back."""

    groups: dict[str, dict[str, Value]] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)
    errors: list[FieldError] = field(default_factory=list)
    shown_again: dict[str, str] = field(default_factory=dict)

    def put(self, name: str, value: Value) -> None:
        group, _, key = name.rpartition(".")
        self.groups.setdefault(group, {})[key] = value


def read_items(
    specs: Iterable[Spec],
    values: Mapping[str, str],
    *,
    held: Mapping[str, Value] | None = None,
    cleared: frozenset[str] = frozenset(),
) -> Reading:
    """Return the items given; with `held`, only those that differ from it, as 「変更」 sends them.

    An emptied field clears nothing: it is an error that names the button, or, where there is none because the item is
    never empty, asks for a value and shows the held one again. A 変更年月日 counts whenever it is typed,
    because a change may fall on the day of the one before.
    """
    reading = Reading()
    for spec in specs:
        item = item_of(spec.name)
        if item is None:
            continue
        typed = values.get(spec.name, "")
        before = None if held is None else held.get(spec.name)
        if spec.name in cleared:
            reading.put(spec.name, None)
        elif not typed:
            if before is not None and not is_henko(spec.name):
                _refuse_empty(reading, spec, item, before)
        else:
            _read_one(reading, spec.name, item, typed, before)
    return reading


def _refuse_empty(reading: Reading, spec: Spec, item: Item, before: Value) -> None:
    message = _EMPTIED if spec.clearable else _NEVER_EMPTY.format(label=spec.label)
    reading.errors.append(FieldError(spec.name, message))
    if not spec.clearable:
        reading.shown_again[spec.name] = typed_form(item, before)


def _read_one(reading: Reading, name: str, item: Item, typed: str, before: Value) -> None:
    try:
        value = canonical(item, typed)
    except Unreadable:
        reading.unreadable.append(name.replace(".", "/"))
        return
    if value != before or is_henko(name):
        reading.put(name, value)


def line_of(
    reading: Reading,
    *,
    shori_shubetsu_code: str,
    hokensha_code: str,
    hihokensha_edaban: int | None = None,
    shikaku_tsuban: int | None = None,
    top: Mapping[str, str] | None = None,
    kojin_bango: str = "",
    koshingo_kojin_bango: str = "",
) -> TorokuLine:
    """Return the line the rules are asked about."""
    given = top or {}
    single = {group: reading.groups.get(group, {}) for group in SINGLE_GROUPS}
    repeated = {
        group: tuple(
            reading.groups[f"{group}.{index}"] for index in range(10) if reading.groups.get(f"{group}.{index}")
        )
        for group in REPEATED_GROUPS
    }
    return TorokuLine(
        shori_shubetsu_code=shori_shubetsu_code,
        hokensha_code=hokensha_code,
        hihokensha_edaban=hihokensha_edaban,
        shikaku_tsuban=shikaku_tsuban,
        kojin_bango=kojin_bango or None,
        koshingo_kojin_bango=koshingo_kojin_bango or None,
        kojin_bango_koshin_kubun=given.get("kojin_bango_koshin_kubun") or None,
        fugo_shutoku_yokyu_kubun=given.get("fugo_shutoku_yokyu_kubun") or None,
        unreadable=tuple(reading.unreadable),
        kihon=single["kihon"],
        seigyo=single["seigyo"],
        shikaku=single["shikaku"],
        sho=repeated["sho"],
        korei=repeated["korei"],
        gendogaku=repeated["gendogaku"],
        tokutei_shippei=repeated["tokutei_shippei"],
    )


def check_twice(typed: Mapping[str, str]) -> list[FieldError]:
    """Return what is wrong between the two entries of each 個人番号; the numbers themselves are for the rules."""
    errors = []
    for first, second in ((KOJIN_BANGO, KOJIN_BANGO_AGAIN), (KOSHINGO, KOSHINGO_AGAIN)):
        one, two = clean_bango(typed.get(first, "")), clean_bango(typed.get(second, ""))
        if one and not two:
            errors.append(FieldError(second, _AGAIN))
        elif one != two:
            errors.append(FieldError(second, _TWICE))
    return errors


def field_errors(items: Iterable[ErrorItem], specs: Iterable[Spec]) -> list[FieldError]:
    """Return violations as errors at the fields of this form; what has no field belongs to the page."""
    names = {spec.name for spec in specs}
    found = []
    for item in items:
        name = item.pointer.replace("/", ".")
        found.append(FieldError(name if name in names else "", item.message, item.code))
    return found


def without_numbers(values: Mapping[str, str]) -> dict[str, str]:
    """Return what was typed with every free text and code left empty that holds a 個人番号: no page gives one back.

    A code without a table can be anything; twelve digits that pass the check are none that is known.
    """
    return {
        name: without_kojin_bango(value)
        if (item := item_of(name)) is not None and item.kind in {"name", "code"}
        else value
        for name, value in values.items()
    }
