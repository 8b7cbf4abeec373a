"""Nobody seals the log: operators are told, then numbers and files stop, then partners; registration goes on."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from chukan.controls.kengen.domain import BY_ID
from chukan.controls.setsuzoku import views as machine_views
from chukan.controls.sosa_log import sealing
from chukan.controls.sosa_log.actions import record_sosa_alone
from chukan.controls.sosa_log.actions.search_log import export_log
from chukan.controls.sosa_log.domain import LogFilter, SosaKind
from chukan.controls.sosa_log.sealing import LATELY, WATCH, SealingWatch, is_overdue, require_sealed_for_partners
from chukan.controls.sosa_log.views import todo_sealing
from chukan.kernel import clock
from chukan.kernel.errors import Invalid, NotFound, Unavailable
from chukan.kernel.principal import Principal
from fugo.actions.write_saihakko import take_extract
from shikaku.actions.reveal_kojin_bango import reveal_kojin_bango
from shikaku.http import terminal_file_views
from tests.support.machines import Machine, new_machine
from tests.support.principals import OTHER_KENPO, clerk
from tests.support.sealed_log import empty_journal, seal
from tests.support.shonin import ASK, FUGO, kikin
from tests.support.staff import an_operator, browser
from tests.support.world import World

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "operator"]), pytest.mark.kj("KJ-LOG-10")]
SINCE = datetime(2026, 11, 21, 3, 0, 0, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
NOBODY = UUID(int=0)
ECHO = "/api/v1/echo"
BY = clerk()


@pytest.fixture(autouse=True)
def watched(world: World) -> Iterator[None]:
    """Here the log counts as it is sealed."""
    empty_journal(world)
    with world.watched():
        yield


def write(at: datetime, *, by: Principal = BY) -> None:
    record_sosa_alone(by=by, kind=SosaKind.SHOKAI, jimu="shikaku", target_file="shikaku", result="ok", now=at)


# --- who is told


@pytest.mark.parametrize(("age", "told"), [(59, False), (60, False), (61, True)])
def test_operators_are_told_after_a_minute(age: int, told: bool) -> None:
    write(SINCE)
    now = SINCE + age * SECOND

    assert is_overdue(SINCE, now=now) is told
    assert bool(todo_sealing(by=kikin("K0001"), now=now, url="")) is told


@pytest.mark.usefixtures("world")
def test_they_read_how_long_and_what_has_stopped() -> None:
    write(SINCE)
    by = kikin("K0001")

    texts = [todo_sealing(by=by, now=SINCE + age * MINUTE, url="")[0].text for age in (14, 16, 241)]

    assert texts[0] == "操作ログが14分00秒封印されていません。seal_sosa_log の状態を確かめてください。"
    assert texts[1].endswith("確かめてください。個人番号の表示と書き出しは止めています。")
    assert texts[2].endswith("止めています。接続システムとのやり取りも止めています。")


def test_of_a_sealed_log_there_is_nothing_to_tell(world: World) -> None:
    write(SINCE)
    seal(world)

    assert todo_sealing(by=kikin("K0001"), now=SINCE + 300 * MINUTE, url="") == []
    export(SINCE + 300 * MINUTE)


# --- what stops after a quarter of an hour


def reveal(now: datetime) -> None:
    with pytest.raises(NotFound):
        reveal_kojin_bango(by=BY, row_id=NOBODY, riyu="tokusho", note="", screen_id="HS-102", now=now)


def export(now: datetime) -> None:
    assert export_log(by=BY, given=LogFilter(), screen_id="KR-201", now=now)


def extract(now: datetime) -> None:
    with pytest.raises(Invalid):
        take_extract(by=kikin("K0001", ASK | FUGO), list_id=NOBODY, baitai_id="", mokuteki="", has_baitai=True, now=now)


def download(_now: datetime) -> None:
    request = RequestFactory().get("/")
    request.principal, request.screen = BY, BY_ID["HS-304"]  # type: ignore[attr-defined]  # as the guard sets them
    with pytest.raises(NotFound):
        terminal_file_views.download_teisei(request, NOBODY)


PASSAGES = (reveal, export, extract, download)


def at(monkeypatch: pytest.MonkeyPatch, age: timedelta) -> datetime:
    """Let it be so long after the oldest unsealed event."""
    now = SINCE + age
    monkeypatch.setattr(clock, "now", lambda: now)
    return now


@pytest.mark.parametrize("passage", PASSAGES)
def test_numbers_and_files_stop_after_a_quarter_of_an_hour(
    world: World, monkeypatch: pytest.MonkeyPatch, passage: Callable[[datetime], None]
) -> None:
    write(SINCE, by=clerk(OTHER_KENPO))
    passage(at(monkeypatch, 14 * MINUTE))

    with pytest.raises(Unavailable) as refused:
        passage(at(monkeypatch, 16 * MINUTE))

    assert refused.value.code == "fuin_teishi_hyoji"
    seal(world)
    passage(at(monkeypatch, 16 * MINUTE))


@pytest.mark.parametrize("passage", PASSAGES)
def test_mutant_without_the_check_nothing_stops(
    monkeypatch: pytest.MonkeyPatch, passage: Callable[[datetime], None]
) -> None:
    write(SINCE)
    monkeypatch.setattr(sealing, "is_stopped", lambda *_arguments, **_now: False)

    passage(at(monkeypatch, 16 * MINUTE))


# --- what stops after four hours


@pytest.mark.urls("tests.support.machine_urls")
class TestPartners:
    @pytest.fixture(autouse=True)
    def doors_alone(self, settings: Settings) -> None:
        settings.MIDDLEWARE = [
            "chukan.kernel.http.middleware.RequestMiddleware",
            "chukan.kernel.http.middleware.ErrorMiddleware",
        ]

    @pytest.fixture
    def machine(self, world: World) -> Machine:
        machine = new_machine(world)
        seal(world)
        return machine

    def asks(self, machine: Machine, age: timedelta) -> tuple[int, str]:
        write(clock.now() - age)
        WATCH.forget()
        answer = machine.get(ECHO)
        return answer.status_code, json.loads(answer.content).get("code", "")

    def test_are_served_for_nearly_four_hours(self, machine: Machine) -> None:
        assert self.asks(machine, 239 * MINUTE) == (200, "")

    def test_are_refused_after_four_hours_until_the_log_is_sealed(self, world: World, machine: Machine) -> None:
        assert self.asks(machine, 241 * MINUTE) == (503, "fuin_teishi")

        seal(world)
        WATCH.forget()
        assert machine.get(ECHO).status_code == 200

    def test_mutant_a_door_that_does_not_ask_serves_them(
        self, machine: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(machine_views, "require_sealed_for_partners", lambda **_asked: None)

        assert self.asks(machine, 241 * MINUTE) == (200, "")

    def test_the_database_is_asked_every_few_seconds_only(self) -> None:
        with CaptureQueriesContext(connection) as asked:
            for _ in range(100):
                require_sealed_for_partners(by=BY, now=SINCE)

        assert len(asked) == 4, "BEGIN, the zone, the age, COMMIT"

    def test_what_it_said_is_forgotten_after_these(self) -> None:
        told = [0.0]
        watch = SealingWatch(monotonic=lambda: told[0])
        assert watch.since(by=BY) is None
        write(SINCE)
        assert watch.since(by=BY) is None

        told[0] = LATELY.total_seconds() + 1

        assert watch.since(by=BY) == SINCE


def test_the_console_shows_it(world: World) -> None:
    write(clock.now() - 61 * SECOND)
    client = browser(an_operator(), hokensha="")

    page = client.get("/unyo/").content.decode()
    assert re.search('<a href="/unyo/sosa-kiroku/">操作ログが[^<]*封印されていません。seal_sosa_log', page)
    other = browser(an_operator("C0001", "kokuho_chuokai"), hokensha="").get("/unyo/").content.decode()
    assert re.search("<li>操作ログが[^<]*封印されていません。", other), "the log's own page is not open to them"

    seal(world)
    assert "封印されていません" not in client.get("/unyo/").content.decode()
