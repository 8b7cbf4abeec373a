"""HS-201 加入者の登録, HS-202 修正, HS-203 資格喪失, HS-205 取消し, HS-206 完了: 入力 → 確認 → 完了."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods

from chukan.controls.kengen.views.guard import screen
from chukan.kernel import clock
from chukan.kernel.clock import business_date_jst
from chukan.kernel.errors import Conflict, ErrorItem, NotFound, NotPermitted, RuleBroken
from chukan.kernel.http.pages import show
from chukan.kernel.principal import Principal
from chukan.kernel.retry import done_again
from chukan.kernel.templatetags.hyoji import hizuke_wareki
from chukan.kernel.values.edaban import format_edaban
from shikaku.actions.accept_toroku_file import JIMU
from shikaku.actions.check_one import check_one
from shikaku.actions.record_shokai import record_shokai
from shikaku.actions.register_slip import register_slip
from shikaku.actions.terminal_slip import MENDED, hand_on_slip, keep_slip
from shikaku.http.terminal_bango import ANEW, HeldBango, held_on, read_bango, with_numbers
from shikaku.http.terminal_entry import (
    ENTRIES,
    SHUSEI,
    SOSHITSU,
    TORIKESHI,
    TOROKU,
    Entry,
    Target,
    Typed,
    check_groups,
    first_values,
    read_form,
    sections_of,
    target_of,
    typed_of,
)
from shikaku.http.terminal_forms import FieldError, Section, all_specs, bind, in_field_order
from shikaku.http.terminal_kyogo import CHANGED_TITLE, ChangedItem, beside, seen_of, shown_before, told_of
from shikaku.http.terminal_layout import NUMBER_FIELDS
from shikaku.http.terminal_lines import clean_bango, field_errors, without_numbers
from shikaku.http.terminal_page import Fact, Link, actor, go_on, once, options_of, posted, show_errors, steps
from shikaku.http.terminal_show import SHORI_NAMES, PersonView, person_view
from shikaku.queries.kanyusha import get_kanyusha
from shikaku.queries.rireki import find_row_id, list_rireki
from shikaku.queries.terminal_slip import SlipAnswer, find_answer, no_slip, open_slip, open_slip_bango

_FORM: Final = "terminal/shikaku/entry.html"
_CHECK: Final = "terminal/shikaku/entry_check.html"
_ON: Final = "確認へ進む"
_NO_PERIOD: Final = "対象の資格がないか、取り消されています。加入者の詳細から開き直してください。"


@dataclass(frozen=True, slots=True)
class Page:
    """One form being filled in: which kind, about whom, with which fields."""

    entry: Entry
    target: Target
    sections: tuple[Section, ...]
    row_id: UUID | None = None
    tsuban: int | None = None

    @property
    def newest(self) -> int | None:
        """Return the 履歴通番 of what is held now, None for a new member."""
        return None if self.target.version is None else self.target.version.rireki_tsuban


def _page(
    request: HttpRequest, entry: Entry, row_id: UUID | None, tsuban: int | None, *, held_bango: bool = False
) -> Page:
    """Return the page about one member, on record as seen when it is opened."""
    by, now = actor(request), clock.now()
    target = Target()
    if row_id is not None:
        on = business_date_jst(now)
        if request.method == "GET":
            detail = record_shokai(by=by, row_id=row_id, on=on, screen_id=entry.screen_id, now=now)
        else:
            detail = get_kanyusha(by=by, row_id=row_id, on=on, known_at=now)
        found = target_of(detail, tsuban)
        if found is None or (not entry.is_amendment and found.tsuban is None):
            raise NotFound("shikaku_nashi", _NO_PERIOD)
        target = found
    sections = sections_of(entry, by=by, options=options_of(by), target=target, held_bango=held_bango)
    return Page(entry, target, sections, row_id, target.tsuban)


def _person(request: HttpRequest, page: Page) -> PersonView | None:
    if page.target.detail is None or page.row_id is None:
        return None
    url = reverse("shikaku:kanyusha_detail", args=[page.row_id])
    on = business_date_jst(clock.now())
    return person_view(page.target.detail, url=url, can_reveal=False, options=options_of(actor(request)), on=on)


def _context(request: HttpRequest, page: Page) -> dict[str, object]:
    person = _person(request, page)
    version = page.target.version
    text = "資格の期間のない加入者"
    if version is not None and version.shikaku_tsuban is not None:
        text = f"資格通番 {version.shikaku_tsuban}（{hizuke_wareki(version.valid_from)} から"
        text += f" {hizuke_wareki(version.valid_to)} の前日まで）" if version.valid_to else "）"
    search = reverse("shikaku:kanyusha_list")
    return {
        "person": person,
        "target_text": text,
        "parents": [] if person is None else [("加入者検索", search), ("加入者の詳細", person.url)],
        "stop_url": reverse("shikaku:home") if person is None else person.url,
        "stop_label": page.entry.stop_label,
        "lead": page.entry.lead,
    }


def _form(
    request: HttpRequest,
    page: Page,
    values: Mapping[str, str],
    *,
    cleared: frozenset[str] = frozenset(),
    errors: Sequence[FieldError] = (),
    form_url: str = "",
    changed: Sequence[ChangedItem] | None = None,
) -> HttpResponse:
    ordered = in_field_order(errors, all_specs(page.sections))
    context = {
        **_context(request, page),
        "seen": page.newest,
        "changed": changed,
        "summary_title": "" if changed is None else CHANGED_TITLE,
        "steps": steps(0),
        "sections": bind(page.sections, values, ordered, cleared=cleared),
        "form_url": form_url or request.path,
    }
    if ordered:
        return show_errors(request, _FORM, context, ordered, _ON)
    return show(request, _FORM, context)


@sensitive_variables("typed", "bango")
def start(request: HttpRequest, entry: Entry, row_id: UUID | None = None, tsuban: int | None = None) -> HttpResponse:
    """Show a fresh form, or take what was typed to the check page."""
    page = _page(request, entry, row_id, tsuban)
    specs = all_specs(page.sections)
    if request.method == "GET":
        options = options_of(actor(request))
        return _form(request, page, first_values(entry, page.target, options, specs))
    return _accept(request, page, HeldBango())


@sensitive_variables("bango")
def edit(request: HttpRequest, entry: Entry, slip: UUID) -> HttpResponse:
    """Show what was typed again, with the errors the rules found, or take it to the check page once more."""
    by, now = actor(request), clock.now()
    content = open_slip(by=by, slip_id=slip, kind=entry.kind, now=now)
    bango = open_slip_bango(by=by, slip_id=slip, kind=entry.kind, now=now)
    row = UUID(content["row"]) if content["row"] else None
    page = _page(request, entry, row, content["tsuban"], held_bango=bool(bango))
    if request.method == "POST":
        return _accept(request, page, held_on(content, entry.number_field, bango))
    if content["seen"] != page.newest:
        typed = Typed(content["values"], frozenset(content["cleared"]))
        return _changed_meanwhile(request, page, typed, content["seen"])
    found = [ErrorItem(*error) for error in content.get("errors", ())]
    errors = field_errors(found, all_specs(page.sections))
    return _form(request, page, content["values"], cleared=frozenset(content["cleared"]), errors=errors)


def _changed_meanwhile(request: HttpRequest, page: Page, typed: Typed, seen: int | None) -> HttpResponse:
    """Show the form after somebody else's change: by whom, when, and what was typed beside the newest content."""
    by, now = actor(request), clock.now()
    lines = () if page.row_id is None else list_rireki(by=by, row_id=page.row_id, known_at=now)
    newest = next((line for line in lines if line.version.rireki_tsuban == page.newest), None)
    before = shown_before(page.target, lines, seen)
    specs, options = all_specs(page.sections), options_of(by)
    found = beside(before, page.target.held, typed, specs, options, prefilled=page.entry.is_amendment)
    errors = (FieldError("", told_of(newest, business_date_jst(now))), *found.errors)
    values, cleared = found.typed.values, typed.cleared
    return _form(request, page, values, cleared=cleared, errors=errors, changed=found.items)


@sensitive_variables("data", "number", "typed", "held", "line")
def _accept(request: HttpRequest, page: Page, held: HeldBango) -> HttpResponse:
    by, now, data = actor(request), clock.now(), posted(request)
    specs = all_specs(page.sections)
    if any(clean_bango(data.get(name, "")) for name in NUMBER_FIELDS):
        _need_right(by)
    number = read_bango(data, page.entry.number_field, held)
    typed = typed_of(data, request.POST.getlist("kesu"), specs, number.bango)
    seen = seen_of(data.get("seen", ""))
    if seen != page.newest:
        return go_on(_edit_url(page.entry, _keep(request, page, typed, number.held, seen=seen)))
    line, reading = read_form(page.entry, typed, by=by, target=page.target, specs=specs)
    errors = list(reading.errors)
    keikoku: Sequence[ErrorItem] = ()
    try:
        keikoku = check_one(by=by, line=line, now=now)
    except RuleBroken as error:
        errors += field_errors(error.errors, specs)
    errors = with_numbers(errors, number)
    if errors:
        shown = replace(typed, values=without_numbers({**typed.values, **reading.shown_again}))
        return _refused(request, page, shown, number.held, errors)
    content = _content(page, typed, keikoku=keikoku, seen=seen)
    kept = keep_slip(by=by, kind=page.entry.kind, content=content, kojin_bango=typed.bango, now=now)
    return go_on(reverse(f"shikaku:{page.entry.kind}_kakunin", args=[kept]))


def _need_right(by: Principal) -> None:
    if not by.can_kojin_bango(JIMU):
        raise NotPermitted(
            "kojin_bango_kengen_nashi",
            "個人番号を取り扱う権限がありません。必要なときはシステム管理責任者に依頼してください。",
        )


@sensitive_variables("typed", "held")
def _refused(
    request: HttpRequest, page: Page, typed: Typed, held: HeldBango, errors: Sequence[FieldError]
) -> HttpResponse:
    """Answer with the form and what is wrong; a number typed waits on a fresh slip, and the form goes on with that."""
    by, form_url = actor(request), ""
    if held:
        form_url = _edit_url(page.entry, _keep(request, page, typed, held, errors, seen=page.newest))
    options = options_of(by)
    sections = sections_of(page.entry, by=by, options=options, target=page.target, held_bango=bool(held.bango))
    page = replace(page, sections=sections)
    return _form(request, page, typed.values, cleared=typed.cleared, errors=errors, form_url=form_url)


@sensitive_variables("typed", "held")
def _keep(
    request: HttpRequest,
    page: Page,
    typed: Typed,
    held: HeldBango,
    errors: Sequence[FieldError] = (),
    *,
    seen: int | None,
) -> UUID:
    """Keep a form that cannot go on yet; `seen`: the version what was typed is about."""
    found = [ErrorItem(error.code, error.name, error.message) for error in errors]
    shown = replace(typed, values=without_numbers(typed.values))
    content = _content(page, shown, found, seen=seen)
    content[ANEW] = [page.entry.number_field] if held.anew else []
    kind, by = page.entry.kind, actor(request)
    return keep_slip(by=by, kind=kind, content=content, kojin_bango=held.bango, now=clock.now())


def _edit_url(entry: Entry, slip: UUID | str) -> str:
    return reverse(f"shikaku:{entry.kind}_naosu", args=[slip])


def _content(
    page: Page,
    typed: Typed,
    errors: Sequence[ErrorItem] = (),
    keikoku: Sequence[ErrorItem] = (),
    *,
    seen: int | None,
) -> dict[str, Any]:
    return {
        "row": None if page.row_id is None else str(page.row_id),
        "tsuban": page.tsuban,
        "seen": seen,
        "values": {name: value for name, value in typed.values.items() if value},
        "cleared": sorted(typed.cleared),
        "errors": [(item.code, item.pointer, item.message) for item in errors],
        "keikoku": [(item.code, item.pointer, item.message) for item in keikoku],
    }


def _after(slip: UUID, answer: SlipAnswer) -> HttpResponse:
    """Go on to what came of a slip: the 完了 page, or the form that shows why it was refused."""
    if MENDED in answer.facts:
        return go_on(_edit_url(ENTRIES[answer.kind], answer.facts[MENDED]))
    return go_on(reverse("shikaku:kanryo", args=[slip]))


def check(request: HttpRequest, entry: Entry, slip: UUID) -> HttpResponse:
    """Repeat everything typed, or register it; once that is done, by whichever press, go on to what came of it."""

    def work() -> HttpResponse:
        return _register(request, entry, slip) if request.method == "POST" else _check_page(request, entry, slip)

    return once(actor(request), slip, (entry.kind,), work, lambda answer: _after(slip, answer))


@sensitive_variables("typed", "bango")
def _check_page(request: HttpRequest, entry: Entry, slip: UUID) -> HttpResponse:
    by, now = actor(request), clock.now()
    content = open_slip(by=by, slip_id=slip, kind=entry.kind, now=now)
    bango = open_slip_bango(by=by, slip_id=slip, kind=entry.kind, now=now)
    row = UUID(content["row"]) if content["row"] else None
    page = _page(request, entry, row, content["tsuban"], held_bango=bool(bango))
    edit_url = _edit_url(entry, slip)
    if content["seen"] != page.newest:
        return go_on(edit_url)
    typed = Typed(content["values"], frozenset(content["cleared"]), bango)
    context = {
        **_context(request, page),
        "steps": steps(1),
        "groups": check_groups(
            entry, typed, target=page.target, sections=page.sections, options=options_of(by), edit_url=edit_url
        ),
        "keikoku": [ErrorItem(*item) for item in content.get("keikoku", ())],
        "amending": entry.is_amendment,
        "form_url": request.path,
        "back_url": edit_url,
        "submit_label": entry.submit_label,
        "danger": entry.danger,
    }
    return show(request, _CHECK, context)


@sensitive_variables("typed", "bango", "line")
def _register(request: HttpRequest, entry: Entry, slip: UUID) -> HttpResponse:
    by, now = actor(request), clock.now()
    content = open_slip(by=by, slip_id=slip, kind=entry.kind, now=now)
    bango = open_slip_bango(by=by, slip_id=slip, kind=entry.kind, now=now)
    row = UUID(content["row"]) if content["row"] else None
    page = _page(request, entry, row, content["tsuban"], held_bango=bool(bango))
    typed = Typed(content["values"], frozenset(content["cleared"]), bango)
    if content["seen"] != page.newest:
        return go_on(_edit_url(entry, slip))
    if bango:
        _need_right(by)
    line, _ = read_form(entry, typed, by=by, target=page.target, specs=all_specs(page.sections))
    try:
        answer = done_again(
            lambda: register_slip(
                by=by, slip_id=slip, line=line, if_match=content["seen"], screen_id=entry.screen_id, now=now
            )
        )
    except (RuleBroken, Conflict) as error:
        found = error.errors if isinstance(error, RuleBroken) else [ErrorItem("", "", error.message)]
        content = _content(page, typed, found, seen=content["seen"])
        answer = hand_on_slip(by=by, slip_id=slip, content=content, kojin_bango=typed.bango, now=now)
    return _after(slip, answer)


@screen("HS-206")
@require_GET
def show_kanryo(request: HttpRequest, slip: UUID) -> HttpResponse:
    """Show the 受付番号 of what was registered, and where to go on."""
    by = actor(request)
    answer = find_answer(by=by, slip_id=slip, kinds=ENTRIES, now=clock.now())
    if answer is None or MENDED in answer.facts:
        raise no_slip()
    entry, facts = ENTRIES[answer.kind], answer.facts
    row_id = find_row_id(by=by, hihokensha_edaban=facts["edaban"])
    person = Link("この加入者を見る", reverse("shikaku:kanyusha_detail", args=[row_id]))
    search = Link("加入者を探す", reverse("shikaku:kanyusha_list"))
    again = Link("続けて登録する", reverse("shikaku:toroku"))
    context = {
        "steps": steps(3),
        "done_title": entry.done_title,
        "uketsuke_bango": facts["uketsuke_bango"],
        "finished_at": datetime.fromisoformat(facts["at"]),
        "keikoku": [ErrorItem(*item) for item in facts["keikoku"]],
        "facts": (
            Fact("処理", SHORI_NAMES.get(facts["shori"], facts["shori"])),
            Fact("被保険者枝番", format_edaban(facts["edaban"]), "mono"),
            Fact("資格通番", facts["tsuban"] or "—"),
        ),
        "links": (again, person, search) if entry.is_new else (search, person, again),
    }
    return show(request, "terminal/shikaku/entry_done.html", context)


def _views(entry: Entry) -> tuple[Any, Any, Any]:
    """Return the three guarded views of one kind of form."""
    guard = screen(entry.screen_id)
    secret = sensitive_post_parameters(*NUMBER_FIELDS)
    methods = require_http_methods(["GET", "POST"])

    def show_start(request: HttpRequest, row_id: UUID | None = None, tsuban: int | None = None) -> HttpResponse:
        return start(request, entry, row_id, tsuban)

    def show_edit(request: HttpRequest, slip: UUID) -> HttpResponse:
        return edit(request, entry, slip)

    def show_check(request: HttpRequest, slip: UUID) -> HttpResponse:
        return check(request, entry, slip)

    return guard(secret(methods(show_start))), guard(secret(methods(show_edit))), guard(secret(methods(show_check)))


show_toroku, edit_toroku, check_toroku = _views(TOROKU)
show_shusei, edit_shusei, check_shusei = _views(SHUSEI)
show_soshitsu, edit_soshitsu, check_soshitsu = _views(SOSHITSU)
show_torikeshi, edit_torikeshi, check_torikeshi = _views(TORIKESHI)
