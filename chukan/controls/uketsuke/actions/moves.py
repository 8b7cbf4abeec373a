"""Moves a 受付 from receipt to its end. Every move is one transaction with what it stands for."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from django.db import IntegrityError

from chukan.controls.uketsuke.domain import FINAL, KANRYO, KENSA, KYOHI, RUNNING, SHORI, UKETSUKE, can_move
from chukan.controls.uketsuke.models import Teiseimachi, Uketsuke
from chukan.controls.uketsuke.queries import has_to_wait
from chukan.kernel.errors import Conflict
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import joins_transaction, own_transaction, savepoint
from chukan.kernel.values.uketsuke_bango import new as new_uketsuke_bango
from chukan.settings import limits

LEASE: Final = timedelta(seconds=60)
KANYUSHA: Final = "kanyusha"


class LeaseLost(RuntimeError):
    """The 受付 went on without this worker: the lease ran out and somebody else took it up, or it is ended."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The receipt: the row, and the number the sender asks with."""

    uketsuke_id: UUID
    uketsuke_bango: str


@dataclass(frozen=True, slots=True)
class Upload:
    """What the door stored: where, how many bytes, and the SHA-256 of the CSV. `refused` = why it cannot be taken."""

    file_key: str
    size: int
    digest: bytes
    file_name: str
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """A 受付 in one worker's hands until the lease ends.

    `repeats`: 受付 of the same file whose lines were applied before. `chosen`: made on the screen of members ticked.
    """

    uketsuke_id: UUID
    uketsuke_bango: str
    state: str
    file_key: str
    bookmark: int
    line_count: int
    refused_count: int
    repeats: tuple[UUID, ...]
    channel: str
    accepted_by: str
    accepted_by_name: str
    attempt: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """What was found when a file was read through."""

    header: Mapping[str, object]
    encoding: str
    line_count: int


def _new(by: Principal, *, now: datetime, shubetsu: str) -> Uketsuke:
    return Uketsuke(
        id=uuid4(),
        uketsuke_bango=new_uketsuke_bango(now, secrets.SystemRandom()),
        sender=by.sender or "",
        hokensha_code=by.hokensha_code,
        shubetsu=shubetsu,
        channel=by.channel,
        accepted_by=by.actor_id,
        accepted_by_name=by.actor_name,
        accepted_at=now,
        moved_at=now,
    )


@joins_transaction
def accept_uketsuke(*, by: Principal, upload: Upload, saisoshin: bool, now: datetime) -> Accepted:
    """Give a 受付 for a stored file; the same file of the same sender comes once unless `saisoshin`.

    One that was cut short may come again: it goes on where it was cut. Raises Conflict `jufuku_file` with the earlier
    受付番号. *Locks:* the unique digest of the sender, the newest 受付 of the same file.
    """
    same = Uketsuke.objects.filter(sender=by.sender, digest=upload.digest).order_by("accepted_at")
    same = same.exclude(state=KYOHI, bookmark=0)  # nothing of it was applied
    same.select_for_update().last()  # who comes at the same moment sees what came first
    before = list(same)
    first = next((one for one in before if one.state != KYOHI), None)
    if first is not None and not saisoshin:
        raise same_file(first.uketsuke_bango)
    row = _new(by, now=now, shubetsu=KANYUSHA)
    row.file_name, row.file_key, row.file_size = upload.file_name[:200], upload.file_key, upload.size
    row.digest = upload.digest or None
    row.resend_of = before[-1].id if before else None
    if upload.refused:
        row.state, row.reason_code, row.started_at, row.finished_at = KYOHI, upload.refused, now, now
    try:
        with savepoint():
            row.save(force_insert=True)
    except IntegrityError:
        winner = same.exclude(state=KYOHI).first()
        if winner is None:
            raise
        raise same_file(winner.uketsuke_bango) from None
    return Accepted(row.id, row.uketsuke_bango)


def same_file(uketsuke_bango: str) -> Conflict:
    """Return the refusal of a file that came before."""
    return Conflict(
        "jufuku_file",
        f"同じ内容のファイルを受付番号 {uketsuke_bango} で受け付けています。結果を確かめてください。"
        "もう一度処理するときは再送信として送ってください。",
        members={"uketsuke_bango": uketsuke_bango},
    )


@joins_transaction
def accept_single(*, by: Principal, now: datetime) -> Accepted:
    """Give a 受付 of one line that is registered in the same transaction."""
    row = _new(by, now=now, shubetsu=KANYUSHA)
    row.state, row.single, row.line_count, row.bookmark, row.ok_count = KANRYO, True, 1, 1, 1
    row.started_at = row.finished_at = now
    row.save(force_insert=True)
    return Accepted(row.id, row.uketsuke_bango)


@joins_transaction
def note_single_warned(*, by: Principal, uketsuke_id: UUID) -> None:  # the zone is set already
    """Count the one line as 正常（警告あり）."""
    Uketsuke.objects.filter(id=uketsuke_id).update(ok_count=0, warned_count=1)


@own_transaction
def claim_uketsuke(*, by: Principal, uketsuke_id: UUID, now: datetime) -> Job | None:
    """Take the 受付 for the length of a lease. Two callers: one gets it.

    None when it is ended, held or in other hands; for one that is not begun while an earlier one of its sender still
    runs: what came last is what holds; and for a resent file while the file before it is held: its results are not
    the first ones yet.
    """
    row = Uketsuke.objects.select_for_update().filter(id=uketsuke_id).first()
    if row is None or row.state not in RUNNING or (row.lease_until is not None and row.lease_until > now):
        return None
    if has_to_wait(row):
        return None
    before = _applied_before(row)
    if any(one.state not in FINAL for one in before):
        return None
    if row.state == UKETSUKE:
        move(row, KENSA, now)
    row.lease_until, row.attempts, row.rung_at = now + LEASE, row.attempts + 1, None
    row.started_at = row.started_at or now
    row.save(update_fields=["state", "lease_until", "moved_at", "attempts", "started_at", "rung_at"])
    return Job(
        uketsuke_id=row.id,
        uketsuke_bango=row.uketsuke_bango,
        state=row.state,
        file_key=row.file_key,
        bookmark=row.bookmark,
        line_count=row.line_count,
        refused_count=row.refused_count,
        repeats=tuple(one.id for one in before),
        channel=row.channel,
        accepted_by=row.accepted_by,
        accepted_by_name=row.accepted_by_name,
        attempt=row.attempts,
        chosen=row.digest is None,
    )


def _applied_before(row: Uketsuke) -> list[Uketsuke]:
    """Return the 受付 of the same file before this one; what was refused as a whole applied nothing and is left out."""
    before, last = [], row
    while last.resend_of is not None:
        last = Uketsuke.objects.get(id=last.resend_of)
        if last.state != KYOHI or last.bookmark:
            before.append(last)
    return before


@own_transaction
def extend_lease(*, by: Principal, uketsuke_id: UUID, attempt: int, now: datetime) -> None:  # the zone is set already
    """Keep the 受付 while a long step writes nothing; that is no progress and moves nothing. Raises LeaseLost."""
    held = Uketsuke.objects.filter(id=uketsuke_id, attempts=attempt, state__in=RUNNING)
    if not held.update(lease_until=now + LEASE):
        raise LeaseLost


@own_transaction
def note_ring(*, by: Principal, uketsuke_id: UUID, now: datetime) -> None:  # the zone is set already
    """Note that a worker was rung for, so that the same waiting 受付 is left alone for a while."""
    Uketsuke.objects.filter(id=uketsuke_id, state__in=RUNNING).update(rung_at=now)


@own_transaction
def call_next(*, by: Principal, now: datetime) -> UUID | None:
    """Return the file of the sender whose turn has come, None when none waits or its turn has not come.

    It counts as moved: it stood still because it waited, not because something is wrong.
    """
    waiting = Uketsuke.objects.select_for_update().filter(sender=by.sender, state=UKETSUKE).order_by("accepted_at")
    row = waiting.first()
    if row is None or has_to_wait(row):
        return None
    row.moved_at = now
    row.save(update_fields=["moved_at"])
    return row.id


@own_transaction
def begin_shori(
    *,
    by: Principal,  # the zone is set already
    uketsuke_id: UUID,
    header: Mapping[str, object],
    encoding: str,
    line_count: int,
    now: datetime,
    attempt: int | None = None,
) -> None:
    """The file was read through: note its shape and go on to registration. Raises LeaseLost for a former `attempt`."""
    row = locked(uketsuke_id, attempt)
    row.lease_until = now + LEASE
    end_kensa(row, SHORI, Shape(header, encoding, line_count), now)


@dataclass(frozen=True, slots=True)
class Progress:
    """What one block adds to the counts."""

    first_meisai_no: int
    last_meisai_no: int
    ok: int
    warned: int
    refused: int


@joins_transaction
def lock_bookmark(
    *,
    by: Principal,  # the zone is set already
    uketsuke_id: UUID,
    attempt: int | None = None,
) -> int:
    """Lock the 受付 and return its しおり: lines up to it are done. Raises LeaseLost for a former `attempt`."""
    return locked(uketsuke_id, attempt).bookmark


@joins_transaction
def lock_unended(*, by: Principal, uketsuke_id: UUID, attempt: int) -> bool:  # the zone is set already
    """Lock the 受付 and tell whether it is still to be ended. Raises LeaseLost when another worker has it."""
    row = Uketsuke.objects.select_for_update().get(id=uketsuke_id)
    if row.state in FINAL:
        return False
    if row.attempts != attempt:
        raise LeaseLost
    return True


def locked(uketsuke_id: UUID, attempt: int | None) -> Uketsuke:
    """Lock the 受付 and return it. Raises LeaseLost for a former `attempt`."""
    row = Uketsuke.objects.select_for_update().get(id=uketsuke_id)
    if attempt is not None and row.attempts != attempt:
        raise LeaseLost
    return row


@joins_transaction
def record_progress(*, by: Principal, uketsuke_id: UUID, progress: Progress, now: datetime) -> None:
    """Move the しおり and the counts with the block's own rows; a block counted twice is refused."""
    row = Uketsuke.objects.get(id=uketsuke_id)
    if row.bookmark + 1 != progress.first_meisai_no:
        message = "a block does not begin where the one before ended"
        raise RuntimeError(message)
    row.bookmark = progress.last_meisai_no
    row.ok_count += progress.ok
    row.warned_count += progress.warned
    row.refused_count += progress.refused
    row.moved_at, row.lease_until = now, now + LEASE
    row.save(update_fields=["bookmark", "ok_count", "warned_count", "refused_count", "moved_at", "lease_until"])


@joins_transaction
def finish_uketsuke(*, by: Principal, uketsuke_id: UUID, now: datetime) -> int:
    """Close a 受付 whose lines are all done and return the number of refused lines; a second time changes nothing."""
    row = Uketsuke.objects.select_for_update().get(id=uketsuke_id)
    if row.state == KANRYO:
        return row.refused_count
    if row.bookmark != row.line_count:
        message = "a 受付 is closed before its last line"
        raise RuntimeError(message)
    move(row, KANRYO, now)
    row.finished_at, row.lease_until = now, None
    if row.refused_count:
        row.refused_until = now + timedelta(days=limits.REFUSED_LINES_DAYS)
    row.save(update_fields=["state", "moved_at", "finished_at", "lease_until", "refused_until"])
    return row.refused_count


@joins_transaction
def refuse_uketsuke(*, by: Principal, uketsuke_id: UUID, reason_code: str, now: datetime) -> None:
    """The whole file cannot be taken; nothing of it was applied."""
    row = Uketsuke.objects.select_for_update().get(id=uketsuke_id)
    move(row, KYOHI, now)
    row.reason_code, row.finished_at, row.lease_until = reason_code, now, None
    row.save(update_fields=["state", "moved_at", "reason_code", "finished_at", "lease_until"])


@joins_transaction
def refuse_unended(*, by: Principal, uketsuke_id: UUID, reason_code: str, now: datetime) -> str | None:
    """End a 受付 that can never be worked to its end and return its 受付番号; None when it had ended before."""
    row = Uketsuke.objects.select_for_update().get(id=uketsuke_id)  # the zone is set already
    if row.state in FINAL:
        return None
    refuse_uketsuke(by=by, uketsuke_id=uketsuke_id, reason_code=reason_code, now=now)
    return row.uketsuke_bango


@own_transaction
def note_file_erased(*, by: Principal, uketsuke_id: UUID, key_too: bool, now: datetime) -> None:  # zone set already
    """Note that the stored file is erased; with `key_too` nothing is left to give back and its name is forgotten."""
    row = Uketsuke.objects.select_for_update().get(id=uketsuke_id)
    row.file_erased_at = now
    if key_too:
        row.file_key = ""
    row.save(update_fields=["file_erased_at", "file_key"])


@joins_transaction
def discard_refused_lines(*, by: Principal, uketsuke_id: UUID) -> bool:  # the zone is set already
    """Remove the sealed refused lines and tell whether they were still kept.

    The 受付 goes on naming its file until the key is destroyed: dying in between, it is found as not erased yet.
    """
    row = Uketsuke.objects.select_for_update().get(id=uketsuke_id)
    kept = row.refused_until is not None
    Teiseimachi.objects.filter(uketsuke_id=uketsuke_id).delete()
    row.refused_until = None
    row.save(update_fields=["refused_until"])
    return kept


def end_kensa(row: Uketsuke, to: str, shape: Shape, now: datetime) -> None:
    """Leave the inspection with what it found, and with the lease as the row has it."""
    move(row, to, now)
    row.header, row.encoding, row.line_count = dict(shape.header), shape.encoding, shape.line_count
    row.save(update_fields=["state", "moved_at", "header", "encoding", "line_count", "lease_until"])


def move(row: Uketsuke, to: str, now: datetime) -> None:
    """Set the next state; a move the table does not have is a mistake of ours."""
    if not can_move(row.state, to):
        message = f"{row.state} -> {to}"
        raise RuntimeError(message)
    row.state, row.moved_at = to, now
