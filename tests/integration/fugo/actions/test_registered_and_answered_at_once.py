"""A registration beside another of the same person or its answer: each in a session of its own, in both orders."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connections

from chukan.kernel import clock
from chukan.kernel.principal import Principal, system_principal
from chukan.kernel.retry import done_again
from fugo.actions import record_fugo, request_fugo
from fugo.actions.ask_anew import ask_anew
from fugo.domain.answer_matching import Juryo
from fugo.queries.persons import find_persons
from shikaku.actions.register_one import register_one
from tests.support.fugo import all_sent, brought, code_of, requests_made, tsuban_of
from tests.support.members import NOW, asked, bango, joined, known
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]
SEIHO = "12130019"
_BLOCKED = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    " AND backend_type = 'client backend'"
)


class Held:
    """The first session that comes here waits, its transaction open, until it is let go."""

    def __init__(self, then: Callable[..., Any]) -> None:
        self.then, self.reached, self.go = then, threading.Event(), threading.Event()

    def __call__(self, *given: Any, **named: Any) -> Any:
        if not self.reached.is_set():
            self.reached.set()
            assert self.go.wait(60)
        return self.then(*given, **named)


@contextmanager
def session(work: Callable[[], Any]) -> Iterator[threading.Thread]:
    """Do something in a session of its own, beside what the caller does; its error is the caller's."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001  # raised below
            errors.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    yield thread
    thread.join(60)
    assert not thread.is_alive()
    if errors:
        raise errors[0]


def until_blocked_or_done(world: World, thread: threading.Thread) -> None:
    deadline = time.monotonic() + 60
    while thread.is_alive() and asked(world, _BLOCKED) == [(0,)]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def zone() -> Principal:
    return system_principal(actor_id="worker", hokensha_code=KENPO, hokensha_shubetsu="kenpo_kumiai")


def of_block(world: World, block: UUID) -> Callable[[], Any]:
    return lambda: request_fugo.request_fugo(by=zone(), uketsuke_id=block, first_meisai_no=1, last_meisai_no=1, now=NOW)


def last_block(world: World) -> UUID:
    found = asked(world, "SELECT payload->>'uketsuke_id' FROM outbox_message ORDER BY id DESC LIMIT 1")
    return UUID(found[0][0])


@pytest.fixture
def asked_for(world: World) -> UUID:
    """A request that was sent, of a person whose only insurer's codes serve 自己情報表示 alone; return its number."""
    joined(1, by=clerk(OTHER_KENPO))
    requests_made()
    with world.admin() as admin:
        admin.execute("UPDATE fugo_edaban_himozuke SET hokensha_code = %s", [SEIHO])
    all_sent(world)
    return tsuban_of(world, 1, OTHER_KENPO)


def yoto(world: World) -> list[Any]:
    return [row[0] for row in asked(world, "SELECT yoto FROM fugo_kikanbetsu_fugo")]


@pytest.mark.kj("KJ-NWS-22")
def test_an_answer_beside_a_registration_that_was_first_sees_its_insurer(
    world: World, asked_for: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    joined(1)
    registered = Held(request_fugo.Outcome)
    monkeypatch.setattr(request_fugo, "Outcome", registered)

    with session(of_block(world, last_block(world))):
        assert registered.reached.wait(60)
        with session(lambda: brought(world, (asked_for, code_of(1)))) as answer:
            until_blocked_or_done(world, answer)
            registered.go.set()

    assert yoto(world) == ["1"]


@pytest.mark.kj("KJ-NWS-22")
def test_a_registration_beside_an_answer_that_was_first_widens_its_code(
    world: World, asked_for: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    joined(1)
    block = last_block(world)
    answered = Held(record_fugo._count)
    monkeypatch.setattr(record_fugo, "_count", answered)

    with session(lambda: brought(world, (asked_for, code_of(1)))):
        assert answered.reached.wait(60)
        world.connect("worker")
        with session(of_block(world, block)) as registration:
            until_blocked_or_done(world, registration)
            answered.go.set()

    assert yoto(world) == ["1"]


def links(world: World) -> list[Any]:
    return [row[0] for row in asked(world, "SELECT himozuke_bango FROM fugo_edaban_himozuke")]


def become(world: World, person: UUID) -> None:
    with world.admin() as admin:
        admin.execute("UPDATE shikaku_itaku_kukaku_kanyusha SET himozuke_bango = %s", [person])


@pytest.mark.kj("KJ-FUGO-05")
def test_whose_the_member_was_is_not_written_over_whose_it_is(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    joined(1)
    work, present = of_block(world, last_block(world)), uuid4()
    looked = Held(find_persons)
    monkeypatch.setattr(request_fugo, "find_persons", looked)

    with session(work):
        assert looked.reached.wait(60)
        become(world, present)
        work()
        looked.go.set()

    assert links(world) == [present]


@pytest.mark.kj("KJ-FUGO-05")
def test_a_member_becomes_nobody_else_while_the_link_is_written(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    joined(1)
    work, present = of_block(world, last_block(world)), uuid4()
    work()
    with world.admin() as admin:
        admin.execute("UPDATE fugo_edaban_himozuke SET himozuke_bango = gen_random_uuid()")
    written = Held(request_fugo.Outcome)
    monkeypatch.setattr(request_fugo, "Outcome", written)

    with session(work):
        assert written.reached.wait(60)
        with session(lambda: become(world, present)) as change:
            until_blocked_or_done(world, change)
            assert change.is_alive()
            written.go.set()
    work()

    assert links(world) == [present]


@pytest.fixture
def corrected(world: World) -> tuple[UUID, UUID]:
    """A request that went with a number a 訂正 gave away since: its 処理通番, and the block of the 訂正."""
    joined(1, now=clock.now())
    renumber(2, "1")
    requests_made()
    all_sent(world, now=clock.now())
    tsuban = tsuban_of(world)
    renumber(3, "2")
    return tsuban, last_block(world)


def renumber(serial: int, kubun: str) -> None:
    line = known("03", 1, koshingo_kojin_bango=bango(serial), kojin_bango_koshin_kubun=kubun)
    register_one(by=clerk(), line=line, now=clock.now())


@pytest.mark.kj("KJ-FUGO-01", "KJ-SHI-05")
def test_a_code_that_comes_beside_the_correction_of_its_number_goes(
    world: World, corrected: tuple[UUID, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    tsuban, block = corrected
    answered = Held(record_fugo._count)
    monkeypatch.setattr(record_fugo, "_count", answered)

    with session(lambda: brought(world, (tsuban, code_of(2)))):
        assert answered.reached.wait(60)
        world.connect("worker")
        with session(of_block(world, block)) as correction:
            until_blocked_or_done(world, correction)
            assert correction.is_alive()
            answered.go.set()

    assert yoto(world) == []
    assert tsuban_of(world) != tsuban


@pytest.mark.kj("KJ-FUGO-01", "KJ-SHI-05")
def test_a_code_that_comes_while_its_request_is_taken_back_is_dropped(
    world: World, corrected: tuple[UUID, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    tsuban, block = corrected
    came: list[Juryo] = []
    taken_back = Held(lambda done: done)
    monkeypatch.setattr(request_fugo, "ask_anew", lambda **given: taken_back(ask_anew(**given)))

    def again() -> list[Juryo]:  # as the door does
        return brought(world, (tsuban, code_of(2)))

    with session(of_block(world, block)):
        assert taken_back.reached.wait(60)
        with session(lambda: came.extend(done_again(again))) as answer:
            until_blocked_or_done(world, answer)
            assert answer.is_alive()
            taken_back.go.set()

    assert came == [Juryo.NO_REQUEST]
    assert yoto(world) == []
