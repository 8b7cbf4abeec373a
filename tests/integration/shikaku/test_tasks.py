"""What beat does: ring once for what waits, erase what is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from chukan.celery import app
from chukan.controls.uketsuke.queries import get_uketsuke_by_id
from chukan.kernel import clock
from shikaku import tasks
from tests.support.members import file_line, taken
from tests.support.principals import KENPO, OTHER_KENPO, clerk

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]


def test_a_waiting_file_is_rung_for_once_in_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[str] = []
    monkeypatch.setattr(tasks.process_toroku_file, "delay", lambda **message: rung.append(message["uketsuke_id"]))
    began = clock.now()
    waiting = taken(file_line(1), now=began - timedelta(seconds=10))

    for _ in range(3):
        tasks.resume_stalled_files()

    assert rung == [str(waiting.uketsuke_id)]


def test_files_of_one_sender_go_in_the_order_they_came(monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[str] = []
    monkeypatch.setattr(tasks.process_toroku_file, "delay", lambda **message: rung.append(message["uketsuke_id"]))
    came = clock.now() - timedelta(seconds=10)
    first, second, third = (str(taken(file_line(n), now=came + timedelta(seconds=n)).uketsuke_id) for n in range(3))
    of_another = str(taken(file_line(1), by=clerk(OTHER_KENPO), now=came + timedelta(seconds=1)).uketsuke_id)

    tasks.resume_stalled_files()
    assert rung == [first, of_another]

    for row_id in (third, second, first, third, second, third):
        tasks.process_toroku_file(event_id=0, uketsuke_id=row_id, sender=KENPO, hokensha_code=KENPO)

    assert rung[2:] == [second, third]
    ended = [get_uketsuke_by_id(by=clerk(), row_id=UUID(row_id), now=clock.now()) for row_id in (first, second, third)]
    times = [one.shuryo_nichiji for one in ended]
    assert None not in times
    assert times == sorted(times, key=str)


def noted(done: list[str], name: str, step: Callable[..., object]) -> Callable[..., object]:
    def call(**given: object) -> object:
        done.append(name)
        return step(**given)

    return call


def test_every_housekeeping_task_is_known_and_called_by_beat(monkeypatch: pytest.MonkeyPatch) -> None:
    app.autodiscover_tasks(force=True)
    for entry in app.conf.beat_schedule.values():
        assert entry["task"] in app.tasks

    done: list[str] = []
    names = ("erase_expired_slips", "erase_expired_refused_lines", "erase_left_uploads", "erase_nameless_uploads")
    for name in names:
        monkeypatch.setattr(tasks, name, noted(done, name, getattr(tasks, name)))
    for task in (tasks.erase_expired, tasks.erase_left, tasks.erase_nameless):
        task()

    assert done == list(names), "slips first: nothing of them may wait for a file"
