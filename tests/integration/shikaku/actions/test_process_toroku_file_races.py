"""Workers that come twice, come late or lose the file: one end, one log row, and nobody fails."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from chukan.controls.uketsuke.actions import LEASE, Job, begin_shori, claim_uketsuke
from chukan.controls.uketsuke.queries import get_uketsuke_by_id, list_meisai
from chukan.kernel.principal import Principal
from shikaku.actions import process_toroku_file as module
from shikaku.actions.process_toroku_file import close_finished, close_refused, process_toroku_file
from tests.support.members import NOW, asked, file_line, taken
from tests.support.principals import clerk
from tests.support.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]


def work(row_id: UUID, now: datetime = NOW) -> None:
    process_toroku_file(by=clerk(), uketsuke_id=row_id, now=lambda: now)


def ends(world: World) -> int:
    """Return how often an end was logged; nobody listens to the event yet, which goes with the log row."""
    found = asked(world, "SELECT count(*) FROM sosa_log_event WHERE kind IN ('file_finished', 'file_refused')")
    return int(found[0][0])


class TestEnd:
    def test_of_a_finished_file_is_logged_once(self, world: World) -> None:
        row_id = taken(file_line(1)).uketsuke_id
        job = claim_uketsuke(by=clerk(), uketsuke_id=row_id, now=NOW)
        assert job is not None
        begin_shori(by=clerk(), uketsuke_id=row_id, header={}, encoding="", line_count=0, now=NOW)

        for _ in range(2):
            close_finished(by=clerk(), job=job, now=NOW)

        assert ends(world) == 1

    def test_of_a_refused_file_is_logged_once(self, world: World) -> None:
        job = claim_uketsuke(by=clerk(), uketsuke_id=taken(file_line(1)).uketsuke_id, now=NOW)
        assert job is not None

        for _ in range(2):
            close_refused(by=clerk(), job=job, reason_code="midashi_fumei", now=NOW)

        assert ends(world) == 1


class TestLateWorker:
    @pytest.mark.parametrize("stops_at", ["begin_shori", "register_block", "close_finished"])
    def test_leaves_quietly_when_another_one_took_the_file_to_its_end(
        self, world: World, monkeypatch: pytest.MonkeyPatch, stops_at: str
    ) -> None:
        row_id = taken(file_line(1), file_line(2)).uketsuke_id
        step, late = getattr(module, stops_at), [True]

        def paused(**given: object) -> object:
            if late.pop() if late else False:
                work(row_id, NOW + LEASE)  # its lease ran out meanwhile
            return step(**given)

        monkeypatch.setattr(module, stops_at, paused)
        work(row_id)

        status = get_uketsuke_by_id(by=clerk(), row_id=row_id, now=NOW)
        assert (status.jotai, status.seijo, status.ijo) == ("kanryo", 2, 0)
        assert ends(world) == 1

    def test_leaves_quietly_when_the_upload_is_erased_already(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        row_id = taken(file_line(1)).uketsuke_id
        step, late = module._inspect, [True]

        def paused(*given: object) -> object:
            if late.pop() if late else False:
                work(row_id, NOW + LEASE)
            return step(*given)  # type: ignore[arg-type]  # as it was called

        monkeypatch.setattr(module, "_inspect", paused)
        work(row_id)

        assert ends(world) == 1


class TestHeartbeat:
    def test_the_lease_is_kept_while_a_thread_reads(self, monkeypatch: pytest.MonkeyPatch) -> None:
        row_id = taken(file_line(1)).uketsuke_id
        job = claim_uketsuke(by=clerk(), uketsuke_id=row_id, now=NOW)
        assert isinstance(job, Job)
        monkeypatch.setattr(module, "_BEAT", 0.01)
        coming: Future[int] = Future()
        seen: list[datetime] = []

        def later() -> datetime:
            seen.append(NOW + timedelta(seconds=30 * len(seen)))
            if len(seen) == 4:
                threading.Timer(0, coming.set_result, [7]).start()
            return seen[-1]

        assert module._awaited(clerk(), job, coming, later) == 7

        assert claim_uketsuke(by=clerk(), uketsuke_id=row_id, now=NOW + LEASE) is None
        assert claim_uketsuke(by=clerk(), uketsuke_id=row_id, now=seen[-1] + LEASE) is not None

    def test_both_reading_through_and_reading_ahead_beat(self, monkeypatch: pytest.MonkeyPatch) -> None:
        row_id, step = taken(file_line(1)).uketsuke_id, module._awaited
        beats: list[Future[object]] = []

        def awaited(by: Principal, job: Job, coming: Future[object], now: module.Now) -> object:
            beats.append(coming)
            return step(by, job, coming, now)

        monkeypatch.setattr(module, "_awaited", awaited)

        work(row_id)

        assert len(beats) == 3  # through, the one block, the end
        assert get_uketsuke_by_id(by=clerk(), row_id=row_id, now=NOW).finished


def test_a_resent_file_waits_and_then_repeats_the_first_results() -> None:
    first = taken(file_line(1), file_line(2, shutoku="20270401")).uketsuke_id
    again = taken(file_line(1), file_line(2, shutoku="20270401"), saisoshin=True).uketsuke_id

    work(again)
    assert get_uketsuke_by_id(by=clerk(), row_id=again, now=NOW).jotai == "uketsuke"
    work(first)
    work(again)

    results = [list_meisai(by=clerk(), row_id=row_id, notable_only=False) for row_id in (first, again)]
    assert [[one.codes for one in result] for result in results] == [[(), ("E210",)], [("W103",), ("E210",)]]
