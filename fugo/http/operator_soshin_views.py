"""IP-101 情報提供サーバーへ送信, IP-102 受信, IP-103 送受信の記録: one file, one confirmation, one sending.

IP-101 shows what lies in the store at that moment; IP-001 asks for a confirmation of exactly that; the act uses it up.
根拠: KJ-FUGO-03, KJ-FUGO-07, KJ-AUTH-06, KJ-LOG-02.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from chukan.controls.kengen.views.guard import principal_of, screen
from chukan.controls.seitai.actions import consume
from chukan.controls.seitai.domain import is_refusal
from chukan.controls.seitai.queries import Ninsho, find_ninsho
from chukan.controls.seitai.views.step_up import Act, answered_seitai, ask_for_seitai
from chukan.kernel import clock
from chukan.kernel.clock import midnight_jst
from chukan.kernel.errors import Conflict, NotPermitted
from chukan.kernel.http.pages import show
from chukan.kernel.templatetags.hyoji import nichiji_byo
from chukan.settings import limits
from fugo.actions.check_stored import CHANGED, check_stored
from fugo.actions.record_desk import record_look, record_refused_soshin
from fugo.actions.send_yokyu_file import PURPOSE, send_yokyu_file
from fugo.domain.yokyu_file import KIND_NAMES, SOSHIN_CHU, SOSHIN_MACHI, SOSHIN_ZUMI, bound_of
from fugo.http.desk_show import PAGE, FileRow, file_row, juryo_rows, since_today
from fugo.http.operator_jokyo_views import next_url, uuid_in
from fugo.queries.desk import count_juryo, count_juryo_days
from fugo.queries.desk_files import get_desk_file, list_files, list_unfinished
from fugo.queries.yokyu_file import YokyuFileFacts

_JIMU: Final = "fugo"
_CONFLICT: Final = 409


@dataclass(frozen=True, slots=True)
class Soshin:
    """One sending as IP-103 shows it: the file, who let it go, and how."""

    file: FileRow
    sent_by: str
    ninsho: Ninsho | None


@dataclass(frozen=True, slots=True)
class JuryoDay:
    """The codes of one day: all, stored, and those that fit no request."""

    day: date
    came: int
    stored: int
    again: int
    suspect: int


@screen("IP-101")
@require_GET
def show_soshin(request: HttpRequest) -> HttpResponse:
    """Show the files that wait, to choose one."""
    by, now = principal_of(request), clock.now()
    waiting = list_unfinished(by=by, states=(SOSHIN_MACHI,), most=PAGE)
    record_look(by=by, screen_id="IP-101", now=now)
    context = {"now": now, "files": [file_row(row, now) for row in waiting], "kept_days": limits.FUGO_FILE_KEPT.days}
    return show(request, "operator/fugo_soshin_list.html", context)


@screen("IP-101")
@require_GET
def show_file(request: HttpRequest, row_id: UUID) -> HttpResponse:
    """Show one file, its hash compared with what lies in the store just now. Raises NotFound."""
    by, now = principal_of(request), clock.now()
    refusal = None
    try:
        check_stored(by=by, file_id=row_id)
    except Conflict as error:
        refusal = error
    record_look(by=by, screen_id="IP-101", targets=(str(row_id),), now=now)
    return _file_page(request, row_id, refusal)


@screen("IP-101")
@require_POST
def ask(request: HttpRequest, row_id: UUID) -> HttpResponse:
    """Ask for a confirmation of sending exactly this file (IP-001). Raises NotFound."""
    by = principal_of(request)
    try:
        file = check_stored(by=by, file_id=row_id)
    except Conflict as error:
        return _refuse(request, row_id, error)
    return ask_for_seitai(request, _act(file))


@screen("IP-101")
@require_POST
def send(request: HttpRequest, row_id: UUID) -> HttpResponse:
    """Take the confirmation and send the file; after a refusal nothing has happened. Raises NotFound."""
    by = principal_of(request)
    try:
        file = check_stored(by=by, file_id=row_id)
    except Conflict as error:
        return _refuse(request, row_id, error)
    try:
        ninsho_id = answered_seitai(request)
        send_yokyu_file(by=by, file_id=row_id, ninsho_id=ninsho_id, consume=consume, now=clock.now())
    except Conflict as error:
        return _refuse(request, row_id, error)
    except NotPermitted as error:
        if not is_refusal(error):
            raise
        record_refused_soshin(by=by, file_id=row_id, code=error.code, screen_id="IP-001", now=clock.now())
        return ask_for_seitai(request, _act(file), error=error)
    return HttpResponseRedirect(reverse("fugo:soshin_kekka", args=[row_id]), status=303)


@screen("IP-101")
@require_GET
def show_kekka(request: HttpRequest, row_id: UUID) -> HttpResponse:
    """Show that a file was let go and how far the sending has come. Raises NotFound."""
    by, now = principal_of(request), clock.now()
    file = get_desk_file(by=by, file_id=row_id)
    if file.released_at is None:
        return HttpResponseRedirect(reverse("fugo:soshin_file", args=[row_id]), status=303)
    ninsho = find_ninsho(by=by, ninsho_id=[file.ninsho_id] if file.ninsho_id else [])
    record_look(by=by, screen_id="IP-101", targets=(str(row_id),), now=now)
    context = {
        "now": now,
        "file": file_row(file, now),
        "sent_by": file.sent_by,
        "ninsho": next(iter(ninsho.values()), None),
        "is_going": file.state == SOSHIN_CHU,
        "is_sent": file.state == SOSHIN_ZUMI,
    }
    return show(request, "operator/fugo_soshin_kekka.html", context)


def _act(file: YokyuFileFacts) -> Act:
    here = reverse("fugo:soshin_file", args=[file.id])
    return Act(
        purpose=PURPOSE,
        bound=bound_of(file.id.bytes, file.sha256),
        title="符号取得要求ファイルを住基ネットへ送信する",
        rows=(
            ("種類", KIND_NAMES[file.kind]),
            ("人数", f"{file.kensu:,}人"),
            ("作成", nichiji_byo(file.created_at)),
            ("ファイル番号", str(file.id)),
            ("SHA-256", file.sha256),
        ),
        act_url=reverse("fugo:soshin_jikko", args=[file.id]),
        back_url=here,
        submit_label="生体認証をして送信する",
    )


def _refuse(request: HttpRequest, file_id: UUID, error: Conflict) -> HttpResponse:
    record_refused_soshin(
        by=principal_of(request), file_id=file_id, code=error.code, screen_id="IP-101", now=clock.now()
    )
    return _file_page(request, file_id, error, status=_CONFLICT)


def _file_page(request: HttpRequest, file_id: UUID, refusal: Conflict | None, *, status: int = 200) -> HttpResponse:
    by, now = principal_of(request), clock.now()
    file = get_desk_file(by=by, file_id=file_id)
    context = {
        "now": now,
        "file": file_row(file, now),
        "refusal": "" if refusal is None else refusal.message,
        "asked": status == _CONFLICT,
        "has_changed": refusal is not None and refusal.code == CHANGED,
        "is_released": file.released_at is not None,
    }
    return show(request, "operator/fugo_soshin.html", context, status=status)


@screen("IP-102")
@require_GET
def show_jushin(request: HttpRequest) -> HttpResponse:
    """Say that codes come by themselves, and show what came by word and by day."""
    by, now = principal_of(request), clock.now()
    midnight, week = since_today(midnight_jst(now))
    came = juryo_rows(count_juryo(by=by, since=midnight), count_juryo(by=by, since=week))
    days = [
        JuryoDay(
            day=day,
            came=sum(counts.values()),
            stored=sum(count for juryo, count in counts.items() if juryo.value == "stored"),
            again=sum(count for juryo, count in counts.items() if juryo.value == "same_again"),
            suspect=sum(row.counts[0] for row in juryo_rows(counts) if row.suspect),
        )
        for day, counts in count_juryo_days(by=by, since=week).items()
    ]
    record_look(by=by, screen_id="IP-102", now=now)
    return show(request, "operator/fugo_jushin.html", {"now": now, "came": came, "days": days})


@screen("IP-103")
@require_GET
def show_kiroku(request: HttpRequest) -> HttpResponse:
    """Show every sending, newest first: who, with which authenticator, what file and hash, when, with what result."""
    by, now = principal_of(request), clock.now()
    found = list_files(by=by, before=uuid_in(request), released=True, most=PAGE + 1)
    ninsho = find_ninsho(by=by, ninsho_id=[row.ninsho_id for row in found if row.ninsho_id is not None])
    here = reverse("fugo:kiroku")
    context = {
        "now": now,
        "rows": [
            Soshin(file_row(row, now), row.sent_by, ninsho.get(row.ninsho_id) if row.ninsho_id else None)
            for row in found[:PAGE]
        ],
        "next_url": next_url(here, found, PAGE),
        "first_url": here if "ato" in request.GET else "",
    }
    record_look(by=by, screen_id="IP-103", now=now)
    return show(request, "operator/fugo_kiroku.html", context)
