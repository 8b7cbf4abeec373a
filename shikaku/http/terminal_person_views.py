"""HS-102 加入者の詳細, its 個人番号 for 30 seconds, and HS-103 資格の履歴."""

from datetime import date, datetime, time
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chukan.controls.kengen.views.guard import screen
from chukan.controls.shokuin.views.lock import confirm_again, use_step_up
from chukan.kernel import clock
from chukan.kernel.clock import business_date_jst
from chukan.kernel.errors import Invalid, NotAuthenticated, NotFound
from chukan.kernel.http.pages import show
from chukan.kernel.http.problems import answer_error
from chukan.kernel.templatetags.hyoji import nichiji
from chukan.kernel.values.kojin_bango import without_kojin_bango
from chukan.kernel.values.wareki import UnreadableDate, parse_ymd, show_wareki
from chukan.settings import limits
from shikaku.actions.accept_toroku_file import JIMU
from shikaku.actions.record_shokai import record_rireki_shokai, record_shokai
from shikaku.actions.reveal_kojin_bango import RIYU, reveal_kojin_bango
from shikaku.actions.terminal_slip import keep_slip
from shikaku.http.terminal_forms import FieldError, Section, Spec, bind, read_values
from shikaku.http.terminal_history import version_views
from shikaku.http.terminal_page import Link, actor, can_update, go_on, options_of, posted, show_errors
from shikaku.http.terminal_show import person_view
from shikaku.queries.kanyusha import KanyushaDetail, get_kanyusha
from shikaku.queries.terminal_slip import open_slip
from shikaku.queries.versions import covers

RIREKI_KIND: Final = "rireki"
_JST: Final = ZoneInfo("Asia/Tokyo")
_SPECS: Final = (
    Spec(name="on", label="この日に有効", kind="date", width=3, hint="例 R8.4.1"),
    Spec(name="known_on", label="この時点で登録済み", kind="date", width=3, hint="日付。空なら今"),
    Spec(name="known_time", label="時刻", width=2, hint="例 09:30。空なら24:00", mono=True, maxlength=5),
)
_SECTIONS: Final = (Section("", _SPECS),)
_DATE_ERROR: Final = "日付を読み取れません。R8.4.1 または 20260401 の形で入力してください。"
_TIME_ERROR: Final = "時刻を読み取れません。09:30 の形で入力してください。"
_FUTURE: Final = "登録した時点が今より後です。今以前の日付と時刻を入力してください。"


@screen("HS-102")
@require_GET
def show_kanyusha(request: HttpRequest, row_id: UUID) -> HttpResponse:
    """Show one member; the 個人番号 is not in the page."""
    by, now = actor(request), clock.now()
    detail = record_shokai(by=by, row_id=row_id, on=business_date_jst(now), screen_id="HS-102", now=now)
    return show(request, "terminal/shikaku/person.html", _person_context(request, detail, on=business_date_jst(now)))


def _person_context(request: HttpRequest, detail: KanyushaDetail, *, on: date) -> dict[str, object]:
    by = actor(request)
    url = reverse("shikaku:kanyusha_detail", args=[detail.row_id])
    person = person_view(detail, url=url, can_reveal=by.can_kojin_bango(JIMU), options=options_of(by), on=on)
    return {
        "person": person,
        "actions": _actions(request, detail),
        "can_update": can_update(by),
        "search_url": reverse("shikaku:kanyusha_list"),
        "rireki_url": reverse("shikaku:rireki", args=[detail.row_id]),
        "reveal_url": reverse("shikaku:reveal", args=[detail.row_id]),
        "reveal_reasons": [(value, text, False) for value, text in RIYU.items()],
    }


def _actions(request: HttpRequest, detail: KanyushaDetail) -> tuple[Link, ...]:
    if not can_update(actor(request)):
        return ()
    args = [detail.row_id]
    links = [Link("資格を修正する", reverse("shikaku:shusei", args=args), "button-main", "act-shusei")]
    if any(not period.withdrawn for period in detail.periods):
        links.append(Link("資格喪失を登録する", reverse("shikaku:soshitsu", args=args), id="act-soshitsu"))
        links.append(Link("登録を取り消す", reverse("shikaku:torikeshi", args=args), "button-danger", "act-torikeshi"))
    return tuple(links)


@screen("HS-102")
@sensitive_post_parameters("password")
@sensitive_variables("number", "revealed")
@require_POST
def reveal(request: HttpRequest, row_id: UUID) -> HttpResponse:
    """Answer the fragment with one 個人番号: reason and password first, then the record, then the number.

    根拠: KJ-UI-04, KJ-LOG-08.
    """
    by, typed = actor(request), posted(request)
    riyu, memo = typed.get("riyu", ""), typed.get("memo", "").strip()
    errors: dict[str, str] = {}
    if riyu not in RIYU:
        errors["riyu"] = "理由を選んでください。"
    elif riyu == "sonota" and len(memo) < 5:  # noqa: PLR2004  # the length the action demands
        errors["memo"] = "理由を5文字以上で入力してください。"
    if not typed.get("password"):
        errors["password"] = "パスワードを入力してください。"  # noqa: S105  # a message
    response = HttpResponse(headers={"Cache-Control": "no-store"})
    if not errors:
        try:
            confirm_again(request, response, password=typed["password"][:200])
        except NotAuthenticated as error:
            errors["password"] = error.message
    if errors or not use_step_up(request):
        return _reveal_form(request, response, riyu=riyu, memo=memo, errors=errors)
    try:
        revealed = reveal_kojin_bango(by=by, row_id=row_id, riyu=riyu, note=memo, screen_id="HS-102", now=clock.now())
    except Invalid as error:
        return _reveal_form(request, response, riyu=riyu, memo=memo, errors={"riyu": error.message})
    except NotFound as error:
        # Whatever the answer, the browser needs the session's new key: the password was accepted.
        gone = answer_error(request, error)
        gone.cookies = response.cookies
        return gone
    number = revealed.kojin_bango.reveal()
    shown = show(
        request,
        "terminal/shikaku/_revealed.html",
        {
            "number": f"{number[:4]} {number[4:8]} {number[8:]}",
            "seconds": limits.REVEAL_SECONDS,
            "kiroku_bango": revealed.kiroku_bango,
        },
    )
    shown.cookies = response.cookies
    return shown


def _reveal_form(
    request: HttpRequest, response: HttpResponse, *, riyu: str, memo: str, errors: dict[str, str]
) -> HttpResponse:
    context = {
        "reveal_reasons": [(value, text, value == riyu) for value, text in RIYU.items()],
        "reveal_memo": without_kojin_bango(memo),
        "reveal_errors": errors,
        "reveal_message": "" if errors else "パスワードの確認が期限を過ぎました。もう一度入力してください。",
    }
    form = show(request, "terminal/shikaku/_reveal_fields.html", context, status=422)
    form.cookies = response.cookies
    return form


@screen("HS-103")
@require_http_methods(["GET", "POST"])
def show_rireki(request: HttpRequest, row_id: UUID, slip: UUID | None = None) -> HttpResponse:
    """Show the timeline, whole or as of a day and an instant; the instant is asked by POST."""
    by, now = actor(request), clock.now()
    asked = {} if slip is None else open_slip(by=by, slip_id=slip, kind=RIREKI_KIND, now=now)["values"]
    if request.method == "POST":
        get_kanyusha(by=by, row_id=row_id, on=business_date_jst(now), known_at=now)  # nobody's person: 404 at once
        values = read_values(posted(request), _SPECS)
        errors = _as_of(values, now)[2]
        if errors:
            context = _rireki_context(request, row_id, values, errors=errors)
            return show_errors(request, "terminal/shikaku/rireki.html", context, errors, "この時点で表示する")
        if not any(values.values()):
            return go_on(reverse("shikaku:rireki", args=[row_id]))
        kept = keep_slip(by=by, kind=RIREKI_KIND, content={"row": str(row_id), "values": values}, now=now)
        return go_on(reverse("shikaku:rireki_at", args=[row_id, kept]))
    return show(request, "terminal/shikaku/rireki.html", _rireki_context(request, row_id, asked))


def _rireki_context(
    request: HttpRequest, row_id: UUID, values: dict[str, str], *, errors: tuple[FieldError, ...] = ()
) -> dict[str, object]:
    by, now = actor(request), clock.now()
    on, known_at, _ = _as_of({} if errors else values, now)
    detail, lines = record_rireki_shokai(
        by=by, row_id=row_id, on=business_date_jst(now), known_at=known_at, screen_id="HS-103", now=now
    )
    if on is not None:
        known = [line for line in lines if line.version.superseded_at is None or line.version.superseded_at > known_at]
        lines = tuple(line for line in known if not line.version.withdrawn and covers(line.version, on))
    url = reverse("shikaku:kanyusha_detail", args=[row_id])
    options = options_of(by)
    return {
        "person": person_view(detail, url=url, can_reveal=False, options=options, on=business_date_jst(now)),
        "versions": version_views(lines, options),
        "fields": bind(_SECTIONS, values, errors)[0].fields,
        "form_url": reverse("shikaku:rireki", args=[row_id]),
        "all_url": reverse("shikaku:rireki", args=[row_id]),
        "search_url": reverse("shikaku:kanyusha_list"),
        "asked": any(values.values()),
        "asked_text": _asked_text(on, known_at, asked_known=bool(values.get("known_on")), count=len(lines)),
    }


def _as_of(values: dict[str, str], now: datetime) -> tuple[date | None, datetime, tuple[FieldError, ...]]:
    """Return the day, the instant, and what could not be read of them."""
    errors = []
    days: dict[str, date | None] = {"on": None, "known_on": None}
    for name in days:
        if values.get(name):
            try:
                days[name] = parse_ymd(values[name])
            except UnreadableDate:
                errors.append(FieldError(name, _DATE_ERROR))
    at = time(23, 59, 59, 999999)
    if values.get("known_time"):
        try:
            at = time.fromisoformat(
                values["known_time"].translate(str.maketrans("：０１２３４５６７８９", ":0123456789"))
            )
        except ValueError:
            errors.append(FieldError("known_time", _TIME_ERROR))
        if not values.get("known_on"):
            errors.append(FieldError("known_on", "時刻だけでは決まりません。日付も入力してください。"))
    known_on = days["known_on"]
    if known_on is None:
        return days["on"], now, tuple(errors)
    if known_on > business_date_jst(now):
        errors.append(FieldError("known_on", _FUTURE))
    return days["on"], min(datetime.combine(known_on, at, _JST), now), tuple(errors)


def _asked_text(on: date | None, known_at: datetime, *, asked_known: bool, count: int) -> str:
    when = f"{nichiji(known_at)} までに登録された内容のうち、" if asked_known else ""
    if on is not None:
        return f"{when}{show_wareki(on)}に有効な資格を{count}件表示しています。"
    if asked_known:
        return f"{when}すべて（{count}件）を、新しい順に表示しています。"
    return f"登録されたすべての内容（{count}件）を、新しい順に表示しています。"
