"""US-301 生体認証の認証器: the own authenticators, and for システム管理責任者 those of the own organisation."""

from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from chukan.controls.kengen.domain import STAFF_ADMIN
from chukan.controls.kengen.views.guard import principal_of, screen
from chukan.controls.seitai.actions.enrol import end_authenticator
from chukan.controls.seitai.actions.try_out import use_for_nothing
from chukan.controls.seitai.domain import MAX_AUTHENTICATORS, TAMESHI, is_refusal
from chukan.controls.seitai.queries import list_authenticators
from chukan.controls.seitai.views.keys import Urls, begin_page, form_context, keep
from chukan.controls.seitai.views.step_up import REFUSED, Act, answered_seitai, ask_for_seitai, person_of
from chukan.controls.shokuin.views.pages import Page
from chukan.kernel import clock
from chukan.kernel.errors import NotPermitted, RuleBroken

US_301: Final = Page("US-301", "生体認証の認証器")
_TRIAL: Final = "認証器が使えるかを確かめる（何も変わりません）"
# What the page says after an act; the address names it.
_DONE: Final = {
    "toroku": "認証器を登録しました。「使えるか確かめる」で、この認証器を一度使ってください。",
    "shuryo": "認証器の登録を終えました。この認証器はもう使えません。",
    "tameshi": "生体認証で確認できました。この認証器は使えます。",
}


def _urls() -> Urls:
    return Urls(reverse("seitai:toroku"), reverse("seitai:toroku_kanryo"), reverse("seitai:ninshoki"))


@screen("US-301")
@require_GET
def ninshoki(request: HttpRequest) -> HttpResponse:
    """Show the authenticators and the form of a new one."""
    return _page(request, error=None)


@screen("US-301")
@sensitive_post_parameters("witness_1_password", "witness_2_password")
@require_POST
def begin_key(request: HttpRequest) -> HttpResponse:
    """Confirm the two administrators; show the page on which the authenticator makes its key."""
    try:
        return begin_page(request, page=US_301, urls=_urls())
    except (RuleBroken, NotPermitted) as error:
        return _page(request, error=error)


@screen("US-301")
@require_POST
def keep_key(request: HttpRequest) -> HttpResponse:
    """Register the key that was made."""
    try:
        keep(request)
    except (RuleBroken, NotPermitted) as error:
        return _page(request, error=error)
    return _done("toroku")


@screen("US-301")
@require_POST
def end_key(request: HttpRequest, row_id: UUID) -> HttpResponse:
    """End the registration of one authenticator."""
    end_authenticator(by=principal_of(request), authenticator_id=row_id, now=clock.now())
    return _done("shuryo")


@screen("US-301")
@require_POST
def try_out(request: HttpRequest) -> HttpResponse:
    """Ask for a confirmation of nothing, to see that an authenticator works."""
    return ask_for_seitai(request, _trial(request))


@screen("US-301")
@require_POST
def tried(request: HttpRequest) -> HttpResponse:
    """Use the confirmation up and say that it works."""
    act = _trial(request)
    try:
        ninsho_id = answered_seitai(request)
        use_for_nothing(by=principal_of(request), ninsho_id=ninsho_id, bound=act.bound, now=clock.now())
    except NotPermitted as error:
        if not is_refusal(error):
            raise
        return ask_for_seitai(request, act, error=error)
    return _done("tameshi")


def _trial(request: HttpRequest) -> Act:
    staff, _ = person_of(request)
    return Act(
        purpose=TAMESHI,
        bound=staff.account_id.bytes,
        title="認証器の確かめ",
        rows=(
            ("職員", f"{staff.shokuin_id}　{staff.shimei}"),
            ("操作", "認証器が使えるかを確かめる（何も変わりません）"),
        ),
        act_url=reverse("seitai:tameshi_kanryo"),
        back_url=reverse("seitai:ninshoki"),
        submit_label="生体認証で確かめる",
    )


def _done(what: str) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('seitai:ninshoki')}?kekka={what}")


def _page(request: HttpRequest, *, error: RuleBroken | NotPermitted | None) -> HttpResponse:
    by = principal_of(request)
    found = list_authenticators(by=by)
    own = [row for row in found if row.shokuin_id == by.actor_id]
    context = {
        "own": own,
        "others": [row for row in found if row.shokuin_id != by.actor_id] if by.can(*STAFF_ADMIN) else [],
        "may_add": len(own) < MAX_AUTHENTICATORS,
        "done": _DONE.get(request.GET.get("kekka", ""), ""),
        **form_context(request, urls=_urls(), error=error),
    }
    return render(request, "controls/seitai/ninshoki.html", context, status=200 if error is None else REFUSED)
