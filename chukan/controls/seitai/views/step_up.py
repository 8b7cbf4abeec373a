"""IP-001 生体認証による確認: stands before one act of any screen, shows it exactly, and brings back the confirmation.

A screen answers its button with `ask_for_seitai`. The form of IP-001 posts to the act's own address; there the view
calls `answered_seitai` and gives the number to its action, which uses the confirmation up in its transaction. A refusal
(`is_refusal`) is shown by `ask_for_seitai(..., error=error)`, with a new question.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from chukan.controls.kengen.views.guard import principal_of
from chukan.controls.seitai.actions import Options, begin, finish
from chukan.controls.seitai.domain import Refusal, refused
from chukan.controls.shokuin.domain import StaffSession
from chukan.controls.shokuin.views.pages import Page
from chukan.controls.shokuin.views.request import bare_principal, half_of, staff_of
from chukan.kernel import clock
from chukan.kernel.errors import NotAuthenticated, NotPermitted
from chukan.kernel.principal import Principal

IP_001: Final = Page("IP-001", "生体認証による確認")
REFUSED: Final = 422


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act as IP-001 shows it: what it is bound to, its name, its rows (項目, 値), where its answer goes.

    `submit_label` names the act as its button does; `fields` are sent along with the answer.
    """

    purpose: str
    bound: bytes
    title: str
    rows: tuple[tuple[str, str], ...]
    act_url: str
    back_url: str
    submit_label: str
    fields: tuple[tuple[str, str], ...] = ()
    page: Page = IP_001


def person_of(request: HttpRequest) -> tuple[StaffSession, Principal]:
    """Return the session and the person: signed in, or waiting for 生体認証 at sign-in. Raises NotAuthenticated."""
    half = half_of(request)
    if half is not None:
        return half, bare_principal(request, half)
    staff = staff_of(request)
    if staff is None:
        raise NotAuthenticated("login_nashi", "ログインし直してください。")
    return staff, principal_of(request)


def ask_for_seitai(request: HttpRequest, act: Act, *, error: NotPermitted | None = None) -> HttpResponse:
    """Show what will be done and ask for a confirmation of exactly this; after a refusal, with its words."""
    staff, by = person_of(request)
    asked: Options | None = None
    try:
        asked = begin(by=by, session_id=staff.session_id, purpose=act.purpose, bound=act.bound, now=clock.now())
    except NotPermitted as refusal:
        error = refusal
    context = {
        "screen": act.page,
        "act": act,
        "asked": asked,
        "message": "" if error is None else error.message,
        "is_unregistered": error is not None and error.code == Refusal.NOT_ENROLLED,
    }
    return render(request, "controls/seitai/kakunin.html", context, status=200 if error is None else REFUSED)


def answered_seitai(request: HttpRequest) -> UUID:
    """Return the number of the confirmation that IP-001 sent, verified. Raises NotPermitted with its words."""
    _, by = person_of(request)
    challenge_id = read_challenge_id(request)
    return finish(by=by, challenge_id=challenge_id, assertion_json=request.POST.get("answer", ""), now=clock.now())


def read_challenge_id(request: HttpRequest) -> UUID:
    """Return which question was answered. Raises NotPermitted when the form names none."""
    try:
        return UUID(request.POST.get("challenge_id", ""))
    except ValueError:
        raise refused(Refusal.NOT_VERIFIED) from None
