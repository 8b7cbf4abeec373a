"""HM-001 ホーム: what waits for this person first, then the files, then the screens used most."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from chukan.controls.kengen.domain import BY_ID
from chukan.controls.kengen.queries import can_open
from chukan.controls.kengen.views.guard import screen
from chukan.controls.uketsuke.domain import KYOHI, TORISAGE
from chukan.controls.uketsuke.queries import UketsukeStatus, list_held, list_uketsuke
from chukan.kernel import clock
from chukan.kernel.clock import business_date_jst
from chukan.kernel.http.pages import Todo, show
from chukan.kernel.principal import Principal
from chukan.kernel.templatetags.hyoji import hizuke_wareki, nichiji
from shikaku.http.terminal_file_show import file_row
from shikaku.http.terminal_horyu_views import may_decide
from shikaku.http.terminal_page import Link, actor
from shikaku.queries.refused_line import count_waiting, find_waiting

_RECENT: Final = 10
_TODO: Final = 10
_LOOKED_AT: Final = 200
_LOOK_BACK: Final = timedelta(days=7)
_LINKS: Final = (
    ("HS-101", "加入者を探す"),
    ("HS-201", "加入者を登録する"),
    ("HS-301", "ファイルを送る"),
    ("KR-101", "職員IDを管理する"),
    ("KR-201", "操作履歴を見る"),
)


@screen("HM-001")
@require_GET
def show_home(request: HttpRequest) -> HttpResponse:
    """Show the start page of an insurer's person, by that person's rights."""
    by, now = actor(request), clock.now()
    on = business_date_jst(now)
    sees_files = can_open(by, BY_ID["HS-303"], on=on)
    files = list_uketsuke(by=by, now=now, limit=_LOOKED_AT) if sees_files else ()
    links = [Link(name, reverse(BY_ID[one].url_name)) for one, name in _LINKS if can_open(by, BY_ID[one], on=on)]
    decides = may_decide(by, now)
    held = list_held(by=by, now=now, limit=_LOOKED_AT) if sees_files or decides else ()
    asking = _asking(by, [one for one in files if now - one.accepted_at <= _LOOK_BACK])
    todo = [_held_todo(one, decides=decides) for one in held[:_TODO]]
    todo += _todo_of(by, asking[: _TODO - len(todo)])
    sends = can_open(by, BY_ID["HS-301"], on=on)
    context = {
        "now": now,
        "todo": todo,
        "todo_count": len(held) + len(asking),
        "links": links,
        "show_files": sees_files,
        "files": [file_row(one, reverse("shikaku:file_status", args=[one.row_id])) for one in files[:_RECENT]],
        "files_url": reverse("shikaku:file_list"),
        "upload_url": reverse("shikaku:file_send") if sends else "",
        "register_url": reverse("shikaku:toroku") if can_open(by, BY_ID["HS-201"], on=on) else "",
    }
    return show(request, "terminal/shikaku/home.html", context)


def _held_todo(status: UketsukeStatus, *, decides: bool) -> Todo:
    """Return the sentence of a held file, however long it waits: to decide, or whom to ask."""
    name = status.file_name or status.uketsuke_bango
    if decides:
        url = reverse("shikaku:horyu", args=[status.row_id])
        return Todo(f"{name} は保留しています。内容を確かめて、登録を続けるか取り下げてください。", url)
    url = reverse("shikaku:file_status", args=[status.row_id])
    return Todo(f"{name} は保留しています。内容を確かめて、システム管理責任者に連絡してください。", url)


def _asking(by: Principal, files: Sequence[UketsukeStatus]) -> list[UketsukeStatus]:
    """Return the files that ask something of their sender."""
    row_ids = [one.row_id for one in files if one.refused_until is not None]
    waiting = find_waiting(by=by, row_ids=row_ids) if row_ids else frozenset()
    return [one for one in files if _todo(one, int(one.row_id in waiting)) is not None]


def _todo_of(by: Principal, files: Sequence[UketsukeStatus]) -> list[Todo]:
    """Return what files ask, their refused lines counted: there may be a hundred thousand in one."""
    counts = count_waiting(by=by, row_ids=[one.row_id for one in files]) if files else {}
    return [found for one in files if (found := _todo(one, counts.get(one.row_id, 0))) is not None]


def _todo(status: UketsukeStatus, waiting: int) -> Todo | None:
    """Return the sentence of what a file asks of its sender, None when it asks nothing."""
    url = reverse("shikaku:file_status", args=[status.row_id])
    name = status.file_name or status.uketsuke_bango
    if status.jotai == KYOHI and status.riyu is not None and status.riyu["code"] == TORISAGE:
        return None  # whoever took it back knows
    if status.was_cut:
        return Todo(f"{name} は途中で打ち切りました。同じファイルを送り直すと、続きから登録します。", url)
    if status.jotai == KYOHI:
        return Todo(f"{name} は受け付けられませんでした。理由を確かめ、直して送り直してください。", url)
    if status.teitai_nichiji is not None:
        return Todo(f"{name} は {nichiji(status.teitai_nichiji)} から進んでいません。続くときは連絡してください。", url)
    if waiting and status.refused_until is not None:
        until = hizuke_wareki(status.refused_until)
        text = (
            f"{name} に直していないエラーが{waiting:,}件あります。直して送り直してください（{until}まで受け取れます）。"
        )
        return Todo(text, url)
    return None
