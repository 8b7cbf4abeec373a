"""Screens of the operation log: KR-201 for an insurer's own, LG-101 for operators. Their guard is set outside."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from chukan.controls.sosa_log.actions.search_log import export_log, search_log
from chukan.controls.sosa_log.domain import KIND_LABELS, RESULTS, LogPage, LogRow, short_target
from chukan.controls.sosa_log.forms import NAMES, LogForm, read_form
from chukan.controls.sosa_log.queries import oldest_unsealed
from chukan.controls.sosa_log.sealing import Passage, is_overdue, is_stopped
from chukan.kernel import clock
from chukan.kernel.errors import RuleBroken
from chukan.kernel.http.pages import Todo
from chukan.kernel.principal import Principal
from chukan.kernel.templatetags.hyoji import nagasa
from chukan.settings import limits

_MARKS: Final = {"ok": "ok", "refused": "warn", "not_found": "off", "error": "error"}
_SHOWN_TARGETS: Final = 3
_STOPPED: Final = {
    Passage.NUMBERS: "個人番号の表示と書き出しは止めています。",
    Passage.PARTNERS: "接続システムとのやり取りも止めています。",
}


@dataclass(frozen=True, slots=True)
class _Place:
    """What differs between the two screens."""

    screen_id: str
    url_name: str
    fields: tuple[str, ...]
    across: bool


_OWN: Final = _Place(
    "KR-201", "sosa_log:own", ("actor_id", "day_from", "day_to", "kind", "result", "target"), across=False
)
_ALL: Final = _Place(
    "LG-101",
    "sosa_log:search",
    ("hokensha_code", "actor_id", "terminal", "day_from", "day_to", "kind", "result", "target"),
    across=True,
)


def _named(screen_id: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Say which screen a view is; the guard reads it."""

    def mark(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        view.screen_id = screen_id  # type: ignore[attr-defined]  # read by the guard and by tests
        return view

    return mark


def todo_sealing(*, by: Principal, now: datetime, url: str) -> list[Todo]:
    """Return what operators have to do when nobody seals the operation log, nothing while it is sealed.

    `url` of the log's own page, "" for who may not open it.
    """
    since = oldest_unsealed(by=by)
    if since is None or not is_overdue(since, now=now):
        return []
    told = (
        f"操作ログが{nagasa((now - since).total_seconds())}封印されていません。seal_sosa_log の状態を確かめてください。"
    )
    stopped = [text for passage, text in _STOPPED.items() if is_stopped(passage, since, now=now)]
    return [Todo(told + "".join(stopped), url)]


def _principal(request: HttpRequest) -> Principal:
    found = getattr(request, "principal", None)
    if not isinstance(found, Principal):
        message = "this view stands behind the guard of the screens"
        raise TypeError(message)
    return found


def _form(request: HttpRequest) -> LogForm:
    typed = {name: request.POST.get(name, "") for name in NAMES}
    return read_form(typed, on=clock.today_jst())


def _line(row: LogRow) -> dict[str, object]:
    return {
        "row": row,
        "kind": KIND_LABELS.get(row.kind, row.kind),
        "mark": _MARKS.get(row.result, "off"),
        "result": RESULTS.get(row.result, row.result),
        "targets": [short_target(target) for target in row.targets[:_SHOWN_TARGETS]],
        "request_id": short_target(row.request_id),
        "more": max(0, len(row.targets) - _SHOWN_TARGETS),
    }


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() and len(text) < 19 else None  # noqa: PLR2004  # bigint


def _list(request: HttpRequest, place: _Place) -> HttpResponse:
    form = _form(request)
    page = None
    if not form.errors:
        page = search_log(
            by=_principal(request),
            given=form.given,
            before=_number(request.POST.get("before")),
            after=_number(request.POST.get("after")),
            limit=limits.PAGE_SIZE,
            screen_id=place.screen_id,
            now=clock.now(),
        )
    return _show(request, place, form, page, form.errors)


def _csv(request: HttpRequest, place: _Place) -> HttpResponse:
    form, now = _form(request), clock.now()
    if form.errors:
        return _show(request, place, form, None, form.errors)
    try:
        content = export_log(by=_principal(request), given=form.given, screen_id=place.screen_id, now=now)
    except RuleBroken as refused:
        return _show(request, place, form, None, refused.errors)
    name = f"sosa_kiroku_{now.astimezone(clock.JST):%Y%m%d%H%M%S}.csv"
    return HttpResponse(
        content,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _show(
    request: HttpRequest, place: _Place, form: LogForm, page: LogPage | None, errors: Sequence[object]
) -> HttpResponse:
    rows = () if page is None else page.rows
    context = {
        "fields": form.fields(place.fields),
        "typed": [(name, value) for name, value in form.typed.items() if value],
        "errors": [
            {"field": getattr(item, "pointer", ""), "message": getattr(item, "message", ""), "code": ""}
            for item in errors
        ],
        "submit_label": "検索する",
        "searched": page is not None,
        "lines": [_line(row) for row in rows],
        "newer_than": rows[0].id if page and page.has_newer and rows else None,
        "older_than": rows[-1].id if page and page.has_older and rows else None,
        "across": place.across,
        "search_url": reverse(place.url_name),
        "csv_url": reverse(f"{place.url_name}_csv"),
    }
    status = 422 if errors else 200
    return render(request, "controls/sosa_log/log.html", context, status=status)


@_named("KR-201")
@require_http_methods(["GET", "POST"])
def show_own_log(request: HttpRequest) -> HttpResponse:
    """Show the operations of the own organisation."""
    return _list(request, _OWN)


@_named("KR-201")
@require_POST
def download_own_log(request: HttpRequest) -> HttpResponse:
    """Output the operations of the own organisation as CSV."""
    return _csv(request, _OWN)


@_named("LG-101")
@require_http_methods(["GET", "POST"])
def show_log(request: HttpRequest) -> HttpResponse:
    """Show the operations of every organisation, to operators."""
    return _list(request, _ALL)


@_named("LG-101")
@require_POST
def download_log(request: HttpRequest) -> HttpResponse:
    """Output the operations of every organisation as CSV, to operators."""
    return _csv(request, _ALL)
