"""What people type about a 再発行対象者リスト: texts in, whom it means or what to mend out."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from chukan.controls.sosa_log.forms import Field
from chukan.kernel.errors import ErrorItem
from chukan.kernel.values.kojin_bango import contains_kojin_bango
from chukan.kernel.values.wareki import UnreadableDate, parse_ymd
from fugo.domain.saihakko import GENIN, Target

NAMES: Final = ("genin", "reason", "hokensha_code", "issued_from", "issued_to", "shori_tsuban")
_SPLIT: Final = re.compile(r"[\s,、，]+")
_MOST_TEXT: Final = 400_000  # 10,000 処理通番 and their line ends


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed: a target, or why there is none."""

    genin: str
    reason: str
    target: Target
    errors: tuple[ErrorItem, ...]


def read_form(given: Mapping[str, str]) -> Typed:
    """Return what was typed, with every text that cannot be read."""
    errors: list[ErrorItem] = []

    def day(name: str, label: str) -> date | None:
        text = given.get(name, "").strip()
        try:
            return parse_ymd(text) if text else None
        except UnreadableDate:
            message = f"{label}を読み取れません。R8.11.20 または 20261120 の形で入力してください。"
            errors.append(ErrorItem("E207", name, message))
            return None

    since, until = day("issued_from", "符号の設定日（はじめ）"), day("issued_to", "符号の設定日（おわり）")
    tsuban = []
    for word in _words(given.get("shori_tsuban", "")):
        try:
            tsuban.append(UUID(word))
        except ValueError:
            message = "処理通番として読み取れない行があります。1行に1件ずつ入力してください。"
            errors.append(ErrorItem("E207", "shori_tsuban", message))
            break
    target = Target(_words(given.get("hokensha_code", "")), since, until, tuple(tsuban))
    return Typed(given.get("genin", ""), given.get("reason", ""), target, tuple(errors))


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in _SPLIT.split(text[:_MOST_TEXT]) if word)


def fields_of(given: Mapping[str, str], errors: Mapping[str, str]) -> tuple[tuple[Field, ...], tuple[Field, ...]]:
    """Return the inputs of cause and reason, and those that narrow; `errors` by name."""

    def field(name: str, label: str, kind: str, width: int, **more: object) -> Field:
        value = given.get(name, "")
        value = "" if contains_kojin_bango(value) else value  # a number is not given back. 根拠: KJ-IN-19
        return Field(name, label, value, kind, width, error=errors.get(name, ""), **more)  # type: ignore[arg-type]  # keywords of Field

    chosen = given.get("genin", "")
    choices = (("", "選んでください", not chosen), *((code, text, code == chosen) for code, text in GENIN.items()))
    why = (
        field("genin", "原因", "select", 6, choices=choices, required=True),
        field(
            "reason",
            "再発行の理由",
            "textarea",
            12,
            required=True,
            hint="承認する人が判断に使います。個人番号は書かないでください。",
        ),
    )
    whom = (
        field("hokensha_code", "保険者コード", "textarea", 6, hint="8桁。いくつかあるときは改行で区切ります。"),
        field("shori_tsuban", "処理通番", "textarea", 6, hint="1行に1件、10,000件まで。"),
        field("issued_from", "符号の設定日（はじめ）", "date", 3, maxlength=20),
        field("issued_to", "符号の設定日（おわり）", "date", 3, maxlength=20, hint="この日を含みます。"),
    )
    return why, whom


def check_medium(baitai_id: str) -> tuple[ErrorItem, ...]:
    """Return why nobody can be asked yet: no medium is chosen."""
    message = "抽出を書き出す媒体を選んでください。選べないときは、先に媒体の登録を依頼してください。"
    return () if baitai_id else (ErrorItem("E208", "baitai_id", message),)


def medium_field(registered: Sequence[str], errors: Sequence[ErrorItem]) -> Field:
    """Return the choice of the medium that an extract goes to, with what is wrong about it."""
    return Field(
        "baitai_id",
        "抽出を書き出す媒体",
        "",
        "select",
        6,
        choices=(("", "選んでください", True), *((one, one, False) for one in registered)),
        required=True,
        hint="承認された媒体だけを選べます。",
        error=next((one.message for one in errors if one.pointer == "baitai_id"), ""),
    )
