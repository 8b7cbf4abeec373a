"""A second process reads ahead: the same end as without, whatever becomes of it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from chukan.controls.uketsuke.actions import Accepted, claim_uketsuke
from chukan.controls.uketsuke.queries import get_uketsuke, list_meisai
from chukan.kernel.crypto.errors import KeyUnavailable
from chukan.kernel.storage import store
from shikaku.actions import process_toroku_file as process
from shikaku.actions import read_ahead
from shikaku.actions.prepare_lines import GivenLine
from shikaku.actions.process_toroku_file import process_toroku_file
from shikaku.actions.read_ahead import BlocksApart, BlocksHere, ReaderStopped
from shikaku.formats.toroku_file_v1 import open_toroku_file
from tests.support.members import HEADER, NOW, asked, file_line, taken
from tests.support.principals import KENPO, clerk
from tests.support.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]
LINES = [
    *(file_line(serial) for serial in range(1, 161)),
    file_line(3),
    file_line(200, shutoku="20270401"),
    file_line(201, kana='"'),
]


def work(accepted: Accepted, *, apart_lines: int = 1, minutes: int = 0, block_lines: int = 20) -> None:
    now = NOW + timedelta(minutes=minutes)
    process_toroku_file(
        by=clerk(),
        uketsuke_id=accepted.uketsuke_id,
        now=lambda: now,
        block_lines=block_lines,
        apart_lines=apart_lines,
    )


def results(accepted: Accepted) -> list[tuple[int, str, tuple[str, ...], int | None]]:
    found = list_meisai(by=clerk(), row_id=accepted.uketsuke_id, notable_only=False, limit=1000)
    return [(one.line_number, one.kubun, one.codes, one.hihokensha_edaban) for one in found]


@contextmanager
def apart(accepted: Accepted, *, block_lines: int = 20) -> Iterator[BlocksApart]:
    job = claim_uketsuke(by=clerk(), uketsuke_id=accepted.uketsuke_id, now=NOW)
    assert job is not None
    with store().open(job.file_key) as stream:
        reader = open_toroku_file(stream)
        with BlocksApart(by=clerk(), job=job, reader=reader, block_lines=block_lines) as blocks:
            yield blocks


class TestApart:
    def test_comes_to_the_same_as_here(self, world: World) -> None:
        here = taken(*LINES)
        work(here, apart_lines=10_000)
        expected = results(here)
        world.empty()

        accepted = taken(*LINES)
        work(accepted)

        assert results(accepted) == expected
        assert [line[1] for line in expected].count("1") == 160
        status = get_uketsuke(by=clerk(), uketsuke_bango=accepted.uketsuke_bango, now=NOW)
        assert (status.jotai, status.sosu, status.ijo) == ("kanryo", 163, 3)

    def test_begins_where_a_former_worker_stopped(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        receive = BlocksApart._receive
        received: list[int] = []

        def killed_at_the_third(self: BlocksApart) -> read_ahead.Block:
            received.append(len(received))
            if len(received) == 3:
                self._process.kill()
                self._process.wait()
                self._blocks.close()
                raise ReaderStopped
            return receive(self)

        monkeypatch.setattr(BlocksApart, "_receive", killed_at_the_third)
        accepted = taken(*LINES)
        with pytest.raises(ReaderStopped):
            work(accepted)
        assert asked(world, "SELECT bookmark FROM uketsuke_uketsuke") == [(40,)]
        monkeypatch.setattr(BlocksApart, "_receive", receive)

        work(accepted, minutes=60)

        assert [line[0] for line in results(accepted)] == list(range(2, 165))
        assert asked(world, "SELECT count(*) FROM shikaku_itaku_kukaku_kanyusha") == [(160,)]

    def test_a_process_that_dies_is_noticed(self) -> None:
        with apart(taken(*LINES)) as blocks:
            blocks._process.kill()

            with pytest.raises(ReaderStopped):
                list(iter(blocks.ask(), []))

    def test_so_is_one_that_dies_in_the_middle_of_a_block(self) -> None:
        with apart(taken(*LINES), block_lines=1000) as blocks:
            assert blocks._blocks.poll(60)
            time.sleep(0.3)  # it writes what no pipe holds whole
            blocks._process.kill()

            with pytest.raises(ReaderStopped):
                blocks.ask()()

    def test_a_process_that_stands_still_is_given_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        started: list[BlocksApart] = []
        begin = BlocksApart.__init__

        def begin_and_stop(self: BlocksApart, **given: Any) -> None:
            begin(self, **given)
            self._process.send_signal(signal.SIGSTOP)
            started.append(self)

        monkeypatch.setattr(BlocksApart, "__init__", begin_and_stop)
        monkeypatch.setattr(process, "_BEAT", 0.05)
        monkeypatch.setattr(read_ahead, "_STOP_SECONDS", 0.2)

        with pytest.raises(ReaderStopped):
            work(taken(*LINES))

        assert started[0]._process.poll() is not None

    def test_writes_to_nothing_but_a_pipe(self) -> None:
        with pytest.raises(CommandError, match="パイプではありません"):
            call_command(
                "prepare_toroku_file",
                str(UUID(int=1)),
                *("--file", "x", "--sender", KENPO, "--hokensha", KENPO, "--done", "0", "--block-lines", "10"),
                *("--to", str(os.open(os.devnull, os.O_WRONLY))),
            )

    def test_ends_with_the_worker_that_started_it(self) -> None:
        with apart(taken(*LINES)) as blocks:
            assert len(blocks.ask()()) == 20

        assert blocks._process.poll() is not None

    def test_an_upload_that_is_gone_is_told_as_such(self) -> None:
        accepted = taken(*LINES)
        job = claim_uketsuke(by=clerk(), uketsuke_id=accepted.uketsuke_id, now=NOW)
        assert job is not None
        reader = open_toroku_file(BytesIO(HEADER.encode()))
        store().erase(job.file_key, rule="upload", now=NOW)

        with BlocksApart(by=clerk(), job=job, reader=reader, block_lines=20) as blocks, pytest.raises(KeyUnavailable):
            blocks.ask()()

    @pytest.mark.kj("KJ-ENC-10")
    def test_no_number_stands_in_its_command_line(self) -> None:
        with apart(taken(*LINES)) as blocks:
            assert isinstance(blocks._process.args, list)
            command = " ".join(map(str, blocks._process.args))

        assert not any(line.split(",")[2] in command for line in LINES)


class TestPacked:
    def test_no_line_shows_what_it_says_when_it_is_printed(self) -> None:
        reader = open_toroku_file(BytesIO("\r\n".join([HEADER, *LINES[:2]]).encode()))
        read, other = reader.lines()
        here = BlocksHere(
            by=clerk(),
            uketsuke_id=UUID(int=1),
            reader=open_toroku_file(BytesIO("\r\n".join([HEADER, *LINES[:2]]).encode())),
            done=0,
            block_lines=1000,
            now=lambda: NOW,
        )

        shown = repr([read, other, GivenLine(1, 2, read.raw, read.line), *here.ask()()])

        assert LINES[0].split(",")[2] in read.raw.decode()
        assert not any(line.split(",")[2] in shown for line in LINES)

    def test_a_line_comes_over_as_it_was(self) -> None:
        text = "\r\n".join([HEADER, *LINES]).encode()
        reader = open_toroku_file(BytesIO(text))
        here = BlocksHere(by=clerk(), uketsuke_id=UUID(int=1), reader=reader, done=0, block_lines=1000, now=lambda: NOW)

        lines = here.ask()()
        over = [type(line).unpacked(line.packed(), reader.read) for line in lines]

        assert [line.line for line in over] == [line.line for line in lines]
        assert [(line.zone, line.bango, line.draft, line.violations, line.enters_bango) for line in over] == [
            (line.zone, line.bango, line.draft, line.violations, line.enters_bango) for line in lines
        ]
        assert sum(line.draft is not None for line in lines) == 161
