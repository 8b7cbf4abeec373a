"""Versions as the hub held them at an instant."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from chukan.kernel.errors import DomainError
from shikaku.actions.register_one import register_one
from shikaku.queries.versions import covers, list_all_versions, list_known_versions
from tests.support.members import LATER, NOW, joined, loss
from tests.support.principals import KENPO, OTHER_KENPO, clerk

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.kj("KJ-SHI-09")]
TICK = timedelta(microseconds=1)


def known_at(instant: object) -> list[tuple[int, int]]:
    versions = list_known_versions(by=clerk(), zone=KENPO, edabans=[1, 2], known_at=instant)  # type: ignore[arg-type]
    return [(version.hihokensha_edaban, version.rireki_tsuban) for version in versions]


def test_one_version_per_period_at_every_instant(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    joined(1)
    register_one(by=clerk(), line=loss(1), now=LATER)
    joined(2, now=LATER)

    with django_assert_num_queries(4):  # BEGIN, zone, versions, COMMIT
        assert known_at(LATER) == [(1, 2), (2, 1)]
    assert known_at(LATER - TICK) == [(1, 1)]
    assert known_at(NOW) == [(1, 1)]
    assert known_at(NOW - TICK) == []


def test_all_versions_newest_first_until_an_instant() -> None:
    joined(1)
    register_one(by=clerk(), line=loss(1), now=LATER)

    both = list_all_versions(by=clerk(), zone=KENPO, edaban=1, known_at=LATER)
    assert [(v.rireki_tsuban, v.superseded_at) for v in both] == [(2, None), (1, LATER)]
    assert [v.rireki_tsuban for v in list_all_versions(by=clerk(), zone=KENPO, edaban=1, known_at=NOW)] == [1]


def test_a_refused_change_leaves_no_version() -> None:
    joined(1)
    with pytest.raises(DomainError):
        register_one(by=clerk(), line=loss(1, "2026-03-01"), now=LATER)

    assert known_at(LATER) == [(1, 1)]


@pytest.mark.kj("KJ-ZONE-01")
def test_another_zone_has_none_of_them() -> None:
    joined(1)

    assert list_known_versions(by=clerk(OTHER_KENPO), zone=OTHER_KENPO, edabans=[1], known_at=LATER) == ()


def test_a_period_is_half_open() -> None:
    joined(1, shikaku_soshitsu_ymd="2026-10-01")
    version = list_known_versions(by=clerk(), zone=KENPO, edabans=[1], known_at=LATER)[0]

    days = (date(2026, 3, 31), date(2026, 4, 1), date(2026, 9, 30), date(2026, 10, 1))
    assert [covers(version, day) for day in days] == [False, True, True, False]
