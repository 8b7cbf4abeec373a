"""符号取得状況 for the existing systems of insurers: their own members, how far, never a code. 根拠: KJ-MENU-08."""

import json
from datetime import datetime, timedelta, timezone
from typing import Final
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from chukan.controls.setsuzoku.schema import describes
from chukan.controls.setsuzoku.views import MachineView
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.errors import Invalid
from chukan.kernel.values.edaban import format_edaban
from fugo.actions.record_jotai import record_jotai
from fugo.actions.transfer_yokyu_file import FILE, JIMU
from fugo.domain.jotai import Jotai
from fugo.http import schemas
from fugo.queries.jotai import START

LIMIT_MAX: Final = 500
_WIRE_ZONE: Final = timezone(timedelta(hours=9))
_LIMIT_DIGITS: Final = 3


class JotaiView(MachineView):
    """GET one page of the own members' progress."""

    kinds = frozenset({"hokensha"})
    jimu = JIMU
    target_file = FILE
    sosa = SosaKind.FUGO_JOTAI

    @describes(
        summary="符号取得状況",
        answers={200: schemas.JOTAI},
        parameters=(
            OpenApiParameter("cursor", OpenApiTypes.UUID, description="前のページの next"),
            OpenApiParameter(
                "limit",
                {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX},
                description=f"件数（1〜{LIMIT_MAX}、既定 {LIMIT_MAX}）",
            ),
        ),
    )
    def get(self, request: Request) -> HttpResponse:
        """Return the page after the cursor, in an order that tells nothing about the members."""
        given = request.query_params
        if given.keys() - {"cursor", "limit"}:
            raise Invalid("unknown_field", "使えない項目名があります。cursor と limit だけを指定してください。")
        page = record_jotai(
            by=self.by, after=_cursor(given.get("cursor")), most=_limit(given.get("limit")), now=self.now
        )
        answer = {"items": [_item(one) for one in page.items], "next": None if page.next is None else str(page.next)}
        return HttpResponse(json.dumps(answer).encode(), content_type="application/json")


def _cursor(text: str | None) -> UUID:
    if text is None:
        return START
    try:
        return UUID(text)
    except ValueError:
        raise Invalid("cursor_fusei", "cursor には前のページの next を指定してください。", pointer="cursor") from None


def _limit(text: str | None) -> int:
    if text is None:
        return LIMIT_MAX
    if text.isascii() and text.isdigit() and len(text) <= _LIMIT_DIGITS and 0 < int(text) <= LIMIT_MAX:
        return int(text)
    raise Invalid("limit_fusei", f"limit は1〜{LIMIT_MAX}で指定してください。", pointer="limit")


def _jst(instant: datetime | None) -> str | None:
    return None if instant is None else instant.astimezone(_WIRE_ZONE).isoformat(timespec="microseconds")


def _item(one: Jotai) -> dict[str, object]:
    return {
        "hihokensha_edaban": format_edaban(one.hihokensha_edaban),
        "fugo_shutoku_status": None if one.state is None else one.state.value,
        "fugo_saihakko_flag": one.fugo_saihakko_flag,
        "fugo_status_koshin_nichiji": _jst(one.fugo_status_koshin_nichiji),
        "fugo_yokyu_uketsuke_nichiji": _jst(one.fugo_yokyu_uketsuke_nichiji),
        "fugo_tenso_nichiji": _jst(one.fugo_tenso_nichiji),
        "fugo_soshin_nichiji": _jst(one.fugo_soshin_nichiji),
        "fugo_uketsuke_nichiji": _jst(one.fugo_uketsuke_nichiji),
        "fugo_settei_nichiji": _jst(one.fugo_settei_nichiji),
    }
