"""The conditions of a search of the operation log: typed texts in, a filter or what to mend out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from chukan.controls.sosa_log.domain import KIND_LABELS, RESULTS, LogFilter, holds_number
from chukan.kernel.errors import ErrorItem
from chukan.kernel.values.wareki import parse_ymd, show_long

NAMES: Final = ("actor_id", "day_from", "day_to", "kind", "result", "target", "terminal", "hokensha_code")
_LABELS: Final = {
    "hokensha_code": "保険者コード",
    "actor_id": "操作者（職員ID）",
    "day_from": "期間（はじめ）",
    "day_to": "期間（おわり）",
    "kind": "操作種別",
    "result": "結果",
    "target": "対象（紐付番号・内部ID）",
    "terminal": "端末",
}
_LENGTHS: Final = {"actor_id": 64, "target": 64, "terminal": 100, "hokensha_code": 8}


@dataclass(frozen=True, slots=True)
class Field:
    """One input as `components/field.html` draws it."""

    name: str
    label: str
    value: str
    kind: str
    width: int
    choices: tuple[tuple[str, str, bool], ...] = ()
    error: str = ""
    echo: str = ""
    hint: str = ""
    maxlength: int = 0
    css: str = ""
    input_type: str = "text"
    inputmode: str = ""
    required: bool = False
    readonly: bool = False
    clearable: bool = False
    cleared: bool = False

    @property
    def id(self) -> str:
        """Return the id of the input."""
        return f"f-{self.name}"

    @property
    def described_by(self) -> str:
        """Return the ids of the texts that belong to the input."""
        ids = [(self.hint, "hint"), (self.echo, "echo"), (self.error, "error")]
        return " ".join(f"{self.id}-{suffix}" for text, suffix in ids if text)


@dataclass(frozen=True, slots=True)
class LogForm:
    """What was typed, the filter it means, and what is wrong with it."""

    typed: Mapping[str, str]
    given: LogFilter
    errors: tuple[ErrorItem, ...]

    def fields(self, names: Sequence[str]) -> list[Field]:
        """Return the inputs of a screen, in order."""
        return [self._field(name) for name in names]

    def _field(self, name: str) -> Field:
        value = self.typed.get(name, "")
        error = next((item.message for item in self.errors if item.pointer == f"f-{name}"), "")
        if name in {"kind", "result"}:
            labels = KIND_LABELS if name == "kind" else RESULTS
            choices = (("", "すべて", not value), *((code, text, code == value) for code, text in labels.items()))
            return Field(name, _LABELS[name], value, "select", 3, choices=choices, error=error)
        if name in {"day_from", "day_to"}:
            day = self.given.day_from if name == "day_from" else self.given.day_to
            echo = show_long(day) if day else ""
            return Field(name, _LABELS[name], value, "date", 3, error=error, echo=echo, css="mono")
        width = 4 if name == "target" else 2
        return Field(name, _LABELS[name], value, "text", width, error=error, maxlength=_LENGTHS[name], css="mono")


def read_form(values: Mapping[str, str], *, on: date) -> LogForm:
    """Return the form of what was typed; nothing typed means the events of today."""
    typed = {name: str(values.get(name, "")).strip() for name in NAMES}
    if not any(typed.values()):
        typed["day_from"] = typed["day_to"] = on.isoformat()
    errors: list[ErrorItem] = []
    for name in _LENGTHS:
        if holds_number(typed[name]):
            message = f"個人番号では検索できません。{_LABELS[name]}を入力してください。"
            errors.append(ErrorItem("E215", f"f-{name}", message))
            typed[name] = ""
    days: dict[str, date | None] = {"day_from": None, "day_to": None}
    for name in days:
        if typed[name]:
            try:
                days[name] = parse_ymd(typed[name])
            except ValueError:
                message = f"{_LABELS[name]}を読み取れません。R8.11.20 または 20261120 の形で入力してください。"
                errors.append(ErrorItem("E207", f"f-{name}", message))
                typed[name] = "" if holds_number(typed[name]) else typed[name]
    # What is none of the choices means nothing and is not carried to the next page.
    for name, choices in (("kind", KIND_LABELS), ("result", RESULTS)):
        typed[name] = typed[name] if typed[name] in choices else ""
    first, last = days["day_from"], days["day_to"]
    if first and last and last < first:
        message = "期間のおわりが、はじめより前です。はじめ以後の日を入力してください。"
        errors.append(ErrorItem("E202", "f-day_to", message))
    given = LogFilter(
        actor_id=typed["actor_id"],
        day_from=first,
        day_to=last,
        kind=typed["kind"],
        result=typed["result"],
        target=typed["target"],
        terminal=typed["terminal"],
        hokensha_code=typed["hokensha_code"],
    )
    return LogForm(typed, given, tuple(errors))
