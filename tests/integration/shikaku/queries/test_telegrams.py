"""Telegrams are built from what was known when they were owed: the same however often."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from pytest_django import DjangoAssertNumQueries

from chukan.kernel.principal import system_principal
from shikaku.actions.register_one import register_one
from shikaku.queries.telegrams import OwedTelegram, build_telegrams
from tests.support.members import LATER, asked, bango, joined, known, loss
from tests.support.principals import KENPO, clerk
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True)
RELAY = replace(system_principal(actor_id="relay"), hokensha_code=KENPO)
MUCH_LATER = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def owed(world: World) -> list[OwedTelegram]:
    columns = "soshin_bango, hokensha_code, hihokensha_edaban, himozuke_bango, jun, kind, as_of, attempts"
    return [OwedTelegram(*row) for row in asked(world, f"SELECT {columns} FROM shikaku_onshi_soshin ORDER BY owed_at")]


@pytest.mark.parametrize("persons", [1, 3])
def test_any_number_of_telegrams_is_one_reading(
    world: World, django_assert_num_queries: DjangoAssertNumQueries, persons: int
) -> None:
    for serial in range(1, persons + 1):
        joined(serial)
    telegrams = owed(world)

    with as_role(world, "relay"):
        build_telegrams(by=RELAY, zone=KENPO, owed=telegrams)
        with django_assert_num_queries(4):  # BEGIN, zone, versions, COMMIT
            built = build_telegrams(by=RELAY, zone=KENPO, owed=telegrams)

    assert [one["soshin_bango"] for one in built] == [str(one.soshin_bango) for one in telegrams]


@pytest.mark.kj("KJ-EXT-01")
def test_each_says_the_state_of_its_line_and_no_number(world: World) -> None:
    joined(1)
    register_one(by=clerk(), line=loss(1), now=LATER)
    before = owed(world)
    with as_role(world, "relay"):
        first = build_telegrams(by=RELAY, zone=KENPO, owed=before)
    register_one(by=clerk(), line=known("05", 1), now=MUCH_LATER)

    with as_role(world, "relay"):
        assert build_telegrams(by=RELAY, zone=KENPO, owed=before) == first
        withdrawn = build_telegrams(by=RELAY, zone=KENPO, owed=owed(world)[2:])

    ends = [one["naiyo"]["kikan"][0]["shikaku"].get("shikaku_soshitsu_ymd") for one in first]
    assert ends == [None, "2026-10-01"]
    assert [one["denbun_shubetsu"] for one in withdrawn] == ["sakujo"]
    assert bango(1) not in str(first + withdrawn)


def test_a_deletion_reads_nothing(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    telegram = OwedTelegram(UUID(int=1), KENPO, 7, UUID(int=2), 3, "sakujo", LATER + timedelta(1), 0)

    with django_assert_num_queries(3):  # BEGIN, zone, COMMIT
        built = build_telegrams(by=RELAY, zone=KENPO, owed=[telegram])

    assert built[0]["naiyo"] == {"hokensha_code": KENPO, "hihokensha_edaban": "0000000007"}
