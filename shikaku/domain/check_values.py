"""One given value against its kind: type, form, length, control characters, check digit, code table, hidden numbers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Protocol

from chukan.kernel.values.check_digits import is_ascii_digits, passes_luhn
from shikaku.domain.items import CODE_LENGTH, GROUPS, NUMBER_LIMIT, Item
from shikaku.domain.line import Value
from shikaku.domain.own_number import hides
from shikaku.domain.plain_text import E207, E215, NOTHING, findings_of_name, is_printable
from shikaku.domain.ymd import EARLIEST, EARLIEST_SHUTOKU, parse_ymd

NUMBER_LENGTH: Final = 12
_BANGO_LENGTH: Final = 8
_KOKUHO_BANGO_LENGTH: Final = 6
_JUKYUSHA_LENGTH: Final = 7
# A code that was looked up once is not looked up again for the rest of the block.
_KEPT_CODES: Final = 10_000
_E205: Final = ("E205",)
_E206: Final = ("E206",)
_E204: Final = ("E204",)


class CodeBook(Protocol):
    """Code tables: True or False for a table with rows on that day, None for a table without rows."""

    def __call__(self, table: str, value: str, on: date, /) -> bool | None:
        """Tell whether `value` stands in `table` on the day."""
        ...


@dataclass(frozen=True, slots=True)
class HokenshaFacts:
    """What the rules need to know of one insurer. An empty set of numbers is not compared with."""

    shubetsu: str
    hokensha_bango: frozenset[str] = frozenset()
    kohi_futansha_bango: frozenset[str] = frozenset()

    def has_bango(self, bango: str) -> bool:
        """Tell whether a 保険者番号, in six digits or padded to eight, is registered for this insurer."""
        known = self.hokensha_bango
        if bango in known:
            return True
        if len(bango) == _KOKUHO_BANGO_LENGTH:
            return f"00{bango}" in known
        return len(bango) == _BANGO_LENGTH and bango.startswith("00") and bango[2:] in known


@dataclass(frozen=True, slots=True)
class LineFacts:
    """The day, the insurers the sender may write for (by 保険者コード), and the code tables. Made once per block."""

    on: date
    hokensha: Mapping[str, HokenshaFacts]
    codes: CodeBook
    known_codes: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict, compare=False, repr=False)


class Values:
    """What the checks of one line look at besides the value itself."""

    __slots__ = ("facts", "insurer", "numbers")

    def __init__(self, facts: LineFacts, insurer: HokenshaFacts | None, *numbers: str | None) -> None:
        """Keep the facts, the insurer of the line, and the line's own numbers."""
        self.facts = facts
        self.insurer = insurer
        self.numbers = numbers


Check = Callable[[Value, Values], tuple[str, ...]]


def _check_code(item: Item) -> Check:
    table = item.table

    def check(value: Value, values: Values) -> tuple[str, ...]:
        if type(value) is not str:
            return E207
        if len(value) >= NUMBER_LENGTH and _is_free_code(value) and _hides_own(value, values):
            return E215
        kept = values.facts.known_codes
        known = kept.get((table, value))
        if known is not None:
            return known
        answer = values.facts.codes(table, value, values.facts.on)
        codes = (
            NOTHING if answer or (answer is None and _is_free_code(value)) else _E205 if _is_free_code(value) else E207
        )
        if len(kept) < _KEPT_CODES:
            kept[table, value] = codes
        return codes

    return check


def _is_free_code(value: str) -> bool:
    return 1 <= len(value) <= CODE_LENGTH and is_printable(value)


def _check_date(item: Item) -> Check:
    earliest = EARLIEST_SHUTOKU if item.key == "shikaku_shutoku_ymd" else EARLIEST

    def check(value: Value, _values: Values) -> tuple[str, ...]:
        if type(value) is not str:
            return E207
        day = parse_ymd(value)
        return E207 if day is None or day < earliest else NOTHING

    return check


def _check_month(_item: Item) -> Check:
    def check(value: Value, _values: Values) -> tuple[str, ...]:
        return NOTHING if type(value) is str and parse_ymd(f"{value}-01") is not None else E207

    return check


def _check_flag(_item: Item) -> Check:
    def check(value: Value, _values: Values) -> tuple[str, ...]:
        return NOTHING if type(value) is bool else E207

    return check


def _check_number(_item: Item) -> Check:
    def check(value: Value, _values: Values) -> tuple[str, ...]:
        return NOTHING if type(value) is int and 0 <= value <= NUMBER_LIMIT else E207

    return check


def _check_name(item: Item) -> Check:
    length = item.length

    def check(value: Value, _values: Values) -> tuple[str, ...]:
        return findings_of_name(value, length) if type(value) is str else E207

    return check


def _check_text(item: Item) -> Check:
    """Identifiers may well be twelve digits; only the line's own 個人番号 must not stand in one."""
    length = item.length

    def check(value: Value, values: Values) -> tuple[str, ...]:
        if type(value) is not str or len(value) > length or not is_printable(value):
            return E207
        return E215 if len(value) >= NUMBER_LENGTH and _hides_own(value, values) else NOTHING

    return check


def _hides_own(value: str, values: Values) -> bool:
    return any(number and hides(value, number) for number in values.numbers)


def _check_digits(item: Item) -> Check:
    length = item.length

    def check(value: Value, _values: Values) -> tuple[str, ...]:
        return NOTHING if type(value) is str and is_ascii_digits(value, length) else E207

    return check


def _check_hokensha_bango(_item: Item) -> Check:
    def check(value: Value, values: Values) -> tuple[str, ...]:
        if type(value) is not str:
            return E207
        insurer = values.insurer
        foreign = _E204 if insurer is not None and insurer.hokensha_bango and not insurer.has_bango(value) else NOTHING
        if not (is_ascii_digits(value, _BANGO_LENGTH) or is_ascii_digits(value, _KOKUHO_BANGO_LENGTH)):
            return foreign + E207
        return foreign if passes_luhn(value) else foreign + _E206

    return check


def _check_futansha(_item: Item) -> Check:
    def check(value: Value, values: Values) -> tuple[str, ...]:
        if type(value) is not str:
            return E207
        known = frozenset() if values.insurer is None else values.insurer.kohi_futansha_bango
        foreign = _E204 if known and value not in known else NOTHING
        if not is_ascii_digits(value, _BANGO_LENGTH):
            return foreign + E207
        return foreign if passes_luhn(value) else foreign + _E206

    return check


def _check_jukyusha(_item: Item) -> Check:
    def check(value: Value, _values: Values) -> tuple[str, ...]:
        if type(value) is not str or not is_ascii_digits(value, _JUKYUSHA_LENGTH):
            return E207
        return NOTHING if passes_luhn(value) else _E206

    return check


_MAKERS: Final[Mapping[str, Callable[[Item], Check]]] = {
    "code": _check_code,
    "date": _check_date,
    "month": _check_month,
    "flag": _check_flag,
    "number": _check_number,
    "name": _check_name,
    "text": _check_text,
    "digits": _check_digits,
    "hokensha_bango": _check_hokensha_bango,
    "futansha": _check_futansha,
    "jukyusha": _check_jukyusha,
}

# Group -> key -> check; built once.
CHECKS: Final[Mapping[str, Mapping[str, Check]]] = {
    group.key: {item.key: _MAKERS[item.kind](item) for item in group.items} for group in GROUPS.values()
}
