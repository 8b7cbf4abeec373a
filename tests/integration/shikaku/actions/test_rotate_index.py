"""A key of an index is looked for before it makes a hash, and is not ended while a row may need it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from django.db import connections

from chukan.kernel.crypto.data_key import BI_GLOBAL, BI_ZONE, TOKEN
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.errors import Conflict, Invalid
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction
from shikaku.actions.reindex_rows import reindex_rows
from shikaku.actions.rotate_index import rotate_index
from tests.support.index_keys import KINDS, ended, hurried, rotated, started, walked, whole_keys
from tests.support.members import LATER, asked, joined, kinds_of
from tests.support.principals import KENPO, clerk
from tests.support.rotation import JOB, KANRI
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def whole(world: World) -> Iterator[None]:
    with whole_keys(world):
        yield


class TestRotateIndex:
    @pytest.mark.kj("KJ-ENC-07")
    def test_a_key_that_was_only_started_makes_no_hash(self, world: World) -> None:
        joined(1)
        before = asked(world, "SELECT bi_bango FROM shikaku_itaku_kukaku_kanyusha")
        started(world, BI_ZONE)
        started(world, BI_ZONE)

        with as_role(world, "worker"), pytest.raises(Conflict, match="kagi_koshin_nashi"):
            reindex_rows(by=JOB, hokensha=[KENPO], kind=BI_ZONE, persons=2, pause=lambda: None, now=lambda: LATER)
        assert asked(world, "SELECT bi_bango FROM shikaku_itaku_kukaku_kanyusha") == before

    @pytest.mark.parametrize("kind", KINDS)
    def test_twice_makes_one_key(self, world: World, kind: str) -> None:
        first = rotated(world, kind)

        assert rotated(world, kind) == first

    def test_what_was_only_started_goes_on(self, world: World) -> None:
        started(world, BI_ZONE)
        keys = get_keyring().index_keys(BI_ZONE, KENPO)
        assert keys.other is not None

        assert rotated(world, BI_ZONE) == keys.other.key_id

    @pytest.mark.kj("KJ-ENC-07")
    def test_every_step_is_on_record_once(self, world: World) -> None:
        for _ in range(2):
            rotated(world, TOKEN)
        walked(world, TOKEN)
        for _ in range(2):
            ended(world, TOKEN)

        assert kinds_of(world).count("key_rotated") == 3

    def test_it_waits_for_a_transaction_that_may_look_by_one_key(self, world: World) -> None:
        began, may_end, waited = threading.Event(), threading.Event(), []

        @own_transaction
        def long_one(*, by: Principal) -> None:
            began.set()
            may_end.wait(20)

        def work() -> None:
            long_one(by=clerk())
            connections.close_all()

        def pause() -> None:
            waited.append(asked(world, "SELECT state FROM crypto_key WHERE state = 'pre'"))
            if len(waited) > 3:
                may_end.set()

        thread = threading.Thread(target=work)
        thread.start()
        began.wait(20)
        with as_role(world, "kanri"):
            rotate_index(by=KANRI, kind=BI_ZONE, hokensha_code=KENPO, pause=pause, now=hurried())
        thread.join()

        assert len(waited) > 3
        assert set(map(len, waited)) == {1}  # all the while the new key made nothing

    def test_a_kind_has_an_insurer_or_none(self, world: World) -> None:
        for kind, code in ((BI_ZONE, None), (TOKEN, None), (BI_GLOBAL, KENPO)):
            with as_role(world, "kanri"), pytest.raises(Invalid, match="kagi_no_hokensha"):
                rotate_index(by=KANRI, kind=kind, hokensha_code=code, pause=lambda: None, now=hurried())

    def test_the_former_is_not_ended_before_the_walk_and_the_new_one_not_at_all(self, world: World) -> None:
        joined(1)
        key_id = rotated(world, BI_ZONE)
        with pytest.raises(Conflict, match="sakuin_no_nokori"):
            ended(world, BI_ZONE)
        walked(world, BI_ZONE)
        for _ in range(2):
            ended(world, BI_ZONE)

        assert get_keyring().index_keys(BI_ZONE, KENPO).ids == (key_id, 0)

    def test_across_insurers_each_insurers_walk_is_awaited(self, world: World) -> None:
        rotated(world, BI_GLOBAL)
        with as_role(world, "worker"):
            reindex_rows(by=JOB, hokensha=[KENPO], kind=BI_GLOBAL, persons=2, pause=lambda: None, now=hurried())
        with pytest.raises(Conflict, match="sakuin_no_nokori"):
            ended(world, BI_GLOBAL)

        walked(world, BI_GLOBAL)
        ended(world, BI_GLOBAL)
