"""While the key across insurers is replaced two writers with different keys come to one 紐付番号."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from django.db import connections
from pytest_django import DjangoAssertNumQueries

from chukan.kernel.crypto.blind_index import ZoneIndex
from chukan.kernel.crypto.data_key import BI_GLOBAL
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction
from shikaku.actions.himozuke_links import lock_across, note_key, resolve_himozuke, standing
from shikaku.actions.register_one import register_one
from shikaku.queries.led import find_himozuke
from tests.support.index_keys import rotated, started, whole_keys
from tests.support.members import LATER, asked, bango, joined, known
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.kj("KJ-ENC-06")]
ROWS = "SELECT count(*) FROM shikaku_kojin_bango_sakuin"
NUMBER = bango(1)


@pytest.fixture
def two(world: World) -> Iterator[tuple[ZoneIndex, ZoneIndex]]:
    """An index that writes the former hash and one that writes the new one; both know both."""
    with whole_keys(world):
        started(world, BI_GLOBAL)
        before = ZoneIndex(get_keyring(), KENPO)
        before.global_bango(NUMBER)
        rotated(world, BI_GLOBAL)
        after = ZoneIndex(get_keyring(), OTHER_KENPO)
        after.global_bango(NUMBER)
        yield before, after


@own_transaction
def resolved(*, by: Principal, index: ZoneIndex, stay: Callable[[], object] = lambda: None) -> UUID:
    lock_across(index)
    (found,) = resolve_himozuke(index, {index.global_bango(NUMBER): uuid4()}).values()
    stay()
    return found


@own_transaction
def looked(*, by: Principal, index: ZoneIndex, hashes: list[bytes]) -> list[bytes]:
    return standing(index, hashes)


@pytest.mark.parametrize("first", [0, 1], ids=["former first", "new first"])
class TestTwoKeys:
    def test_the_second_writer_finds_what_the_first_wrote(
        self, world: World, two: tuple[ZoneIndex, ZoneIndex], first: int
    ) -> None:
        person = resolved(by=clerk(), index=two[first])

        assert resolved(by=clerk(OTHER_KENPO), index=two[1 - first]) == person
        assert asked(world, ROWS) == [(1,)]
        for index in two:
            hashed = index.global_bango(NUMBER)
            assert find_himozuke(by=clerk(), index=index, hashes=[hashed]) == {hashed: person}
        assert asked(world, "SELECT key_id FROM shikaku_kojin_bango_sakuin") == [(two[first].across.key_id,)]

    def test_at_once_they_come_to_one_person(self, world: World, two: tuple[ZoneIndex, ZoneIndex], first: int) -> None:
        wrote, may_end = threading.Event(), threading.Event()

        def stay() -> None:
            wrote.set()
            may_end.wait(20)

        def apart(index: ZoneIndex, stay: Callable[[], object]) -> UUID:
            try:
                return resolved(by=clerk(), index=index, stay=stay)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(2) as pool:
            one = pool.submit(apart, two[first], stay)
            wrote.wait(20)
            other = pool.submit(apart, two[1 - first], lambda: None)
            with pytest.raises(TimeoutError):
                other.result(0.5)  # it waits for the first
            may_end.set()

            assert other.result(20) == one.result(20)
        assert asked(world, ROWS) == [(1,)]

    def test_a_block_waits_before_it_has_locked_anybody(
        self, world: World, two: tuple[ZoneIndex, ZoneIndex], first: int
    ) -> None:
        """Of two blocks that hold persons and wait for each other's turn neither would go on."""
        joined(1)
        began, may_end = threading.Event(), threading.Event()

        @own_transaction
        def holder(*, by: Principal) -> None:
            lock_across(two[first])
            began.set()
            may_end.wait(20)

        def apart(work: Callable[[], object]) -> object:
            try:
                return work()
            finally:
                connections.close_all()

        with ThreadPoolExecutor(2) as pool:
            holding = pool.submit(apart, lambda: holder(by=clerk(OTHER_KENPO)))
            began.wait(20)
            waiting = pool.submit(apart, lambda: register_one(by=clerk(), line=known("05", 1), now=LATER))
            with pytest.raises(TimeoutError):
                waiting.result(0.5)
            with world.admin() as admin:
                admin.execute("SELECT 1 FROM shikaku_itaku_kukaku_kanyusha FOR UPDATE NOWAIT")
                admin.execute("SELECT 1 FROM shikaku_edaban_saiban FOR UPDATE NOWAIT")
            may_end.set()
            holding.result(20)
            waiting.result(20)

    def test_mutant_that_knows_one_key_makes_a_second_person(
        self, world: World, two: tuple[ZoneIndex, ZoneIndex], first: int
    ) -> None:
        person = resolved(by=clerk(), index=two[first])
        two[1 - first].across.twins = None

        assert resolved(by=clerk(OTHER_KENPO), index=two[1 - first]) != person
        assert asked(world, ROWS) == [(2,)]


class TestStanding:
    def test_a_number_stands_under_one_of_two_hashes(self, two: tuple[ZoneIndex, ZoneIndex]) -> None:
        before, after = two
        resolved(by=clerk(), index=before)
        new = after.global_bango(bango(2))

        assert looked(by=clerk(), index=after, hashes=[new, after.global_bango(NUMBER)]) == [
            new,
            before.global_bango(NUMBER),
        ]

    def test_without_a_replacement_nothing_is_asked(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        index = ZoneIndex(get_keyring(), KENPO)
        hashes = [index.global_bango(NUMBER)]

        with django_assert_num_queries(0):
            lock_across(index)
            assert standing(index, hashes) == hashes
            note_key(index, hashes)
