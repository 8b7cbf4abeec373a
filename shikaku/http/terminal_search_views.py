"""HS-101 加入者検索: criteria by POST, sealed on a slip, results behind a random address. No criterion in any URL."""

from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from chukan.controls.kengen.views.guard import screen
from chukan.kernel import clock
from chukan.kernel.clock import business_date_jst
from chukan.kernel.errors import Invalid
from chukan.kernel.http.pages import show
from chukan.kernel.values.kojin_bango import contains_kojin_bango, without_kojin_bango
from chukan.kernel.values.wareki import UnreadableDate, parse_ymd, show_wareki
from chukan.settings import limits
from shikaku.actions.record_shokai import record_kensaku
from shikaku.actions.terminal_slip import keep_slip
from shikaku.http.terminal_forms import BoundField, FieldError, Section, Spec, bind, read_values
from shikaku.http.terminal_page import Chip, actor, can_update, go_on, options_of, posted, show_errors
from shikaku.http.terminal_show import ListRow, list_row
from shikaku.queries.kanyusha import JOTAI_NAMES, SearchCriteria, SearchPage
from shikaku.queries.terminal_slip import open_slip

KIND: Final = "kensaku"
TEMPLATE: Final = "terminal/shikaku/search.html"
_SPECS: Final = (
    Spec(name="kana", label="氏名（カナ）", width=3, hint="2文字以上の前方一致", maxlength=200),
    Spec(name="kigo", label="記号", width=2, hint="番号といっしょに", maxlength=20),
    Spec(name="bango", label="番号", width=2, maxlength=20),
    Spec(name="edaban", label="枝番", width=1, mono=True, maxlength=4),
    Spec(name="seinengappi", label="生年月日", kind="date", width=2, hint="H10.4.1 / 19980401"),
    Spec(
        name="jotai",
        label="資格の状態",
        kind="select",
        width=2,
        options=(("", "すべて"), *JOTAI_NAMES.items()),
    ),
)
_SECTIONS: Final = (Section("検索条件", _SPECS),)
_EMPTY: Final = "検索条件を1つ以上入力してください。"
_NUMBER: Final = "個人番号では検索できません。氏名（カナ）か記号・番号を入力してください。"
_DATE: Final = "生年月日を読み取れません。H10.4.1 または 19980401 の形で入力してください。"


@screen("HS-101")
@require_http_methods(["GET", "POST"])
def show_search(request: HttpRequest) -> HttpResponse:
    """Show the empty search, or keep the criteria and go on to the results."""
    if request.method == "GET":
        return show(request, TEMPLATE, _context(request, {}))
    values = read_values(posted(request), _SPECS)
    _, errors = _criteria(values)
    if errors:
        return show_errors(request, TEMPLATE, _context(request, values, errors), errors, "検索する")
    return _keep(request, values, starts=[0])


@screen("HS-101")
@require_http_methods(["GET", "POST"])
def show_results(request: HttpRequest, slip: UUID) -> HttpResponse:
    """Show one page of results; a POST narrows, widens or turns the page."""
    by, now = actor(request), clock.now()
    content = open_slip(by=by, slip_id=slip, kind=KIND, now=now)
    values: dict[str, str] = content["values"]
    starts: list[int] = content["starts"]
    if request.method == "POST":
        return _turn(request, values, starts)
    criteria, errors = _criteria(values)
    context = _context(request, values, errors)
    if criteria is None:
        return show_errors(request, TEMPLATE, context, errors, "検索する")
    try:
        page = record_kensaku(
            by=by, criteria=criteria, after=starts[-1], on=business_date_jst(now), screen_id="HS-101", now=now
        )
    except Invalid as error:
        refused = (FieldError(error.pointer or "kana", error.message),)
        return show_errors(request, TEMPLATE, _context(request, values, refused), refused, "検索する")
    options = options_of(by)
    rows = tuple(list_row(item, reverse("shikaku:kanyusha_detail", args=[item.row_id]), options) for item in page.items)
    return show(
        request,
        TEMPLATE,
        {
            **context,
            "page": _page_view(page, rows, len(starts)),
            "chips": _chips(values),
            "narrow_url": reverse("shikaku:kanyusha_results", args=[slip]),
        },
    )


def _turn(request: HttpRequest, values: dict[str, str], starts: list[int]) -> HttpResponse:
    wanted = posted(request)
    if "nozoku" in wanted:
        rest = {name: value for name, value in values.items() if name != wanted["nozoku"]}
        criteria, _ = _criteria(rest)
        return go_on(reverse("shikaku:kanyusha_list")) if criteria is None else _keep(request, rest, starts=[0])
    if wanted.get("page") == "previous":
        return _keep(request, values, starts=starts[:-1] or [0])
    page = _next_start(request, values, starts)
    return _keep(request, values, starts=[*starts, page] if page is not None else starts)


def _next_start(request: HttpRequest, values: dict[str, str], starts: list[int]) -> int | None:
    criteria, _ = _criteria(values)
    if criteria is None:
        return None
    now = clock.now()
    page = record_kensaku(
        by=actor(request),
        criteria=criteria,
        after=starts[-1],
        on=business_date_jst(now),
        screen_id="HS-101",
        now=now,
    )
    return page.next_after


def _keep(request: HttpRequest, values: dict[str, str], *, starts: list[int]) -> HttpResponse:
    kept = {name: value for name, value in values.items() if value}
    slip = keep_slip(by=actor(request), kind=KIND, content={"values": kept, "starts": starts}, now=clock.now())
    return go_on(reverse("shikaku:kanyusha_results", args=[slip]))


def _criteria(values: dict[str, str]) -> tuple[SearchCriteria | None, tuple[FieldError, ...]]:
    errors = []
    born = None
    if values.get("seinengappi"):
        try:
            born = parse_ymd(values["seinengappi"])
        except UnreadableDate:
            errors.append(FieldError("seinengappi", _DATE))
    if not any(values.get(spec.name) for spec in _SPECS if spec.name != "jotai"):
        errors.append(FieldError("kana", _EMPTY))
    elif not values.get("kana") and not values.get("bango") and not values.get("seinengappi"):
        errors.append(FieldError("bango", "番号を入力してください。記号と枝番だけでは探せません。"))
    errors += [FieldError(name, _NUMBER) for name, value in values.items() if contains_kojin_bango(value)]
    if errors:
        return None, tuple(errors)
    return (
        SearchCriteria(
            kana=values.get("kana", ""),
            kigo=values.get("kigo", ""),
            bango=values.get("bango", ""),
            edaban=values.get("edaban", ""),
            seinengappi=born,
            jotai=values.get("jotai", "") if values.get("jotai") in JOTAI_NAMES else "",
        ),
        (),
    )


def _context(request: HttpRequest, values: dict[str, str], errors: tuple[FieldError, ...] = ()) -> dict[str, object]:
    shown = {name: without_kojin_bango(value) for name, value in values.items()}
    fields: tuple[BoundField, ...] = bind(_SECTIONS, shown, errors)[0].fields
    return {
        "fields": fields,
        "search_url": reverse("shikaku:kanyusha_list"),
        "register_url": reverse("shikaku:toroku"),
        "bulk_loss_url": reverse("shikaku:ikkatsu_soshitsu"),
        "can_update": can_update(actor(request)),
    }


def _page_view(page: SearchPage, rows: tuple[ListRow, ...], number: int) -> dict[str, object]:
    first = (number - 1) * limits.PAGE_SIZE + 1
    last = first + len(rows) - 1
    return {
        "items": rows,
        "count_text": f"{page.count:,}件{'以上' if page.capped else ''}",
        "over": _over(page),
        "range_text": f"{first:,}〜{last:,}件目を表示" if rows else "",
        "has_previous": number > 1,
        "has_next": page.next_after is not None,
    }


def _over(page: SearchPage) -> str:
    """Return what to tell when not all hits were counted, or ''."""
    if not page.capped:
        return ""
    if page.count < limits.SEARCH_CAP:
        return "条件に近い加入者が多いため、途中までの結果です。生年月日か番号を加えて絞り込んでください。"
    return f"{page.count:,}件以上あります。生年月日か番号を加えて絞り込んでください。"


def _chips(values: dict[str, str]) -> tuple[Chip, ...]:
    chips = []
    for spec in _SPECS:
        value = values.get(spec.name, "")
        if not value:
            continue
        if spec.name == "jotai":
            value = JOTAI_NAMES.get(value, value)
        if spec.name == "seinengappi":
            value = show_wareki(parse_ymd(value))
        chips.append(Chip(spec.name, f"{spec.label} {value}"))
    return tuple(chips)
