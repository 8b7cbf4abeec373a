"""What beat has done every night."""

from __future__ import annotations

import pytest

from chukan.celery import app
from chukan.kernel import clock
from chukan.settings import limits
from pmh.tasks import erase_expired
from tests.support.irai import an_irai
from tests.support.members import asked
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.kj("KJ-RET-09")
def test_it_is_on_the_schedule_and_erases_both(world: World) -> None:
    an_irai(world, clock.now() - limits.PMH_IRAI_KEPT * 2)
    with world.admin() as admin:
        admin.execute(
            "INSERT INTO pmh_hakko_rireki VALUES (gen_random_uuid(), 'GONE', now() - interval '6 years'),"
            " (gen_random_uuid(), 'KEPT', now())"
        )

    with as_role(world, "worker"):
        erase_expired()

    assert asked(world, "SELECT pmh_id FROM pmh_hakko_rireki") == [("KEPT",)]
    assert asked(world, "SELECT count(*) FROM pmh_irai") == [(0,)]
    assert "pmh.tasks.erase_expired" in {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert "pmh.tasks.erase_expired" in app.tasks
