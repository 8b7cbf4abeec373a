"""S5, S7, S8: look-ups among ever more persons, the price of the wall, the price of the operation log."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

import pytest
from django.db import connection
from psycopg import sql

from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel import clock
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction
from shikaku.queries.rireki import find_rireki
from tests.plugins_figures import Proof
from tests.support.machines import Machine, new_machine
from tests.support.members import NOW, TODAY, asked, bango, file_line, sent
from tests.support.principals import KENPO, clerk
from tests.support.world import World, as_role

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
PERSONS = 1_000
SMALL = 100_000
WALLED = ("shikaku_itaku_kukaku_kanyusha", "shikaku_rireki", "shikaku_kyu_kojin_bango", "shikaku_onshi_soshin")

# Persons nobody asks for, so that indexes and tables have the size of a country.
_FILL_PERSONS = """
INSERT INTO shikaku_itaku_kukaku_kanyusha (id, hokensha_code, hihokensha_edaban, himozuke_bango, bi_bango,
  ct_kojin_bango, kanyusha_kubun_code, fugo_shutoku_yokyu_kubun, t_kana2, t_kana4, t_kana_full, t_seinengappi,
  last_shikaku_tsuban, last_rireki_tsuban, last_recorded_at)
SELECT gen_random_uuid(), %(zone)s, n, gen_random_uuid(), substr(sha256(n::text::bytea), 1, 16),
  sha256(n::text::bytea), '01', '1', n %% 7000, n %% 90000, n, n %% 30000, 1, 1, %(now)s
FROM generate_series(%(first)s, %(last)s) AS n
"""
_FILL_VERSIONS = """
INSERT INTO shikaku_rireki (id, hokensha_code, hihokensha_edaban, rireki_tsuban, shikaku_tsuban, himozuke_bango,
  valid_from, toroku_nichiji, shori_shubetsu_code, withdrawn, t_kigo_bango, uketsuke_id, meisai_no, ct_joho)
SELECT gen_random_uuid(), %(zone)s, n, 1, 1, gen_random_uuid(), date '2026-04-01', %(now)s, '01', false, n,
  gen_random_uuid(), 1, decode(repeat(md5(n::text), 20), 'hex')
FROM generate_series(%(first)s, %(last)s) AS n
"""


@pytest.fixture
def registered(world: World) -> None:
    """Register the persons that will be asked for."""
    with as_role(world, "worker"):
        sent(*(file_line(serial) for serial in range(1, PERSONS + 1)))


def fill(world: World, first: int, last: int) -> None:
    """Add persons numbered so, past every trigger."""
    with world.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        for statement in (_FILL_PERSONS, _FILL_VERSIONS):
            admin.execute(statement, {"zone": KENPO, "first": first, "last": last, "now": NOW})
        admin.execute("VACUUM (ANALYZE) shikaku_itaku_kukaku_kanyusha, shikaku_rireki")


def seconds_of(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def look_ups(dice: random.Random, count: int) -> float:
    """Return the p50 of looking a person up by number, and of what was known of one on a day, in milliseconds."""
    by = clerk()
    taken = []
    for _ in range(count):
        number = bango(dice.randint(1, PERSONS))
        taken.append(seconds_of(lambda: find_rireki(by=by, kojin_bango=number, on=TODAY, known_at=clock.now())))  # noqa: B023
    return median(taken) * 1000


@pytest.mark.usefixtures("registered")
def test_a_look_up_among_many_costs_what_it_costs_among_few(world: World, proof: Proof) -> None:
    dice = random.Random(proof.seed)
    many, count = proof.at(ci=500_000, full=10_000_000), proof.at(ci=500, full=5_000)
    fill(world, PERSONS + 1, SMALL)
    few = look_ups(dice, count)
    fill(world, SMALL + 1, many)
    lot = look_ups(dice, count)

    ratio = lot / few
    proof.keep(
        "F-speed",
        f"S5 look-up and as-of p50, {many:,} against {SMALL:,} persons",
        round(ratio, 2),
        unit="×",
        aim="≤ 1.5",
        reached=ratio <= 1.5,
        note=f"{few:.2f} ms and {lot:.2f} ms in one process, with transaction, decryption and zone",
    )
    assert ratio < 2, "the look-up reads more when there is more"


@contextmanager
def wall_down(world: World) -> Iterator[None]:
    """Switch row-level security off for a while."""
    with world.admin() as admin:
        for table in WALLED:
            admin.execute(sql.SQL("ALTER TABLE {} DISABLE ROW LEVEL SECURITY").format(sql.Identifier(table)))
    try:
        yield
    finally:
        with world.admin() as admin:
            for table in WALLED:
                admin.execute(sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(sql.Identifier(table)))


def request_p50(machine: Machine, dice: random.Random, count: int) -> float:
    """Return the p50 of a whole signed request for somebody's 資格履歴, in milliseconds."""
    taken = []
    for _ in range(count):
        wanted = {"kojin_bango": bango(dice.randint(1, PERSONS))}
        started = time.perf_counter()
        answer = machine.post("/api/v1/shikaku/rireki/kensaku", wanted)
        taken.append(time.perf_counter() - started)
        assert answer.status_code == 200, answer.content
    return median(taken) * 1000


@pytest.mark.usefixtures("registered")
def test_the_wall_costs_little_of_a_request(world: World, proof: Proof, settings: object) -> None:
    dice = random.Random(proof.seed)
    count = proof.at(ci=60, full=1_000)
    machine = new_machine(world)
    request_p50(machine, dice, 20)
    with_wall, without = [], []
    for _ in range(3):
        with_wall.append(request_p50(machine, dice, count))
        with wall_down(world):
            without += [request_p50(machine, dice, count), request_p50(machine, dice, count)]
        with_wall.append(request_p50(machine, dice, count))

    ratio = median(with_wall) / median(without)
    proof.keep(
        "F-speed",
        "S7 whole request, row-level security on against off",
        round(ratio, 2),
        unit="×",
        aim="≤ 1.15",
        reached=ratio <= 1.15,
        note=f"{median(with_wall):.1f} ms and {median(without):.1f} ms, p50 of a signed look-up",
    )
    assert ratio < 2


@own_transaction
def logged(*, by: Principal, count: int) -> None:
    """Write so many events, as operations do, in one transaction."""
    for number in range(count):
        record_sosa(
            by=by,
            kind=SosaKind.FILE_BLOCK,
            jimu="kanyusha_toroku",
            target_file="toroku_file",
            targets=(str(number),),
            result="ok",
            detail={"first": 1, "last": 2},
            now=NOW,
        )


@own_transaction
def inserted(*, by: Principal, statement: str, values: list[Any], count: int) -> None:
    """Write so many rows by plain INSERT, in one transaction."""
    with connection.cursor() as cursor:
        for _ in range(count):
            cursor.execute(statement, values)
            cursor.fetchone()


@own_transaction
def inserted_prepared(*, by: Principal, statement: str, values: list[Any], count: int) -> None:
    """Write so many rows by an INSERT that is parsed once, in one transaction."""
    with connection.cursor() as cursor:
        for _ in range(count):
            # Another text: what a connection has prepared once it runs so whoever asks.
            cursor.cursor.execute(f"{statement} -- prepared", values, prepare=True)
            cursor.fetchone()


def test_the_log_costs_little_more_than_an_insert(world: World, proof: Proof) -> None:
    by = clerk()
    logged(by=by, count=1)
    names = [
        row[0]
        for row in asked(
            world,
            "SELECT attname FROM pg_attribute WHERE attrelid = 'sosa_log_event'::regclass AND attnum > 0"
            " AND NOT attisdropped AND attname NOT IN ('id', 'xid') ORDER BY attnum",
        )
    ]
    values = list(asked(world, f"SELECT {', '.join(names)} FROM sosa_log_event LIMIT 1")[0])
    marks = ", ".join(["%s"] * len(names))
    statement = f"INSERT INTO sosa_log_event ({', '.join(names)}) VALUES ({marks}) RETURNING id"
    count = proof.at(ci=400, full=5_000)
    ours, plain, prepared = [], [], []
    for _ in range(proof.at(ci=5, full=9)):
        plain.append(seconds_of(lambda: inserted(by=by, statement=statement, values=values, count=count)))
        prepared.append(seconds_of(lambda: inserted_prepared(by=by, statement=statement, values=values, count=count)))
        ours += [seconds_of(lambda: logged(by=by, count=count)), seconds_of(lambda: logged(by=by, count=count))]
        plain.append(seconds_of(lambda: inserted(by=by, statement=statement, values=values, count=count)))

    ratio = median(plain) / median(ours)
    proof.keep(
        "F-speed",
        "S8 operation log append against plain insert",
        round(ratio, 2),
        unit="",
        aim="≥ 0.8",
        reached=ratio >= 0.8,
        note=f"{count / median(ours):,.0f} and {count / median(plain):,.0f} events/s, one client; ours is parsed once a"
        f" connection: {median(prepared) / median(ours):.2f} against a plain insert that is so too",
    )
    assert ratio > 0.4
