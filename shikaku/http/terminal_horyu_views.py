"""HS-305 保留の確認: what a held file would take away, and the decision of the insurer's システム管理責任者.

HS-302 shows the same difference to everybody who may see the file; only here it is decided.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from chukan.controls.kengen.domain import BY_ID
from chukan.controls.kengen.queries import can_open
from chukan.controls.kengen.views.guard import screen
from chukan.controls.shokuin.views.lock import confirm_again, use_step_up
from chukan.controls.uketsuke.domain import HORYU
from chukan.controls.uketsuke.queries import HoryuFacts, UketsukeStatus, get_uketsuke_by_id, list_horyu
from chukan.kernel import clock
from chukan.kernel.clock import business_date_jst
from chukan.kernel.errors import NotAuthenticated
from chukan.kernel.http.pages import show
from chukan.kernel.principal import Principal
from shikaku.actions.decide_horyu import Decider, release_horyu, withdraw_horyu
from shikaku.actions.record_shokai import record_file_shokai
from shikaku.domain.horyu import LOSS, Reason
from shikaku.http.terminal_file_show import file_view
from shikaku.http.terminal_forms import FieldError
from shikaku.http.terminal_page import actor, go_on, posted

SCREEN: Final = "HS-305"
_PAGE: Final = "terminal/shikaku/horyu.html"
_FIELD: Final = "f-password"
_SUBMIT: Final = "登録を続ける"
_DECIDE: Final = "内容を確かめて、登録を続けるか取り下げてください。"
_ASK: Final = (
    "登録を続けるか取り下げるかは、自組織のシステム管理責任者が決めます。"
    "内容を確かめて、システム管理責任者に連絡してください。"
)


@dataclass(frozen=True, slots=True)
class HoryuView:
    """A held file on its page: what it would take away, what to do, and where, for whom may."""

    sentences: tuple[str, ...]
    ask: str
    url: str


def may_decide(by: Principal, now: datetime) -> bool:
    """Tell whether the decision about held files of the own insurer is among the person's rights."""
    return can_open(by, BY_ID[SCREEN], on=business_date_jst(now))


def horyu_view(by: Principal, status: UketsukeStatus, now: datetime) -> HoryuView | None:
    """Return what a held file would take away as its page shows it; None when it is not held."""
    if status.jotai != HORYU:
        return None
    decides = may_decide(by, now)
    return HoryuView(
        tuple(sentence for held in list_horyu(by=by, row_id=status.row_id) for sentence in sentences(held)),
        _DECIDE if decides else _ASK,
        reverse("shikaku:horyu", args=[status.row_id]) if decides else "",
    )


def sentences(held: HoryuFacts) -> tuple[str, ...]:
    """Return the difference as people read it, one sentence per reason."""
    return tuple(_sentence(held, Reason(*reason)) for reason in held.reasons)


def _sentence(held: HoryuFacts, reason: Reason) -> str:
    whole = f"有効な加入者 {held.valid_count:,}人"
    if reason.of != held.valid_count:
        whole += f"と、このファイルで取得する {held.joining_count:,}人"
    share = _percent(reason.share, held.limit_percent)
    found = f"{whole}のうち {reason.count:,}人（{share} %）"
    if reason.item == LOSS:
        return f"{found}が資格を失います（基準 {held.limit_percent} %）。"
    return f"{found}で「{reason.item}」を消します（基準 {held.limit_percent} %）。"


def _percent(share: float, limit: int) -> str:
    """Return a share with one place, or with as many as show that it is more than the limit."""
    return next(
        (text for text in (f"{share:,.1f}", f"{share:,.2f}") if float(text.replace(",", "")) > limit), f"{share:,.4f}"
    )


@screen(SCREEN)
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def show_horyu(request: HttpRequest, row_id: UUID) -> HttpResponse:
    """Show the difference, or take 「登録を続ける」 once the person was confirmed by password."""
    by, now = actor(request), clock.now()
    status = get_uketsuke_by_id(by=by, row_id=row_id, now=now)
    if status.jotai != HORYU:
        return _go_back(by, row_id, now)
    if request.method == "GET":
        record_file_shokai(by=by, uketsuke_bango=status.uketsuke_bango, screen_id=SCREEN, now=now)
        return _page(request, status, now)
    response = go_on(_back_url(by, row_id, now))
    password, error = posted(request).get("password", ""), ""
    if not password:
        error = "パスワードを入力してください。"
    else:
        try:
            confirm_again(request, response, password=password[:200])
        except NotAuthenticated as refused:
            error = refused.message
    if not error and not use_step_up(request):
        error = "パスワードの確認が期限を過ぎました。もう一度入力してください。"
    if error:
        page = _page(request, status, now, error)
        page.cookies = response.cookies
        return page
    release_horyu(by=by, uketsuke_id=row_id, decider=_decider(by), done_by=by, now=now)
    return response


@screen(SCREEN)
@require_POST
def withdraw(request: HttpRequest, row_id: UUID) -> HttpResponse:
    """Take the file back, after the dialog asked."""
    by, now = actor(request), clock.now()
    withdraw_horyu(by=by, uketsuke_id=row_id, decider=_decider(by), done_by=by, now=now)
    return _go_back(by, row_id, now)


def _decider(by: Principal) -> Decider:
    return Decider(by.hokensha_code or "", by.actor_id, by.actor_name, SCREEN)


def _back_url(by: Principal, row_id: UUID, now: datetime) -> str:
    """Return where to go on: the file, or the start page of whoever keeps staff only."""
    if can_open(by, BY_ID["HS-302"], on=business_date_jst(now)):
        return reverse("shikaku:file_status", args=[row_id])
    return reverse("shikaku:home")


def _go_back(by: Principal, row_id: UUID, now: datetime) -> HttpResponse:
    return go_on(_back_url(by, row_id, now))


def _page(request: HttpRequest, status: UketsukeStatus, now: datetime, error: str = "") -> HttpResponse:
    by = actor(request)
    context = {
        "file": file_view(status, now),
        "horyu": horyu_view(by, status, now),
        "back_url": _back_url(by, status.row_id, now),
        "form_url": reverse("shikaku:horyu", args=[status.row_id]),
        "withdraw_url": reverse("shikaku:horyu_torisage", args=[status.row_id]),
        "error": error,
        "errors": (FieldError(_FIELD, error),) if error else (),
        "submit_label": _SUBMIT,
    }
    return show(request, _PAGE, context, status=422 if error else 200)
