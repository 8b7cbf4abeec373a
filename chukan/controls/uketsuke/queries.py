"""What a sender, and the operators' console, may know of 受付."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Case, Count, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, When

from chukan.controls.uketsuke.domain import (
    FINAL,
    HORYU,
    KAIJO,
    KYOHI,
    RIYU,
    RUNNING,
    SHORI,
    STALLED_AFTER,
    TORISAGE,
    UKETSUKE,
)
from chukan.controls.uketsuke.models import Horyu, Teiseimachi, Uketsuke, UketsukeMeisai
from chukan.kernel.errors import NotFound
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import reads
from chukan.kernel.values.uketsuke_bango import is_valid

KEKKA_CHUNK: Final = 5000


@dataclass(frozen=True, slots=True)
class UketsukeStatus:
    """One 受付 as its sender sees it."""

    row_id: UUID
    uketsuke_bango: str
    hokensha_code: str | None
    shubetsu: str
    jotai: str
    single: bool
    channel: str
    accepted_by_name: str
    file_name: str
    file_size: int
    digest_hex: str
    sosu: int
    shori_zumi: int
    seijo: int
    keikoku: int
    ijo: int
    accepted_at: datetime
    kaishi_nichiji: datetime | None
    shuryo_nichiji: datetime | None
    yosoku_shuryo_nichiji: datetime | None
    teitai_nichiji: datetime | None
    waits_for: str | None  # 受付番号 of the file before it
    riyu: Mapping[str, str] | None
    refused_until: datetime | None
    has_refused_lines: bool
    lines_per_second: float | None

    @property
    def finished(self) -> bool:
        """Tell whether nothing moves any more."""
        return self.jotai in FINAL

    @property
    def was_cut(self) -> bool:
        """Tell whether it was ended with some of its lines done: those stay, the same file goes on after them."""
        return self.jotai == KYOHI and self.shori_zumi > 0


@dataclass(frozen=True, slots=True)
class MeisaiResult:
    """The result of one line."""

    meisai_no: int
    line_number: int
    kubun: str
    codes: tuple[str, ...]
    pointers: tuple[str, ...]
    hihokensha_edaban: int | None
    shikaku_tsuban: int | None


def _running_before(sender: str | OuterRef, accepted_at: datetime | OuterRef) -> QuerySet[Uketsuke]:
    """Return the 受付 of a sender that came earlier and have not ended.

    One that is held keeps nobody waiting, and so does the same file sent again, which waits for the decision.
    """
    rows = Uketsuke.objects.filter(sender=sender, state__in=RUNNING, accepted_at__lt=accepted_at)
    held = Uketsuke.objects.filter(id=OuterRef("resend_of"), state=HORYU)
    return rows.exclude(Q(state=UKETSUKE) & Exists(held))


def has_to_wait(row: Uketsuke) -> bool:
    """Tell whether a 受付 is not to be begun yet: an earlier one of its sender has not ended and is not held."""
    return row.state == UKETSUKE and _running_before(row.sender, row.accepted_at).exists()


def with_waiting(rows: QuerySet[Uketsuke]) -> QuerySet[Uketsuke]:
    """Give each row that has to wait `waits_for`: the 受付番号 of the file of its sender before it."""
    before = _running_before(OuterRef("sender"), OuterRef("accepted_at"))
    nearest = Subquery(before.order_by("-accepted_at").values("uketsuke_bango")[:1])
    return rows.annotate(waits_for=Case(When(state=UKETSUKE, then=nearest)))


def _status(row: Uketsuke, now: datetime) -> UketsukeStatus:
    rate = left = None
    if row.state == SHORI and row.started_at is not None and row.bookmark:
        seconds = max((row.moved_at - row.started_at).total_seconds(), 0.001)
        rate = row.bookmark / seconds
        if row.bookmark * 20 >= row.line_count or seconds >= 30:  # noqa: PLR2004  # 5 % or 30 s: before that a guess
            left = row.moved_at + timedelta(seconds=(row.line_count - row.bookmark) / rate)
    waits_for: str | None = getattr(row, "waits_for", None)
    stalled = row.state in RUNNING and waits_for is None and now - row.moved_at > STALLED_AFTER
    return UketsukeStatus(
        row_id=row.id,
        uketsuke_bango=row.uketsuke_bango,
        hokensha_code=row.hokensha_code,
        shubetsu=row.shubetsu,
        jotai=row.state,
        single=row.single,
        channel=row.channel,
        accepted_by_name=row.accepted_by_name,
        file_name=row.file_name,
        file_size=row.file_size,
        digest_hex="" if row.digest is None else bytes(row.digest).hex(),
        sosu=row.line_count,
        shori_zumi=row.bookmark,
        seijo=row.ok_count,
        keikoku=row.warned_count,
        ijo=row.refused_count,
        accepted_at=row.accepted_at,
        kaishi_nichiji=row.started_at,
        shuryo_nichiji=row.finished_at,
        yosoku_shuryo_nichiji=left,
        teitai_nichiji=row.moved_at if stalled else None,
        waits_for=waits_for,
        riyu={"code": row.reason_code, "message": RIYU[row.reason_code]} if row.reason_code else None,
        refused_until=row.refused_until,
        has_refused_lines=row.state in FINAL and row.refused_until is not None and row.refused_until > now,
        lines_per_second=rate,
    )


def uketsuke_nashi() -> NotFound:
    """Return the one answer for a 受付 that is not there or not the caller's."""
    return NotFound("uketsuke_nashi", "この受付番号の受付はありません。受付番号を確かめてください。")


@reads
def get_uketsuke(*, by: Principal, uketsuke_bango: str, now: datetime) -> UketsukeStatus:
    """Return one 受付 of the caller; not there and not yours are the same NotFound."""
    # What is no 受付番号 is not there either; the database would refuse a NUL in it.
    if not is_valid(uketsuke_bango):
        raise uketsuke_nashi()
    row = with_waiting(Uketsuke.objects.filter(sender=by.sender, uketsuke_bango=uketsuke_bango)).first()
    if row is None:
        raise uketsuke_nashi()
    return _status(row, now)


@reads
def get_uketsuke_by_id(*, by: Principal, row_id: UUID, now: datetime) -> UketsukeStatus:
    """Return one 受付 of the caller by its row id, as pages name it."""
    row = with_waiting(Uketsuke.objects.filter(sender=by.sender, id=row_id)).first()
    if row is None:
        raise uketsuke_nashi()
    return _status(row, now)


@reads
def list_uketsuke(
    *, by: Principal, now: datetime, before: datetime | None = None, limit: int = 50, files_only: bool = True
) -> tuple[UketsukeStatus, ...]:
    """Return the caller's 受付, newest first; `before` continues after the last one shown."""
    rows = Uketsuke.objects.filter(sender=by.sender).order_by("-accepted_at")
    if files_only:
        rows = rows.filter(single=False)
    if before is not None:
        rows = rows.filter(accepted_at__lt=before)
    return tuple(_status(row, now) for row in with_waiting(rows)[:limit])


@reads
def count_by_code(*, by: Principal, row_id: UUID) -> tuple[tuple[str, int], ...]:
    """Return how many lines of a 受付 met each code, most frequent first."""
    found = (
        UketsukeMeisai.objects.filter(sender=by.sender, uketsuke_id=row_id)
        .exclude(shori_kekka_kubun="1")
        .values("shori_kekka_meisai_code")
        .annotate(n=Count("meisai_no"))
        .values_list("shori_kekka_meisai_code", "n")
    )
    counts: dict[str, int] = {}
    for codes, number in found:
        for code in set(codes.split()):
            counts[code] = counts.get(code, 0) + number
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


@reads
def list_meisai(
    *, by: Principal, row_id: UUID, after: int = 0, limit: int = 50, code: str = "", notable_only: bool = True
) -> tuple[MeisaiResult, ...]:
    """Return results of lines in input order after line `after`; by default those with an error or a warning."""
    rows = UketsukeMeisai.objects.filter(sender=by.sender, uketsuke_id=row_id, meisai_no__gt=after)
    if notable_only:
        rows = rows.filter(~Q(shori_kekka_kubun="1"))
    if code:
        rows = rows.filter(shori_kekka_meisai_code__contains=code)
    return tuple(_meisai(row) for row in rows.order_by("meisai_no")[:limit])


def _meisai(row: UketsukeMeisai) -> MeisaiResult:
    return MeisaiResult(
        meisai_no=row.meisai_no,
        line_number=row.line_number,
        kubun=row.shori_kekka_kubun,
        codes=tuple(row.shori_kekka_meisai_code.split()),
        pointers=tuple(row.shori_kekka_shosai_code.split()),
        hihokensha_edaban=row.hihokensha_edaban,
        shikaku_tsuban=row.shikaku_tsuban,
    )


@reads
def _kekka_chunk(*, by: Principal, row_id: UUID, after: int) -> list[MeisaiResult]:
    rows = UketsukeMeisai.objects.filter(sender=by.sender, uketsuke_id=row_id, meisai_no__gt=after)
    return [_meisai(row) for row in rows.order_by("meisai_no")[:KEKKA_CHUNK]]


def iterate_kekka(*, by: Principal, row_id: UUID) -> Iterator[Sequence[MeisaiResult]]:
    """Yield all results in input order, a chunk at a time, each in a short transaction with its zone set."""
    after = 0
    while chunk := _kekka_chunk(by=by, row_id=row_id, after=after):
        yield chunk
        after = chunk[-1].meisai_no


@reads
def earlier_results(*, by: Principal, uketsuke_ids: Sequence[UUID], first: int, last: int) -> dict[int, MeisaiResult]:
    """Return the results 1 and 2 that lines of the same file had before, in any of its 受付, by line."""
    rows = UketsukeMeisai.objects.filter(
        sender=by.sender,
        uketsuke_id__in=uketsuke_ids,
        meisai_no__gte=first,
        meisai_no__lte=last,
        shori_kekka_kubun__in=("1", "2"),
    )
    return {row.meisai_no: _meisai(row) for row in rows}


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """Where the refused lines of a 受付 are and how its input looked."""

    row_id: UUID
    file_key: str
    encoding: str
    header: tuple[str, ...]
    raw_header: bytes
    bom: bool


@reads
def get_refused_file(*, by: Principal, row_id: UUID, now: datetime) -> RefusedFile:
    """Return the 訂正待ち of a finished 受付; NotFound when there is none, or it was thrown away or expired."""
    row = Uketsuke.objects.filter(sender=by.sender, id=row_id, state__in=FINAL, refused_until__gt=now).first()
    if row is None:
        raise NotFound("teiseimachi_nashi", "訂正待ちの行はありません。破棄したか、保管の期限（7日）が過ぎています。")
    shape = row.header
    return RefusedFile(
        row_id=row.id,
        file_key=row.file_key,
        encoding=row.encoding,
        header=tuple(shape["names"]),
        raw_header=bytes.fromhex(shape["raw"]),
        bom=bool(shape["bom"]),
    )


@dataclass(frozen=True, slots=True)
class EndedFile:
    """The stored file of an ended 受付. `keeps_key`: refused lines are sealed under its key."""

    file_key: str
    keeps_key: bool


@reads
def find_ended_file(*, by: Principal, uketsuke_id: UUID) -> EndedFile | None:
    """Return the file of an ended 受付 that is still named; None when it runs or everything of it is erased."""
    row = Uketsuke.objects.filter(sender=by.sender, id=uketsuke_id, state__in=FINAL).exclude(file_key="").first()
    return None if row is None else EndedFile(row.file_key, row.refused_until is not None)


@reads
def sealed_lines(*, by: Principal, row_id: UUID, after: int = 0, limit: int = 1000) -> tuple[tuple[int, bytes], ...]:
    """Return the sealed refused lines after line `after` in input order."""
    rows = Teiseimachi.objects.filter(sender=by.sender, uketsuke_id=row_id, meisai_no__gt=after)
    return tuple((row.meisai_no, bytes(row.ct_line)) for row in rows.order_by("meisai_no")[:limit])


@dataclass(frozen=True, slots=True)
class HoryuFacts:
    """Why a file is, or was, held for one insurer, and what that insurer decided: counts only.

    `reasons`: item (empty = 資格喪失), lines, of so many members. `decision` is empty while the file waits.
    """

    hokensha_code: str
    valid_count: int
    joining_count: int
    limit_percent: int
    reasons: tuple[tuple[str, int, int], ...]
    held_at: datetime
    decision: str
    decided_at: datetime | None
    decided_by_name: str


@reads
def list_horyu(*, by: Principal, row_id: UUID) -> tuple[HoryuFacts, ...]:
    """Return for which insurers a file of the caller was held and why, in the order of their 保険者コード."""
    rows = Horyu.objects.filter(sender=by.sender, uketsuke_id=row_id).order_by("hokensha_code")
    return tuple(
        HoryuFacts(
            hokensha_code=row.hokensha_code,
            valid_count=row.valid_count,
            joining_count=row.joining_count,
            limit_percent=row.limit_percent,
            reasons=tuple((item, lines, of) for item, lines, of in row.reasons),
            held_at=row.held_at,
            decision=row.decision,
            decided_at=row.decided_at,
            decided_by_name=row.decided_by_name,
        )
        for row in rows
    )


@reads
def list_held(*, by: Principal, now: datetime, limit: int) -> tuple[UketsukeStatus, ...]:
    """Return the caller's files that wait for a decision, the longest waiting first."""
    rows = Uketsuke.objects.filter(sender=by.sender, state=HORYU).order_by("moved_at")
    return tuple(_status(row, now) for row in rows[:limit])


@reads
def find_released(*, by: Principal, uketsuke_id: UUID) -> frozenset[str]:
    """Return the insurers that let the same file through before, under another 受付: they are not asked again."""
    digest = Uketsuke.objects.filter(sender=by.sender, id=uketsuke_id).values("digest")
    same = Uketsuke.objects.filter(sender=by.sender, digest__in=digest).exclude(reason_code=TORISAGE).values("id")
    released = Horyu.objects.filter(sender=by.sender, uketsuke_id__in=same, decision=KAIJO)
    return frozenset(released.values_list("hokensha_code", flat=True))


@reads
def count_open_lines(*, by: Principal, uketsuke_ids: Sequence[UUID], line_count: int) -> int:
    """Return how many lines of a file are tried, at most, after its earlier 受付: those that ended 9 and those left."""
    rows = Uketsuke.objects.filter(sender=by.sender, id__in=uketsuke_ids)
    done = rows.aggregate(most=Max(F("ok_count") + F("warned_count"), default=0))
    return line_count - int(done["most"])
