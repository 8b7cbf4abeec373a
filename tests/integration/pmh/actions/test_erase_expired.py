"""発行履歴 goes five years after the last loss, with a record of it; who is insured again keeps it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from chukan.kernel.principal import Principal, system_principal
from chukan.kernel.values.last_erasable import last_erasable
from chukan.settings import limits
from pmh.actions.erase_expired import erase_expired_hakko, erase_if_over, erase_old_irai
from pmh.actions.record_refused_irai import record_refused_irai
from pmh.queries.hakko_rireki import list_hakko
from shikaku.actions.register_one import register_one
from tests.support.members import LATER, NOW, asked, bango, joined, known, loss
from tests.support.pmh import a_pmh, issued, pmh_principal
from tests.support.principals import OTHER_KENPO, clerk
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True)
BEAT = system_principal(actor_id="beat")
# The last day of five years from 2026-10-01 ends at midnight in Tokyo.
LAST_MINUTE = datetime(2031, 9, 30, 14, 59, tzinfo=UTC)
OVER = LAST_MINUTE + timedelta(minutes=1)


@pytest.fixture
def pmh(world: World) -> Principal:
    return pmh_principal(a_pmh(world))


def erased(world: World, now: datetime, *, batch: int = 1000) -> int:
    with as_role(world, "worker"):
        return erase_expired_hakko(by=BEAT, now=now, batch=batch)


def kept(world: World) -> int:
    return int(asked(world, "SELECT count(*) FROM pmh_hakko_rireki")[0][0])


@pytest.mark.kj("KJ-RET-09", "KJ-RET-12")
def test_it_stays_to_the_last_day_and_goes_with_a_record(world: World, pmh: Principal) -> None:
    joined(1)
    pmh_id = issued(pmh, bango(1))
    register_one(by=clerk(), line=loss(1, "2026-10-01"), now=LATER)

    assert erased(world, LAST_MINUTE) == 0
    assert kept(world) == 1
    assert erased(world, OVER) == 1
    assert kept(world) == 0

    rows = asked(world, "SELECT body, targets FROM sosa_log_event WHERE kind = 'hakko_erased'")
    assert len(rows) == 1
    event = json.loads(bytes(rows[0][0]))
    assert event["detail"] == {
        "kensu": 1, "joken": "最後の資格喪失から5年", "kisan_from": "2026-10-01", "kisan_to": "2026-10-01",
    }  # fmt: skip
    assert (event["actor_id"], event["target_file"], rows[0][1]) == ("beat", "PMH-ID発行履歴", [])
    assert bango(1) not in str(event)
    assert asked(world, "SELECT pmh_id FROM shikaku_himozuke") == [(pmh_id[0],)]
    assert erased(world, OVER) == 0


@pytest.mark.kj("KJ-RET-09")
def test_the_last_of_several_insurers_counts_and_an_open_period_keeps_it(world: World, pmh: Principal) -> None:
    for serial in (1, 2):
        joined(serial)
        joined(serial, by=clerk(OTHER_KENPO))
        register_one(by=clerk(), line=loss(serial, "2026-10-01"), now=LATER)
    register_one(by=clerk(OTHER_KENPO), line=loss(1, "2026-11-01", hokensha_code=OTHER_KENPO), now=LATER)
    issued(pmh, bango(1), bango(2))

    assert erased(world, OVER) == 0
    assert erased(world, OVER + timedelta(days=31)) == 1
    assert erased(world, OVER + timedelta(days=20_000)) == 0
    assert kept(world) == 1


@pytest.mark.kj("KJ-RET-09")
def test_a_loss_that_was_withdrawn_keeps_it_and_a_withdrawn_period_counts_from_the_issue(
    world: World, pmh: Principal
) -> None:
    joined(1)
    joined(2)
    issued(pmh, bango(1), bango(2))
    register_one(by=clerk(), line=loss(1, "2026-10-01"), now=LATER)
    open_again = known("03", 1, shikaku={"shikaku_soshitsu_ymd": None})
    register_one(by=clerk(), line=open_again, now=LATER + timedelta(hours=1))
    register_one(by=clerk(), line=known("05", 2), now=LATER)

    assert erased(world, OVER) == 0  # 2 was issued on 2026-11-20
    assert erased(world, datetime(2031, 11, 19, 15, 0, tzinfo=UTC)) == 1
    assert kept(world) == 1


def test_batches_go_through_all_of_it(world: World, pmh: Principal) -> None:
    for serial in range(1, 6):
        joined(serial)
        if serial != 3:
            register_one(by=clerk(), line=loss(serial, "2026-10-01"), now=LATER)
    issued(pmh, *(bango(serial) for serial in range(1, 6)))

    assert erased(world, OVER, batch=2) == 4
    assert kept(world) == 1
    assert asked(world, "SELECT count(*) FROM sosa_log_event WHERE kind = 'hakko_erased'")[0][0] >= 2


@pytest.mark.kj("KJ-RET-09", "KJ-RET-04")
def test_who_is_registered_again_in_between_keeps_it(world: World, pmh: Principal) -> None:
    joined(1)
    issued(pmh, bango(1))
    register_one(by=clerk(), line=loss(1, "2026-10-01"), now=LATER)
    with as_role(world, "worker"):
        seen = list_hakko(by=BEAT, after=UUID(int=0), most=10)  # the job looked at the person before
    joined(1, by=clerk(OTHER_KENPO), now=LATER)

    with as_role(world, "worker"):
        until = last_erasable(OVER.date() + timedelta(days=1), years=limits.PMH_HISTORY_YEARS)
        assert erase_if_over(by=BEAT, issued=seen, until=until, now=OVER) == 0
    assert kept(world) == 1
    assert asked(world, "SELECT count(*) FROM sosa_log_event WHERE kind = 'hakko_erased'") == [(0,)]


def test_old_counts_of_requests_go_and_newer_ones_stay(world: World, pmh: Principal) -> None:
    for days in (0, 1):
        now = NOW + timedelta(days=days)
        record_refused_irai(by=pmh, jimu_kubun="01", hoho="ikken", code="itaku_kakunin_nashi", now=now)

    with as_role(world, "worker"):
        assert erase_old_irai(by=BEAT, now=NOW + limits.PMH_IRAI_KEPT) == 0
        assert erase_old_irai(by=BEAT, now=NOW + limits.PMH_IRAI_KEPT + timedelta(seconds=1)) == 1
    assert asked(world, "SELECT answered_at FROM pmh_irai") == [(NOW + timedelta(days=1),)]
