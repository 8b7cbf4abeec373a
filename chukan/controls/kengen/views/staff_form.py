"""What the form of KR-102 holds: reading what was typed, and showing it again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from django.http import QueryDict

from chukan.controls.kengen.actions import StaffInput
from chukan.controls.kengen.domain import ACTIONS, JIMU, STAFF_ADMIN, Right, possible_kojin_bango
from chukan.controls.kengen.queries import Rights
from chukan.controls.shokuin.domain import check_names, longest_valid_to, normal_id
from chukan.controls.shokuin.queries import ShokuinRow
from chukan.kernel.errors import ErrorItem
from chukan.kernel.values.kojin_bango import without_kojin_bango
from chukan.kernel.values.wareki import parse_ymd, show_long

MAX_TEXT: Final = 100
_DATE_MESSAGE: Final = "{}を読み取れません。R8.4.1 または 20260401 の形で入力してください。"


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed, as text, so that it can be shown again as it is."""

    shokuin_id: str = ""
    shimei: str = ""
    valid_from: str = ""
    valid_to: str = ""
    kengen: frozenset[Right] = frozenset()
    kojin_bango: frozenset[str] = frozenset()
    first_password: bool = False


def empty(on: date) -> Typed:
    """Return a new form: valid from today for a year."""
    return Typed(valid_from=on.isoformat(), valid_to=longest_valid_to(on).isoformat())


def typed_of(row: ShokuinRow, rights: Rights) -> Typed:
    """Return the form of what is held."""
    return Typed(
        shokuin_id=row.shokuin_id,
        shimei=row.shimei,
        valid_from=row.valid_from.isoformat(),
        valid_to=row.valid_to.isoformat(),
        kengen=rights.kengen,
        kojin_bango=rights.kojin_bango,
    )


def read_typed(post: QueryDict, *, shokuin_id: str | None = None) -> Typed:
    """Return what a form sent; a 職員ID that exists is never taken from it."""
    pairs = (text.partition(":") for text in post.getlist("kengen"))
    return Typed(
        shokuin_id=shokuin_id if shokuin_id is not None else normal_id(post.get("shokuin_id", "")[:MAX_TEXT]),
        shimei=post.get("shimei", "")[:MAX_TEXT].strip(),
        valid_from=post.get("valid_from", "")[:MAX_TEXT],
        valid_to=post.get("valid_to", "")[:MAX_TEXT],
        kengen=frozenset((jimu, action) for jimu, _, action in pairs),
        kojin_bango=frozenset(post.getlist("kojin_bango")),
        first_password=post.get("first_password") == "1",
    )


def without_numbers(typed: Typed) -> Typed:
    """Return what may be shown again: a field with a 個人番号 in it comes back empty."""
    return replace(
        typed,
        shokuin_id=without_kojin_bango(typed.shokuin_id),
        shimei=without_kojin_bango(typed.shimei),
        valid_from=without_kojin_bango(typed.valid_from),
        valid_to=without_kojin_bango(typed.valid_to),
    )


def to_input(typed: Typed) -> tuple[StaffInput | None, tuple[ErrorItem, ...]]:
    """Return what the action takes, or why not: a date that cannot be read, and what is wrong beside it."""
    days: dict[str, date] = {}
    errors = []
    for name, label in (("valid_from", "有効開始日"), ("valid_to", "無効日")):
        try:
            days[name] = parse_ymd(getattr(typed, name))
        except ValueError:
            errors.append(ErrorItem("E207", name, _DATE_MESSAGE.format(label)))
    if errors:
        return None, (*check_names(shokuin_id=typed.shokuin_id, shimei=typed.shimei), *errors)
    given = StaffInput(
        typed.shokuin_id, typed.shimei, days["valid_from"], days["valid_to"], typed.kengen, typed.kojin_bango
    )
    return given, ()


@dataclass(frozen=True, slots=True)
class RightCell:
    """One box of the table of rights."""

    value: str
    label: str
    checked: bool
    possible: bool


@dataclass(frozen=True, slots=True)
class RightRow:
    """One 事務 of the table of rights: 照会, 更新, and apart from them 個人番号取扱権限."""

    jimu: str
    name: str
    cells: tuple[RightCell, ...]
    kojin_bango: RightCell


def rights_table(*, soshiki: str, possible: frozenset[Right], typed: Typed) -> tuple[RightRow, ...]:
    """Return the rows of the table: only what the organisation can give, without the keeping of staff."""
    grantable = possible - {STAFF_ADMIN}
    with_number = possible_kojin_bango(soshiki=soshiki, rights=grantable)
    rows = []
    for jimu, name in JIMU.items():
        if not any(jimu == held for held, _ in grantable):
            continue
        cells = tuple(
            RightCell(
                f"{jimu}:{action}", f"{name}（{label}）", (jimu, action) in typed.kengen, (jimu, action) in grantable
            )
            for action, label in ACTIONS.items()
        )
        number = RightCell(jimu, f"{name}の個人番号取扱権限", jimu in typed.kojin_bango, jimu in with_number)
        rows.append(RightRow(jimu, name, cells, number))
    return tuple(rows)


def rights_text(rights: frozenset[Right]) -> str:
    """Return rights as people read them."""
    words = [
        f"{name}（{label}）"
        for jimu, name in JIMU.items()
        for action, label in ACTIONS.items()
        if (jimu, action) in rights
    ]
    return "、".join(words) or "なし"


def jimu_text(jimu: frozenset[str]) -> str:
    """Return 事務 as people read them."""
    return "、".join(name for key, name in JIMU.items() if key in jimu) or "なし"


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One line of the 確認 page: the item, what it was, what it will be."""

    label: str
    before: str
    after: str
    changed: bool


def check_rows(given: StaffInput, *, before: tuple[ShokuinRow, Rights] | None) -> tuple[CheckRow, ...]:
    """Return every value that will be stored, with what is held now beside it when there is something."""
    after = {
        "職員ID": given.shokuin_id,
        "氏名": given.shimei,
        "有効開始日": show_long(given.valid_from),
        "無効日": show_long(given.valid_to),
        "権限": rights_text(given.kengen),
        "個人番号取扱権限": jimu_text(given.kojin_bango),
    }
    if before is None:
        return tuple(CheckRow(label, "", value, changed=False) for label, value in after.items())
    row, rights = before
    held = {
        "職員ID": row.shokuin_id,
        "氏名": row.shimei,
        "有効開始日": show_long(row.valid_from),
        "無効日": show_long(row.valid_to),
        "権限": rights_text(rights.kengen),
        "個人番号取扱権限": jimu_text(rights.kojin_bango),
    }
    return tuple(CheckRow(label, held[label], value, changed=held[label] != value) for label, value in after.items())


def content_of(typed: Typed) -> Mapping[str, Any]:
    """Return the form as a slip keeps it."""
    return {
        "shokuin_id": typed.shokuin_id,
        "shimei": typed.shimei,
        "valid_from": typed.valid_from,
        "valid_to": typed.valid_to,
        "kengen": sorted(typed.kengen),
        "kojin_bango": sorted(typed.kojin_bango),
        "first_password": typed.first_password,
    }


def typed_on(content: Mapping[str, Any]) -> Typed:
    """Return the form that a slip keeps."""
    rights = {
        "kengen": frozenset((jimu, action) for jimu, action in content["kengen"]),
        "kojin_bango": frozenset(content["kojin_bango"]),
    }
    return Typed(**{**content, **rights})


def error_list(errors: Sequence[ErrorItem]) -> list[Mapping[str, str]]:
    """Return errors as the summary reads them, in the order of the fields."""
    order = ("shokuin_id", "shimei", "valid_from", "valid_to", "kengen", "kojin_bango")
    ranked = sorted(errors, key=lambda item: order.index(item.pointer) if item.pointer in order else len(order))
    return [{"field": f"f-{item.pointer}", "message": item.message, "code": item.code} for item in ranked]
