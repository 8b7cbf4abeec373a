"""KA-201 再発行リスト, KA-202 再発行の依頼: lists of 支払基金 staff up to the result; never a code or number.

根拠: KJ-FUGO-06, KJ-FUGO-07, KJ-MENU-07, KJ-DUAL-06, KJ-LOG-02.
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from chukan.controls.kengen.views.guard import principal_of, screen
from chukan.controls.kikan.queries import list_hokensha
from chukan.controls.shonin.actions.apply import apply_in_act
from chukan.controls.shonin.actions.consume import consume
from chukan.controls.shonin.domain import KINDS, may_apply
from chukan.controls.shonin.queries import IraiRow, get_irai, list_baitai
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel import clock
from chukan.kernel.errors import ErrorItem, RuleBroken
from chukan.kernel.http.pages import show
from chukan.kernel.principal import Principal
from chukan.settings import limits
from fugo.actions.record_desk import record_look
from fugo.actions.register_saihakko import (
    ask_saihakko,
    confirm_saihakko,
    register_saihakko,
    withdraw_saihakko,
)
from fugo.actions.reissue_fugo import execute_saihakko
from fugo.actions.write_saihakko import take_extract
from fugo.domain.saihakko import (
    GENIN,
    KIND,
    LEFT_OUT,
    MOKUTEKI,
    STATE_NAMES,
    Act,
    Progress,
    State,
    can,
    check_handler,
    check_state,
    stage_of,
)
from fugo.domain.shutoku_state import STATE_LABELS
from fugo.formats.saihakko_extract_v1 import write_extract
from fugo.http.saihakko_forms import NAMES, check_medium, fields_of, medium_field, read_form
from fugo.queries.saihakko import Extracted, ListFacts, count_progress, extracted_lines, get_saihakko, list_saihakko

_STEPS: Final = (
    State.TOROKU,
    State.SHONIN_MACHI,
    State.SHONIN_ZUMI,
    State.SHIJI,
    State.TENSO,
    State.SOSHIN,
    State.JURYO,
    State.KAKUNIN_ZUMI,
)
_MARKS: Final[Mapping[State, str]] = {
    State.TOROKU: "info",
    State.SHONIN_MACHI: "warn",
    State.KAKUNIN_ZUMI: "ok",
    State.JURYO: "warn",
    State.TORIKESHI: "off",
}
_IRAI_GONE: Final = frozenset({"sashimodoshi", "torisage", "kigengire"})


@screen("KA-201")
@require_GET
def show_lists(request: HttpRequest) -> HttpResponse:
    """Show the newest lists with their cause, and the form of a new one."""
    return _lists(request, {}, ())


@screen("KA-201")
@require_POST
def register(request: HttpRequest) -> HttpResponse:
    """Register a list and go on to it; show the form again with everything that is to be mended."""
    by = principal_of(request)
    check_handler(by)
    given = {name: str(request.POST.get(name, "")) for name in NAMES}
    typed = read_form(given)
    if typed.errors:
        return _lists(request, given, typed.errors)
    try:
        list_id = register_saihakko(by=by, genin=typed.genin, reason=typed.reason, target=typed.target, now=clock.now())
    except RuleBroken as broken:
        return _lists(request, given, broken.errors or (ErrorItem(broken.code, "hokensha_code", broken.message),))
    return _go_on(list_id)


def _lists(request: HttpRequest, given: Mapping[str, str], errors: tuple[ErrorItem, ...]) -> HttpResponse:
    by, now = principal_of(request), clock.now()
    rows = [_row(by, one) for one in list_saihakko(by=by, most=limits.PAGE_SIZE)]
    why, whom = fields_of(given, {_input(error): error.message for error in reversed(errors)})
    context = {
        "rows": rows,
        "why": why,
        "whom": whom,
        "errors": [{"field": f"f-{_input(one)}", "message": one.message, "code": one.code} for one in errors],
        "submit_label": "リストを登録する",
        "now": now,
    }
    record_look(by=by, screen_id="KA-201", kind=SosaKind.SAIHAKKO_SHOKAI, now=now)
    return show(request, "operator/fugo_saihakko_list.html", context, status=422 if errors else 200)


def _input(error: ErrorItem) -> str:
    return error.pointer if error.pointer in NAMES else "hokensha_code"


def _row(by: Principal, facts: ListFacts) -> dict[str, object]:
    state = _stage(by, facts)[0]
    return {
        "facts": facts,
        "genin": GENIN.get(facts.genin, facts.genin),
        "mark": _MARKS.get(state, "run"),
        "state": STATE_NAMES[state],
        "url": reverse("saihakko:irai", args=[facts.id]),
    }


def _stage(by: Principal, facts: ListFacts) -> tuple[State, Progress]:
    """Return where a list stands and how far its requests are; these are counted only where there are any."""
    if facts.state in {State.TOROKU, State.SHONIN_MACHI, State.TORIKESHI}:
        return facts.state, Progress({})
    progress = count_progress(by=by, list_id=facts.id)
    return stage_of(facts.state, progress), progress


@screen("KA-202")
@require_GET
def show_list(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """Show one list: what it says, where it stands, its counts, and what can be done now."""
    return _list(request, list_id, ())


def _list(request: HttpRequest, list_id: UUID, errors: tuple[ErrorItem, ...]) -> HttpResponse:
    by, now = principal_of(request), clock.now()
    facts = get_saihakko(by=by, list_id=list_id)
    state, progress = _stage(by, facts)
    irai = None if facts.shonin_id is None else get_irai(by=by, shonin_id=facts.shonin_id, now=now)
    counts = _counts(facts, progress)
    context = {
        "facts": facts,
        "genin": GENIN.get(facts.genin, facts.genin),
        "hokensha": _names(facts.of_hokensha),
        "issued_to": facts.issued_until,
        "mark": _MARKS.get(state, "run"),
        "state": STATE_NAMES[state],
        "steps": _steps(facts, state, irai),
        "irai": irai,
        "counts": counts,
        "explained": any(text for _, _, text in counts),
        "medium": medium_field([baitai_id for baitai_id, _ in list_baitai(by=by)], errors),
        "mokuteki": next(iter(MOKUTEKI.items())),
        "may": _may(by, facts, state, irai),
        "may_write": facts.written_at is None
        and facts.executed_by == by.actor_id
        and facts.write_until is not None
        and now < facts.write_until
        and can(Act.WRITE, state),
        "may_wait_to_be_sent": state in {State.SHIJI, State.TENSO},
        "running": state in {State.SHONIN_ZUMI, State.SHIJI, State.TENSO, State.SOSHIN},
        "errors": [{"field": f"f-{one.pointer}", "message": one.message, "code": one.code} for one in errors],
        "now": now,
    }
    record_look(by=by, screen_id="KA-202", kind=SosaKind.SAIHAKKO_SHOKAI, targets=(str(facts.id),), now=now)
    return show(request, "operator/fugo_saihakko.html", context, status=422 if errors else 200)


def _names(codes: tuple[str, ...]) -> list[dict[str, str]]:
    names = {one.hokensha_code: one.hokensha_meisho for one in list_hokensha()}
    return [{"code": code, "name": names.get(code, "")} for code in codes]


def _may(by: Principal, facts: ListFacts, state: State, irai: IraiRow | None) -> dict[str, bool]:
    is_due = can(Act.APPLY, facts.state) and (irai is None or irai.state.value in _IRAI_GONE)
    may_ask = may_apply(by, KINDS[KIND])
    return {
        "apply": is_due and may_ask,
        "apply_kengen_nashi": is_due and not may_ask,
        "execute": can(Act.EXECUTE, facts.state) and irai is not None and irai.state.value == "shonin_zumi",
        "confirm": can(Act.CONFIRM, state),
        "withdraw": can(Act.WITHDRAW, facts.state),
    }


def _steps(facts: ListFacts, state: State, irai: IraiRow | None) -> list[dict[str, str]]:
    """Return the eight steps; 承認済 is reached as soon as the others have agreed, before it is used."""
    if state is State.TORIKESHI:
        return [{"name": STATE_NAMES[state], "state": "stop"}]
    if state is State.SHONIN_MACHI and irai is not None and irai.state.value == "shonin_zumi":
        state = State.SHONIN_ZUMI
    at = _STEPS.index(state)
    is_over = facts.state is State.KAKUNIN_ZUMI
    return [
        {
            "name": STATE_NAMES[one],
            "state": "done" if place < at or is_over else "now" if place == at else "todo",
        }
        for place, one in enumerate(_STEPS)
    ]


def _counts(facts: ListFacts, progress: Progress) -> list[tuple[str, int, str]]:
    if facts.executed_at is None:
        return []
    by_state = [(label, progress.by_state.get(state, 0), "") for state, label in STATE_LABELS.items()]
    unaskable = ("要求できない", progress.unaskable, "個人番号の登録を待っています。登録されると要求します。")
    unchanged = ("前と同じ符号", progress.unchanged, "新しい符号が来ていません。再び要求はしません。来れば設定します。")
    left = [("要求しない", count, LEFT_OUT.get(reason, "")) for reason, count in sorted(progress.left_out.items())]
    return [*by_state, *(row for row in (unaskable, unchanged) if row[1]), *left]


@screen("KA-202")
@require_POST
def ask(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """Ask two others for the permission to reissue this list onto this medium."""
    by = principal_of(request)
    check_handler(by)
    check_state(Act.APPLY, get_saihakko(by=by, list_id=list_id).state)
    baitai_id = _baitai(request)
    if missing := check_medium(baitai_id):
        return _list(request, list_id, missing)
    try:
        ask_saihakko(by=by, list_id=list_id, baitai_id=baitai_id, ask_permission=apply_in_act, now=clock.now())
    except RuleBroken as broken:
        return _list(request, list_id, broken.errors)
    return _go_on(list_id)


@screen("KA-202")
@require_POST
def execute(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """Use the permission up; the rest goes by itself. Raises as the action."""
    by = principal_of(request)
    execute_saihakko(by=by, list_id=list_id, baitai_id=_baitai(request), use_permission=consume, now=clock.now())
    return _go_on(list_id)


@screen("KA-202")  # type: ignore[type-var]  # a stream is an answer too
@require_POST
def write(request: HttpRequest, list_id: UUID) -> StreamingHttpResponse:
    """Stream the extract for its medium, once. Raises as the action."""
    by, baitai_id = principal_of(request), _baitai(request)
    take_extract(
        by=by,
        list_id=list_id,
        baitai_id=baitai_id,
        mokuteki=str(request.POST.get("mokuteki", "")),
        has_baitai=baitai_id in dict(list_baitai(by=by)),
        now=clock.now(),
    )
    return StreamingHttpResponse(
        write_extract(map(_in_words, block) for block in extracted_lines(by=by, list_id=list_id)),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="saishutoku_taisho_{list_id}.csv"',
            "Cache-Control": "no-store",
        },
    )


def _in_words(line: Extracted) -> Extracted:
    reason = LEFT_OUT.get(line.reason, "")
    return Extracted(line.hokensha_code, line.hihokensha_edaban, line.shori_tsuban, reason)


@screen("KA-202")
@require_POST
def confirm(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """結果確認. Raises as the action."""
    confirm_saihakko(by=principal_of(request), list_id=list_id, now=clock.now())
    return _go_on(list_id)


@screen("KA-202")
@require_POST
def withdraw(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """Take a list back. Raises as the action."""
    withdraw_saihakko(by=principal_of(request), list_id=list_id, now=clock.now())
    return _go_on(list_id)


def _baitai(request: HttpRequest) -> str:
    return str(request.POST.get("baitai_id", ""))[:20]


def _go_on(list_id: UUID) -> HttpResponse:
    """Send the browser on after a form, so that going back repeats nothing."""
    response = HttpResponseRedirect(reverse("saihakko:irai", args=[list_id]))
    response.status_code = 303
    response.headers["Cache-Control"] = "no-store"
    return response
