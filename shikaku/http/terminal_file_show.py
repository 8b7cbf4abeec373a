"""How a 受付 reads on the terminal: stages, counts, speed, time left, results line by line."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chukan.controls.uketsuke.domain import HORYU, KANRYO, KENSA, KYOHI, SHORI, STATE_NAMES, UKETSUKE
from chukan.controls.uketsuke.queries import MeisaiResult, UketsukeStatus
from chukan.kernel.templatetags.hyoji import nagasa, nichiji_byo
from shikaku.domain.violations import item_name, message
from shikaku.http.terminal_page import Step, steps

STAGES: Final = ("受付", "ファイル検査", "項目検査・論理検査・登録", "結果作成")
_STAGE_OF: Final = {UKETSUKE: 0, KENSA: 1, HORYU: 1, SHORI: 2, KANRYO: 4}
_MARKS: Final = {UKETSUKE: "wait", KENSA: "run", SHORI: "run", KANRYO: "ok", HORYU: "wait", KYOHI: "error"}
_HEADINGS: Final = {
    UKETSUKE: "受け付けました。順番を待っています",
    KENSA: "ファイルを検査しています",
    SHORI: "登録しています",
    KANRYO: "処理が終わりました",
    HORYU: "保留しています",
    KYOHI: "受け付けられませんでした",
}
_WAITS: Final = "受け付けました。先に送られたファイルの終わりを待っています"
_CUT: Final = "途中で打ち切りました"
_RESULTS: Final = {"1": ("ok", "正常"), "2": ("warn", "警告"), "9": ("error", "エラー")}
_KIB: Final = 1024
_ROUND: Final = 10


def state_mark(jotai: str) -> tuple[str, str]:
    """Return the mark of a 受付: kind and word."""
    return _MARKS[jotai], STATE_NAMES[jotai]


def size_text(size: int) -> str:
    """Return a size as people read it."""
    if size >= _KIB * _KIB:
        return f"{size / _KIB / _KIB:,.1f} MB"
    return f"{max(1, size // _KIB):,} KB"


@dataclass(frozen=True, slots=True)
class FileRow:
    """One 受付 in a list."""

    url: str
    bango: str
    name: str
    state_kind: str
    state_text: str
    total: int
    ok: int
    warned: int
    refused: int
    who: str
    accepted_at: datetime


def file_row(status: UketsukeStatus, url: str) -> FileRow:
    """Return one 受付 as its line of a list."""
    kind, text = state_mark(status.jotai)
    if status.teitai_nichiji is not None:
        kind, text = "warn", "停滞"
    elif status.was_cut:
        text = _CUT
    return FileRow(
        url=url,
        bango=status.uketsuke_bango,
        name=status.file_name,
        state_kind=kind,
        state_text=text,
        total=status.sosu,
        ok=status.seijo,
        warned=status.keikoku,
        refused=status.ijo,
        who=status.accepted_by_name,
        accepted_at=status.accepted_at,
    )


@dataclass(frozen=True, slots=True)
class FileView:
    """One 受付 on its own page."""

    bango: str
    name: str
    size_text: str
    who: str
    accepted_at: datetime
    running: bool
    heading: str
    waits_text: str
    refusal_title: str
    refusal: str
    stalled_at: datetime | None
    stalled_text: str
    show_progress: bool
    share: int
    progress_text: str
    progress_short: str
    speed_text: str
    left_text: str
    ok_text: str
    warned_text: str
    refused_text: str
    left_count_text: str
    refused_share_text: str


def stages(status: UketsukeStatus) -> tuple[Step, ...]:
    """Return the stages with the present one."""
    if status.jotai == KYOHI:
        return steps(2 if status.shori_zumi else 1, STAGES, stop=True)
    return steps(_STAGE_OF[status.jotai], STAGES)


def file_view(status: UketsukeStatus, now: datetime) -> FileView:
    """Return one 受付 as its page shows it."""
    done, total = status.shori_zumi, status.sosu
    share = 100 if status.jotai == KANRYO else done * 100 // total if total else 0
    size = size_text(status.file_size)
    stalled = status.teitai_nichiji
    return FileView(
        bango=status.uketsuke_bango,
        name=status.file_name,
        size_text=f"{size}・{total:,}件" if total else size,
        who=status.accepted_by_name,
        accepted_at=status.accepted_at,
        running=not status.finished and status.jotai != HORYU,
        heading=_heading(status),
        waits_text=""
        if status.waits_for is None
        else f"受付番号 {status.waits_for} の処理が終わると、自動で始めます。送られた順に登録します。",
        refusal_title=f"{done:,}件目までで打ち切りました。登録できた行はそのまま残っています。"
        if done
        else "このファイルは受け付けられませんでした。1件も登録していません。",
        refusal="" if status.riyu is None else status.riyu["message"],
        stalled_at=stalled,
        stalled_text=""
        if stalled is None
        else f"{nichiji_byo(stalled)} から進んでいません。登録済みの行は残っています。自動で続きから再開します。",
        show_progress=status.jotai in (SHORI, KANRYO) or done > 0,
        share=share,
        progress_text=f"{share}パーセント、{total:,}件中{done:,}件",
        progress_short=f"{total:,}件中 {done:,}件",
        speed_text=f"毎秒 {status.lines_per_second:,.0f}件" if status.lines_per_second else _took(status),
        left_text=_left(status, now),
        ok_text=f"{status.seijo:,}",
        warned_text=f"{status.keikoku:,}",
        refused_text=f"{status.ijo:,}",
        left_count_text=f"{total - done:,}",
        refused_share_text=f"{status.ijo * 100 / done:.2f}%" if done else "0.00%",
    )


def _heading(status: UketsukeStatus) -> str:
    if status.waits_for is not None:
        return _WAITS
    return _CUT if status.was_cut else _HEADINGS[status.jotai]


def _took(status: UketsukeStatus) -> str:
    if status.jotai != KANRYO or status.kaishi_nichiji is None or status.shuryo_nichiji is None:
        return ""
    seconds = (status.shuryo_nichiji - status.kaishi_nichiji).total_seconds()
    return f"かかった時間 {nagasa(seconds)}" if seconds >= 1 else "かかった時間 1秒未満"


def _left(status: UketsukeStatus, now: datetime) -> str:
    if status.yosoku_shuryo_nichiji is None:
        return ""
    seconds = max(_ROUND, round((status.yosoku_shuryo_nichiji - now).total_seconds() / _ROUND) * _ROUND)
    return f"残り およそ{nagasa(seconds)}"


@dataclass(frozen=True, slots=True)
class Part:
    """One code of a line: its place and what to do."""

    code: str
    item: str
    message: str


@dataclass(frozen=True, slots=True)
class MeisaiRow:
    """The result of one line on the page."""

    no: int
    line: int
    kind: str
    kind_text: str
    parts: tuple[Part, ...]
    mend_url: str


def parts_of(result: MeisaiResult) -> tuple[Part, ...]:
    """Return every code of a line with the name of its place and its text."""
    return tuple(
        Part(code, "行全体" if pointer == "-" else item_name(pointer), message(code, pointer))
        for code, pointer in zip(result.codes, result.pointers, strict=True)
    )


def meisai_row(result: MeisaiResult, mend_url: str, *, mended: bool = False) -> MeisaiRow:
    """Return the result of one line as the page shows it; `mended`: it was refused and has been registered since."""
    kind, text = ("ok", "修正済み") if mended else _RESULTS[result.kubun]
    return MeisaiRow(result.meisai_no, result.line_number, kind, text, parts_of(result), mend_url)
