"""Drives one 登録ファイル from its first to its last line; killed anywhere, it goes on at the last committed block."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from itertools import islice
from typing import Final
from uuid import UUID

import structlog
from django.db import OperationalError

from chukan.controls.kikan import queries as kikan
from chukan.controls.setsuzoku.queries import carried_by
from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.controls.uketsuke.actions import (
    Job,
    begin_shori,
    claim_uketsuke,
    finish_uketsuke,
    forget_file,
    refuse_uketsuke,
)
from chukan.controls.uketsuke.domain import KENSA
from chukan.kernel import clock
from chukan.kernel.outbox.publish import publish
from chukan.kernel.principal import Principal
from chukan.kernel.storage import FileStore, store
from chukan.kernel.transactions import outside_transaction, own_transaction
from chukan.settings import limits
from shikaku.actions.accept_toroku_file import FILE, JIMU
from shikaku.actions.prepare_lines import GivenLine, PreparedLine, prepare_lines
from shikaku.actions.register_block import register_block
from shikaku.events import TorokuFileFinished
from shikaku.formats.toroku_file_v1 import HeaderRefused, TorokuFileReader, open_toroku_file
from shikaku.queries.line_facts import ZoneIndexes, get_line_facts

log = structlog.get_logger()

_TRIES: Final = 3
Now = Callable[[], datetime]


@outside_transaction
def process_toroku_file(*, by: Principal, uketsuke_id: UUID, now: Now, block_lines: int = limits.BLOCK_LINES) -> None:
    """Read, check and register the file of a 受付, then close it and erase the upload.

    *Idempotent:* the lease lets one worker in, the しおり skips what is done. Raises what the database or the storage
    raises; the sweeper rings again after the lease. 根拠: KJ-IN-21.
    """
    job = claim_uketsuke(by=by, uketsuke_id=uketsuke_id, now=now())
    if job is None:
        return
    files = store()
    line_count = job.line_count
    if job.state == KENSA:
        try:
            line_count = _inspect(by, job, files, now)
        except HeaderRefused as refusal:
            close_refused(by=by, job=job, reason_code=refusal.code, now=now())
            files.erase(job.file_key, rule="KJ-IN-21", now=now())
            forget_file(by=by, uketsuke_id=uketsuke_id)
            return
    if job.bookmark < line_count:
        _register_lines(by, job, files, now, block_lines)
    refused_count = close_finished(by=by, job=job, now=now())
    _erase_upload(by, job, files, refused_count, now)
    log.info("shikaku.toroku_file.finished", uketsuke_id=str(uketsuke_id))


def _inspect(by: Principal, job: Job, files: FileStore, now: Now) -> int:
    """Read the whole file once: its header, its encoding, the number of its records."""
    with files.open(job.file_key) as stream:
        reader = open_toroku_file(stream)
        count = reader.count()
        begin_shori(
            by=by,
            uketsuke_id=job.uketsuke_id,
            header={"names": list(reader.header), "raw": reader.raw_header.hex(), "bom": reader.bom},
            encoding=reader.encoding,
            line_count=count,
            now=now(),
        )
    return count


def _register_lines(by: Principal, job: Job, files: FileStore, now: Now, block_lines: int) -> None:
    """Register block after block; while the database merges one, a thread reads and checks the next."""
    indexes = ZoneIndexes()
    for zone in by.sendable:
        indexes(zone)  # the thread finds its keys ready and never asks the database
    seal = files.line_sealer(job.file_key)
    with files.open(job.file_key) as stream, ThreadPoolExecutor(1) as ahead:
        blocks = _blocks(open_toroku_file(stream), job.bookmark, block_lines)

        def read_ahead() -> Future[list[PreparedLine]]:
            facts = get_line_facts(by=by, on=clock.business_date_jst(now()))
            return ahead.submit(lambda: prepare_lines(next(blocks, ()), facts=facts, index_of=indexes))

        coming = read_ahead()
        while prepared := coming.result():
            coming = read_ahead()
            _register_with_retry(by, job, prepared, indexes, seal, now)


def _blocks(reader: TorokuFileReader, done: int, block_lines: int) -> Iterator[list[GivenLine]]:
    lines = reader.lines(skip_until=done)
    while block := list(islice(lines, block_lines)):
        yield [GivenLine(line.meisai, line.gyo_bango, line.raw, line.line, line.violations) for line in block]


def _register_with_retry(
    by: Principal,
    job: Job,
    prepared: list[PreparedLine],
    indexes: ZoneIndexes,
    seal: Callable[[UUID, int, bytes], bytes],
    now: Now,
) -> None:
    """Register one block; a deadlock with another insurer's block is undone by the database and tried again here."""
    for left in reversed(range(_TRIES)):
        try:
            register_block(by=by, job=job, lines=prepared, index_of=indexes, seal_line=seal, now=now())
        except OperationalError:
            if not left:
                raise
            log.warning("shikaku.toroku_block.retried", uketsuke_id=str(job.uketsuke_id))
        else:
            return


@own_transaction
def close_finished(*, by: Principal, job: Job, now: datetime) -> int:
    """Close the 受付, log it and say so; return how many lines wait to be mended. *Idempotent.*"""
    refused_count = finish_uketsuke(by=by, uketsuke_id=job.uketsuke_id, now=now)
    _log_end(by, job, SosaKind.FILE_FINISHED, "kanryo", now)
    return refused_count


@own_transaction
def close_refused(*, by: Principal, job: Job, reason_code: str, now: datetime) -> None:
    """Refuse the whole file with one reason; nothing of it was applied."""
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


def _erase_upload(by: Principal, job: Job, files: FileStore, refused_count: int, now: Now) -> None:
    """Erase the upload; its key stays only while refused lines are sealed under it."""
    if not job.file_key:
        return
    if refused_count:
        files.erase_object(job.file_key, rule="KJ-IN-21", now=now())
    else:
        files.erase(job.file_key, rule="KJ-IN-21", now=now())
        forget_file(by=by, uketsuke_id=job.uketsuke_id)


@outside_transaction
def sender_principal(*, by: Principal, sender: str, hokensha_code: str) -> Principal:
    """Return the principal of the hub's own process working for one sender, in its zone."""
    facts = kikan.find_hokensha(hokensha_code) if hokensha_code else None
    carried: frozenset[str] = frozenset()
    if not hokensha_code:
        carried = carried_by(sender)
    return Principal(
        channel="system" if hokensha_code else "shuyaku",
        soshiki="system",
        actor_id=by.actor_id if hokensha_code else sender,
        actor_name=by.actor_name,
        hokensha_code=hokensha_code or None,
        hokensha_shubetsu=facts.hokensha_shubetsu if facts else None,
        carried=carried,
    )
