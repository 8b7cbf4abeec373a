"""S6: one look-up over HTTP, signed and recorded, beside the bare SQL that answers it.

The record belongs to the peer: no program may answer without it. The note tells the time of reading alone.
"""

from __future__ import annotations

import random
from statistics import median, quantiles
from typing import Any

import pytest
from django.db import connection

from chukan.controls.sosa_log.actions.record_sosa import _INSERT
from chukan.kernel import clock, transactions
from chukan.kernel.crypto.blind_index import ZoneIndex
from chukan.kernel.crypto.keyring import get_keyring
from shikaku.queries import rireki, versions
from simulators.client import HubClient
from tests.builders.asking import KENSAKU, Person, Side, judge, two_sides
from tests.builders.lines import kojin_bango
from tests.plugins_figures import Proof
from tests.proofs.test_speed_reads import seconds_of
from tests.support.members import asked
from tests.support.web_process import running_web
from tests.support.world import World, as_role

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
BY_TURNS = 25
# The product's own statements, and nothing else of it.
_PERSON = f"{rireki._MEMBER} AND bi_bango = ANY (%s) ORDER BY id LIMIT 1"
_COLUMNS = _INSERT.partition("(")[2].partition(")")[0]


def a_recorded_look_up(world: World) -> list[Any]:
    """Return the values of the record of a look-up that was made, as its INSERT takes them."""
    newest = f"SELECT {_COLUMNS} FROM sosa_log_event WHERE kind = 'bango_kensaku' ORDER BY id DESC LIMIT 1"
    return list(asked(world, newest)[0])


def bare(side: Side, hashed: bytes, record: list[Any] | None) -> None:
    """Answer the question by SQL alone, prepared, in one transaction."""
    now = clock.now()
    with connection.connection.transaction(), connection.connection.cursor() as cursor:
        cursor.execute(transactions._SET_ZONE, [side.code, side.code], prepare=True)
        cursor.execute(_PERSON, [side.code, [hashed]], prepare=True)
        ((_, edaban, _),) = cursor.fetchall()
        cursor.execute(versions._KNOWN, [side.code, [edaban], now, now], prepare=True)
        assert cursor.fetchall()
        cursor.execute(rireki._LAST_DELIVERY, [side.code, now], prepare=True)
        assert cursor.fetchall()
        if record is not None:
            cursor.execute(_INSERT, record, prepare=True)


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
    beside = f"{p50 * 1000:.1f} ms and {sql * 1000:.1f} ms, signed by the caller and proven"
    beside += f"; without the record the SQL takes {median(reading) * 1000:.1f} ms"
    for measure, value, bar, note in (
        ("S6 look-up over HTTP, p50, against its bare SQL with the record of it", p50 / sql, 8, beside),
        ("S6 look-up over HTTP, p99 against its p50", p99 / p50, 5, f"{p99 * 1000:.1f} ms"),
    ):
        proof.keep("F-speed", measure, round(value, 1), unit="×", aim=f"≤ {bar}", reached=value <= bar, note=note)
    assert p50 < 12 * sql
    assert p99 <= 5 * p50
