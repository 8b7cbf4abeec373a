"""Owed telegrams go out in order, one of a person at a time, until each is received."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from chukan.kernel.principal import system_principal
from shikaku.actions.register_one import register_one
from shikaku.actions.send_to_onshi import LEASE, claim_telegrams, send_to_onshi
from shikaku.gateways.onshi import OutcomeUnknown
from tests.support.members import LATER, NOW, asked, bango, joined, loss
from tests.support.principals import OTHER_KENPO, clerk
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True)
RELAY = system_principal(actor_id="relay")


@dataclass
class Partner:
    """The other side: keeps what it saw, receives what it is told to."""

    refuses: frozenset[int] = frozenset()
    lost: bool = False
    seen: list[Mapping[str, Any]] = field(default_factory=list)

    def send(self, telegrams: Sequence[Mapping[str, object]], *, now: datetime) -> frozenset[str]:
        self.seen += telegrams
        if self.lost:
            raise OutcomeUnknown("read timeout")
        return frozenset(str(one["soshin_bango"]) for one in telegrams if one["jun"] not in self.refuses)


@pytest.fixture
def two_owed(world: World) -> Iterator[None]:
    """One person joined and left, so two telegrams are owed; the rest is the sender's work."""
    joined(1)
    register_one(by=clerk(), line=loss(1), now=LATER)
    with as_role(world, "relay"):
        yield


def waiting(world: World) -> list[tuple[Any, ...]]:
    statement = "SELECT jun, attempts, available_at FROM shikaku_onshi_soshin WHERE sent_at IS NULL ORDER BY jun"
    return asked(world, statement)


@pytest.mark.usefixtures("two_owed")
class TestOnePerson:
    def test_the_second_waits_for_the_first(self, world: World) -> None:
        partner = Partner()

        assert [send_to_onshi(by=RELAY, gateway=partner, now=LATER) for _ in range(3)] == [1, 1, None]

        assert [one["jun"] for one in partner.seen] == [1, 2]
        assert waiting(world) == []

    @pytest.mark.kj("KJ-EXT-04")
    def test_a_refused_one_is_sent_again_with_the_same_bytes_and_holds_back_the_next(self, world: World) -> None:
        partner = Partner(refuses=frozenset({1}))

        assert send_to_onshi(by=RELAY, gateway=partner, now=LATER) == 0
        assert send_to_onshi(by=RELAY, gateway=partner, now=LATER) is None
        partner.refuses = frozenset()
        assert send_to_onshi(by=RELAY, gateway=partner, now=LATER + timedelta(seconds=2)) == 1

        assert [one["jun"] for one in partner.seen] == [1, 1]
        assert partner.seen[0] == partner.seen[1]
        assert [row[0] for row in waiting(world)] == [2]

    def test_each_try_waits_longer_but_never_beyond_ten_minutes(self, world: World) -> None:
        partner, at, waits = Partner(lost=True), LATER, []
        for _ in range(12):
            assert send_to_onshi(by=RELAY, gateway=partner, now=at) == 0
            following = waiting(world)[0][2]
            waits.append((following - at).total_seconds())
            at = following

        assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600]

    def test_the_state_is_that_of_the_line_that_owed_it(self) -> None:
        partner = Partner()
        send_to_onshi(by=RELAY, gateway=partner, now=LATER)
        send_to_onshi(by=RELAY, gateway=partner, now=LATER)

        ends = [one["naiyo"]["kikan"][0]["shikaku"].get("shikaku_soshitsu_ymd") for one in partner.seen]
        assert ends == [None, "2026-10-01"]

    def test_two_senders_never_take_the_same(self) -> None:
        first = claim_telegrams(by=RELAY, now=LATER, limit=10)

        assert len(first) == 1
        assert claim_telegrams(by=RELAY, now=LATER, limit=10) == ()
        assert claim_telegrams(by=RELAY, now=LATER + LEASE, limit=10)[0].soshin_bango == first[0].soshin_bango


@pytest.mark.kj("KJ-EXT-01")
def test_one_call_carries_many_insurers_and_no_number(world: World) -> None:
    joined(1)
    joined(2, by=clerk(OTHER_KENPO))
    partner = Partner()

    with as_role(world, "relay"):
        assert send_to_onshi(by=RELAY, gateway=partner, now=LATER) == 2

    assert {one["naiyo"]["hokensha_code"] for one in partner.seen} == {"06132013", OTHER_KENPO}
    assert not [one for one in partner.seen if bango(1) in str(one) or bango(2) in str(one)]


def test_nothing_is_sent_before_its_time(world: World) -> None:
    joined(1)

    with as_role(world, "relay"):
        assert send_to_onshi(by=RELAY, gateway=Partner(), now=NOW - timedelta(seconds=1)) is None
