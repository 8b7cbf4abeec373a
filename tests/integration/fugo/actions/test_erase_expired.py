"""Codes go by person when every insurer's periods are over, to the day, with all that hangs on them; on record."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from chukan.kernel.principal import system_principal
from chukan.settings import limits
from fugo.actions.erase_expired import JOKEN, erase_expired_fugo, erase_if_over
from fugo.domain.hoyu import Until
from fugo.queries.hoyu import list_hoyu
from shikaku.actions.register_one import register_one
from tests.support.fugo import all_sent
from tests.support.members import LATER, asked, bango, joined, known, loss
from tests.support.principals import OTHER_KENPO, SHICHOSON, clerk
from tests.support.saihakko import a_list, answered, coded, executed, extracted, linked, permitted, staff
from tests.support.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]
BEAT = system_principal(actor_id="beat")
# The last day of オン資's twenty years from 2026-10-01 ends at midnight in Tokyo.
LAST_MINUTE = datetime(2046, 9, 30, 14, 59, tzinfo=UTC)
OVER = LAST_MINUTE + timedelta(minutes=1)
# ... and that of the five years of 情報連携, where オン資 needs only three.
FIVE_LAST = datetime(2031, 9, 30, 14, 59, tzinfo=UTC)
FIVE_OVER = FIVE_LAST + timedelta(minutes=1)
THREE_LAST = datetime(2029, 9, 30, 14, 59, tzinfo=UTC)
THREE_OVER = THREE_LAST + timedelta(minutes=1)
KOKUHO = clerk(SHICHOSON[0], shubetsu="shichoson_kokuho")


def erased(now: datetime, *, batch: int = 1000) -> int:
    return erase_expired_fugo(by=BEAT, now=now, batch=batch)


def kept(world: World) -> tuple[int, ...]:
    tables = ("kikanbetsu_fugo", "shutoku_yokyu", "edaban_himozuke", "saihakko_taisho")
    return tuple(asked(world, f"SELECT count(*) FROM fugo_{name}")[0][0] for name in tables)


def lost(edaban: int, day: str = "2026-10-01") -> None:
    register_one(by=clerk(), line=loss(edaban, day), now=LATER)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let オン資 need three years, so that the five of 情報連携 show."""
    monkeypatch.setattr(limits, "ONSHI_HITSUYO_YEARS", 3)


@pytest.mark.kj("KJ-RET-05", "KJ-RET-12", "KJ-RET-02")
def test_it_stays_to_the_last_day_and_goes_with_a_record(world: World) -> None:
    coded(world, 1)
    lost(1)

    assert erased(LAST_MINUTE) == 0
    assert kept(world) == (1, 1, 1, 0)
    assert erased(OVER) == 1
    assert kept(world) == (0, 0, 0, 0)

    rows = asked(world, "SELECT body, targets FROM sosa_log_event WHERE kind = 'fugo_erased'")
    assert len(rows) == 1
    event = json.loads(bytes(rows[0][0]))
    assert event["detail"] == {
        "kensu": 1,
        "fugo": 1,
        "yokyu": 1,
        "himozuke": 1,
        "taisho": 0,
        "joken": JOKEN,
        "kisan_from": "2026-10-01",
        "kisan_to": "2026-10-01",
    }
    assert (event["actor_id"], event["target_file"], rows[0][1]) == ("beat", "機関別符号ファイル", [])
    assert bango(1) not in str(event)
    assert erased(OVER) == 0


@pytest.mark.kj("KJ-RET-05")
def test_two_insurers_and_one_of_them_active_keeps_it(world: World) -> None:
    coded(world, 1, 2)
    for serial in (1, 2):
        joined(serial, by=clerk(OTHER_KENPO))
        lost(serial)
    linked(world)
    register_one(by=clerk(OTHER_KENPO), line=loss(1, "2026-11-01", hokensha_code=OTHER_KENPO), now=LATER)

    assert erased(OVER) == 0
    assert erased(OVER + timedelta(days=30, hours=23, minutes=59)) == 0
    assert erased(OVER + timedelta(days=31)) == 1
    assert erased(OVER + timedelta(days=20_000)) == 0
    assert kept(world) == (1, 1, 2, 0)


@pytest.mark.kj("KJ-RET-05")
@pytest.mark.usefixtures("short")
def test_the_five_years_count_where_onshi_is_over_before(world: World) -> None:
    coded(world, 1)
    lost(1)

    assert erased(THREE_OVER) == 0
    assert erased(FIVE_LAST) == 0
    assert erased(FIVE_OVER) == 1


@pytest.mark.kj("KJ-RET-05")
@pytest.mark.usefixtures("short")
def test_who_was_with_shichoson_kokuho_alone_counts_by_onshi_alone(world: World) -> None:
    coded(world, 1, by=KOKUHO)
    coded(world, 2)
    joined(2, by=KOKUHO)
    for edaban in (1, 2):
        register_one(by=KOKUHO, line=loss(edaban, "2026-10-01", hokensha_code=SHICHOSON[0]), now=LATER)
    register_one(by=clerk(), line=loss(1, "2026-10-01"), now=LATER)

    assert erased(THREE_LAST) == 0
    assert erased(THREE_OVER) == 1  # 2 has been with another insurer
    assert erased(FIVE_LAST) == 0
    assert erased(FIVE_OVER) == 1


@pytest.mark.kj("KJ-RET-05", "KJ-RET-13")
def test_superseded_issues_finished_requests_and_rows_of_lists_go_with_it(world: World) -> None:
    people = staff(world)
    coded(world, 1, 2)
    list_id = a_list(world, people[0])
    permitted(world, people, list_id)
    executed(world, people[0], list_id)
    extracted()
    all_sent(world, now=LATER)
    answered(world, issue=2, now=LATER)
    lost(1)
    assert kept(world) == (4, 4, 2, 2)
    person = asked(world, "SELECT himozuke_bango FROM fugo_edaban_himozuke WHERE hihokensha_edaban = 1")[0][0]

    assert erased(OVER) == 1

    assert kept(world) == (2, 2, 1, 1)
    columns = asked(
        world,
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_name LIKE 'fugo_%%'"
        " AND column_name = 'himozuke_bango'",
    )
    assert len(columns) == 4
    for table, column in columns:
        assert asked(world, f'SELECT count(*) FROM "{table}" WHERE "{column}" = %s', person) == [(0,)]


@pytest.mark.kj("KJ-RET-05", "KJ-RET-04")
def test_a_withdrawn_loss_keeps_it_and_a_withdrawn_period_counts_from_the_last_that_happened(world: World) -> None:
    coded(world, 1, 2)
    lost(1)
    open_again = known("03", 1, shikaku={"shikaku_soshitsu_ymd": None})
    register_one(by=clerk(), line=open_again, now=LATER + timedelta(hours=1))
    register_one(by=clerk(), line=known("05", 2), now=LATER)

    assert erased(OVER) == 0  # 2 got its code on 2026-11-20
    assert erased(datetime(2046, 11, 19, 14, 59, tzinfo=UTC)) == 0
    assert erased(datetime(2046, 11, 19, 15, 0, tzinfo=UTC)) == 1
    assert kept(world) == (1, 1, 1, 0)


def test_batches_go_through_all_of_it_and_also_requests_without_a_code(world: World) -> None:
    coded(world, 1, 2, 3, 4)
    joined(5)
    linked(world)  # asked, and no answer ever came
    for edaban in (1, 2, 4, 5):
        lost(edaban)

    assert erased(OVER, batch=2) == 4
    assert kept(world) == (1, 1, 1, 0)
    assert asked(world, "SELECT count(*) FROM sosa_log_event WHERE kind = 'fugo_erased'")[0][0] >= 2


@pytest.mark.kj("KJ-RET-05", "KJ-RET-04")
def test_who_is_registered_again_in_between_keeps_it(world: World) -> None:
    coded(world, 1)
    lost(1)
    seen = list_hoyu(by=BEAT, after=UUID(int=0), most=10)  # the job looked at the person before
    joined(1, by=clerk(OTHER_KENPO), now=LATER)

    until = Until.on(date(2046, 10, 1), renkei_years=5, onshi_years=20)
    assert erase_if_over(by=BEAT, held=seen, until=until, now=OVER) == 0
    assert kept(world) == (1, 1, 1, 0)


@pytest.mark.kj("KJ-RET-05", "KJ-RET-13")
def test_what_a_restored_backup_brings_back_goes_again(world: World) -> None:
    coded(world, 1)
    lost(1)
    with world.admin() as admin:
        for name in ("kikanbetsu_fugo", "shutoku_yokyu", "edaban_himozuke"):
            admin.execute(f"CREATE TEMP TABLE kept_{name} AS SELECT * FROM fugo_{name}")
        assert erased(OVER) == 1
        admin.execute("SET session_replication_role = replica")  # a restore asks no trigger
        for name in ("kikanbetsu_fugo", "shutoku_yokyu", "edaban_himozuke"):
            admin.execute(f"INSERT INTO fugo_{name} SELECT * FROM kept_{name}")
        admin.execute("SET session_replication_role = origin")
    assert kept(world) == (1, 1, 1, 0)

    assert erased(OVER) == 1
    assert kept(world) == (0, 0, 0, 0)


@pytest.mark.kj("KJ-DEAD-02")
def test_death_changes_nothing_about_how_long_a_code_is_kept(world: World) -> None:
    coded(world, 1, 2)
    register_one(
        by=clerk(),
        line=known("04", 1, shikaku={"shikaku_soshitsu_ymd": "2026-10-01", "shikaku_soshitsu_jiyu": "01"}),  # 死亡
        now=LATER,
    )
    lost(2)
    codes = "SELECT count(*) FROM fugo_kikanbetsu_fugo WHERE superseded_at IS NULL"

    assert erased(LAST_MINUTE) == 0
    assert asked(world, codes) == [(2,)]
    assert erased(OVER) == 2


def test_the_years_are_those_of_the_controls() -> None:
    assert (limits.FUGO_RENKEI_YEARS, limits.ONSHI_HITSUYO_YEARS) == (5, 20)
