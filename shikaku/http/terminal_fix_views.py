"""HS-304 エラー行の修正: one refused line on a form, filled with what it said, without its 個人番号."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from chukan.controls.kengen.views.guard import screen
from chukan.controls.sosa_log.domain import SosaKind
from chukan.controls.uketsuke.queries import UketsukeStatus, get_uketsuke_by_id
from chukan.kernel import clock
from chukan.kernel.errors import ErrorItem, NotPermitted, RuleBroken
from chukan.kernel.http.pages import show
from chukan.kernel.principal import Principal
from chukan.kernel.retry import done_again
from chukan.kernel.values.edaban import format_edaban, parse_edaban
from chukan.kernel.values.kojin_bango import without_kojin_bango
from shikaku.actions.accept_toroku_file import JIMU
from shikaku.actions.check_one import check_one
from shikaku.actions.mend_refused_line import mend_refused_line
from shikaku.actions.record_shokai import record_file_shokai
from shikaku.actions.terminal_slip import keep_slip
from shikaku.domain.error_items import error_items
from shikaku.domain.items import ITEMS, REPEATED_GROUPS, SINGLE_GROUPS
from shikaku.domain.line import TorokuLine, Value
from shikaku.domain.shikaku_tsuban import read_shikaku_tsuban
from shikaku.domain.violations import Violation
from shikaku.http.terminal_bango import ANEW, HeldBango, TypedBango, held_on, read_bango, with_numbers
from shikaku.http.terminal_entry import NOT_SHOWN, CheckGroup, CheckLine
from shikaku.http.terminal_file_show import parts_of
from shikaku.http.terminal_forms import FieldError, Section, all_specs, bind, in_field_order
from shikaku.http.terminal_layout import (
    FUGO,
    KOJIN_BANGO,
    KOSHIN_KUBUN,
    KOSHINGO,
    NUMBER_FIELDS,
    OF_THE_LINE,
    Origin,
    mend_sections,
)
from shikaku.http.terminal_lines import (
    clean_bango,
    field_errors,
    item_of,
    line_of,
    read_items,
    typed_form,
    without_numbers,
)
from shikaku.http.terminal_page import actor, go_on, once, options_of, posted, show_errors, steps
from shikaku.http.terminal_show import value_text
from shikaku.queries.refused_line import RefusedLine, open_refused_line
from shikaku.queries.terminal_slip import SlipAnswer, no_slip, open_slip, open_slip_bango

KIND: Final = "file_fix"
_FORM: Final = "terminal/shikaku/entry.html"
_NO_RIGHT: Final = (
    "この行には個人番号があります。直すには個人番号取扱権限が要ります。"
    "必要なときはシステム管理責任者に依頼してください。"
)


Numbers = tuple[HeldBango, HeldBango]
_NUMBERS: Final = (KOJIN_BANGO, KOSHINGO)
_NOTHING_HELD: Final[Numbers] = (HeldBango(), HeldBango())


@dataclass(frozen=True, slots=True)
class Fixing:
    """One line being mended: its 受付, what it said, which numbers were typed for it, the form."""

    status: UketsukeStatus
    refused: RefusedLine
    held: Numbers
    sections: tuple[Section, ...]

    @property
    def line(self) -> TorokuLine:
        """Return what the line said; an unreadable line said nothing."""
        return self.refused.line or TorokuLine(shori_shubetsu_code="", hokensha_code="")


@sensitive_variables("content", "numbers", "held")
def _on_slip(request: HttpRequest, slip: UUID) -> tuple[dict[str, Any], Numbers]:
    """Return what the clerk typed for a line, its numbers apart."""
    by, now = actor(request), clock.now()
    content = open_slip(by=by, slip_id=slip, kind=KIND, now=now)
    first, _, second = open_slip_bango(by=by, slip_id=slip, kind=KIND, now=now).partition(",")
    return content, (held_on(content, KOJIN_BANGO, first), held_on(content, KOSHINGO, second))


def _origin(held: HeldBango, of_the_line: str | None) -> Origin:
    if held.bango:
        return "typed"
    return "line" if of_the_line and not held.anew else ""


def _fixing(request: HttpRequest, row_id: UUID, meisai_no: int, held: Numbers) -> Fixing:
    by, now = actor(request), clock.now()
    status = get_uketsuke_by_id(by=by, row_id=row_id, now=now)
    refused = open_refused_line(by=by, row_id=row_id, meisai_no=meisai_no, now=now)
    return Fixing(status, refused, held, _sections(by, refused.line, held))


def _sections(by: Principal, line: TorokuLine | None, held: Numbers) -> tuple[Section, ...]:
    own = (None, None) if line is None else (line.kojin_bango, line.koshingo_kojin_bango)
    return mend_sections(
        options_of(by),
        can_bango=by.can_kojin_bango(JIMU),
        kojin_bango=_origin(held[0], own[0]),
        koshingo=_origin(held[1], own[1]),
        clearable=line is not None and line.shori_shubetsu_code == "03",
    )


def _first_values(line: TorokuLine) -> tuple[dict[str, str], frozenset[str]]:
    """Return the fields as the line filled them, and the items it asked to clear; never a number.

    A 個人番号 can stand in any cell: in an address (E215), or everywhere when the columns are shifted. Such a field is
    left empty for everybody; what it held is typed again. 根拠: KJ-UI-04.
    """
    values = {
        "shori_shubetsu_code": line.shori_shubetsu_code,
        "hihokensha_edaban": "" if line.hihokensha_edaban is None else format_edaban(line.hihokensha_edaban),
        "shikaku_tsuban": "" if line.shikaku_tsuban is None else str(line.shikaku_tsuban),
        FUGO: line.fugo_shutoku_yokyu_kubun or "",
        KOSHIN_KUBUN: line.kojin_bango_koshin_kubun or "",
    }
    cleared = set()
    groups: list[tuple[str, str, Mapping[str, Value]]] = [(g, g, getattr(line, g)) for g in SINGLE_GROUPS]
    groups += [(g, f"{g}.0", getattr(line, g)[0]) for g in REPEATED_GROUPS if getattr(line, g)]
    for group, prefix, given in groups:
        for key, value in given.items():
            if (group, key) not in ITEMS:
                continue
            if value is None:
                cleared.add(f"{prefix}.{key}")
                continue
            try:
                values[f"{prefix}.{key}"] = typed_form(ITEMS[group, key], value)
            except ValueError:  # a day that does not exist is shown as it was sent
                values[f"{prefix}.{key}"] = str(value)
    shown = {name: without_kojin_bango(value) for name, value in values.items()}
    return shown, frozenset(cleared)


@screen("HS-304")
@sensitive_post_parameters(*NUMBER_FIELDS)
@require_http_methods(["GET", "POST"])
def show_file_fix(request: HttpRequest, row_id: UUID, meisai_no: int, slip: UUID | None = None) -> HttpResponse:
    """Show one refused line to mend, or take it to the check page."""
    content, held = (None, _NOTHING_HELD) if slip is None else _on_slip(request, slip)
    if content is not None and (content["row"], content["meisai"]) != (str(row_id), meisai_no):
        raise no_slip()
    fixing = _fixing(request, row_id, meisai_no, held)
    if request.method == "POST":
        return _accept(request, fixing, meisai_no)
    record_file_shokai(
        by=actor(request),
        uketsuke_bango=fixing.status.uketsuke_bango,
        screen_id="HS-304",
        kind=SosaKind.FILE_STATUS,
        now=clock.now(),
    )
    if content is not None:
        errors = field_errors([ErrorItem(*error) for error in content.get("errors", ())], all_specs(fixing.sections))
        mended = Mended(content["values"], frozenset(content["cleared"]))
        return _form(request, fixing, meisai_no, mended, slip=slip, errors=errors)
    return _form(request, fixing, meisai_no, Mended(*_first_values(fixing.line)))


@dataclass(frozen=True, slots=True)
class Mended:
    """What the form says now, but for the numbers."""

    values: dict[str, str]
    cleared: frozenset[str]


def _form(
    request: HttpRequest,
    fixing: Fixing,
    meisai_no: int,
    mended: Mended,
    *,
    slip: UUID | None = None,
    errors: Sequence[FieldError] = (),
) -> HttpResponse:
    specs = all_specs(fixing.sections)
    at_fields = ordered = in_field_order(errors, specs)
    result = fixing.refused.result
    status_url = reverse("shikaku:file_status", args=[fixing.status.row_id])
    form_url = reverse("shikaku:file_fix", args=[fixing.status.row_id, meisai_no])
    if slip is not None:
        form_url = _edit_url(fixing, meisai_no, slip)
    elif not ordered:  # nothing was mended yet: every field shows what was wrong with the line
        refusals = [Violation(code, place) for code, place in zip(result.codes, result.pointers, strict=True)]
        at_fields = in_field_order(field_errors(error_items(refusals), specs), specs)
    context: dict[str, object] = {
        "steps": steps(0),
        "sections": bind(fixing.sections, mended.values, at_fields, cleared=mended.cleared),
        "form_url": form_url,
        "line_results": parts_of(result),
        "lead": f"{fixing.status.file_name or fixing.status.uketsuke_bango} の {result.line_number:,}行目です。",
        "parents": [("登録の履歴", reverse("shikaku:file_list")), ("ファイル登録の状況", status_url)],
        "stop_url": status_url,
        "stop_label": "修正をやめる",
    }
    if ordered:
        return show_errors(request, _FORM, context, ordered, "確認へ進む")
    return show(request, _FORM, context)


def _edit_url(fixing: Fixing, meisai_no: int, slip: UUID) -> str:
    return reverse("shikaku:file_fix_naosu", args=[fixing.status.row_id, meisai_no, slip])


def _line(
    request: HttpRequest, fixing: Fixing, mended: Mended, kojin_bango: str, koshingo: str
) -> tuple[TorokuLine, list[FieldError]]:
    by = actor(request)
    reading = read_items(all_specs(fixing.sections), mended.values, cleared=mended.cleared)
    errors = list(reading.errors)
    edaban: int | None = None
    if mended.values.get("hihokensha_edaban"):
        try:
            edaban = parse_edaban(clean_bango(mended.values["hihokensha_edaban"]))
        except ValueError:
            reading.unreadable.append("hihokensha_edaban")
    typed_tsuban = clean_bango(mended.values.get("shikaku_tsuban", ""))
    tsuban = read_shikaku_tsuban(typed_tsuban)
    if typed_tsuban and tsuban is None:  # twelve digits are a 個人番号 rather than this, and come back no more
        reading.unreadable.append("shikaku_tsuban")
    line = line_of(
        reading,
        shori_shubetsu_code=mended.values.get("shori_shubetsu_code", ""),
        hokensha_code=by.hokensha_code or "",
        hihokensha_edaban=edaban,
        shikaku_tsuban=tsuban,
        top={name: mended.values.get(name, "") for name in (FUGO, KOSHIN_KUBUN)},
        kojin_bango=kojin_bango,
        koshingo_kojin_bango=koshingo,
    )
    return replace(line, system=fixing.line.system), errors


@sensitive_variables("data", "numbers", "kojin_bango", "koshingo", "line")
def _accept(request: HttpRequest, fixing: Fixing, meisai_no: int) -> HttpResponse:
    by, now, data = actor(request), clock.now(), posted(request)
    specs = all_specs(fixing.sections)
    clearable = {spec.name for spec in specs if spec.clearable}
    values = {spec.name: data.get(spec.name, "").strip() for spec in specs if spec.name not in NUMBER_FIELDS}
    mended = Mended(values, frozenset(request.POST.getlist("kesu")) & clearable)
    numbers = _numbers(data, fixing)
    kojin_bango, koshingo = _counting(request, fixing, numbers)
    line, errors = _line(request, fixing, mended, kojin_bango, koshingo)
    try:
        check_one(by=by, line=line, now=now)
    except RuleBroken as error:
        errors += field_errors(error.errors, specs)
    held = (numbers[0].held, numbers[1].held)
    errors = with_numbers(errors, *numbers)
    if errors:
        mended = replace(mended, values=without_numbers(values))
        kept = _keep(request, fixing, meisai_no, mended, held, errors) if any(held) else None
        fixing = replace(fixing, held=held, sections=_sections(by, fixing.refused.line, held))
        return _form(request, fixing, meisai_no, mended, slip=kept, errors=errors)
    return go_on(reverse("shikaku:file_fix_kakunin", args=[_keep(request, fixing, meisai_no, mended, held)]))


@sensitive_variables("held", "bango")
def _keep(
    request: HttpRequest,
    fixing: Fixing,
    meisai_no: int,
    mended: Mended,
    held: Numbers,
    errors: Sequence[FieldError] = (),
) -> UUID:
    content = {
        "row": str(fixing.status.row_id),
        "meisai": meisai_no,
        "values": {name: value for name, value in mended.values.items() if value},
        "cleared": sorted(mended.cleared),
        ANEW: [name for name, number in zip(_NUMBERS, held, strict=True) if number.anew],
        "errors": [(error.code, error.name, error.message) for error in errors],
    }
    bango = ",".join(number.bango for number in held) if any(number.bango for number in held) else ""
    return keep_slip(by=actor(request), kind=KIND, content=content, kojin_bango=bango, now=clock.now())


def _numbers(data: Mapping[str, str], fixing: Fixing) -> list[TypedBango]:
    return [read_bango(data, name, held) for name, held in zip(_NUMBERS, fixing.held, strict=True)]


def _counting(request: HttpRequest, fixing: Fixing, typed: Sequence[TypedBango]) -> tuple[str, str]:
    """Return the numbers the line will carry. Raises NotPermitted when there are any and the right is missing."""
    own = fixing.line.kojin_bango, fixing.line.koshingo_kojin_bango
    pairs = zip(typed, own, strict=True)
    kojin_bango, koshingo = (number.bango or ("" if number.held.anew else line or "") for number, line in pairs)
    if (kojin_bango or koshingo) and not actor(request).can_kojin_bango(JIMU):
        raise NotPermitted("kojin_bango_kengen_nashi", _NO_RIGHT)
    return kojin_bango, koshingo


@screen("HS-304")
@require_http_methods(["GET", "POST"])
def check_file_fix(request: HttpRequest, slip: UUID) -> HttpResponse:
    """Repeat the mended line, or register it; once that is done, by whichever press, go on to the status."""
    return once(actor(request), slip, (KIND,), lambda: _check(request, slip), _after)


def _after(answer: SlipAnswer) -> HttpResponse:
    status_url = reverse("shikaku:file_status", args=[answer.facts["row"]])
    return go_on(f"{status_url}?naoshita={answer.facts['line_number']}")


@sensitive_variables("content", "held", "kojin_bango", "koshingo", "line")
def _check(request: HttpRequest, slip: UUID) -> HttpResponse:
    by, now = actor(request), clock.now()
    content, held = _on_slip(request, slip)
    row_id, meisai_no = UUID(content["row"]), int(content["meisai"])
    fixing = _fixing(request, row_id, meisai_no, held)
    mended = Mended(content["values"], frozenset(content["cleared"]))
    if request.method == "GET":
        return _check_page(request, fixing, mended, _edit_url(fixing, meisai_no, slip))
    kojin_bango, koshingo = _counting(request, fixing, _numbers({}, fixing))
    line, _ = _line(request, fixing, mended, kojin_bango, koshingo)
    try:
        answer = done_again(
            lambda: mend_refused_line(
                by=by,
                row_id=row_id,
                meisai_no=meisai_no,
                line_number=fixing.refused.result.line_number,
                line=line,
                slip_id=slip,
                screen_id="HS-304",
                now=now,
            )
        )
    except RuleBroken as error:
        errors = field_errors(error.errors, all_specs(fixing.sections))
        return _form(request, fixing, meisai_no, mended, slip=slip, errors=errors)
    return _after(answer)


def _number_text(fixing: Fixing, name: str) -> str:
    """Say which number counts; no page gives it back. 根拠: KJ-UI-04."""
    own = fixing.line.kojin_bango, fixing.line.koshingo_kojin_bango
    at = _NUMBERS.index(name)
    return {"": "", "line": OF_THE_LINE, "typed": NOT_SHOWN}[_origin(fixing.held[at], own[at])]


def _check_page(request: HttpRequest, fixing: Fixing, mended: Mended, edit_url: str) -> HttpResponse:
    options = options_of(actor(request))
    groups = []
    for section in fixing.sections:
        lines = []
        for spec in section.specs:
            value = mended.values.get(spec.name, "")
            item = item_of(spec.name)
            if spec.name in _NUMBERS:
                after: object = _number_text(fixing, spec.name)
                if not after:
                    continue
            elif spec.name in mended.cleared:
                after = "（この項目を消す）"
            elif not value:
                continue
            elif item is None:
                after = dict(spec.options).get(value, value)
            else:
                reading = read_items((spec,), mended.values)
                group, _, key = spec.name.rpartition(".")
                given = reading.groups.get(group, {})
                after = value_text(group.split(".", maxsplit=1)[0], key, given.get(key), options)
            lines.append(CheckLine(spec.label, "", after, f"{edit_url}#{spec.id}"))
        if lines:
            groups.append(CheckGroup(section.title, tuple(lines)))
    status_url = reverse("shikaku:file_status", args=[fixing.status.row_id])
    context = {
        "steps": steps(1),
        "groups": groups,
        "form_url": request.path,
        "back_url": edit_url,
        "submit_label": "この行を登録する",
        "stop_url": status_url,
        "stop_label": "修正をやめる",
        "parents": [("登録の履歴", reverse("shikaku:file_list")), ("ファイル登録の状況", status_url)],
    }
    return show(request, "terminal/shikaku/entry_check.html", context)
