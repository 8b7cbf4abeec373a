"""KA-101 符号取得の実行, KA-102 符号取得の状況: what waits, what goes, what came of it; never a person, number or code.

根拠: KJ-FUGO-07, KJ-MENU-08, KJ-DUAL-03.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from chukan.controls.kengen.views.guard import principal_of, screen
from chukan.controls.kikan.queries import list_hokensha
from chukan.kernel import clock
from chukan.kernel.clock import midnight_jst
from chukan.kernel.errors import NotFound
from chukan.kernel.http.pages import Tile, Todo, show
from chukan.kernel.templatetags.hyoji import nagasa
from chukan.kernel.values.kojin_bango import without_kojin_bango
from chukan.settings import limits
from fugo.actions.record_desk import record_look
from fugo.domain.answer_matching import Juryo
from fugo.domain.search_word import REFLECTED_WITHIN, read_word, span_of
from fugo.domain.shutoku_state import STATE_LABELS
from fugo.domain.yokyu_file import HAIKI, SOSHIN_CHU, SOSHIN_MACHI, SOSHIN_ZUMI, TSUKURI
from fugo.http.desk_show import (
    PAGE,
    PATIENCE,
    RequestRow,
    counted,
    file_row,
    juryo_rows,
    request_row,
    since_today,
    suspect_count,
)
from fugo.queries.desk import (
    Counts,
    DeskRequest,
    count_juryo,
    count_of_file,
    count_requests,
    find_request,
    list_left_out,
    list_of_file,
    list_of_uketsuke,
    list_overdue,
)
from fugo.queries.desk_files import DeskFile, FilesOfState, count_files, get_desk_file, list_files, list_unfinished

_JIMU: Final = "fugo"
_WORD_MAX: Final = 64
_NOT_A_WORD: Final = "処理通番か受付番号を読み取れません。画面や通知にある番号を、そのまま入力してください。"
_EMPTY_WORD: Final = "処理通番か受付番号を入力してください。"
_TABS: Final = (
    ("fugo:jokyo", "要求ファイル"),
    ("fugo:kaito_machi", f"{PATIENCE}を過ぎた回答待ち"),
    ("fugo:yokyu_fuka", "要求できないもの"),
)


@dataclass(frozen=True, slots=True)
class Tab:
    """One of the lists of KA-102."""

    name: str
    url: str
    current: bool


def tabs_of(here: str) -> list[Tab]:
    """Return the lists of KA-102 with the present one marked."""
    return [Tab(name, reverse(route), route == here) for route, name in _TABS]


@screen("KA-101")
@require_GET
def show_jikko(request: HttpRequest) -> HttpResponse:
    """Show what needs an operator, how many requests stand where, and the files that wait to be sent."""
    by, now = principal_of(request), clock.now()
    requests, files = count_requests(by=by, sent_before=now - limits.FUGO_PATIENCE), count_files(by=by)
    today = count_juryo(by=by, since=midnight_jst(now))
    waiting = list_unfinished(by=by, states=(SOSHIN_MACHI,), most=PAGE)
    going = list_unfinished(by=by, states=(TSUKURI, SOSHIN_CHU), most=PAGE)
    context = {
        "now": now,
        "todo": _todo(files, requests, going, today),
        "tiles": _tiles(requests, files, today, now),
        "waiting": [file_row(row, now) for row in waiting],
        "more": max(files.get(SOSHIN_MACHI, FilesOfState()).files - len(waiting), 0),
        "going": [file_row(row, now) for row in going],
        "may_send": by.can(_JIMU, "koshin"),
        "kept_days": limits.FUGO_FILE_KEPT.days,
    }
    record_look(by=by, screen_id="KA-101", now=now)
    return show(request, "operator/fugo_jikko.html", context)


def _todo(
    files: Mapping[str, FilesOfState], requests: Counts, going: Sequence[DeskFile], today: Mapping[Juryo, int]
) -> list[Todo]:
    found = []
    if (waiting := files.get(SOSHIN_MACHI, FilesOfState())).files:
        text = (
            f"送信を待つ要求ファイルが{waiting.files:,}件（{waiting.kensu:,}人分）あります。確かめて送信してください。"
        )
        found.append(Todo(text, "#waiting-title"))
    stumbling = sum(bool(row.last_error) for row in going if row.state == SOSHIN_CHU)
    if stumbling:
        text = f"住基ネットに届いていない要求ファイルが{stumbling:,}件あります。回線と相手の状態を確かめてください。"
        found.append(Todo(text, "#going-title"))
    if requests.overdue:
        text = f"送信から{PATIENCE}を過ぎても回答のない要求が{counted(requests.overdue)}件あります。"
        found.append(Todo(f"{text}再要求のファイルを送信してください。", reverse("fugo:kaito_machi")))
    if requests.left_out:
        text = f"要求ファイルに入れられない要求が{counted(requests.left_out)}件あります。"
        found.append(Todo(f"{text}理由を確かめ、保険者に登録を依頼してください。", reverse("fugo:yokyu_fuka")))
    if suspect_count(today):
        text = f"要求と合わない符号が今日{suspect_count(today):,}件届きました（格納していません）。"
        then = "番号の訂正のあとなら、取り直した要求への回答です。続くときは情報提供NWSの運用者に連絡してください。"
        found.append(Todo(f"{text}{then}", reverse("fugo:jushin")))
    return found


def _tiles(
    requests: Counts, files: Mapping[str, FilesOfState], today: Mapping[Juryo, int], now: datetime
) -> tuple[Tile, ...]:
    oldest = "" if requests.oldest is None else f"最古 {nagasa((now - requests.oldest).total_seconds())}"
    waiting, going = files.get(SOSHIN_MACHI, FilesOfState()), files.get(SOSHIN_CHU, FilesOfState())
    return (
        Tile("要求受付（ファイル待ち）", counted(requests.file_machi), oldest or "人"),
        Tile("転送（送信待ち）", f"{waiting.kensu:,}", f"人／{waiting.files:,}件"),
        Tile("住基ネットへ送信中", f"{going.kensu:,}", f"人／{going.files:,}件"),
        Tile("送信（回答待ち）", counted(requests.kaito_machi), "人"),
        Tile("今日設定した符号", f"{today[Juryo.STORED]:,}", "人"),
    )


@screen("KA-102")
@require_http_methods(["GET", "POST"])
def show_jokyo(request: HttpRequest) -> HttpResponse:
    """Show the files, newest first, and what came back; a 処理通番 or 受付番号 that is posted leads to its page."""
    if request.method == "POST":
        return _search(request)
    return _jokyo(request)


def _search(request: HttpRequest) -> HttpResponse:
    typed = request.POST.get("bango", "")[:_WORD_MAX]
    word = read_word(typed)
    if isinstance(word, UUID):
        return HttpResponseRedirect(reverse("fugo:tsuban", args=[word]), status=303)
    if word is not None:
        return HttpResponseRedirect(reverse("fugo:uketsuke", args=[word]), status=303)
    message = _NOT_A_WORD if typed.strip() else _EMPTY_WORD
    return _jokyo(request, typed=without_kojin_bango(typed), error=message)


def _jokyo(request: HttpRequest, *, typed: str = "", error: str = "") -> HttpResponse:
    by, now = principal_of(request), clock.now()
    found = list_files(by=by, before=uuid_in(request), most=PAGE + 1)
    midnight, week = since_today(midnight_jst(now))
    came = juryo_rows(count_juryo(by=by, since=midnight), count_juryo(by=by, since=week))
    context = {
        "now": now,
        "tabs": tabs_of("fugo:jokyo"),
        "files": [file_row(row, now) for row in found[:PAGE]],
        "next_url": next_url(reverse("fugo:jokyo"), found, PAGE),
        "first_url": reverse("fugo:jokyo") if "ato" in request.GET else "",
        "came": came,
        "typed": typed,
        "errors": [{"field": "f-bango", "message": error}] if error else [],
    }
    if not error:
        record_look(by=by, screen_id="KA-102", now=now)
    return show(request, "operator/fugo_jokyo.html", context, status=422 if error else 200)


@screen("KA-102")
@require_GET
def show_file(request: HttpRequest, row_id: UUID) -> HttpResponse:
    """Show one file and those of its requests that have no code yet. Raises NotFound."""
    by, now = principal_of(request), clock.now()
    file = get_desk_file(by=by, file_id=row_id)
    states = count_of_file(by=by, file_id=row_id) if file.state != HAIKI else {}
    found = list_of_file(by=by, file_id=row_id, after=uuid_in(request) or UUID(int=0), most=PAGE + 1)
    unanswered = sum(states.values())
    context = {
        "now": now,
        "file": file_row(file, now),
        "states": [(STATE_LABELS[state], kensu) for state, kensu in sorted(states.items())],
        "unanswered": unanswered,
        "answered": max(file.kensu - unanswered, 0) if file.state == SOSHIN_ZUMI else None,
        "may_send": by.can(_JIMU, "koshin") and file.state == SOSHIN_MACHI,
        "title": f"この要求ファイルの、符号がまだない要求（{unanswered:,}件）",
        **_table(found, now, reverse("fugo:file", args=[row_id]), request),
    }
    record_look(by=by, screen_id="KA-102", targets=(str(row_id),), now=now)
    return show(request, "operator/fugo_file.html", context)


@screen("KA-102")
@require_GET
def show_tsuban(request: HttpRequest, row_id: UUID) -> HttpResponse:
    """Show the one request with a 処理通番, or that there is none."""
    by, now = principal_of(request), clock.now()
    found = find_request(by=by, shori_tsuban=row_id)
    record_look(by=by, screen_id="KA-102", targets=(str(row_id),), found=found is not None, now=now)
    here = reverse("fugo:tsuban", args=[row_id])
    rows = () if found is None else (found,)
    return _found(request, f"処理通番 {row_id}", _table(rows, now, here, request), now)


@screen("KA-102")
@require_GET
def show_uketsuke(request: HttpRequest, uketsuke_bango: str) -> HttpResponse:
    """Show the requests a 受付 made. Raises NotFound for what is no 受付番号."""
    by, now = principal_of(request), clock.now()
    span = span_of(uketsuke_bango)
    if span is None:
        raise NotFound("uketsuke_bango_fusei", "この受付番号はありません。番号を確かめてください。")
    after = uuid_in(request) or UUID(int=0)
    found = list_of_uketsuke(by=by, uketsuke_bango=uketsuke_bango, span=span, after=after, most=PAGE + 1)
    record_look(by=by, screen_id="KA-102", targets=(uketsuke_bango,), found=bool(found), now=now)
    here = reverse("fugo:uketsuke", args=[uketsuke_bango])
    return _found(request, f"受付番号 {uketsuke_bango}", _table(found, now, here, request), now)


def _found(request: HttpRequest, title: str, table: Mapping[str, object], now: datetime) -> HttpResponse:
    context = {"now": now, "title": title, "days": REFLECTED_WITHIN.days, **table}
    return show(request, "operator/fugo_found.html", context)


@screen("KA-102")
@require_GET
def show_kaito_machi(request: HttpRequest) -> HttpResponse:
    """Show the requests that wait for an answer the longest, beyond the patience."""
    by, now = principal_of(request), clock.now()
    before = now - limits.FUGO_PATIENCE
    return _todo_list(
        request,
        "fugo:kaito_machi",
        list_overdue(by=by, sent_before=before, most=PAGE),
        count_requests(by=by, sent_before=before).overdue,
        (f"{PATIENCE}を過ぎた回答待ちは0件です。", "回答が来ない要求は、ここに出て、再要求のファイルに入ります。"),
    )


@screen("KA-102")
@require_GET
def show_yokyu_fuka(request: HttpRequest) -> HttpResponse:
    """Show the requests that go into no file, with the reason."""
    by, now = principal_of(request), clock.now()
    return _todo_list(
        request,
        "fugo:yokyu_fuka",
        list_left_out(by=by, most=PAGE),
        count_requests(by=by, sent_before=now).left_out,
        ("要求できないものは0件です。", "個人番号がないなどの理由で要求できないときに、ここに出ます。"),
    )


def _todo_list(
    request: HttpRequest, route: str, found: Sequence[DeskRequest], count: int, empty: tuple[str, str]
) -> HttpResponse:
    by, now = principal_of(request), clock.now()
    context = {
        "now": now,
        "tabs": tabs_of(route),
        "title": f"{counted(count)}件（古い順に{len(found):,}件を表示）",
        "empty": empty,
        **_table(found, now, "", request),
    }
    record_look(by=by, screen_id="KA-102", now=now)
    return show(request, "operator/fugo_todo_list.html", context)


def _table(found: Sequence[DeskRequest], now: datetime, here: str, request: HttpRequest) -> dict[str, object]:
    names = {one.hokensha_code: one.hokensha_meisho for one in list_hokensha()} if found else {}
    rows: list[RequestRow] = [request_row(row, names, now) for row in found[:PAGE]]
    more = f"{here}?ato={rows[-1].shori_tsuban}" if len(found) > PAGE else ""
    return {"requests": rows, "next_url": more, "first_url": here if "ato" in request.GET else ""}


def next_url(here: str, found: Sequence[DeskFile], page: int) -> str:
    """Return the address of the files after a page, '' when there are no more."""
    return f"{here}?ato={found[page - 1].id}" if len(found) > page else ""


def uuid_in(request: HttpRequest) -> UUID | None:
    """Return after which row a page begins."""
    try:
        return UUID(request.GET["ato"])
    except (KeyError, ValueError):
        return None
