"""AP-103 自分の依頼: what one has asked for and where it stands, two forms to ask, and the way to take it back."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chukan.controls.kengen.domain import JIMU, JOHO_TEIKYO_SERVER
from chukan.controls.kengen.views.guard import principal_of, screen
from chukan.controls.shonin.actions.apply import apply, withdraw
from chukan.controls.shonin.domain import (
    BAITAI_SHURUI,
    KINDS,
    LONGEST,
    OPEN,
    Kind,
    Refusal,
    may_apply,
    refused,
)
from chukan.controls.shonin.queries import list_own_irai
from chukan.controls.shonin.views.marks import line_of
from chukan.kernel import clock
from chukan.kernel.errors import Conflict, ErrorItem, RuleBroken
from chukan.kernel.http.pages import show
from chukan.kernel.values.kojin_bango import without_kojin_bango
from chukan.settings import limits

REFUSED: Final = 422
_MAX_TEXT: Final = 500
_DAYS: Final = tuple(range(1, LONGEST.days + 1))
_CHOICES: Final = {
    "jimu": {key: JIMU[key] for key in JOHO_TEIKYO_SERVER},
    "action": {"shokai": "照会のみ", "koshin": "更新要"},
    "shurui": dict(BAITAI_SHURUI),
}


@screen("AP-103")
@require_GET
def show_irai(request: HttpRequest) -> HttpResponse:
    """Show the newest 依頼 of the person signed in."""
    by, now = principal_of(request), clock.now()
    rows = list_own_irai(by=by, limit=limits.PAGE_SIZE, now=now)
    context = {
        "rows": [line_of(row) | {"may_withdraw": row.state in OPEN} for row in rows],
        "may_ask_kengen": may_apply(by, KINDS[Kind.JOHO_TEIKYO_SERVER_KENGEN]),
        "may_ask_baitai": may_apply(by, KINDS[Kind.BAITAI]),
        "limit": limits.PAGE_SIZE,
    }
    return show(request, "controls/shonin/irai.html", context)


@screen("AP-103")
@require_http_methods(["GET", "POST"])
def ask_kengen(request: HttpRequest) -> HttpResponse:
    """Ask for one right of 情報提供サーバー for one member of staff. 根拠: KJ-AUTH-20."""
    return _ask(request, Kind.JOHO_TEIKYO_SERVER_KENGEN)


@screen("AP-103")
@require_http_methods(["GET", "POST"])
def ask_baitai(request: HttpRequest) -> HttpResponse:
    """Ask for a medium that extractions may go to. 根拠: KJ-DUAL-06."""
    return _ask(request, Kind.BAITAI)


def _ask(request: HttpRequest, kind: Kind) -> HttpResponse:
    if not may_apply(principal_of(request), KINDS[kind]):
        raise refused(Refusal.KENGEN)  # before anything is typed
    if request.method == "GET":
        return _form(request, kind, typed={"kigen": "3"}, errors=())
    typed = {name: request.POST.get(name, "")[:_MAX_TEXT].strip() for name in (*KINDS[kind].fields, "riyu", "kigen")}
    days = int(typed["kigen"]) if typed["kigen"] in {str(day) for day in _DAYS} else 0
    now = clock.now()
    try:
        apply(
            by=principal_of(request),
            kind=kind,
            payload={name: typed[name] for name in KINDS[kind].fields},
            reason=typed["riyu"],
            expires=now + timedelta(days=days),
            now=now,
        )
    except RuleBroken as error:
        return _form(request, kind, typed=typed, errors=error.errors)
    return HttpResponseRedirect(reverse("shonin:irai"))


def _form(request: HttpRequest, kind: Kind, *, typed: dict[str, str], errors: Sequence[ErrorItem]) -> HttpResponse:
    error_of = {item.pointer.replace("expires_at", "kigen"): item for item in errors}
    fields = [
        {
            "name": name,
            "label": label,
            "value": without_kojin_bango(typed.get(name, "")),
            "choices": list(_CHOICES.get(name, {}).items()),
            "error": error_of[name].message if name in error_of else "",
        }
        for name, label in KINDS[kind].fields.items()
    ]
    context = {
        "rule": KINDS[kind],
        "fields": fields,
        "riyu": without_kojin_bango(typed.get("riyu", "")),
        "kigen": typed.get("kigen", ""),
        "days": [str(day) for day in _DAYS],
        "error_of": {name: item.message for name, item in error_of.items()},
        "errors": [
            {"field": f"f-{name}", "message": item.message, "code": item.code} for name, item in error_of.items()
        ],
        "submit_label": "依頼する",
    }
    return show(request, "controls/shonin/ask.html", context, status=REFUSED if errors else 200)


@screen("AP-103")
@require_POST
def withdraw_irai(request: HttpRequest, shonin_id: UUID) -> HttpResponse:
    """Take a 依頼 of one's own back; what cannot be taken back stands in the list as it is."""
    try:
        withdraw(by=principal_of(request), shonin_id=shonin_id, now=clock.now())
    except Conflict:
        return HttpResponseRedirect(reverse("shonin:irai"))
    return HttpResponseRedirect(reverse("shonin:irai"))
