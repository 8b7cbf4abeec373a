"""AP-102 承認の確認: the approval itself, with a 生体認証 that is bound to exactly this 依頼."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from chukan.controls.kengen.views.guard import principal_of, screen
from chukan.controls.seitai.actions import consume
from chukan.controls.seitai.domain import is_refusal
from chukan.controls.seitai.views.step_up import Act, answered_seitai, ask_for_seitai
from chukan.controls.shonin.actions.decide import approve, check_approval
from chukan.controls.shonin.domain import PURPOSE, bound_of
from chukan.controls.shonin.queries import IraiRow, get_irai
from chukan.controls.shonin.views.deciding import MAX_NUMBER, MAX_TEXT, record_refusal, refuse_decision
from chukan.kernel import clock
from chukan.kernel.errors import Conflict, NotPermitted, RuleBroken
from chukan.kernel.values.kojin_bango import without_kojin_bango


@screen("AP-102")
@require_POST
def approve_irai(request: HttpRequest, shonin_id: UUID) -> HttpResponse:
    """Ask for the 生体認証 of exactly this approval (IP-001), and approve with it; after a refusal nothing happened."""
    by, now = principal_of(request), clock.now()
    row = get_irai(by=by, shonin_id=shonin_id, now=now)
    comment = request.POST.get("comment", "")[:MAX_TEXT]
    ninzu = _number(request.POST.get("ninzu", ""))
    try:
        check_approval(by=by, row=row, ninzu=ninzu, comment=comment)
    except (NotPermitted, RuleBroken) as error:
        return refuse_decision(request, row, error)
    act = _act(row, comment=comment, ninzu=ninzu)
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
    except (Conflict, NotPermitted, RuleBroken) as error:
        if isinstance(error, NotPermitted) and is_refusal(error):
            record_refusal(by=by, shonin_id=row.id, code=error.code)
            return ask_for_seitai(request, act, error=error)
        # Somebody else was quicker, or what is held has changed: the page says how it stands now.
        return refuse_decision(request, get_irai(by=by, shonin_id=row.id, now=clock.now()), error)
    return HttpResponseRedirect(reverse("shonin:kakunin", args=[row.id]), status=303)


def _act(row: IraiRow, *, comment: str, ninzu: int | None) -> Act:
    return Act(
        purpose=PURPOSE,
        bound=bound_of(shonin_id=row.id.bytes, payload_hash=row.payload_hash),
        title=f"「{row.rule.label}」を承認する",
        rows=(*row.items, ("承認したあと", row.rule.ato), ("依頼者", row.shinseisha_mei), ("理由", row.riyu)),
        act_url=reverse("shonin:approve", args=[row.id]),
        back_url=reverse("shonin:kakunin", args=[row.id]),
        submit_label="生体認証をして承認する",
        fields=(("comment", comment), ("ninzu", "" if ninzu is None else str(ninzu))),
    )


def _number(text: str) -> int | None:
    plain = without_kojin_bango(text.replace(",", "").strip())[:MAX_NUMBER]  # the next page gives it back
    return int(plain) if plain.isascii() and plain.isdigit() else None
