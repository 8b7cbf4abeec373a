"""How files and requests look at the desk of operators: marks, words, rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from chukan.settings import limits
from fugo.domain.answer_matching import JURYO_LABELS, SUSPECT, Juryo
from fugo.domain.shutoku_state import STATE_LABELS, ShutokuState
from fugo.domain.yokyu_file import HAIKI, KIND_NAMES, SOSHIN_CHU, SOSHIN_MACHI, SOSHIN_ZUMI, STATE_NAMES, TSUKURI
from fugo.queries.desk import COUNTED, DeskRequest
from fugo.queries.desk_files import DeskFile

PAGE: Final = 50
_FILE_MARKS: Final[Mapping[str, str]] = {
    TSUKURI: "run",
    SOSHIN_MACHI: "wait",
    SOSHIN_CHU: "run",
    SOSHIN_ZUMI: "ok",
    HAIKI: "off",
}
STATE_MARKS: Final[Mapping[ShutokuState, str]] = {
    ShutokuState.YOKYU_UKETSUKE: "wait",
    ShutokuState.TENSO: "wait",
    ShutokuState.SOSHIN: "run",
    ShutokuState.FUGO_UKETSUKE: "run",
    ShutokuState.SETTEI: "ok",
}
_RESULTS: Final[Mapping[ShutokuState, str]] = {
    ShutokuState.YOKYU_UKETSUKE: "要求ファイルに入るのを待っています。",
    ShutokuState.TENSO: "要求ファイルの送信を待っています。",
    ShutokuState.SOSHIN: "符号の回答を待っています。",
    ShutokuState.FUGO_UKETSUKE: "符号を受け付けました。",
    ShutokuState.SETTEI: "符号を設定しました。",
}
_ERRORS: Final[Mapping[str, str]] = {
    "kotae_nashi": "住基ネットから応答がありません。同じファイルを自動で送り直します。",
    "file_yomezu": "保管中のファイルを読み取れません。保守担当に連絡してください。",
    "file_chigai": "保管中のファイルが送信操作をしたものと違うため、止めています。保守担当に連絡してください。",
}
_REFUSED: Final = "kyohi_"
PATIENCE: Final = f"{limits.FUGO_PATIENCE.days}日"


@dataclass(frozen=True, slots=True)
class FileRow:
    """One request file on a page."""

    id: UUID
    kind: str
    state: str
    state_kind: str
    state_text: str
    kensu: int
    sha256: str
    created_at: datetime
    waited: float
    released_at: datetime | None
    sent_at: datetime | None
    answered_at: datetime | None
    erased_at: datetime | None
    attempts: int
    note: str


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One request on a page."""

    shori_tsuban: UUID
    hokensha: str
    hokensha_code: str
    state_kind: str
    state_text: str
    is_saihakko: bool
    stamps: tuple[datetime | None, ...]
    asked_again: int
    result: str
    result_code: str


@dataclass(frozen=True, slots=True)
class JuryoRow:
    """What became of arriving codes, in words, with counts of several spans."""

    text: str
    suspect: bool
    counts: tuple[int, ...]


def file_row(file: DeskFile, now: datetime) -> FileRow:
    """Return a file as a page shows it; one whose sending stumbled says why."""
    kind, text = _FILE_MARKS[file.state], STATE_NAMES[file.state]
    note = error_words(file.last_error) if file.state == SOSHIN_CHU else ""
    if note:
        kind = "warn"
    return FileRow(
        id=file.id,
        kind=KIND_NAMES[file.kind],
        state=file.state,
        state_kind=kind,
        state_text=text,
        kensu=file.kensu,
        sha256=file.sha256,
        created_at=file.created_at,
        waited=(now - file.created_at).total_seconds(),
        released_at=file.released_at,
        sent_at=file.sent_at,
        answered_at=file.answered_at,
        erased_at=file.erased_at,
        attempts=file.attempts,
        note=note,
    )


def error_words(code: str) -> str:
    """Return in words why a file was not taken; '' when nothing went wrong."""
    if code.startswith(_REFUSED):
        return f"住基ネットが受け取りませんでした（{code.removeprefix(_REFUSED)}）。同じファイルを自動で送り直します。"
    return _ERRORS.get(code, "送信できませんでした。保守担当に連絡してください。" if code else "")


def request_row(request: DeskRequest, names: Mapping[str, str], now: datetime) -> RequestRow:
    """Return a request as a page shows it: what became of it, or what it waits for."""
    kind, result, code = STATE_MARKS[request.state], _RESULTS[request.state], request.kekka_code
    if code and request.fugo_uketsuke_at is None:
        kind, result = "warn", request.kekka_message
    elif is_overdue(request, now):
        kind, result = "warn", f"{PATIENCE}を過ぎても回答がありません。再要求します。"
    return RequestRow(
        shori_tsuban=request.shori_tsuban,
        hokensha=names.get(request.hokensha_code, "—"),
        hokensha_code=request.hokensha_code,
        state_kind=kind,
        state_text=STATE_LABELS[request.state],
        is_saihakko=request.is_saihakko,
        stamps=(
            request.uketsuke_at,
            request.tenso_at,
            request.soshin_at,
            request.fugo_uketsuke_at,
            request.settei_at,
        ),
        asked_again=max(request.asked_count - 1, 0),
        result=result,
        result_code=code,
    )


def is_overdue(request: DeskRequest, now: datetime) -> bool:
    """Tell whether a request was sent longer ago than an answer may take."""
    if request.fugo_uketsuke_at is not None or request.last_sent_at is None:
        return False
    return now - request.last_sent_at >= limits.FUGO_PATIENCE


def juryo_rows(*spans: Mapping[Juryo, int]) -> list[JuryoRow]:
    """Return every word with its counts of the spans."""
    return [
        JuryoRow(JURYO_LABELS[juryo], juryo in SUSPECT, tuple(span.get(juryo, 0) for span in spans)) for juryo in Juryo
    ]


def suspect_count(span: Mapping[Juryo, int]) -> int:
    """Return how many codes came that point to a fault on the other side."""
    return sum(span.get(juryo, 0) for juryo in SUSPECT)


def counted(count: int) -> str:
    """Return a count that stops at a limit: 1,284 or 1,000,000以上."""
    return f"{COUNTED:,}以上" if count > COUNTED else f"{count:,}"


def since_today(midnight: datetime) -> tuple[datetime, datetime]:
    """Return where today and the week that ends with it begin."""
    return midnight, midnight - timedelta(days=6)
