"""HS-501 符号の取得状況: an insurer's own members, how far, never a code. 根拠: KJ-MENU-08."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from chukan.controls.kengen.views.guard import principal_of, screen
from chukan.kernel import clock
from chukan.kernel.http.pages import show
from chukan.kernel.values.edaban import format_edaban
from fugo.actions.record_jotai import record_jotai
from fugo.domain.jotai import Jotai
from fugo.domain.shutoku_state import STATE_LABELS
from fugo.http.desk_show import PAGE, STATE_MARKS
from fugo.queries.jotai import START

SCREEN: Final = "HS-501"


@dataclass(frozen=True, slots=True)
class JotaiRow:
    """One own member on the page."""

    edaban: str
    state_kind: str
    state_text: str
    is_saihakko: bool
    stamps: tuple[datetime | None, ...]


@screen(SCREEN)
@require_GET
def show_jotai(request: HttpRequest) -> HttpResponse:
    """Show the own members with the state of their code and its stamps, page by page."""
    by, now = principal_of(request), clock.now()
    page = record_jotai(by=by, after=_after(request), most=PAGE, screen_id=SCREEN, now=now)
    here = reverse("fugo:jotai")
    context = {
        "now": now,
        "rows": [_row(one) for one in page.items],
        "next_url": f"{here}?ato={page.next}" if page.next is not None else "",
        "first_url": here if "ato" in request.GET else "",
    }
    return show(request, "terminal/fugo/jotai.html", context)


def _after(request: HttpRequest) -> UUID:
    try:
        return UUID(request.GET["ato"])
    except (KeyError, ValueError):
        return START


def _row(one: Jotai) -> JotaiRow:
    kind, text = ("off", "要求なし") if one.state is None else (STATE_MARKS[one.state], STATE_LABELS[one.state])
    return JotaiRow(
        edaban=format_edaban(one.hihokensha_edaban),
        state_kind=kind,
        state_text=text,
        is_saihakko=one.fugo_saihakko_flag,
        stamps=(
            one.fugo_yokyu_uketsuke_nichiji,
            one.fugo_tenso_nichiji,
            one.fugo_soshin_nichiji,
            one.fugo_uketsuke_nichiji,
            one.fugo_settei_nichiji,
        ),
    )
