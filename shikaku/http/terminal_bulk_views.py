"""HS-204 選択した人の一括喪失: from the ticks of a list, one date for all, then the way every file goes."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from chukan.controls.kengen.views.guard import screen
from chukan.kernel import clock
from chukan.kernel.clock import business_date_jst
from chukan.kernel.errors import NotFound
from chukan.kernel.http.pages import show
from shikaku.actions.accept_ikkatsu_soshitsu import LIMIT, accept_ikkatsu_soshitsu
from shikaku.actions.terminal_slip import keep_slip
from shikaku.http.terminal_entry import CheckGroup, CheckLine
from shikaku.http.terminal_forms import FieldError, Section, all_specs, bind, read_values
from shikaku.http.terminal_layout import loss_sections
from shikaku.http.terminal_lines import Unreadable, canonical, item_of
from shikaku.http.terminal_page import SEIKATSU_HOGO, actor, go_on, once, options_of, posted, show_errors, steps
from shikaku.http.terminal_show import kigo_bango_edaban, name_of, value_text
from shikaku.queries.kanyusha import get_kanyusha
from shikaku.queries.terminal_slip import SlipAnswer, open_slip

KIND: Final = "ikkatsu"
_FORM: Final = "terminal/shikaku/entry.html"
_DATE: Final = "shikaku.shikaku_soshitsu_ymd"
_CAUSE: Final = "shikaku.shikaku_soshitsu_jiyu"


@screen("HS-204")
@require_http_methods(["GET", "POST"])
def take_selection(request: HttpRequest) -> HttpResponse:
    """Keep the ticks of a list and go on to the form; without ticks go back to the search."""
    ids = [one for one in request.POST.getlist("row") if _is_uuid(one)][: LIMIT + 1]
    if not ids:
        return go_on(reverse("shikaku:kanyusha_list"))
    slip = keep_slip(by=actor(request), kind=KIND, content={"rows": ids, "values": {}}, now=clock.now())
    return go_on(reverse("shikaku:ikkatsu_nyuryoku", args=[slip]))


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


@screen("HS-204")
@require_http_methods(["GET", "POST"])
def show_ikkatsu(request: HttpRequest, slip: UUID) -> HttpResponse:
    """Show the form with the chosen members, or take the date to the check page."""
    by, now = actor(request), clock.now()
    content = open_slip(by=by, slip_id=slip, kind=KIND, now=now)
    sections = _sections(request)
    if request.method == "GET":
        return show(request, _FORM, _context(request, content, sections, content["values"]))
    values = read_values(posted(request), all_specs(sections))
    errors = _errors(values)
    if errors:
        context = _context(request, content, sections, values, errors)
        return show_errors(request, _FORM, context, errors, "確認へ進む")
    kept = keep_slip(by=by, kind=KIND, content={"rows": content["rows"], "values": values}, now=now)
    return go_on(reverse("shikaku:ikkatsu_kakunin", args=[kept]))


@screen("HS-204")
@require_http_methods(["GET", "POST"])
def check_ikkatsu(request: HttpRequest, slip: UUID) -> HttpResponse:
    """Repeat who and when, or hand the file in; once that is done, by whichever press, go on to its status."""

    def work() -> HttpResponse:
        content = open_slip(by=actor(request), slip_id=slip, kind=KIND, now=clock.now())
        if request.method == "POST":
            return _after(_accept(request, content, slip))
        return show(request, "terminal/shikaku/entry_check.html", _check_context(request, content, slip))

    return once(actor(request), slip, (KIND,), work, _after)


def _after(answer: SlipAnswer) -> HttpResponse:
    return go_on(reverse("shikaku:file_status", args=[answer.facts["uketsuke_id"]]))


def _accept(request: HttpRequest, content: Mapping[str, Any], slip: UUID) -> SlipAnswer:
    item = item_of(_DATE)
    if item is None or not content["values"].get(_DATE):
        raise NotFound("hikae_nashi", "入力の控えがありません。加入者検索から選び直してください。")
    return accept_ikkatsu_soshitsu(
        by=actor(request),
        slip_id=slip,
        row_ids=[UUID(row) for row in content["rows"]],
        soshitsu_ymd=date.fromisoformat(str(canonical(item, content["values"][_DATE]))),
        jiyu=content["values"].get(_CAUSE, ""),
        screen_id="HS-204",
        now=clock.now(),
    )


def _sections(request: HttpRequest) -> tuple[Section, ...]:
    hogo = actor(request).hokensha_shubetsu == SEIKATSU_HOGO
    return loss_sections(options_of(actor(request)), seikatsu_hogo=hogo)


def _errors(values: Mapping[str, str]) -> tuple[FieldError, ...]:
    item = item_of(_DATE)
    if item is None or not values.get(_DATE):
        return (FieldError(_DATE, "資格喪失年月日を入力してください。"),)
    try:
        canonical(item, values[_DATE])
    except Unreadable:
        return (FieldError(_DATE, "資格喪失年月日を読み取れません。R8.4.1 または 20260401 の形で入力してください。"),)
    return ()


def _people(request: HttpRequest, rows: Sequence[str]) -> list[str]:
    by, now = actor(request), clock.now()
    people = []
    for row in rows:
        try:
            detail = get_kanyusha(by=by, row_id=UUID(row), on=business_date_jst(now), known_at=now)
        except NotFound:
            continue
        shown = detail.newest.joho
        people.append(f"{name_of(shown.get('kihon', {}))}　{kigo_bango_edaban(shown.get('shikaku', {}))}")
    return people


def _context(
    request: HttpRequest,
    content: Mapping[str, Any],
    sections: Sequence[Section],
    values: Mapping[str, str],
    errors: Sequence[FieldError] = (),
) -> dict[str, object]:
    search = reverse("shikaku:kanyusha_list")
    return {
        "steps": steps(0),
        "sections": bind(sections, values, errors),
        "people": _people(request, content["rows"]),
        "lead": "選んだ人のいちばん新しい資格に、同じ資格喪失年月日を登録します。1人ずつ結果が出ます。",
        "form_url": request.path,
        "parents": [("加入者検索", search)],
        "stop_url": search,
        "stop_label": "登録をやめる",
    }


def _check_context(request: HttpRequest, content: Mapping[str, Any], slip: UUID) -> dict[str, object]:
    options = options_of(actor(request))
    edit_url = reverse("shikaku:ikkatsu_nyuryoku", args=[slip])
    lines = []
    for spec in all_specs(_sections(request)):
        item, typed = item_of(spec.name), content["values"].get(spec.name, "")
        if item is not None and typed:
            text = value_text("shikaku", item.key, canonical(item, typed), options)
            lines.append(CheckLine(spec.label, "", text, f"{edit_url}#{spec.id}"))
    people = _people(request, content["rows"])
    search = reverse("shikaku:kanyusha_list")
    return {
        "steps": steps(1),
        "groups": [CheckGroup("資格喪失", tuple(lines))],
        "people": people,
        "form_url": request.path,
        "back_url": edit_url,
        "submit_label": f"{len(people)}人の資格喪失を登録する",
        "parents": [("加入者検索", search)],
        "stop_url": search,
        "stop_label": "登録をやめる",
    }
