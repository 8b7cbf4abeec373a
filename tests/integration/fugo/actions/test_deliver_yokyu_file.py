"""What an operator released goes until it is taken, once in its effect, and nothing of it stays behind."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

import pytest
from django.conf import settings

from chukan.kernel.crypto.errors import KeyUnavailable
from chukan.kernel.storage import store
from fugo.actions.deliver_yokyu_file import begin_soshin, discard_left_files
from fugo.http.desk_show import error_words
from fugo.models import YokyuFile
from tests.support.fugo import (
    AT_ONCE,
    WORKER,
    Line,
    all_sent,
    brought,
    code_of,
    delivered,
    released,
    requests_made,
    states,
    transferred,
    tsuban_of,
)
from tests.support.members import NOW, asked, bango, joined, kinds_of
from tests.support.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]
SOON, MUCH_LATER = NOW + timedelta(hours=1), NOW + timedelta(days=8)


@pytest.fixture
def file(world: World) -> Any:
    joined(1)
    requests_made()
    made = transferred()[0]
    released(world, made.id)
    return made


def objects() -> list[str]:
    return [path.name for path in Path(settings.CHUKAN_HOME, "objects", "fugo_yokyu").rglob("fugo_yokyu-*")]


@pytest.mark.kj("KJ-FUGO-03", "KJ-FUGO-04", "KJ-RET-17", "KJ-LOG-02")
def test_what_was_taken_is_stamped_and_erased(world: World, file: Any) -> None:
    line = Line()

    assert delivered(line, now=SOON) == 1

    assert line.lines() == [(tsuban_of(world), bango(1))]
    row = YokyuFile.objects.get()
    assert (row.state, row.sent_at, row.answered_at, row.erased_at, row.last_error) == (
        "soshin_zumi",
        SOON,
        SOON,
        SOON,
        "",
    )
    stamped = asked(
        world, "SELECT fugo_shutoku_status, fugo_soshin_nichiji, last_sent_at, asked_count FROM fugo_shutoku_yokyu"
    )
    assert stamped == [("3", SOON, SOON, 1)]
    assert file.object_key not in objects()
    with pytest.raises(KeyUnavailable):
        store().open(file.object_key)
    assert kinds_of(world)[-1] == "fugo_yokyu_soshin"
    assert delivered(line, now=SOON) == 0
    assert line.calls == 1


@pytest.mark.kj("KJ-FUGO-03")
def test_what_was_exchanged_after_the_act_does_not_leave(world: World, file: Any) -> None:
    """The act was for the very bytes that lay there; others are sealed as well as they were."""
    joined(2)
    requests_made()
    other = next(one for one in transferred() if one.id != file.id)
    YokyuFile.objects.filter(id=file.id).update(object_key=other.object_key)
    line = Line()

    assert delivered(line, now=SOON) == 0

    assert line.calls == 0
    row = YokyuFile.objects.get(id=file.id)
    assert (row.state, row.last_error) == ("soshin_chu", "file_chigai")
    assert "送信操作をしたものと違うため" in error_words(row.last_error)


@pytest.mark.parametrize(("silent", "status", "word"), [(True, 202, "kotae_nashi"), (False, 422, "kyohi_422")])
def test_what_is_not_taken_goes_again_as_it_is(world: World, file: Any, silent: bool, status: int, word: str) -> None:
    line = Line(silent=silent, status=status)
    assert delivered(line) == 0
    assert asked(world, "SELECT state, last_error, attempts FROM fugo_yokyu_file") == [("soshin_chu", word, 1)]
    assert file.object_key in objects()

    line.silent, line.status = False, 202
    assert delivered(line) == 0, "not before its time"
    assert delivered(line, now=SOON) == 1

    assert line.lines() == [(tsuban_of(world), bango(1))]
    assert asked(world, "SELECT fugo_soshin_nichiji, asked_count FROM fugo_shutoku_yokyu") == [(NOW, 1)]


def test_what_cannot_be_sent_keeps_no_other_from_going(
    world: World, file: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    joined(2)
    requests_made()
    other = next(one for one in transferred() if one.id != file.id)
    released(world, other.id)
    true_open = Path.open

    def unreadable(path: Path, *given: Any, **more: Any) -> Any:
        if path.name == file.object_key:
            raise PermissionError
        return true_open(path, *given, **more)

    monkeypatch.setattr(Path, "open", unreadable)
    assert delivered(Line()) == 1

    assert YokyuFile.objects.get(id=file.id).last_error == "file_yomezu"
    assert YokyuFile.objects.get(id=other.id).state == "soshin_zumi"


def test_what_fails_in_its_turn_is_told_when_all_had_theirs(world: World, file: Any) -> None:
    joined(2)
    requests_made()
    other = next(one for one in transferred() if one.id != file.id)
    released(world, other.id)

    class Broken(Line):
        def put(self, file_id: UUID, content: BinaryIO, *, now: datetime) -> int:
            if file_id == file.id:
                raise ZeroDivisionError
            return super().put(file_id, content, now=now)

    with pytest.raises(ZeroDivisionError):
        delivered(Broken())

    assert YokyuFile.objects.get(id=other.id).erased_at == NOW


@pytest.mark.kj("KJ-RET-17")
def test_what_is_refused_again_and_again_is_thrown_away_in_time(world: World, file: Any) -> None:
    line = Line(status=422)
    for hours in range(0, 7 * 24, 6):
        delivered(line, now=NOW + timedelta(hours=hours))
    calls = line.calls

    assert delivered(line, now=MUCH_LATER) == 0
    assert discard_left_files(by=WORKER, now=MUCH_LATER) == 1

    assert line.calls == calls, "whose days are over goes no more"
    assert file.object_key not in objects()
    assert states(world) == ["3"]


@pytest.mark.kj("KJ-RET-17")
def test_what_is_being_sent_is_not_thrown_away_under_the_call(file: Any) -> None:
    assert begin_soshin(by=WORKER, file_id=file.id, now=NOW + timedelta(days=6, hours=23, minutes=55))

    assert discard_left_files(by=WORKER, now=NOW + timedelta(days=7, minutes=5)) == 0
    assert discard_left_files(by=WORKER, now=NOW + timedelta(days=7, minutes=11)) == 1


def test_an_answer_may_come_while_the_file_is_still_on_its_way(world: World, file: Any) -> None:
    assert begin_soshin(by=WORKER, file_id=file.id, now=NOW)

    assert brought(world, (tsuban_of(world), code_of(1))) == ["stored"]

    line = Line()
    assert delivered(line, now=NOW + timedelta(hours=1)) == 1
    assert states(world) == ["5"]


def test_two_senders_never_have_one_file(file: Any) -> None:
    assert begin_soshin(by=WORKER, file_id=file.id, now=NOW)
    assert not begin_soshin(by=WORKER, file_id=file.id, now=NOW)


@pytest.mark.kj("KJ-RET-17")
def test_a_file_nobody_sends_is_thrown_away_and_made_anew(world: World) -> None:
    joined(1)
    requests_made()
    old = transferred()[0]
    assert discard_left_files(by=WORKER, now=SOON) == 0

    assert discard_left_files(by=WORKER, now=MUCH_LATER) == 1

    assert old.object_key not in objects()
    assert states(world) == ["2"]
    files = transferred(now=MUCH_LATER)
    assert [file.state for file in files] == ["haiki", "soshin_machi"]
    assert asked(world, "SELECT DISTINCT fugo_tenso_nichiji FROM fugo_shutoku_yokyu") == [(NOW,)]
    assert kinds_of(world)[-2:] == ["fugo_yokyu_haiki", "fugo_yokyu_tenso"]


@pytest.mark.kj("KJ-RET-17")
def test_an_object_no_file_names_is_erased() -> None:
    with store().create("fugo_yokyu") as writer:
        writer.write(b"left by a process that died")
        left = writer.close()
    day = timedelta(days=9999)  # the object is as old as this moment, the story is of another time
    discard_left_files(by=WORKER, now=NOW + day)

    assert left.key not in objects()


class TestAskedAgain:
    @pytest.mark.kj("KJ-FUGO-04")
    def test_without_an_answer_it_is_asked_again_under_the_same_number(self, world: World) -> None:
        joined(1)
        joined(2)
        requests_made()
        first = all_sent(world)
        assert brought(world, (tsuban_of(world, 2), code_of(2))) == ["stored"]
        assert [file.kind for file in transferred(now=NOW + timedelta(days=2))] == ["shinki"]

        files = transferred(now=NOW + timedelta(days=4))
        assert [(file.kind, file.kensu) for file in files] == [("shinki", 2), ("saiyokyu", 1)]
        assert len(transferred(now=NOW + timedelta(days=4))) == 2, "who waits to go is not put into another"
        released(world, files[1].id)
        again = Line()
        delivered(again, now=NOW + timedelta(days=4))

        assert again.lines() == [(tsuban_of(world, 1), bango(1))]
        assert set(again.lines()) < set(first.lines())
        assert states(world) == ["3", "5"]
        held = asked(
            world, "SELECT fugo_soshin_nichiji, last_sent_at, asked_count FROM fugo_shutoku_yokyu WHERE asked_count > 1"
        )
        assert held == [(NOW, NOW + timedelta(days=4), 2)]
        assert AT_ONCE.full == 1

    def test_an_answer_that_comes_late_is_stored_once(self, world: World) -> None:
        joined(1)
        requests_made()
        all_sent(world)
        files = transferred(now=NOW + timedelta(days=4))

        assert brought(world, (tsuban_of(world), code_of(1))) == ["stored"]
        released(world, files[1].id)
        delivered(Line(), now=NOW + timedelta(days=4))

        assert brought(world, (tsuban_of(world), code_of(1))) == ["same_again"]
        assert states(world) == ["5"]
