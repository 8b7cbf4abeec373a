"""HS-301 ファイルの送信, HS-302 ファイル登録の状況, HS-303 登録の履歴, and what can be downloaded of a file."""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chukan.controls.kengen.views.guard import screen
from chukan.controls.sosa_log.domain import SosaKind
from chukan.controls.sosa_log.sealing import require_sealed_for_numbers
from chukan.controls.uketsuke.queries import (
    MeisaiResult,
    UketsukeStatus,
    count_by_code,
    get_uketsuke,
    get_uketsuke_by_id,
    list_meisai,
    list_uketsuke,
)
from chukan.kernel import clock
from chukan.kernel.errors import Conflict, DomainError, Invalid, NotPermitted
from chukan.kernel.http.pages import show
from chukan.kernel.http.polls import POLL_MARK, is_part, mark_of, not_modified, state_on_record
from chukan.kernel.templatetags.hyoji import hizuke_wareki
from chukan.settings import limits
from shikaku.actions.accept_toroku_file import JIMU, accept_toroku_file
from shikaku.actions.erase_expired import discard_refused
from shikaku.actions.record_shokai import record_file_shokai
from shikaku.domain.items import FILE_HEADERS
from shikaku.domain.violations import CODES
from shikaku.formats.kekka_file_v1 import write_kekka
from shikaku.http.terminal_file_show import file_row, file_view, meisai_row, stages
from shikaku.http.terminal_forms import FieldError
from shikaku.http.terminal_horyu_views import horyu_view
from shikaku.http.terminal_page import Link, actor, can_update, chain_of, go_on, show_errors
from shikaku.http.upload import SealingUploadHandler
from shikaku.queries.kekka import kekka_rows, teisei_csv
from shikaku.queries.refused_line import count_waiting, list_mendable

_UPLOAD: Final = "terminal/shikaku/upload.html"
_NO_RIGHT: Final = (
    "個人番号を含むファイルを送るには、個人番号取扱権限が要ります。必要なときはシステム管理責任者に依頼してください。"
)
_STATUS: Final = "terminal/shikaku/uketsuke.html"
_LIVE: Final = "terminal/shikaku/_uketsuke_live.html"
_LINE: Final = re.compile(r"[0-9]{1,9}\Z")
_FILTERS: Final = (("", "エラーと警告だけ"), ("subete", "すべて"))


@csrf_exempt  # the token is checked by _take_upload, after the upload handler is in place
@screen("HS-301")
@require_http_methods(["GET", "POST"])
def show_file_send(request: HttpRequest) -> HttpResponse:
    """Show the form, or take a file straight into the sealed store and go on to its status.

    Raises NotPermitted before a file is chosen or read: nobody sends 512 MB to learn of a missing right.
    """
    if not actor(request).can_kojin_bango(JIMU):
        raise NotPermitted("kojin_bango_kengen_nashi", _NO_RIGHT)
    if request.method == "GET":
        return show(request, _UPLOAD, _upload_context())
    handler = SealingUploadHandler()
    request.upload_handlers = [handler]
    try:
        response = _take_upload(request, handler)
    except DomainError:
        handler.discard()
        raise
    except BaseException:
        handler.let_go()
        raise
    if response.status_code != 303:  # noqa: PLR2004  # anything but a receipt: the file is not used
        handler.discard()
    return response


@csrf_protect
def _take_upload(request: HttpRequest, handler: SealingUploadHandler) -> HttpResponse:
    by, now = actor(request), clock.now()
    saisoshin = request.POST.get("saisoshin") == "true"
    context = {**_upload_context(), "saisoshin": saisoshin}
    try:
        upload = handler.upload()
    except Invalid as error:
        errors = (FieldError("file", error.message),)
        return show_errors(request, _UPLOAD, {**context, "file_error": error.message}, errors, "ファイルを送る")
    try:
        accepted = accept_toroku_file(by=by, upload=upload, saisoshin=saisoshin, screen_id="HS-301", now=now)
    except Conflict as error:
        return show(request, _UPLOAD, {**context, **_earlier(request, error)}, status=409)
    return go_on(reverse("shikaku:file_status", args=[accepted.uketsuke_id]))


def _earlier(request: HttpRequest, error: Conflict) -> dict[str, object]:
    earlier = error.members.get("uketsuke_bango")
    if earlier is None:
        raise error
    status = get_uketsuke(by=actor(request), uketsuke_bango=earlier, now=clock.now())
    return {
        "earlier_url": reverse("shikaku:file_status", args=[status.row_id]),
        "earlier_bango": status.uketsuke_bango,
        "earlier_at": status.accepted_at,
    }


def _upload_context() -> dict[str, object]:
    headers = list(FILE_HEADERS)
    return {
        "headers": headers,
        "headers_json": json.dumps(headers, ensure_ascii=False),
        "limit": limits.FILE_MAX,
        "form_url": reverse("shikaku:file_send"),
        "files_url": reverse("shikaku:file_list"),
        "saisoshin": False,
    }


@screen("HS-303")
@require_GET
def show_file_list(request: HttpRequest) -> HttpResponse:
    """Show the files of this insurer, newest first."""
    by, now = actor(request), clock.now()
    chain = chain_of(request)
    before = datetime.fromtimestamp(chain[-1] / 1_000_000, UTC) if chain else None
    found = list_uketsuke(by=by, now=now, before=before, limit=limits.PAGE_SIZE + 1)
    shown = found[: limits.PAGE_SIZE]
    last = round(shown[-1].accepted_at.timestamp() * 1_000_000) if len(found) > len(shown) else None
    context = {
        "files": [file_row(one, reverse("shikaku:file_status", args=[one.row_id])) for one in shown],
        "page": _pages(reverse("shikaku:file_list"), chain, last),
        "upload_url": reverse("shikaku:file_send"),
        "can_update": can_update(by),
    }
    return show(request, "terminal/shikaku/uketsuke_list.html", context)


def _pages(url: str, chain: Sequence[int], last: int | None, query: str = "") -> dict[str, str]:
    return {
        "previous_url": _at(url, chain[:-1], query) if chain else "",
        "next_url": "" if last is None else _at(url, [*chain, last], query),
    }


def _at(url: str, chain: Sequence[int], query: str) -> str:
    words = [f"ato={'.'.join(str(number) for number in chain)}"] if chain else []
    if query:
        words.append(query)
    return f"{url}?{'&'.join(words)}" if words else url


@screen("HS-302")
@require_GET
def show_file_status(request: HttpRequest, row_id: UUID) -> HttpResponse:
    """Show stages, counts, codes and results; a poll gets the live part, or 304 when nothing moved."""
    by, now = actor(request), clock.now()
    status = get_uketsuke_by_id(by=by, row_id=row_id, now=now)
    state = f"{status.jotai}-{status.shori_zumi}-{status.ijo}-{status.teitai_nichiji is not None}-{status.waits_for}"
    seen, mark = state_on_record(request, viewer=by.actor_id), mark_of(request, viewer=by.actor_id, state=state)
    if seen == state:
        return not_modified(mark)
    if seen is None:
        record_file_shokai(by=by, uketsuke_bango=status.uketsuke_bango, screen_id="HS-302", now=now)
    response = show(request, _LIVE if is_part(request) else _STATUS, _status_context(request, status, mark, now))
    response.headers[POLL_MARK] = mark
    return response


def _status_context(request: HttpRequest, status: UketsukeStatus, mark: str, now: datetime) -> dict[str, object]:
    by = actor(request)
    url = reverse("shikaku:file_status", args=[status.row_id])
    code = request.GET.get("code", "")
    code = code if code in CODES else ""
    everything = request.GET.get("miru") == "subete"
    query = f"code={code}" if code else "miru=subete" if everything else ""
    chain = chain_of(request)
    mended = found[0] if (found := _LINE.match(request.GET.get("naoshita", ""))) else ""
    waiting = 0
    if status.ijo and status.refused_until is not None and status.refused_until > now:
        waiting = count_waiting(by=by, row_ids=[status.row_id]).get(status.row_id, 0)
    context: dict[str, object] = {
        "can_update": can_update(by),
        "file": file_view(status, now),
        "horyu": horyu_view(by, status, now),
        "steps": stages(status),
        "poll_mark": mark,
        # Of what was read, not as it was asked for: a number typed into the address is not given back. 根拠: KJ-UI-04
        "live_url": _at(url, chain, "&".join(filter(None, (query, mended and f"naoshita={mended}")))),
        "files_url": reverse("shikaku:file_list"),
        "upload_url": reverse("shikaku:file_send"),
        "reasons": _reasons(request, status, url, code),
        "filters": [
            Link(name, f"{url}?miru={value}" if value else url, current=not code and everything == bool(value))
            for value, name in _FILTERS
        ],
        "filter_text": f"{code} {CODES[code]}" if code else "すべて" if everything else "エラーと警告",
        "kekka_url": reverse("shikaku:file_kekka", args=[status.row_id]) if status.finished else "",
        "page": _meisai_page(request, status, url, query, chain=chain, code=code, everything=everything),
    }
    if mended:
        context["mended"] = f"{int(mended):,}行目を登録しました。"
    if waiting and can_update(by):
        note = f"直していないエラー行が{waiting:,}件あります。{hizuke_wareki(status.refused_until)}まで受け取れます。"
        if not by.can_kojin_bango(JIMU):
            note += "個人番号取扱権限がないため、個人番号の列は空になります。"
        context |= {
            "teisei_url": reverse("shikaku:file_teisei", args=[status.row_id]),
            "discard_url": reverse("shikaku:file_discard", args=[status.row_id]),
            "teisei_note": note,
        }
    return context


def _reasons(request: HttpRequest, status: UketsukeStatus, url: str, code: str) -> list[dict[str, object]]:
    if not status.keikoku and not status.ijo:
        return []
    counts = count_by_code(by=actor(request), row_id=status.row_id)
    return [
        {"code": one, "text": CODES.get(one, ""), "count": count, "url": f"{url}?code={one}", "current": one == code}
        for one, count in counts
    ]


def _meisai_page(
    request: HttpRequest,
    status: UketsukeStatus,
    url: str,
    query: str,
    *,
    chain: Sequence[int],
    code: str,
    everything: bool,
) -> dict[str, object]:
    by = actor(request)
    found = list_meisai(
        by=by,
        row_id=status.row_id,
        after=chain[-1] if chain else 0,
        limit=limits.PAGE_SIZE + 1,
        code=code,
        notable_only=not everything,
    )
    shown = found[: limits.PAGE_SIZE]
    refused = frozenset(one.meisai_no for one in shown if one.kubun == "9")
    waiting: frozenset[int] = frozenset()
    kept = status.refused_until is not None and status.refused_until > clock.now()
    if refused and kept:
        waiting = list_mendable(by=by, row_id=status.row_id, numbers=sorted(refused))
    mended = refused - waiting if kept else frozenset()
    mendable = waiting if can_update(by) else frozenset()
    last = shown[-1].meisai_no if len(found) > len(shown) else None
    total = f"{status.sosu:,}件すべて登録しました。" if status.finished else "処理が進むと、ここに出ます。"
    return {
        **_pages(url, chain, last, query),
        "items": [
            meisai_row(
                one,
                _mend_url(status, one) if one.meisai_no in mendable else "",
                mended=one.meisai_no in mended,
            )
            for one in shown
        ],
        "empty_title": "当てはまる行は0件です。" if code or everything else "エラーと警告はありません。",
        "empty_text": "" if code or everything else total,
    }


def _mend_url(status: UketsukeStatus, result: MeisaiResult) -> str:
    return reverse("shikaku:file_fix", args=[status.row_id, result.meisai_no])


@screen("HS-302")  # type: ignore[type-var]  # a stream is an answer too
@require_GET
def download_kekka(request: HttpRequest, row_id: UUID) -> StreamingHttpResponse:
    """Stream the result of every line as CSV, on record."""
    by, now = actor(request), clock.now()
    status = get_uketsuke_by_id(by=by, row_id=row_id, now=now)
    if not status.finished:
        raise Conflict("shorichu", "まだ処理しています。終わってから受け取ってください。")
    record_file_shokai(by=by, uketsuke_bango=status.uketsuke_bango, screen_id="HS-302", kind=SosaKind.DOWNLOAD, now=now)
    rows = kekka_rows(by=by, status=status) if status.riyu is None else ()
    return _csv(write_kekka(rows), f"kekka_{status.uketsuke_bango}.csv", "text/csv; charset=utf-8")


@screen("HS-304")  # type: ignore[type-var]  # a stream is an answer too
@require_GET
def download_teisei(request: HttpRequest, row_id: UUID) -> StreamingHttpResponse:
    """Stream the refused lines as CSV; the number columns are empty without 個人番号取扱権限. 根拠: KJ-AUTH-14."""
    by, now = actor(request), clock.now()
    require_sealed_for_numbers(by=by, now=now)
    status = get_uketsuke_by_id(by=by, row_id=row_id, now=now)
    with_numbers = by.can_kojin_bango(JIMU)
    pieces = teisei_csv(by=by, row_id=row_id, with_numbers=with_numbers, now=now)
    kind = SosaKind.BANGO_DOWNLOAD if with_numbers else SosaKind.DOWNLOAD
    record_file_shokai(by=by, uketsuke_bango=status.uketsuke_bango, screen_id="HS-304", kind=kind, now=now)
    return _csv(pieces, f"error_{status.uketsuke_bango}.csv", "text/csv")


def _csv(pieces: object, name: str, content_type: str) -> StreamingHttpResponse:
    return StreamingHttpResponse(
        pieces,  # type: ignore[arg-type]  # an iterator of bytes
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


@screen("HS-304")
@require_POST
def discard(request: HttpRequest, row_id: UUID) -> HttpResponse:
    """Throw the refused lines away, after the dialog asked."""
    discard_refused(by=actor(request), row_id=row_id, screen_id="HS-304", now=clock.now())
    return go_on(reverse("shikaku:file_status", args=[row_id]))
