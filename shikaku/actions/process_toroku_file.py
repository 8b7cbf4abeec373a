"""Drives one 登録ファイル from its first to its last line; killed anywhere, it goes on at the last committed block."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

import structlog
from django.db import OperationalError

from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.controls.uketsuke.actions import (
    LEASE,
    Job,
    LeaseLost,
    Shape,
    begin_shori,
    claim_uketsuke,
    extend_lease,
    finish_uketsuke,
    lock_unended,
    refuse_uketsuke,
)
from chukan.controls.uketsuke.domain import KENSA, TOO_LARGE
from chukan.controls.uketsuke.queries import get_uketsuke_by_id
from chukan.kernel.crash_points import crash_point
from chukan.kernel.crypto.errors import KeyUnavailable
from chukan.kernel.outbox.publish import publish
from chukan.kernel.principal import Principal
from chukan.kernel.storage import FileStore, store
from chukan.kernel.transactions import outside_transaction, own_transaction
from chukan.settings import limits
from shikaku.actions.accept_toroku_file import FILE, JIMU
from shikaku.actions.erase_upload import erase_upload
from shikaku.actions.hold_toroku_file import find_horyu, hold_file
from shikaku.actions.prepare_lines import PreparedLine
from shikaku.actions.read_ahead import BlocksApart, BlocksHere, ReadAhead, ReaderStopped
from shikaku.actions.register_block import register_block
from shikaku.events import TorokuFileFinished
from shikaku.formats.toroku_file_v1 import HeaderRefused, open_toroku_file
from shikaku.queries.line_facts import ZoneIndexes

log = structlog.get_logger()

T = TypeVar("T")

_TRIES: Final = 3
_BEAT: Final = LEASE.total_seconds() / 3
_BEATS: Final = 30
Now = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class _Size:
    """How many lines a block has, and whether what is left of the file is worth a second process."""

    block_lines: int
    apart: bool


@outside_transaction
def process_toroku_file(
    *,
    by: Principal,
    uketsuke_id: UUID,
    now: Now,
    block_lines: int = limits.BLOCK_LINES,
    apart_lines: int = limits.APART_LINES,
) -> bool:
    """Read, check and register the file of a 受付, then close it and erase the upload; or hold it for a decision.

    Return whether this worker brought it so far: the sender's next file may begin then. *Idempotent:* the lease lets
    one worker in, the しおり skips what is done; a worker that lost its lease leaves quietly. Raises what the database
    or the storage raises; the log says of which file (`shikaku.toroku_file.broke_off`). The sweeper rings again after
    the lease, and erases what a dead process left. 根拠: KJ-IN-21.
    """
    job = claim_uketsuke(by=by, uketsuke_id=uketsuke_id, now=now())
    if job is None:
        return False
    try:
        ended = _drive(by, job, now, block_lines=block_lines, apart_lines=apart_lines)
    except LeaseLost:
        log.info("shikaku.toroku_file.left", uketsuke_id=str(uketsuke_id))
        return False
    except Exception as error:
        if isinstance(error, KeyUnavailable) and get_uketsuke_by_id(by=by, row_id=uketsuke_id, now=now()).finished:
            return False  # another worker ended it and erased the upload meanwhile
        _log_broken(job, error)
        raise
    if not ended:
        log.info("shikaku.toroku_file.held", uketsuke_id=str(uketsuke_id))
        return True
    erase_upload(by=by, uketsuke_id=uketsuke_id, now=now())
    log.info("shikaku.toroku_file.finished", uketsuke_id=str(uketsuke_id))
    return True


def _log_broken(job: Job, error: Exception) -> None:
    """Say which file it was, and by which constraint: the task's own line knows the error and its place only."""
    constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
    log.error(
        "shikaku.toroku_file.broke_off",
        uketsuke_id=str(job.uketsuke_id),
        uketsuke_bango=job.uketsuke_bango,
        constraint=constraint,
        exc_info=error,
    )


def _drive(by: Principal, job: Job, now: Now, *, block_lines: int, apart_lines: int) -> bool:
    """Bring the 受付 to its end, unless somebody else does; False when it is held before its first line."""
    files = store()
    line_count = job.line_count
    if job.state == KENSA:
        try:
            inspected = _inspect(by, job, files, now)
        except HeaderRefused as refusal:
            close_refused(by=by, job=job, reason_code=refusal.code, now=now())
            return True
        if inspected is None:
            return False
        line_count = inspected
    if job.bookmark < line_count:
        size = _Size(block_lines, apart=line_count - job.bookmark >= apart_lines)
        _register_lines(by, job, files, now, size)
    close_finished(by=by, job=job, now=now())
    return True


def _inspect(by: Principal, job: Job, files: FileStore, now: Now) -> int | None:
    """Read the whole file once: its header, its encoding, the number of its records, what they take away.

    Return the number of records, None when the file is held.
    """

    def stay() -> None:
        extend_lease(by=by, uketsuke_id=job.uketsuke_id, attempt=job.attempt, now=now())

    with files.open(job.file_key) as stream, ThreadPoolExecutor(1) as apart:
        reader = open_toroku_file(stream)
        survey = _awaited(by, job, apart.submit(reader.survey, by.sendable), now)
        if survey.line_count > limits.LINES_MAX:
            raise HeaderRefused(TOO_LARGE)
        header = {"names": list(reader.header), "raw": reader.raw_header.hex(), "bom": reader.bom}
        shape = Shape(header, reader.encoding, survey.line_count)
    found = find_horyu(by=by, job=job, line_count=survey.line_count, tallies=survey.tallies, stay=stay, now=now())
    if found:
        hold_file(by=by, job=job, shape=shape, found=found, now=now())
        return None
    begin_shori(
        by=by,
        uketsuke_id=job.uketsuke_id,
        header=shape.header,
        encoding=shape.encoding,
        line_count=shape.line_count,
        now=now(),
        attempt=job.attempt,
    )
    return shape.line_count


def _awaited(by: Principal, job: Job, coming: Future[T], now: Now) -> T:
    """Wait for what a thread reads, keeping the lease meanwhile: reading and skipping write nothing.

    Raises ReaderStopped when nothing comes for so long that nothing will.
    """
    for _ in range(_BEATS):
        if wait([coming], timeout=_BEAT).done:
            return coming.result()
        extend_lease(by=by, uketsuke_id=job.uketsuke_id, attempt=job.attempt, now=now())
    raise ReaderStopped


def _register_lines(by: Principal, job: Job, files: FileStore, now: Now, size: _Size) -> None:
    """Register block after block; while the database merges one, the next is read and checked."""
    seal = files.line_sealer(job.file_key)
    indexes = ZoneIndexes()
    with ExitStack() as stack:
        reader = open_toroku_file(stack.enter_context(files.open(job.file_key)))
        ahead = stack.enter_context(ThreadPoolExecutor(1))
        source: ReadAhead
        if size.apart:
            source = stack.enter_context(BlocksApart(by=by, job=job, reader=reader, block_lines=size.block_lines))
        else:
            source = BlocksHere(
                by=by,
                uketsuke_id=job.uketsuke_id,
                reader=reader,
                done=job.bookmark,
                block_lines=size.block_lines,
                now=now,
            )
        coming = ahead.submit(source.ask())
        while prepared := _awaited(by, job, coming, now):
            crash_point("block.received")
            coming = ahead.submit(source.ask())
            _register_with_retry(by, job, prepared, indexes, seal, now)


def _register_with_retry(
    by: Principal,
    job: Job,
    prepared: list[PreparedLine],
    indexes: ZoneIndexes,
    seal: Callable[[UUID, int, bytes], bytes],
    now: Now,
) -> None:
    """Register one block; a deadlock with another insurer's block is undone by the database and tried again here.

    The last try takes no draft: whatever was wrong with one, each line is planned then.
    """
    for left in reversed(range(_TRIES)):
        try:
            register_block(by=by, job=job, lines=prepared, index_of=indexes, seal_line=seal, now=now())
        except OperationalError:
            if not left:
                raise
            log.warning("shikaku.toroku_block.retried", uketsuke_id=str(job.uketsuke_id))
            if left == 1:
                for line in prepared:
                    line.give_up_draft()
        else:
            return


@own_transaction
def close_finished(*, by: Principal, job: Job, now: datetime) -> None:
    """Close the 受付, log it and say so. *Idempotent:* what is ended is neither logged nor said again.

    Raises LeaseLost when another worker has the 受付.
    """
    if lock_unended(by=by, uketsuke_id=job.uketsuke_id, attempt=job.attempt):
        finish_uketsuke(by=by, uketsuke_id=job.uketsuke_id, now=now)
        _log_end(by, job, SosaKind.FILE_FINISHED, "kanryo", now)


@own_transaction
def close_refused(*, by: Principal, job: Job, reason_code: str, now: datetime) -> None:
    """Refuse the whole file with one reason; nothing of it was applied. *Idempotent* as `close_finished`."""
    if lock_unended(by=by, uketsuke_id=job.uketsuke_id, attempt=job.attempt):
        refuse_uketsuke(by=by, uketsuke_id=job.uketsuke_id, reason_code=reason_code, now=now)
        _log_end(by, job, SosaKind.FILE_REFUSED, "kyohi", now)


def _log_end(by: Principal, job: Job, kind: SosaKind, state: str, now: datetime) -> None:
    record_sosa(
        by=by,
        kind=kind,
        jimu=JIMU,
        target_file=FILE,
        targets=(job.uketsuke_bango,),
        result="ok",
        detail={"state": state},
        now=now,
    )
    publish(TorokuFileFinished(occurred_at=now, key=str(job.uketsuke_id), uketsuke_id=job.uketsuke_id, state=state))
