"""The outbox: in order per key, at least once, one at a time, for ever."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection

from chukan.kernel.outbox.models import OutboxMessage
from chukan.kernel.outbox.publish import publish
from chukan.kernel.outbox.purge import purge_delivered
from chukan.kernel.outbox.relay import LEASE, claim_due, deliver_due
from chukan.kernel.principal import Principal, system_principal
from chukan.kernel.transactions import TransactionMisuse, own_transaction
from shikaku.events import TorokuFileAccepted
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
RELAY = system_principal(actor_id="relay")
TASK = "shikaku.tasks.process_toroku_file"


def fact(n: int, key: str) -> TorokuFileAccepted:
    return TorokuFileAccepted(
        occurred_at=NOW, key=key, uketsuke_id=UUID(int=n), sender="06132013", hokensha_code="06132013"
    )


@own_transaction
def announce(*, by: Principal, facts: list[TorokuFileAccepted], fail: bool = False) -> None:
    for one in facts:
        publish(one)
    if fail:
        raise RuntimeError("undone")


class Broker:
    """Keeps what it was given; may be away."""

    def __init__(self) -> None:
        self.got: list[tuple[str, int]] = []
        self.away = False

    def send(self, task: str, payload: Mapping[str, str | int]) -> None:
        if self.away:
            raise OSError
        self.got.append((task, UUID(str(payload["uketsuke_id"])).int))

    @property
    def numbers(self) -> list[int]:
        return [number for _, number in self.got]


def told(world: World, *facts: tuple[int, str]) -> None:
    with as_role(world, "web"):
        announce(by=RELAY, facts=[fact(n, key) for n, key in facts])


def drain(broker: Broker, now: datetime) -> None:
    while deliver_due(by=RELAY, send=broker.send, now=now):
        pass


class TestPublish:
    def test_a_fact_stands_only_with_what_made_it_true(self, world: World) -> None:
        with pytest.raises(RuntimeError, match="undone"):
            announce(by=RELAY, facts=[fact(1, "a")], fail=True)
        assert OutboxMessage.objects.count() == 0

        announce(by=RELAY, facts=[fact(1, "a")])
        assert OutboxMessage.objects.get().task == TASK

    def test_outside_a_transaction_nothing_is_published(self) -> None:
        with pytest.raises(TransactionMisuse):
            publish(fact(1, "a"))


class TestDeliver:
    def test_facts_of_one_key_arrive_in_their_order(self, world: World) -> None:
        told(world, (1, "a"), (2, "b"), (3, "a"), (4, "a"), (5, "b"))
        broker = Broker()
        with as_role(world, "relay"):
            assert deliver_due(by=RELAY, send=broker.send, now=NOW) == 2  # the heads of the keys
            assert sorted(broker.numbers) == [1, 2]
            drain(broker, NOW)

        assert [n for n in broker.numbers if n in {1, 3, 4}] == [1, 3, 4]
        assert [n for n in broker.numbers if n in {2, 5}] == [2, 5]

    def test_a_broker_that_is_away_holds_the_key_and_is_asked_later_each_time(self, world: World) -> None:
        told(world, (1, "a"), (2, "a"))
        broker = Broker()
        broker.away = True
        now, waits = NOW, []
        with as_role(world, "relay"):
            for _ in range(12):
                assert deliver_due(by=RELAY, send=broker.send, now=now) == 0
                head = OutboxMessage.objects.order_by("id").first()
                assert head is not None
                waits.append(head.available_at - now)
                assert deliver_due(by=RELAY, send=broker.send, now=head.available_at - timedelta(milliseconds=1)) == 0
                now = head.available_at
            broker.away = False
            drain(broker, now)

        assert waits == sorted(waits)
        assert waits[:3] == [timedelta(seconds=2), timedelta(seconds=4), timedelta(seconds=8)]
        assert waits[-1] == timedelta(minutes=10)
        assert broker.numbers == [1, 2]

    def test_one_that_was_taken_and_never_told_comes_again_after_its_lease(self, world: World) -> None:
        told(world, (1, "a"), (2, "a"))
        broker = Broker()
        with as_role(world, "relay"):
            assert len(claim_due(by=RELAY, now=NOW, limit=10)) == 1  # and then the relay is killed
            drain(broker, NOW + LEASE - timedelta(seconds=1))
            assert broker.numbers == []
            drain(broker, NOW + LEASE)

        assert broker.numbers == [1, 2]

    def test_two_relays_at_once_hand_each_fact_over_once(self, world: World) -> None:
        told(world, *[(n, f"key-{n % 7}") for n in range(70)])
        broker, start, errors = Broker(), threading.Barrier(4), []

        def work() -> None:
            try:
                start.wait()
                for _ in range(60):
                    deliver_due(by=RELAY, send=broker.send, now=NOW, limit=5)
            except Exception as error:  # noqa: BLE001  # told to the test below
                errors.append(error)
            finally:
                connection.close()

        with as_role(world, "relay"):
            threads = [threading.Thread(target=work) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            drain(broker, NOW)

        assert errors == []
        assert sorted(broker.numbers) == list(range(70))
        for key in range(7):
            mine = [n for n in broker.numbers if n % 7 == key]
            assert mine == sorted(mine), key

    @pytest.mark.kj("KJ-ENC-10")
    def test_a_fact_carries_ids_and_times_only(self, world: World) -> None:
        told(world, (1, "a"))

        assert set(OutboxMessage.objects.get().payload) == {
            "occurred_at", "key", "uketsuke_id", "sender", "hokensha_code",
        }  # fmt: skip


class TestPurge:
    def test_only_what_was_handed_over_long_ago_goes(self, world: World) -> None:
        told(world, (1, "a"), (2, "b"))
        broker = Broker()
        with as_role(world, "relay"):
            deliver_due(by=RELAY, send=broker.send, now=NOW, limit=1)
        with as_role(world, "worker"):
            assert purge_delivered(by=RELAY, before=NOW) == 0
            assert purge_delivered(by=RELAY, before=NOW + timedelta(seconds=1)) == 1
            assert OutboxMessage.objects.count() == 1
