"""AP-102 承認の確認: the approval itself, with a 生体認証 that is bound to exactly this 依頼."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from chukan.controls.kengen.views.guard import principal_of, screen
from chukan.controls.seitai.actions import consume
from chukan.controls.seitai.views.step_up import Act, answered_seitai, ask_for_seitai
from chukan.controls.shonin.actions.decide import approve, check_approval
from chukan.controls.shonin.domain import PURPOSE, bound_of
from chukan.controls.shonin.queries import get_irai
from chukan.controls.shonin.views.deciding import MAX_NUMBER, MAX_TEXT, decision_page
from chukan.kernel import clock
from chukan.kernel.errors import NotPermitted, RuleBroken


@screen("AP-102")
@require_POST
def approve_irai(request: HttpRequest, shonin_id: UUID) -> HttpResponse:
    """Ask for the 生体認証 of exactly this approval, and approve with it."""
    by, now = principal_of(request), clock.now()
    row = get_irai(by=by, shonin_id=shonin_id, now=now)
    comment = request.POST.get("comment", "")[:MAX_TEXT]
    ninzu = _number(request.POST.get("ninzu", ""))
    try:
        check_approval(by=by, row=row, ninzu=ninzu, comment=comment)
    except (NotPermitted, RuleBroken) as error:
        return decision_page(request, row, error=error)
    act = Act(
        purpose=PURPOSE,
        bound=bound_of(shonin_id=row.id.bytes, payload_hash=row.payload_hash),
        title=f"「{row.rule.label}」を承認する",
        rows=(*row.items, ("依頼者", row.shinseisha_mei), ("理由", row.riyu)),
        act_url=reverse("shonin:approve", args=[row.id]),
        back_url=reverse("shonin:kakunin", args=[row.id]),
        submit_label="承認する",
        fields=(("comment", comment), ("ninzu", "" if ninzu is None else str(ninzu))),
    )
    if "challenge_id" not in request.POST:
        return ask_for_seitai(request, act)
    try:
        approve(
            by=by,
            shonin_id=row.id,
            ninsho_id=answered_seitai(request),
            ninzu=ninzu,
            comment=comment,
            use_ninsho=consume,
            now=clock.now(),
        )
    except NotPermitted as error:
        return ask_for_seitai(request, act, error=error)
    return HttpResponseRedirect(reverse("shonin:machi"))


def _number(text: str) -> int | None:
    plain = text.replace(",", "").strip()[:MAX_NUMBER]
    return int(plain) if plain.isascii() and plain.isdigit() else None
