"""After a rotation of an index key every hash and token is under the new one, and nobody is lost on the way."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from chukan.kernel.crypto.blind_index import ZoneIndex
from chukan.kernel.crypto.data_key import BI_GLOBAL, BI_ZONE, TOKEN
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.errors import Conflict
from chukan.kernel.principal import system_principal
from shikaku.actions import reindex_rows as module
from shikaku.actions.register_one import register_one
from shikaku.actions.reindex_rows import reindex_rows
from shikaku.queries.kanyusha import SearchCriteria, search_kanyusha
from shikaku.queries.members import find_members
from shikaku.queries.rireki import find_rireki
from tests.builders.files import send_file
from tests.support.index_keys import (
    KINDS,
    ended,
    hurried,
    rotated,
    second_persons,
    started,
    under_former_keys,
    walked,
    whole_keys,
)
from tests.support.members import HEADER, LATER, asked, bango, file_line, joined, kinds_of, known
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.rotation import JOB
from tests.support.world import HOKENSHA, World, as_role

pytestmark = pytest.mark.django_db(transaction=True)


def people() -> None:
    for serial in range(1, 6):
        joined(serial)
    change = known("03", 1, koshingo_kojin_bango=bango(50), kojin_bango_koshin_kubun="1")
    register_one(by=clerk(), line=change, now=LATER)


def everybody_is_found() -> None:
    for serial, edaban in ((1, 1), (50, 1), (2, 2), (3, 3), (4, 4), (5, 5)):
        found = find_rireki(by=clerk(), kojin_bango=bango(serial), known_at=LATER)
        assert {one.hihokensha_edaban for one in found.versions} == {edaban}
        card = SearchCriteria(kigo="100", bango=str(edaban), edaban="00")
        page = search_kanyusha(by=clerk(), criteria=card, on=LATER.date(), known_at=LATER)
        assert [one.hihokensha_edaban for one in page.items] == [edaban]
    page = search_kanyusha(by=clerk(), criteria=SearchCriteria(kana="ミホン"), on=LATER.date(), known_at=LATER)
    assert page.count == 5
    numbers = [bango(serial) for serial in (1, 50, 2, 3, 4, 5)]
    assert set(find_members(by=system_principal(actor_id="test"), kojin_bango=numbers)) == set(numbers)


def break_off(monkeypatch: pytest.MonkeyPatch, kind: str, *, at: int) -> None:
    """Let the process die after the n-th step, before it is committed."""
    make, calls = module._MAKE[kind], itertools.count(1)

    def dying(*given: Any) -> tuple[int, int]:
        done = make(*given)
        if next(calls) == at:
            raise KilledError
        return done

    monkeypatch.setitem(module._MAKE, kind, dying)


class KilledError(BaseException):
    """The process is gone: nobody catches this."""


@pytest.fixture(autouse=True)
def whole(world: World) -> Iterator[None]:
    with whole_keys(world):
        yield


@pytest.mark.parametrize("kind", KINDS)
class TestReindexRows:
    @pytest.mark.kj("KJ-ENC-06", "KJ-ENC-07")
    def test_everybody_is_found_at_every_step(self, world: World, kind: str) -> None:
        people()
        started(world, kind)
        everybody_is_found()

        key_id = rotated(world, kind)
        everybody_is_found()
        done = walked(world, kind)
        everybody_is_found()
        ended(world, kind)

        everybody_is_found()
        assert done.key_id == key_id
        assert done.changed >= 5
        assert ZoneIndex(get_keyring(), KENPO).is_split is False
        assert under_former_keys(world) == {}

    def test_nobody_comes_twice_while_there_are_two_keys(self, world: World, kind: str) -> None:
        people()
        rotated(world, kind)
        lines = "\r\n".join([HEADER, file_line(2), file_line(50), file_line(7), ""])
        with as_role(world, "worker"):
            sent = send_file(lines, by=clerk(), now=LATER)
        joined(3, by=clerk(OTHER_KENPO), now=LATER)
        walked(world, kind)
        ended(world, kind)

        assert [kubun for _, kubun, _ in sent.results][2] == "1"
        assert asked(world, "SELECT count(*) FROM shikaku_itaku_kukaku_kanyusha WHERE hokensha_code = %s", KENPO) == [
            (6,)
        ]
        assert asked(world, "SELECT count(*) FROM shikaku_himozuke") == [(6,)]
        assert second_persons(world) == 0
        assert under_former_keys(world) == {}

    @pytest.mark.parametrize("at", range(1, 7))
    def test_killed_anywhere_it_goes_on(self, world: World, kind: str, at: int) -> None:
        people()
        rotated(world, kind)
        before = under_former_keys(world)
        with pytest.MonkeyPatch.context() as dying:
            break_off(dying, kind, at=at)
            with pytest.raises(KilledError):
                walked(world, kind)
        everybody_is_found()

        done = walked(world, kind)

        assert before.total() >= 5
        assert done.changed == before.total()
        assert under_former_keys(world) == {}
        everybody_is_found()

    def test_a_finished_job_has_nothing_to_do_and_is_logged_once(self, world: World, kind: str) -> None:
        people()
        rotated(world, kind)

        first = walked(world, kind)

        assert walked(world, kind) == first
        assert kinds_of(world).count("key_reindexed") == (len(HOKENSHA) if kind == BI_GLOBAL else 1)

    def test_the_former_key_is_not_ended_before_the_walk(self, world: World, kind: str) -> None:
        people()
        rotated(world, kind)

        with pytest.raises(Conflict, match="sakuin_no_nokori"):
            ended(world, kind)

    def test_a_row_that_does_not_open_keeps_only_itself_and_the_former_key_back(self, world: World, kind: str) -> None:
        people()
        rotated(world, kind)
        table, sealed = ("shikaku_rireki", "ct_joho") if kind == TOKEN else (
            "shikaku_itaku_kukaku_kanyusha", "ct_kojin_bango",
        )  # fmt: skip
        with world.admin() as admin:
            admin.execute("SET session_replication_role = replica")
            kept = admin.execute(f"SELECT id, {sealed} FROM {table} WHERE hihokensha_edaban = 3").fetchall()[0]
            admin.execute(
                f"UPDATE {table} SET {sealed} = set_byte({sealed}, 30, 255 - get_byte({sealed}, 30))"
                " WHERE hihokensha_edaban = 3"
            )

        with pytest.raises(Conflict, match="sakuin_no_nokori"):
            walked(world, kind)
        with pytest.raises(Conflict, match="sakuin_no_nokori"):
            ended(world, kind)

        with world.admin() as admin:
            admin.execute("SET session_replication_role = replica")
            admin.execute(f"UPDATE {table} SET {sealed} = %s WHERE id = %s", [kept[1], kept[0]])
        left = under_former_keys(world)
        assert set(left.values()) == {1}
        walked(world, kind)
        assert under_former_keys(world) == {}


class TestOneInsurer:
    def test_another_insurers_hashes_stay_as_they_are(self, world: World) -> None:
        people()
        joined(70, by=clerk(OTHER_KENPO))
        query = "SELECT bi_bango FROM shikaku_itaku_kukaku_kanyusha WHERE hokensha_code = %s"
        before = asked(world, query, OTHER_KENPO)
        rotated(world, BI_ZONE)

        walked(world, BI_ZONE)

        assert asked(world, query, OTHER_KENPO) == before

    def test_of_two_that_were_started_the_later_goes_on(self, world: World) -> None:
        people()
        rotated(world, BI_ZONE)
        with pytest.MonkeyPatch.context() as late, as_role(world, "worker"):
            begin, begun = module.begin_reindex, list[object]()

            def begin_twice(**given: Any) -> Any:
                job = begin(**given)
                if not begun:
                    begun.append(job)
                    begin(**{**given, "run": uuid4()})
                return job

            late.setattr(module, "begin_reindex", begin_twice)
            with pytest.raises(Conflict, match="hoka_de_jikkochu"):
                reindex_rows(by=JOB, hokensha=[KENPO], kind=BI_ZONE, persons=2, pause=lambda: None, now=hurried())


class TestOneNumberOfTwoPersons:
    """It cannot come to that; if it did, nothing is merged and nothing is lost."""

    def test_in_a_zone_it_stops_the_walk(self, world: World) -> None:
        people()
        rotated(world, BI_ZONE)
        twin = ZoneIndex(get_keyring(), KENPO).bango(bango(2))
        with world.admin() as admin:
            admin.execute("UPDATE shikaku_itaku_kukaku_kanyusha SET bi_bango = %s WHERE hihokensha_edaban = 4", [twin])

        with pytest.raises(Conflict, match="bango_kasanari"):
            walked(world, BI_ZONE)

    def test_across_insurers_it_stops_the_walk(self, world: World) -> None:
        people()
        rotated(world, BI_GLOBAL)
        twin = ZoneIndex(get_keyring(), KENPO).global_bango(bango(2))
        with world.admin() as admin:
            admin.execute(
                "INSERT INTO shikaku_kojin_bango_sakuin (bi_global, himozuke_bango)"
                " SELECT %s, himozuke_bango FROM shikaku_himozuke LIMIT 1",
                [twin],
            )

        with pytest.raises(Conflict, match="bango_kasanari"):
            walked(world, BI_GLOBAL)


class TestAcrossInsurers:
    def test_a_row_that_no_number_explains_keeps_the_former_key(self, world: World) -> None:
        people()
        rotated(world, BI_GLOBAL)
        with world.admin() as admin:
            admin.execute(
                "INSERT INTO shikaku_kojin_bango_sakuin (bi_global, himozuke_bango)"
                " SELECT decode(repeat('ab', 32), 'hex'), himozuke_bango FROM shikaku_himozuke LIMIT 1"
            )
        walked(world, BI_GLOBAL)

        with pytest.raises(Conflict, match="setsumei_no_nai_sakuin") as refused:
            ended(world, BI_GLOBAL)
        assert "1件" in refused.value.message
        everybody_is_found()
