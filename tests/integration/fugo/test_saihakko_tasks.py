"""The worker's own rounds: lists whose permission was used are extracted, codes that are over go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chukan.celery import app
from chukan.kernel import clock
from fugo import tasks
from shikaku.actions.register_one import register_one
from tests.support.members import LATER, asked, loss
from tests.support.principals import clerk
from tests.support.saihakko import a_list, coded, executed, permitted, row_of, staff
from tests.support.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]


@pytest.mark.kj("KJ-FUGO-06")
def test_a_list_is_extracted_without_anybody_s_doing(world: World) -> None:
    people = staff(world)
    coded(world, 1)
    list_id = a_list(world, people[0])
    permitted(world, people, list_id)
    executed(world, people[0], list_id)

    tasks.extract_saihakko_lists()

    assert row_of(world, list_id)["state"] == "shiji"


@pytest.mark.kj("KJ-RET-05")
def test_codes_that_are_over_go_at_night(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    coded(world, 1)
    register_one(by=clerk(), line=loss(1), now=LATER)
    over = datetime(2046, 10, 1, 3, 0, tzinfo=UTC)

    for now, left in ((over - timedelta(days=1), 1), (over, 0)):
        monkeypatch.setattr(clock, "now", lambda now=now: now)
        tasks.erase_expired()
        assert asked(world, "SELECT count(*) FROM fugo_kikanbetsu_fugo") == [(left,)]


def test_both_are_rung_by_the_clock() -> None:
    rung = {entry["task"] for entry in app.conf.beat_schedule.values()}

    assert {"fugo.tasks.extract_saihakko_lists", "fugo.tasks.erase_expired"} <= rung
