"""The two pages that make a key: two administrators type their passwords, then the authenticator answers."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from chukan.controls.kikan.domain import OPERATORS
from chukan.controls.seitai.actions.confirm import Options
from chukan.controls.seitai.actions.enrol import WitnessInput, begin_registration, finish_registration
from chukan.controls.seitai.domain import MEISHO_MAX, witness_zones
from chukan.controls.seitai.views.step_up import REFUSED, person_of, read_challenge_id
from chukan.controls.shokuin.domain import normal_id
from chukan.controls.shokuin.views.pages import Page
from chukan.kernel import clock
from chukan.kernel.errors import NotPermitted, RuleBroken
from chukan.kernel.values.kojin_bango import without_kojin_bango


@dataclass(frozen=True, slots=True)
class Urls:
    """Where the two forms go, and the way back."""

    begin: str
    keep: str
    back: str


def form_context(
    request: HttpRequest, *, urls: Urls, error: RuleBroken | NotPermitted | None = None
) -> dict[str, object]:
    """Return what the form of the two administrators shows; passwords are never given back."""
    staff, _ = person_of(request)
    by_field = {item.pointer: item.message for item in error.errors} if error is not None else {}
    witnesses = [
        {
            "number": number,
            "id": without_kojin_bango(request.POST.get(f"witness_{number}", "")[:64]),
            "error": by_field.get(f"witness_{number}", ""),
        }
        for number in (1, 2)
    ]
    errors = [{"field": f"f-{pointer}", "message": message} for pointer, message in by_field.items()]
    if error is not None and not errors:
        errors = [{"field": "f-witness_1", "message": error.message}]
    zones = [OPERATORS.get(zone, "自組織") for zone in sorted(witness_zones(staff.zone))]
    return {"witnesses": witnesses, "errors": errors, "urls": urls, "witness_soshiki": "または".join(zones)}


def begin_page(request: HttpRequest, *, page: Page, urls: Urls) -> HttpResponse:
    """Show the page on which the authenticator makes its key. Raises RuleBroken, NotPermitted."""
    staff, by = person_of(request)
    typed = [
        WitnessInput(
            normal_id(request.POST.get(f"witness_{number}", "")[:64]),
            request.POST.get(f"witness_{number}_password", "")[:200],
        )
        for number in (1, 2)
    ]
    asked = begin_registration(by=by, session=staff, witnesses=typed, now=clock.now())
    return _make_page(request, page=page, urls=urls, asked=asked)


def keep(request: HttpRequest) -> None:
    """Register the key that was made. Raises RuleBroken, NotPermitted."""
    _, by = person_of(request)
    finish_registration(
        by=by,
        challenge_id=read_challenge_id(request),
        registration_json=request.POST.get("answer", ""),
        meisho=request.POST.get("meisho", "")[: MEISHO_MAX * 2],
        now=clock.now(),
    )


def _make_page(request: HttpRequest, *, page: Page, urls: Urls, asked: Options) -> HttpResponse:
    staff, _ = person_of(request)
    context = {"screen": page, "urls": urls, "asked": asked, "shimei": staff.shimei, "meisho_max": MEISHO_MAX}
    return render(request, "controls/seitai/make_key.html", context)


__all__ = ["REFUSED", "Urls", "begin_page", "form_context", "keep"]
