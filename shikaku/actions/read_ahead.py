"""Reads and checks the next block while the database merges one: by a thread, or by a process with a core of its own.

A large file is worth a second process; what it hands over goes through a pipe between the two and nowhere else.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from multiprocessing.connection import Connection, Pipe
from types import TracebackType
from typing import Final, Protocol, Self
from uuid import UUID

from django.conf import settings

from chukan.controls.uketsuke.actions import Job
from chukan.kernel import clock
from chukan.kernel.crash_points import crash_point
from chukan.kernel.crypto.errors import KeyUnavailable
from chukan.kernel.principal import Principal
from chukan.kernel.storage import store
from chukan.kernel.transactions import outside_transaction
from shikaku.actions.draft import Drafter
from shikaku.actions.prepare_lines import GivenLine, PreparedLine, prepare_lines
from shikaku.formats.toroku_file_v1 import TorokuFileReader, open_toroku_file
from shikaku.queries.line_facts import ZoneIndexes, get_line_facts

Now = Callable[[], datetime]
Block = list[PreparedLine]
_STOP_SECONDS: Final = 10.0


class ReaderStopped(RuntimeError):
    """The process that reads ahead ended before the file did; the lease runs out and the file is taken up again."""


class ReadAhead(Protocol):
    """Where the blocks come from; an empty block is the end."""

    def ask(self) -> Callable[[], Block]:
        """Return what a thread may call to get the next block; the thread never asks the database."""
        ...


class BlocksHere:
    """Blocks read and checked by this process."""

    def __init__(
        self, *, by: Principal, uketsuke_id: UUID, reader: TorokuFileReader, done: int, block_lines: int, now: Now
    ) -> None:
        """Begin after the `done`-th line."""
        self._by, self._uketsuke_id, self._now = by, uketsuke_id, now
        self._indexes = ZoneIndexes()
        self._blocks = _blocks(reader, done, block_lines)

    def ask(self) -> Callable[[], Block]:
        """Look up what the rules need of the database and return the rest of the work."""
        by = self._by
        facts = get_line_facts(by=by, on=clock.business_date_jst(self._now()))
        drafters = {
            zone: Drafter(zone=zone, uketsuke_id=self._uketsuke_id, index=self._indexes(zone)) for zone in by.sendable
        }
        return lambda: prepare_lines(
            next(self._blocks, ()), facts=facts, index_of=self._indexes.kept, drafter_of=drafters.__getitem__
        )


class BlocksApart:
    """Blocks read and checked by a second process, which is started here and ended with this object."""

    def __init__(self, *, by: Principal, job: Job, reader: TorokuFileReader, block_lines: int) -> None:
        """Start the process; it opens the upload by itself, with the keys of its own."""
        self._reader = reader
        self._blocks, sending = Pipe(duplex=False)
        with sending:
            command = [
                *(sys.executable, str(settings.BASE_DIR / "manage.py"), "prepare_toroku_file", str(job.uketsuke_id)),
                *("--file", job.file_key, "--sender", by.sender or "", "--hokensha", by.hokensha_code or ""),
                *("--done", str(job.bookmark), "--block-lines", str(block_lines), "--to", str(sending.fileno())),
            ]
            self._process = subprocess.Popen(  # noqa: S603  # our own program, ids only
                command,
                env={**os.environ, "CHUKAN_ROLE": "worker", "DJANGO_SETTINGS_MODULE": "chukan.settings.base"},
                stdin=subprocess.DEVNULL,
                pass_fds=[sending.fileno()],
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """End the process; it holds nothing that could be lost."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._blocks.close()  # last: a thread that still waits for a block is freed by the end of the process

    def ask(self) -> Callable[[], Block]:
        """Return the receiving end."""
        return self._receive

    def _receive(self) -> Block:
        try:
            received = self._blocks.recv()
        except (EOFError, OSError):  # between two blocks, or in the middle of one
            raise ReaderStopped from None
        if isinstance(received, str):
            raise KeyUnavailable(received)
        return [PreparedLine.unpacked(packed, self._reader.read) for packed in received]


@outside_transaction
def send_blocks(
    *, by: Principal, uketsuke_id: UUID, file_key: str, done: int, block_lines: int, to: Connection
) -> None:
    """Read the upload from the line after `done` and send block after block; the last one is empty."""
    try:
        with store().open(file_key) as stream:
            here = BlocksHere(
                by=by,
                uketsuke_id=uketsuke_id,
                reader=open_toroku_file(stream),
                done=done,
                block_lines=block_lines,
                now=clock.now,
            )
            block = here.ask()()
            while block:
                crash_point("block.ready")
                to.send([line.packed() for line in block])
                crash_point("block.handed_over")
                block = here.ask()()
            to.send([])
    except KeyUnavailable as gone:  # another worker ended the file and erased the upload meanwhile
        to.send(gone.missing)
    except BrokenPipeError:
        return  # nobody wants the rest


def _blocks(reader: TorokuFileReader, done: int, block_lines: int) -> Iterator[list[GivenLine]]:
    lines = reader.lines(skip_until=done)
    while block := list(islice(lines, block_lines)):
        yield [GivenLine(line.meisai, line.gyo_bango, line.raw, line.line, line.violations) for line in block]
