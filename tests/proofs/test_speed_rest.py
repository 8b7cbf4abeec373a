"""S6: one look-up over HTTP, signed and recorded, beside the bare SQL that answers it.

The record belongs to the peer: no program may answer without it. The note tells the time of reading alone.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from statistics import median, quantiles
from typing import Any

import pytest
from django.db import connection

from chukan.controls.uketsuke.domain import KYOHI
from chukan.kernel import clock
from chukan.kernel.crypto.blind_index import ZoneIndex
from chukan.kernel.crypto.keyring import get_keyring
from simulators.client import HubClient
from tests.builders.asking import KENSAKU, Person, Side, judge, two_sides
from tests.builders.lines import kojin_bango
from tests.plugins_figures import Proof
from tests.support.members import asked
from tests.support.web_process import running_web
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True)
BY_TURNS = 25
_ZONE = "SELECT set_config('chukan.hokensha_code', %s, true), set_config('chukan.sender', %s, true)"
_PERSON = """
SELECT id, hihokensha_edaban, himozuke_bango FROM shikaku_itaku_kukaku_kanyusha
WHERE hokensha_code = %s AND bi_bango = %s
"""
_VERSIONS = """
SELECT id, shikaku_tsuban, valid_from, valid_to, toroku_nichiji, withdrawn, ct_joho FROM shikaku_rireki
WHERE hokensha_code = %s AND hihokensha_edaban = %s AND toroku_nichiji <= %s
  AND (superseded_at IS NULL OR superseded_at > %s)
"""
_DELIVERED = f"""
SELECT max(accepted_at) FROM uketsuke_uketsuke WHERE sender = %s AND accepted_at <= %s AND state <> '{KYOHI}'
"""


def seconds_of(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def a_recorded_look_up(world: World) -> tuple[str, list[Any]]:
    """Return the INSERT of the record of a look-up, with the values of one that was made."""
    columns = asked(
        world,
        "SELECT string_agg(attname, ', ' ORDER BY attnum), count(*) FROM pg_attribute"
        " WHERE attrelid = 'sosa_log_event'::regclass AND attnum > 0 AND NOT attisdropped AND attname NOT IN"
        " ('id', 'xid')",
    )
    names, count = columns[0]
    newest = f"SELECT {names} FROM sosa_log_event WHERE kind = 'bango_kensaku' ORDER BY id DESC LIMIT 1"
    marks = ", ".join(["%s"] * count)
    return f"INSERT INTO sosa_log_event ({names}) VALUES ({marks})", list(asked(world, newest)[0])


def bare(side: Side, hashed: bytes, record: tuple[str, list[Any]] | None) -> None:
    """Answer the question by SQL alone, prepared, in one transaction."""
    now = clock.now()
    with connection.connection.transaction(), connection.connection.cursor() as cursor:
        cursor.execute(_ZONE, [side.code, side.code], prepare=True)
        cursor.execute(_PERSON, [side.code, hashed], prepare=True)
        ((_, edaban, _),) = cursor.fetchall()
        cursor.execute(_VERSIONS, [side.code, edaban, now, now], prepare=True)
        assert cursor.fetchall()
        cursor.execute(_DELIVERED, [side.code, now], prepare=True)
        cursor.fetchall()
        if record is not None:
            cursor.execute(*record, prepare=True)


def asked_for(client: HubClient, person: Person) -> None:
    answer = client.send_json(KENSAKU, {"kojin_bango": kojin_bango(person.n)})
    assert judge(person, answer) == ("right", 0)


def test_a_look_up_over_http_costs_little_more_than_its_sql(world: World, proof: Proof) -> None:
    dice, rounds = random.Random(proof.seed), proof.at(ci=12, full=200)
    side, _ = two_sides(world, proof.at(ci=200, full=10_000))
    whole, reading, recording = list[float](), list[float](), list[float]()
    with running_web(world, world.home / "run") as port, side.client(f"http://127.0.0.1:{port}") as client:
        for person in dice.choices(side.people, k=4 * BY_TURNS):
            asked_for(client, person)
        record = a_recorded_look_up(world)
        index = ZoneIndex(get_keyring(), side.code)
        with as_role(world, "web"):
            connection.ensure_connection()
            for _ in range(rounds):
                for person in dice.choices(side.people, k=BY_TURNS):
                    hashed = index.bango(kojin_bango(person.n))
                    reading.append(seconds_of(lambda: bare(side, hashed, None)))  # noqa: B023
                    recording.append(seconds_of(lambda: bare(side, hashed, record)))  # noqa: B023
                    whole.append(seconds_of(lambda: asked_for(client, person)))  # noqa: B023

    p50, p99, sql = median(whole), quantiles(whole, n=100)[98], median(recording)
    proof.keep(
        "F-speed",
        "S6 look-up over HTTP, p50, against its bare SQL with the record of it",
        round(p50 / sql, 1),
        unit="×",
        aim="≤ 8",
        reached=p50 <= 8 * sql,
        note=f"{p50 * 1000:.1f} ms and {sql * 1000:.1f} ms, signed by the caller and proven; without the record the SQL"
        f" takes {median(reading) * 1000:.1f} ms",
    )
    proof.keep(
        "F-speed",
        "S6 look-up over HTTP, p99 against its p50",
        round(p99 / p50, 1),
        unit="×",
        aim="≤ 5",
        reached=p99 <= 5 * p50,
        note=f"{p99 * 1000:.1f} ms",
    )
    assert p50 < 16 * sql
    assert p99 < 15 * p50
