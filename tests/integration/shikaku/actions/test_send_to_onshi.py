"""Owed telegrams go out in order, one of a person at a time, until each is received."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from structlog.testing import capture_logs

from chukan.kernel.principal import system_principal
from chukan.outside.onshi import LIMITS
from shikaku.actions import send_to_onshi as send
from shikaku.actions.register_one import register_one
from shikaku.actions.send_to_onshi import LEASE, Delivered, claim_telegrams, record_sent, send_to_onshi
from shikaku.gateways.onshi import OutcomeUnknown
from shikaku.queries.telegrams import build_telegrams
from tests.support.members import LATER, NOW, asked, bango, joined, loss
from tests.support.principals import OTHER_KENPO, clerk
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True)
RELAY = system_principal(actor_id="relay")


@dataclass
class Partner:
    """The other side: keeps what it saw, receives what it is told to."""

    refuses: frozenset[int] = frozenset()
    poison: str = ""
    unwanted: str = ""
    lost: bool = False
    during: Callable[[], object] = list
    seen: list[Mapping[str, Any]] = field(default_factory=list)
    calls: list[list[str]] = field(default_factory=list)

    def send(self, telegrams: Sequence[Mapping[str, object]], *, now: datetime) -> frozenset[str]:
        self.seen += telegrams
        self.calls.append([str(one["himozuke_bango"]) for one in telegrams])
        self.during()
        if self.poison in self.calls[-1]:  # refuses the call as a whole
            return frozenset()
        if self.lost:
            raise OutcomeUnknown("ReadTimeout")
        return frozenset(
            str(one["soshin_bango"])
            for one in telegrams
            if one["jun"] not in self.refuses and one["himozuke_bango"] != self.unwanted
        )


@pytest.fixture
def two_owed(world: World) -> Iterator[None]:
    """One person joined and left, so two telegrams are owed; the rest is the sender's work."""
    joined(1)
    register_one(by=clerk(), line=loss(1), now=LATER)
    with as_role(world, "relay"):
        yield


def sent(partner: Partner, at: datetime = LATER) -> int | None:
    """Let the sender work once; return how many were received, None when nothing was due."""
    done = send_to_onshi(by=RELAY, gateway=partner, now=lambda: at)
    return None if done is None else done.received


def waiting(world: World) -> list[tuple[Any, ...]]:
    statement = "SELECT jun, attempts, available_at FROM shikaku_onshi_soshin WHERE sent_at IS NULL ORDER BY jun"
    return asked(world, statement)


@pytest.mark.usefixtures("two_owed")
class TestOnePerson:
    def test_the_second_waits_for_the_first(self, world: World) -> None:
        partner = Partner()

        assert [sent(partner) for _ in range(3)] == [1, 1, None]

        assert [one["jun"] for one in partner.seen] == [1, 2]
        assert waiting(world) == []

    @pytest.mark.kj("KJ-EXT-04")
    def test_a_refused_one_is_sent_again_with_the_same_bytes_and_holds_back_the_next(self, world: World) -> None:
        partner = Partner(refuses=frozenset({1}))

        assert sent(partner) == 0
        assert sent(partner) is None
        partner.refuses = frozenset()
        assert sent(partner, LATER + timedelta(seconds=2)) == 1

        assert [one["jun"] for one in partner.seen] == [1, 1]
        assert partner.seen[0] == partner.seen[1]
        assert [row[0] for row in waiting(world)] == [2]

    def test_each_try_waits_longer_but_never_beyond_ten_minutes(self, world: World) -> None:
        partner, at, waits = Partner(lost=True), LATER, []
        for _ in range(12):
            assert sent(partner, at) == 0
            following = waiting(world)[0][2]
            waits.append((following - at).total_seconds())
            at = following

        assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600]

    def test_the_state_is_that_of_the_line_that_owed_it(self) -> None:
        partner = Partner()
        sent(partner)
        sent(partner)

        ends = [one["naiyo"]["kikan"][0]["shikaku"].get("shikaku_soshitsu_ymd") for one in partner.seen]
        assert ends == [None, "2026-10-01"]

    def test_what_is_tried_again_is_found_without_a_walk_through_what_waits_for_its_first_time(
        self, world: World
    ) -> None:
        columns = "kind, as_of, owed_at, available_at, attempts, shori_kekka_kubun, shori_kekka_meisai_code"
        with world.admin() as admin:
            admin.execute(
                f"INSERT INTO shikaku_onshi_soshin (soshin_bango, himozuke_bango, jun, hokensha_code,"
                f" hihokensha_edaban, {columns}) SELECT gen_random_uuid(), gen_random_uuid(), 1, hokensha_code,"
                f" hihokensha_edaban, {columns} FROM shikaku_onshi_soshin, generate_series(1, 10000) WHERE jun = 1"
            )
            unknown = admin.execute(f"EXPLAIN {send._CLAIM_NEW}", [LATER, 1000, LATER, LATER]).fetchall()
            admin.execute("ANALYZE shikaku_onshi_soshin")

        plan = asked(world, f"EXPLAIN {send._CLAIM_AGAIN}", LATER, 1, LATER, LATER)
        assert "shikaku_soshin_again" in str(plan)
        # Before anything is known of the table, too, it is walked through once, not once for each person.
        assert (str(unknown).count("shikaku_soshin_waiting"), "BitmapAnd" in str(unknown)) == (1, False)

    def test_two_senders_never_take_the_same(self) -> None:
        first = claim_telegrams(by=RELAY, now=LATER, limit=10, again=False)

        assert len(first) == 1
        for again in (False, True):
            assert claim_telegrams(by=RELAY, now=LATER, limit=10, again=again) == ()
        after = claim_telegrams(by=RELAY, now=LATER + LEASE, limit=10, again=True)
        assert after[0].soshin_bango == first[0].soshin_bango


@pytest.mark.kj("KJ-EXT-01")
def test_one_call_carries_many_insurers_and_no_number(world: World) -> None:
    joined(1)
    joined(2, by=clerk(OTHER_KENPO))
    partner = Partner()

    with as_role(world, "relay"):
        assert sent(partner) == 2

    assert {one["naiyo"]["hokensha_code"] for one in partner.seen} == {"06132013", OTHER_KENPO}
    assert not [one for one in partner.seen if bango(1) in str(one) or bango(2) in str(one)]


def test_nothing_is_sent_before_its_time(world: World) -> None:
    joined(1)

    with as_role(world, "relay"):
        assert sent(Partner(), NOW - timedelta(seconds=1)) is None


def persons(world: World) -> list[str]:
    return [
        str(row[0]) for row in asked(world, "SELECT himozuke_bango FROM shikaku_onshi_soshin ORDER BY owed_at, jun")
    ]


@pytest.mark.kj("KJ-EXT-04")
def test_one_that_spoils_a_call_holds_back_nobody_else(world: World) -> None:
    for serial in (1, 2, 3):
        joined(serial)
    partner = Partner(poison=persons(world)[0])

    with as_role(world, "relay"):
        assert sent(partner) == 0
        assert sent(partner, LATER + timedelta(seconds=2)) == 2
        partner.poison = ""
        assert sent(partner, LATER + timedelta(minutes=1)) == 1

    assert [len(call) for call in partner.calls] == [3, 1, 1, 1, 1]
    assert waiting(world) == []


def test_what_was_refused_never_joins_new_ones(world: World) -> None:
    joined(1)
    partner = Partner(lost=True)
    with as_role(world, "relay"):
        sent(partner)
    for serial in (2, 3):
        joined(serial)
    partner.lost = False
    with as_role(world, "relay"):
        assert sent(partner, LATER + timedelta(seconds=2)) == 3

    assert [len(call) for call in partner.calls] == [1, 2, 1]


def test_a_partner_that_does_not_answer_is_asked_once(world: World) -> None:
    for serial in (1, 2):
        joined(serial)
    partner = Partner(lost=True)
    with as_role(world, "relay"):
        sent(partner)
        done = send_to_onshi(by=RELAY, gateway=partner, now=lambda: LATER + timedelta(seconds=2))

    assert done == Delivered(received=0, answered=False)
    assert [len(call) for call in partner.calls] == [2, 1]


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE shikaku_rireki SET ct_joho = decode(repeat('00', 64), 'hex') WHERE hihokensha_edaban = 1",
        "DELETE FROM shikaku_rireki WHERE hihokensha_edaban = 1",
    ],
)
def test_one_that_cannot_be_built_holds_back_nobody_else(world: World, spoil: str) -> None:
    for serial in (1, 2, 3):
        joined(serial)
    with world.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute(spoil)
    partner = Partner()

    with as_role(world, "relay"), capture_logs() as logs:
        assert sent(partner) == 2
        assert sent(partner) is None

    assert len(waiting(world)) == 1
    assert [(one["event"], set(one)) for one in logs] == [
        ("shikaku.onshi_soshin.build_failed", {"event", "log_level", "soshin_id", "hokensha_code", "error"})
    ]


def fail(**_given: object) -> None:
    raise RuntimeError("not built")


class TestReadyAhead:
    """While one call is on its way the next is made ready."""

    def test_the_next_call_is_claimed_while_one_is_on_its_way(self, world: World) -> None:
        for serial in (1, 2, 3):
            joined(serial)

        def until_claimed() -> None:
            wanted = min(2, 4 - len(partner.calls))
            for _ in range(500):
                if sum(row[1] for row in waiting(world)) == wanted:
                    return
                time.sleep(0.01)
            pytest.fail("nothing was made ready")

        partner = Partner(during=until_claimed)
        with as_role(world, "relay"):
            done = send_to_onshi(by=RELAY, gateway=partner, now=lambda: LATER, limit=1)

        assert done == Delivered(received=3, answered=True)
        assert [len(call) for call in partner.calls] == [1, 1, 1]

    @pytest.mark.usefixtures("two_owed")
    def test_a_person_on_the_way_is_not_made_ready_again(self) -> None:
        partner = Partner(during=partial(time.sleep, 0.2))

        assert send_to_onshi(by=RELAY, gateway=partner, now=lambda: LATER, limit=1) == Delivered(1, answered=True)

        assert [one["jun"] for one in partner.seen] == [1]

    def test_what_was_ready_for_a_silent_partner_goes_together_later(self, world: World) -> None:
        for serial in (1, 2, 3):
            joined(serial)
        partner = Partner(lost=True)

        with as_role(world, "relay"):
            done = send_to_onshi(by=RELAY, gateway=partner, now=lambda: LATER, limit=1)
            assert done == Delivered(received=0, answered=False)
            assert sorted((row[1], row[2]) for row in waiting(world))[1:] == [
                (0, LATER),
                (1, LATER + timedelta(seconds=2)),
            ]
            partner.lost = False
            assert sent(partner) == 2

        assert [len(call) for call in partner.calls] == [1, 2]

    @pytest.mark.parametrize("where", ["the next call", "this call"])
    def test_an_error_loses_nothing_that_came_and_leaves_nothing_in_hand(
        self, world: World, monkeypatch: pytest.MonkeyPatch, where: str
    ) -> None:
        for serial in (1, 2, 3):
            joined(serial)
        sound, made = send._make_ready, []

        def fails_second(**given: Any) -> object:
            made.append(given)
            if len(made) == 2 and where == "the next call":
                raise RuntimeError(where)
            return sound(**given)

        def until_the_next_is_ready() -> None:
            for _ in range(500):
                if sum(row[1] for row in waiting(world)) == 2:
                    raise RuntimeError(where)
                time.sleep(0.01)

        monkeypatch.setattr(send, "_make_ready", fails_second)
        partner = Partner(during=until_the_next_is_ready if where == "this call" else list)
        with as_role(world, "relay"), pytest.raises(RuntimeError, match=where):
            send_to_onshi(by=RELAY, gateway=partner, now=lambda: LATER, limit=1)

        received = asked(world, "SELECT count(*) FROM shikaku_onshi_soshin WHERE sent_at IS NOT NULL")[0][0]
        in_hand = asked(world, "SELECT attempts FROM shikaku_onshi_soshin WHERE lease_until IS NOT NULL")
        assert (received, in_hand) == ((1, [(1,)]) if where == "the next call" else (0, [(1,)]))
        assert sum(row[1] for row in waiting(world)) == (0 if where == "the next call" else 1)

    def test_an_error_after_the_claim_leaves_nothing_in_hand(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for serial in (1, 2, 3):
            joined(serial)
        built = []

        def fails_second(**given: Any) -> tuple[dict[str, Any], ...]:
            built.append(given)
            if len(built) == 2:
                raise RuntimeError("the second")
            return build_telegrams(**given)

        monkeypatch.setattr(send, "build_telegrams", fails_second)
        with as_role(world, "relay"), pytest.raises(RuntimeError, match="the second"):
            send_to_onshi(by=RELAY, gateway=Partner(), now=lambda: LATER, limit=1)

        assert sorted(row[1:] for row in waiting(world)) == [(0, NOW), (0, LATER)]
        assert (
            asked(world, "SELECT 1 FROM shikaku_onshi_soshin WHERE lease_until IS NOT NULL AND sent_at IS NULL") == []
        )

    def test_an_error_with_one_tried_before_lets_it_wait_its_turn(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        joined(1)
        partner = Partner(lost=True)
        with as_role(world, "relay"):
            sent(partner)
            monkeypatch.setattr(send, "build_telegrams", fail)
            with pytest.raises(RuntimeError, match="not built"):
                sent(partner, LATER + timedelta(seconds=2))

        assert [row[1:] for row in waiting(world)] == [(2, LATER + timedelta(seconds=6))]
        assert asked(world, "SELECT 1 FROM shikaku_onshi_soshin WHERE lease_until IS NOT NULL") == []

    def test_what_is_ready_is_sent_within_its_lease(self) -> None:
        assert timedelta(seconds=2 * LIMITS.total) + timedelta(seconds=15) <= LEASE

    def test_a_sender_told_to_stop_ends_with_the_call_it_makes(self, world: World) -> None:
        for serial in (1, 2, 3):
            joined(serial)
        partner = Partner()

        with as_role(world, "relay"):
            send_to_onshi(by=RELAY, gateway=partner, now=lambda: LATER, limit=1, going=lambda: not partner.calls)

        assert len(partner.calls) <= 2  # `going` was asked while the first call began
        assert sum(row[1] for row in waiting(world)) == 0, "something claimed was left to its lease"


def test_times_count_from_the_end_of_the_call(world: World) -> None:
    joined(1)
    joined(2)
    clock = [LATER]

    def slow() -> None:
        clock[0] += timedelta(seconds=40)

    partner = Partner(during=slow, unwanted=persons(world)[0])
    with as_role(world, "relay"):
        send_to_onshi(by=RELAY, gateway=partner, now=lambda: clock[0])

    assert [row[2] for row in waiting(world)] == [LATER + timedelta(seconds=42)]
    assert asked(world, "SELECT sent_at FROM shikaku_onshi_soshin WHERE sent_at IS NOT NULL") == [
        (LATER + timedelta(seconds=40),)
    ]


def test_a_late_sender_does_not_move_what_another_one_has_in_hand(world: World) -> None:
    joined(1)
    with as_role(world, "relay"):
        slow = claim_telegrams(by=RELAY, now=LATER, limit=10, again=False)
        claim_telegrams(by=RELAY, now=LATER + LEASE, limit=10, again=True)
        record_sent(by=RELAY, owed=slow, received=[], now=LATER + LEASE)

    assert waiting(world) == [(1, 2, LATER + 2 * LEASE)]


def test_what_another_sender_saw_received_stays_received(world: World) -> None:
    joined(1)
    with as_role(world, "relay"):
        owed = claim_telegrams(by=RELAY, now=LATER, limit=10, again=False)
        record_sent(by=RELAY, owed=owed, received=[str(owed[0].soshin_bango)], now=LATER)
        record_sent(by=RELAY, owed=owed, received=[], now=LATER + LEASE)
        record_sent(by=RELAY, owed=owed, received=[str(owed[0].soshin_bango)], now=LATER + LEASE)

    assert asked(world, "SELECT sent_at, available_at FROM shikaku_onshi_soshin") == [(LATER, LATER + LEASE)]
