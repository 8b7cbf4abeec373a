"""OP-301 PMH-ID 払出し, OP-302 払出しの例外: counts and states for operators, nothing about a person.

根拠: KJ-MENU-05, KJ-MENU-09, KJ-PMH-08.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from chukan.controls.kengen.views.guard import principal_of, screen
from chukan.controls.setsuzoku.domain import PMH_JIMU
from chukan.controls.setsuzoku.queries import ItakuState, list_itaku
from chukan.kernel import clock
from chukan.kernel.clock import business_date_jst, midnight_jst
from chukan.kernel.http.pages import Tile, Todo, chart_of, show
from chukan.kernel.http.polls import POLL_MARK, is_part, mark_of, state_on_record
from chukan.kernel.templatetags.hyoji import nagasa
from chukan.kernel.values.kojin_bango import contains_kojin_bango
from chukan.settings import limits
from pmh.actions.record_jokyo import record_jokyo
from pmh.domain.irai import HOHO_LABELS, REFUSED_LABELS
from pmh.queries.hakko_rireki import count_hakko
from pmh.queries.irai import IraiDay, RefusedIrai, count_day, count_days, list_refused
from shikaku.public import PmhHaishin, PmhRefusal, count_pmh_haishin, list_pmh_refusals

_DAYS: Final = timedelta(days=6)  # before today: a week
_NO_CODE: Final = "（明細コードなし）"
_HIDDEN: Final = "（番号のため表示しません）"
_OTHER: Final = ("要求を処理できませんでした。", "要求番号を添えて、PMHの運用者に連絡してください。")


@dataclass(frozen=True, slots=True)
class Itaku:
    """One entrustment on the page."""

    client_id: str
    jimu: str
    kakunin: object
    minaoshi: object
    state_kind: str
    state_text: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Refused requests on the page, with the reason and what to do."""

    client_id: str
    jimu: str
    hoho: str
    reason: str
    act: str
    code: str
    count: int
    last_at: datetime


@screen("OP-301")
@require_GET
def show_haraidashi(request: HttpRequest) -> HttpResponse:
    """Show what needs an operator, then today's requests by outcome, system and hour, then the week; polled."""
    by, now = principal_of(request), clock.now()
    since = midnight_jst(now)
    today = count_day(by=by, since=since)
    haishin = count_pmh_haishin(by=by, since=since)
    refused = list_refused(by=by, since=since - _DAYS)
    mark = mark_of(request, viewer=by.actor_id)
    context = {
        "now": now,
        "live_url": reverse("pmh:haraidashi"),
        "poll_mark": mark,
        "todo": _todo(haishin, _itaku(now), refused, now),
        "tiles": _tiles(today, haishin, now),
        "hakko": count_hakko(by=by),
        "clients": [
            {
                "client_id": row.client_id,
                "jimu": PMH_JIMU.get(row.jimu_kubun, ""),
                "count": row.count,
                "last": row.last_at,
            }
            for row in today.by_client
        ],
        "chart": chart_of(today.by_hour, lambda hour, top: f"いちばん多かったのは{hour}時台の{top:,}人分です。"),
        "days": [{"day": day, "count": count} for day, count in count_days(by=by, since=since - _DAYS).items()],
    }
    if state_on_record(request, viewer=by.actor_id) is None:
        record_jokyo(by=by, screen_id="OP-301", now=now)
    response = show(request, "operator/_pmh_live.html" if is_part(request) else "operator/pmh.html", context)
    response.headers[POLL_MARK] = mark
    return response


@screen("OP-302")
@require_GET
def show_reigai(request: HttpRequest) -> HttpResponse:
    """Show what does not go by itself: telegrams not received or refused, entrustments, refused requests."""
    by, now = principal_of(request), clock.now()
    since = midnight_jst(now) - _DAYS
    haishin, itaku = count_pmh_haishin(by=by, since=since), _itaku(now)
    refused = list_refused(by=by, since=since)
    context = {
        "now": now,
        "todo": _todo(haishin, itaku, refused, now),
        "haishin": haishin,
        "overdue": _is_overdue(haishin, now),
        "ijo": [(_shown_code(row), row) for row in list_pmh_refusals(by=by)],
        "itaku": itaku,
        "refused": [_refused(row) for row in refused],
    }
    record_jokyo(by=by, screen_id="OP-302", now=now)
    return show(request, "operator/pmh_exceptions.html", context)


def _is_overdue(haishin: PmhHaishin, now: datetime) -> bool:
    return haishin.oldest_at is not None and now - haishin.oldest_at > limits.ONSHI_OVERDUE


def _shown_code(row: PmhRefusal) -> str:
    """Return the code as it came: the partner writes it, so that it may be anything, also a number."""
    return _HIDDEN if contains_kojin_bango(row.meisai_code) else row.meisai_code or _NO_CODE


def _todo(haishin: PmhHaishin, itaku: Sequence[Itaku], refused: Sequence[RefusedIrai], now: datetime) -> list[Todo]:
    url = reverse("pmh:reigai")
    found = []
    if haishin.oldest_at is not None and _is_overdue(haishin, now):
        age = nagasa((now - haishin.oldest_at).total_seconds())
        text = f"PMH-IDの電文が{age}受領されていません（{haishin.waiting:,}件）。オン資の状態を確かめてください。"
        found.append(Todo(text, f"{url}#haishin-title"))
    if haishin.resend:
        text = f"処理結果が異常のPMH-IDの電文が{haishin.resend:,}件あります。原因を確かめ、再送してください。"
        found.append(Todo(text, f"{url}#haishin-title"))
    for kind, what in (("error", "期限切れです。この事務の依頼は断っています"), ("warn", "まもなく見直しの期限です")):
        count = sum(one.state_kind == kind for one in itaku)
        if count:
            text = f"委託の確認{count:,}件が{what}。公費実施機関等の委託を確かめてください。"
            found.append(Todo(text, f"{url}#itaku-title"))
    unfinished = sum(row.count for row in refused if row.code in {"naibu", "kozatsu"})
    if unfinished:
        text = f"処理できなかった依頼が直近7日に{unfinished:,}件あります。保守担当に調べてもらってください。"
        found.append(Todo(text, f"{url}#refused-title"))
    return found


def _tiles(today: IraiDay, haishin: PmhHaishin, now: datetime) -> tuple[Tile, ...]:
    count = today.count
    asked = count.shinki + count.kizon + count.nashi
    oldest = "" if haishin.oldest_at is None else f"最古 {nagasa((now - haishin.oldest_at).total_seconds())}"
    return (
        Tile("今日答えた人数", f"{asked:,}", f"人・{count.requests - count.refused:,}回"),
        Tile("新規の払出し", f"{count.shinki:,}", "人"),
        Tile("発行済みの再返却", f"{count.kizon:,}", _share(count.kizon, asked)),
        Tile("該当なし", f"{count.nashi:,}", _share(count.nashi, asked)),
        Tile("断った依頼", f"{count.refused:,}", "回"),
        Tile("オン資 送信待ち", f"{haishin.waiting:,}", oldest or "件"),
    )


def _share(part: int, whole: int) -> str:
    if not whole:
        return "人"
    share = part * 100 / whole
    return f"人・{share:.1f}%" if share < 10 else f"人・{share:.0f}%"  # noqa: PLR2004  # as short as the tile is narrow


def _itaku(now: datetime) -> list[Itaku]:
    today = business_date_jst(now)
    return [_itaku_row(row, today >= row.minaoshi_ymd, today + limits.PMH_REVIEW_SOON >= row.minaoshi_ymd)
            for row in list_itaku(on=today)]  # fmt: skip


def _itaku_row(row: ItakuState, over: bool, soon: bool) -> Itaku:  # noqa: FBT001  # two facts of one date
    kind, text = ("error", "期限切れ") if over else ("warn", "まもなく期限") if soon else ("ok", "有効")
    return Itaku(row.client_id, PMH_JIMU[row.jimu_kubun], row.kakunin_ymd, row.minaoshi_ymd, kind, text)


def _refused(row: RefusedIrai) -> Refused:
    reason, act = REFUSED_LABELS.get(row.code, _OTHER)
    return Refused(
        client_id=row.client_id,
        jimu=PMH_JIMU.get(row.jimu_kubun, ""),
        hoho=HOHO_LABELS.get(row.hoho, ""),
        reason=reason,
        act=act,
        code=row.code,
        count=row.count,
        last_at=row.last_at,
    )
