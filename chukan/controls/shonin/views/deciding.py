"""AP-101 承認待ち and AP-102 承認の確認: what waits for one's own decision, all that a decision needs, sending back."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from chukan.controls.kengen.views.guard import principal_of, screen
from chukan.controls.shonin.actions.decide import reject
from chukan.controls.shonin.domain import (
    FILE,
    MESSAGES,
    SHONIN_JIMU,
    WAITING,
    Refusal,
    State,
    check_decide,
)
from chukan.controls.shonin.queries import IraiRow, get_irai, list_irai
from chukan.controls.shonin.views.marks import MARKS, line_of
from chukan.controls.sosa_log.actions import record_sosa_alone
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel import clock
from chukan.kernel.errors import Conflict, NotPermitted, RuleBroken
from chukan.kernel.http.pages import show
from chukan.kernel.principal import Principal
from chukan.kernel.values.kojin_bango import without_kojin_bango
from chukan.settings import limits

REFUSED: Final = 422
MAX_TEXT: Final = 500
MAX_NUMBER: Final = 12
# What came of an approval, by where the 依頼 stands since.
DONE: Final[Mapping[State, str]] = {
    State.HITORIME: "承認しました。もう1人の責任者の承認を待っています。",
    State.SHONIN_ZUMI: "承認しました。依頼した人が、期限までに1回だけ実行できます。",
    State.JIKKO_CHU: "承認した内容を実行しています。",
    State.KANRYO: "承認した内容は実行済みです。",
}


@screen("AP-101")
@require_GET
def show_machi(request: HttpRequest) -> HttpResponse:
    """Show what waits for one's own decision, then what waits for others, then what is decided."""
    by, now = principal_of(request), clock.now()
    rows = list_irai(by=by, limit=limits.PAGE_SIZE, now=now)
    mine = [row for row in rows if _refusal(by, row) is None]
    waiting = [row for row in rows if row.state in WAITING and row not in mine]
    rest = [row for row in rows if row.state not in WAITING]
    record_sosa_alone(
        by=by,
        kind=SosaKind.SHONIN_LIST,
        jimu=SHONIN_JIMU,
        target_file=FILE,
        result="ok",
        detail={"count": len(rows)},
        screen_id="AP-101",
        now=now,
    )
    context = {
        "mine": [line_of(row) for row in mine],
        "waiting": [line_of(row) for row in waiting],
        "rest": [line_of(row) for row in rest],
        "may_open": by.can("shonin", "koshin"),
        "limit": limits.PAGE_SIZE,
    }
    return show(request, "controls/shonin/machi.html", context)


@screen("AP-102")
@require_GET
def show_kakunin(request: HttpRequest, shonin_id: UUID) -> HttpResponse:
    """Show one 依頼 with everything a decision needs: what, how many people, before and after, why."""
    row = get_irai(by=principal_of(request), shonin_id=shonin_id, now=clock.now())
    return decision_page(request, row)


@screen("AP-102")
@require_POST
def reject_irai(request: HttpRequest, shonin_id: UUID) -> HttpResponse:
    """Send a 依頼 back with the reason."""
    by, now = principal_of(request), clock.now()
    try:
        reject(by=by, shonin_id=shonin_id, comment=request.POST.get("comment", "")[:MAX_TEXT], now=now)
    except (NotPermitted, RuleBroken) as error:
        return refuse_decision(request, get_irai(by=by, shonin_id=shonin_id, now=now), error)
    return HttpResponseRedirect(reverse("shonin:kakunin", args=[shonin_id]), status=303)


def _refusal(by: Principal, row: IraiRow) -> str | None:
    refusal = check_decide(
        by=by,
        rule=row.rule,
        shinseisha=row.shinseisha_id,
        taisho=row.taisho,
        decided_by=row.decided_by,
        state=row.state,
    )
    return None if refusal is None else MESSAGES[refusal]


def _done(by: Principal, row: IraiRow) -> str:
    """Return what came of one's own decision, '' for somebody who has not decided."""
    own = next((one for one in row.handan if one.shokuin_id == by.actor_id), None)
    if own is None:
        return ""
    return (DONE.get(row.state) or "承認しました。") if own.is_approval else "差し戻しました。"


def decision_page(
    request: HttpRequest, row: IraiRow, *, error: Conflict | NotPermitted | RuleBroken | None = None
) -> HttpResponse:
    """Answer with the page of one 依頼, and with what keeps it from being decided."""
    by = principal_of(request)
    items = () if error is None else error.errors
    message = "" if error is None else (items[0].message if items else error.message)
    field = items[0].pointer if items else "ninzu" if error is not None and error.code == Refusal.NINZU else ""
    context = {
        "row": row,
        "mark": MARKS[row.state],
        "done": "" if error else _done(by, row),
        "why_not": _refusal(by, row),
        "comment": without_kojin_bango(request.POST.get("comment", "")[:MAX_TEXT]),
        "ninzu": without_kojin_bango(request.POST.get("ninzu", ""))[:MAX_NUMBER],
        "error_of": {field: message},
        "errors": [{"field": f"f-{field}", "message": message, "code": items[0].code if items else ""}]
        if field
        else [],
        "refusal": "" if field else message,
    }
    return show(request, "controls/shonin/kakunin.html", context, status=REFUSED if error else 200)


def refuse_decision(request: HttpRequest, row: IraiRow, error: Conflict | NotPermitted | RuleBroken) -> HttpResponse:
    """Answer that nothing was decided, and write down who was refused."""
    record_refusal(by=principal_of(request), shonin_id=row.id, code=error.code)
    return decision_page(request, row, error=error)


def record_refusal(*, by: Principal, shonin_id: UUID, code: str) -> None:
    """Write that somebody wanted to decide and was refused. 根拠: KJ-DUAL-07, KJ-LOG-02."""
    record_sosa_alone(
        by=by,
        kind=SosaKind.SHONIN,
        jimu=SHONIN_JIMU,
        target_file=FILE,
        targets=[str(shonin_id)],
        result="refused",
        detail={"code": code},
        screen_id="AP-102",
        now=clock.now(),
    )
