"""OP-001 運用状況, OP-101 処理の実行状況, OP-201 オン資 配信: counts and states for operators, nothing personal.

根拠: KJ-MENU-06, KJ-MENU-09.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from chukan.controls.kengen.domain import BY_ID, has_right
from chukan.controls.kengen.views.guard import screen
from chukan.controls.kikan.domain import SHICHOSON_KOKUHO, UNYO_HOSHU
from chukan.controls.kikan.queries import list_hokensha, shubetsu_in_charge
from chukan.controls.sosa_log.views import todo_sealing
from chukan.controls.uketsuke.domain import (
    HORYU,
    KANRYO,
    KENSA,
    KYOHI,
    RIYU_SHORT,
    RUNNING,
    SHORI,
    STALLED_AFTER,
    UKETSUKE,
)
from chukan.kernel import clock
from chukan.kernel.clock import business_date_jst, midnight_jst
from chukan.kernel.http.pages import Tile, Todo, chart_of, show
from chukan.kernel.http.polls import POLL_MARK, is_part, mark_of, state_on_record
from chukan.kernel.principal import Principal
from chukan.kernel.templatetags.hyoji import jikoku, nagasa
from chukan.settings import limits
from shikaku.actions.record_shokai import UNYO, record_jokyo
from shikaku.actions.retry_onshi import retry_onshi
from shikaku.domain.bango_case import CASE_ID_SHOWN, PARTED
from shikaku.http.terminal_file_show import state_mark
from shikaku.http.terminal_page import Link, actor, chain_of, go_on, posted
from shikaku.http.terminal_show import ROUTES
from shikaku.queries.bango_case import OpenCase, OpenCases, list_open_cases
from shikaku.queries.haishin import HaishinRow, count_pmh_haishin, list_haishin
from shikaku.queries.jokyo import Charge, DayFigures, FileState, count_day, list_files, list_stalled
from shikaku.queries.resend_queue import count_resend_queue

_SHOWN: Final = 20
_PAGE: Final = 50
_LOOK_BACK: Final = timedelta(days=30)
_TABS: Final = (
    ("", "すべて"),
    (SHORI, "登録中"),
    (KENSA, "検査中"),
    (UKETSUKE, "受付済み"),
    (KANRYO, "完了"),
    (HORYU, "保留"),
    (KYOHI, "受け付けられません"),
)


@dataclass(frozen=True, slots=True)
class Job:
    """One file as operators see it."""

    bango: str
    hokensha: str
    hokensha_code: str
    route: str
    state_kind: str
    state_text: str
    accepted_at: datetime
    elapsed: float
    share: int
    total: int
    refused: int
    note: str


@dataclass(frozen=True, slots=True)
class Case:
    """One 個人番号の重なり as operators see it: where to ask, never about whom."""

    id: str
    hokensha: str
    hokensha_code: str
    uketsuke_bango: str
    meisai_no: int | None
    route: str
    first_at: datetime
    last_at: datetime
    count: int
    holders: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One insurer's deliveries on the page."""

    code: str
    name: str
    state_kind: str
    state_text: str
    waiting: int
    oldest_at: datetime | None
    sent_today: int
    ok: int
    refused: int
    resend: int
    attempts: int


def _names(by: Principal) -> tuple[dict[str, str], Charge]:
    """Return the insurers this operator is charged with by code, and what to narrow files by.

    国保情報集約システム sends for many 市町村国保 at once: its files are for whoever is charged with those.
    """
    everyone = list_hokensha()
    if by.soshiki == UNYO_HOSHU:
        return {one.hokensha_code: one.hokensha_meisho for one in everyone}, Charge()
    mine = shubetsu_in_charge(by.soshiki, business_date_jst(clock.now()))
    names = {one.hokensha_code: one.hokensha_meisho for one in everyone if one.hokensha_shubetsu in mine}
    return names, Charge(frozenset(names), shuyaku=SHICHOSON_KOKUHO in mine)


def _job(row: FileState, names: dict[str, str], now: datetime) -> Job:
    kind, text = state_mark(row.jotai)
    note = RIYU_SHORT.get(row.reason_code, "")
    if row.waits_for is not None:
        note = f"{row.waits_for} の終わりを待っています"
    elif row.jotai in RUNNING and now - row.moved_at > STALLED_AFTER:
        kind, text = "warn", "停滞"
        note = f"{nagasa((now - row.moved_at).total_seconds())}進んでいません（{jikoku(row.moved_at)} から）"
    code = row.hokensha_code or ""
    share = 100 if row.jotai == KANRYO else row.shori_zumi * 100 // row.sosu if row.sosu else 0
    return Job(
        bango=row.uketsuke_bango,
        hokensha=names.get(code, "国保情報集約システム"),
        hokensha_code=code,
        route=ROUTES.get(row.channel, row.channel),
        state_kind=kind,
        state_text=text,
        accepted_at=row.accepted_at,
        elapsed=((row.finished_at or now) - row.accepted_at).total_seconds(),
        share=share,
        total=row.sosu,
        refused=row.ijo,
        note=note,
    )


@screen("OP-001")
@require_GET
def show_jokyo(request: HttpRequest) -> HttpResponse:
    """Show what needs an operator first, then today's files, then the hours; polled every 30 seconds."""
    by, now = actor(request), clock.now()
    names, charge = _names(by)
    today = count_day(by=by, since=midnight_jst(now), charge=charge)
    stalled = list_stalled(by=by, charge=charge, limit=_SHOWN, now=now)
    newest = list_files(by=by, since=midnight_jst(now), charge=charge, limit=_SHOWN)
    haishin = list_haishin(by=by, since=midnight_jst(now), hokensha_codes=charge.hokensha_codes)
    resend = count_resend_queue(by=by, hokensha_codes=charge.hokensha_codes)
    cases = list_open_cases(by=by, hokensha_codes=charge.hokensha_codes, limit=_SHOWN)
    mark = mark_of(request, viewer=by.actor_id)
    context = {
        "now": now,
        "live_url": reverse("unyo:jokyo"),
        "poll_mark": mark,
        "todo": [
            *_todo_sealing(by, now),
            *_todo_files([_job(row, names, now) for row in stalled]),
            *_todo_haishin(haishin, names, now),
            *_todo_pmh(by, now),
            *_todo_resend(resend, names),
            *_todo_cases(cases),
        ],
        "cases": [_case(row, names) for row in cases.oldest],
        "cases_more": cases.count - len(cases.oldest),
        "cases_parted": any(row.channel == PARTED for row in cases.oldest),
        "tiles": _tiles(today, haishin),
        "files": [_job(row, names, now) for row in newest],
        "chart": chart_of(
            today.by_hour, lambda hour, top: f"いちばん多かったのは{hour}時台に受け付けたファイルの{top:,}件です。"
        ),
    }
    if state_on_record(request, viewer=by.actor_id) is None:
        record_jokyo(by=by, screen_id="OP-001", now=now)
    response = show(request, "operator/_status_live.html" if is_part(request) else "operator/status.html", context)
    response.headers[POLL_MARK] = mark
    return response


def _todo_sealing(by: Principal, now: datetime) -> list[Todo]:
    page = BY_ID["LG-101"]
    return todo_sealing(by=by, now=now, url=reverse(page.url_name) if has_right(by, page) else "")


def _todo_files(jobs: Sequence[Job]) -> list[Todo]:
    url = reverse("unyo:shori")
    return [
        Todo(f"{job.hokensha}のファイル {job.bango} が{job.note}。ワーカーの状態を確かめてください。", url)
        for job in jobs
    ]


def _todo_haishin(rows: Sequence[HaishinRow], names: dict[str, str], now: datetime) -> list[Todo]:
    url = reverse("unyo:haishin")
    found = []
    for row in rows:
        name = names.get(row.hokensha_code, row.hokensha_code)
        if row.oldest_at is not None and now - row.oldest_at > limits.ONSHI_OVERDUE:
            age = nagasa((now - row.oldest_at).total_seconds())
            what = f"オン資への電文が{age}受領されていません（{name}、{row.waiting:,}件）。"
            text = f"{what}接続先の状態を確かめてください。"
            found.append(Todo(text, url))
    return found


def _todo_pmh(by: Principal, now: datetime) -> list[Todo]:
    """Return what waits or was refused of the telegrams about no insurer, for who may open the page that has more."""
    page = BY_ID["OP-302"]
    if not has_right(by, page):
        return []
    haishin, url, found = count_pmh_haishin(by=by, since=midnight_jst(now)), reverse(page.url_name), []
    if haishin.oldest_at is not None and now - haishin.oldest_at > limits.ONSHI_OVERDUE:
        age = nagasa((now - haishin.oldest_at).total_seconds())
        found.append(Todo(f"PMH-IDの電文が{age}受領されていません。接続先の状態を確かめてください。", url))
    if haishin.resend:
        text = f"処理結果が異常のPMH-IDの電文が{haishin.resend:,}件あります。原因を確かめ、再送してください。"
        found.append(Todo(text, url))
    return found


def _todo_resend(resend: Mapping[str, int], names: dict[str, str]) -> list[Todo]:
    url = reverse("unyo:haishin")
    return [
        Todo(
            f"処理結果が異常の電文が{count:,}件あります（{names.get(code, code)}）。原因を確かめ、再送してください。",
            url,
        )
        for code, count in sorted(resend.items())
    ]


def _todo_cases(cases: OpenCases) -> list[Todo]:
    if not cases.count:
        return []
    text = f"個人番号の重なりが{cases.count:,}件あります。保険者に連絡し、書類の番号を確かめてもらってください。"
    return [Todo(text, "#bango-cases")]


def _case(row: OpenCase, names: dict[str, str]) -> Case:
    return Case(
        id=str(row.id)[:CASE_ID_SHOWN],
        hokensha=names.get(row.hokensha_code, "—"),
        hokensha_code=row.hokensha_code,
        uketsuke_bango=row.uketsuke_bango,
        meisai_no=row.meisai_no,
        route=ROUTES.get(row.channel, row.channel),
        first_at=row.first_seen_at,
        last_at=row.last_seen_at,
        count=row.seen_count,
        holders="、".join(f"{names[code]}（{code}）" if code in names else code for code in row.holders),
    )


def _tiles(today: DayFigures, haishin: Sequence[HaishinRow]) -> tuple[Tile, ...]:
    done, refused = today.done, today.refused
    share = f"件（{refused * 100 / (done + refused):.1f}%）" if done + refused else "件"
    return (
        Tile("今日のファイル", f"{today.files:,}", f"実行中 {today.running:,}"),
        Tile("登録できた行", f"{done:,}", "件"),
        Tile("エラーの行", f"{refused:,}", share),
        Tile("オン資 送信待ち", f"{sum(row.waiting for row in haishin):,}", "件"),
        Tile("オン資 処理結果の異常", f"{sum(row.answered_refused for row in haishin):,}", "件"),
    )


@screen("OP-101")
@require_GET
def show_shori(request: HttpRequest) -> HttpResponse:
    """Show all files of the last 30 days, newest first, by state."""
    by, now = actor(request), clock.now()
    names, charge = _names(by)
    state = request.GET.get("jotai", "")
    state = state if state in dict(_TABS) else ""
    chain = chain_of(request)
    before = datetime.fromtimestamp(chain[-1] / 1_000_000, UTC) if chain else None
    found = list_files(by=by, since=now - _LOOK_BACK, charge=charge, state=state, before=before, limit=_PAGE + 1)
    shown = found[:_PAGE]
    url = reverse("unyo:shori")

    def link(part: Sequence[int]) -> str:
        words = [f"jotai={state}"] if state else []
        words += [f"ato={'.'.join(map(str, part))}"] if part else []
        return f"{url}?{'&'.join(words)}" if words else url

    last = round(shown[-1].accepted_at.timestamp() * 1_000_000) if len(found) > len(shown) else None
    context = {
        "tabs": [Link(name, f"{url}?jotai={one}" if one else url, current=one == state) for one, name in _TABS],
        "files": [_job(row, names, now) for row in shown],
        "page": {
            "previous_url": link(chain[:-1]) if chain else "",
            "next_url": "" if last is None else link([*chain, last]),
        },
    }
    record_jokyo(by=by, screen_id="OP-101", now=now)
    return show(request, "operator/jobs.html", context)


@screen("OP-201")
@require_GET
def show_haishin(request: HttpRequest) -> HttpResponse:
    """Show deliveries per insurer, the oldest waiting first."""
    by, now = actor(request), clock.now()
    names, charge = _names(by)
    rows = list_haishin(by=by, since=midnight_jst(now), hokensha_codes=charge.hokensha_codes)
    resend = count_resend_queue(by=by, hokensha_codes=charge.hokensha_codes)
    quiet = sorted(resend.keys() - {row.hokensha_code for row in rows})
    rows += tuple(HaishinRow(code, 0, None, 0, 0, 0, 0) for code in quiet)
    oldest = min((row.oldest_at for row in rows if row.oldest_at is not None), default=None)
    tiles = (
        Tile("送信待ち", f"{sum(row.waiting for row in rows):,}", "件"),
        Tile("いちばん古い待ち", "—" if oldest is None else nagasa((now - oldest).total_seconds())),
        Tile("今日受領された電文", f"{sum(row.sent for row in rows):,}", "件"),
        Tile("今日の処理結果 異常", f"{sum(row.answered_refused for row in rows):,}", "件"),
        Tile("再送待ち", f"{sum(resend.values()):,}", "件"),
    )
    shown = [_delivery(row, resend.get(row.hokensha_code, 0), names, now) for row in rows]
    context = {"now": now, "tiles": tiles, "rows": shown, **_retried(request.GET.get("saishiko", ""))}
    context["may_retry"] = by.can(UNYO, "koshin")
    record_jokyo(by=by, screen_id="OP-201", now=now)
    return show(request, "operator/delivery.html", context)


def _retried(count: str) -> dict[str, str]:
    if not re.fullmatch("[0-9]{1,9}", count):
        return {}
    if not int(count):
        return {"retried": "次の試行を待っている電文はありません。", "retried_kind": "info"}
    return {"retried": f"{int(count):,}件を、次の試行を待たずに送ります。", "retried_kind": "ok"}


@screen("OP-201", action="koshin")
@require_POST
def retry_haishin(request: HttpRequest) -> HttpResponse:
    """Let what waits of one insurer go now, and show the list again. Raises as the action."""
    by, code = actor(request), posted(request).get("hokensha_code", "")
    moved = retry_onshi(by=by, hokensha_code=code, in_charge=_names(by)[0], now=clock.now())
    return go_on(f"{reverse('unyo:haishin')}?saishiko={moved}")


def _delivery(row: HaishinRow, resend: int, names: dict[str, str], now: datetime) -> Delivery:
    kind, text = "ok", "正常"
    if row.oldest_at is not None and now - row.oldest_at > limits.ONSHI_OVERDUE:
        kind, text = "warn", "遅延"
    elif row.waiting:
        kind, text = "run", "送信中"
    elif resend or row.answered_refused:
        kind, text = "error", "異常あり"
    return Delivery(
        code=row.hokensha_code,
        name=names.get(row.hokensha_code, "—"),
        state_kind=kind,
        state_text=text,
        waiting=row.waiting,
        oldest_at=row.oldest_at,
        sent_today=row.sent,
        ok=row.answered_ok,
        refused=row.answered_refused,
        resend=resend,
        attempts=row.attempts,
    )
