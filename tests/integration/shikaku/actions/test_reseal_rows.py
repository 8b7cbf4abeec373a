"""After a rotation every lasting envelope of the insurer comes under the new key, whatever breaks the job off."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from django.db import connection, connections
from psycopg import sql

from chukan.controls.kikan.actions import rotate_dek
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.errors import Conflict
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction
from shikaku.actions import reseal_rows as module
from shikaku.actions.register_one import register_one
from shikaku.actions.reveal_kojin_bango import open_kojin_bango
from shikaku.queries.rireki import find_rireki
from tests.builders.two_insurers import seed_insurer
from tests.support.members import LATER, asked, bango, joined, kinds_of, known, row_id_of
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.rotation import JOB, KANRI, left
from tests.support.world import World, as_role, manage

pytestmark = pytest.mark.django_db(transaction=True)


class KilledError(BaseException):
    """The process is gone: nobody catches this."""


def hurried() -> Callable[[], datetime]:
    """Return a clock on which the time to wait is over at the second look."""
    ticks = itertools.count()
    return lambda: LATER + timedelta(minutes=next(ticks))


def reseal(*, persons: int = 2) -> module.Resealed:
    return module.reseal_rows(by=JOB, persons=persons, pause=lambda: None, now=hurried())


@pytest.fixture
def people(world: World) -> Iterator[int]:
    """Five members, one with a changed number and an address; the process is the worker. Return the new key."""
    for serial in range(1, 6):
        joined(serial)
    change = known("03", 1, koshingo_kojin_bango=bango(50), kojin_bango_koshin_kubun="1")
    register_one(by=clerk(), line=change, now=LATER)
    with as_role(world, "kanri"):
        key_id = rotate_dek(by=KANRI, hokensha_code=KENPO, now=LATER)
    get_keyring().forget()
    with as_role(world, "worker"):
        yield key_id


def break_off(monkeypatch: pytest.MonkeyPatch, *, at: int) -> None:
    """Let the process die at the n-th column it comes to."""
    seal, calls = module._reseal, itertools.count(1)

    def dying(*given: object) -> tuple[int, int]:
        done = seal(*given)  # type: ignore[arg-type]  # as it was called
        if next(calls) == at:
            raise KilledError
        return done

    monkeypatch.setattr(module, "_reseal", dying)


class TestResealRows:
    @pytest.mark.kj("KJ-ENC-07")
    def test_everything_is_under_the_new_key_and_opens(self, world: World, people: int) -> None:
        before = left(world, people)

        done = reseal()

        assert before >= 5 + 1 + 6
        assert done == module.Resealed(people, before)
        assert left(world, people) == 0
        get_keyring().forget()
        for edaban in range(1, 6):
            found = find_rireki(by=clerk(), hihokensha_edaban=edaban, known_at=LATER)
            assert [one.joho["shikaku"]["hihokenshasho_bango"] for one in found.versions] == [str(edaban)]
        number = open_kojin_bango(
            by=clerk(), row_id=row_id_of(1), riyu="sonota", note="", screen_id="HS-102", now=LATER
        )
        assert number.reveal() == bango(50)

    @pytest.mark.parametrize("at", range(1, 10))
    def test_killed_anywhere_it_goes_on(self, world: World, people: int, at: int) -> None:
        before = left(world, people)
        with pytest.MonkeyPatch.context() as dying:
            break_off(dying, at=at)
            with pytest.raises(KilledError):
                reseal()
        between = left(world, people)

        done = reseal()

        assert 0 <= between <= before
        assert done.resealed == before
        assert left(world, people) == 0

    def test_a_finished_job_has_nothing_to_do_and_is_logged_once(self, world: World, people: int) -> None:
        first = reseal()

        assert reseal() == first
        assert kinds_of(world).count("key_resealed") == 1
        assert kinds_of(world).count("key_rotated") == 1

    def test_another_insurer_keeps_its_rows_as_they_are(self, world: World, people: int) -> None:
        other = clerk(OTHER_KENPO)
        joined(70, by=other)
        stored = asked(world, "SELECT ct_joho FROM shikaku_rireki WHERE hokensha_code = %s", OTHER_KENPO)

        reseal()

        assert asked(world, "SELECT ct_joho FROM shikaku_rireki WHERE hokensha_code = %s", OTHER_KENPO) == stored

    def test_a_row_that_does_not_open_keeps_only_itself_back(self, world: World, people: int) -> None:
        with world.admin() as admin:
            admin.execute("SET session_replication_role = replica")
            admin.execute(
                "UPDATE shikaku_rireki SET ct_joho = set_byte(ct_joho, 30, 255 - get_byte(ct_joho, 30))"
                " WHERE hihokensha_edaban = 3"
            )

        with pytest.raises(Conflict, match="fu_no_nokori"):
            reseal()

        assert left(world, people) == 1

    def test_it_waits_for_a_transaction_that_may_hold_the_former_key(self, world: World, people: int) -> None:
        began, may_end = threading.Event(), threading.Event()

        @own_transaction
        def long_one(*, by: Principal) -> None:
            began.set()
            may_end.wait(20)

        def work() -> None:
            long_one(by=clerk())
            connections.close_all()

        late = threading.Thread(target=work)
        late.start()
        began.wait(20)
        waited = itertools.count()

        def pause() -> None:
            if next(waited) == 2:
                may_end.set()
                late.join()

        module.reseal_rows(by=JOB, persons=2, pause=pause, now=hurried())

        assert next(waited) >= 3
        assert left(world, people) == 0

    def test_what_was_sealed_late_is_met_by_the_walk_after(self, world: World, people: int) -> None:
        """A process that had not noticed the new key adds a person behind the しおり of the first walk."""
        walked = itertools.count()

        def pause() -> None:
            if next(walked) == 0:
                with world.admin() as admin:
                    old = admin.execute(
                        "SELECT id FROM crypto_key WHERE hokensha_code = %s AND purpose = 'field' AND id <> %s"
                        " ORDER BY id DESC LIMIT 1",
                        [KENPO, people],
                    ).fetchone()
                    assert old is not None
                    swap = "UPDATE crypto_key SET state = %s WHERE id = %s"
                    admin.execute(swap, ["decrypt_only", people])
                    admin.execute(swap, ["active", old[0]])
                    get_keyring().forget()
                    joined(9, now=LATER)
                    admin.execute(swap, ["decrypt_only", old[0]])
                    admin.execute(swap, ["active", people])
                get_keyring().forget()

        ticks = itertools.count()
        done = module.reseal_rows(
            by=JOB, persons=2, pause=pause, now=lambda: LATER + timedelta(seconds=10 * next(ticks))
        )

        assert next(walked) >= 1
        assert done.key_id == people
        assert left(world, people) == 0

    def test_it_gives_way_to_whoever_holds_a_person(self, world: World, people: int) -> None:
        """It would sit in a deadlock otherwise, and the database may choose the registration as the one who loses."""
        with world.admin() as holder:
            holder.autocommit = False
            holder.execute("SELECT 1 FROM shikaku_itaku_kukaku_kanyusha WHERE hihokensha_edaban = 3 FOR UPDATE")
            gave_way = itertools.count()

            def pause() -> None:
                next(gave_way)
                holder.rollback()

            module.reseal_rows(by=JOB, persons=2, pause=pause, now=hurried())

        assert next(gave_way) >= 1
        assert left(world, people) == 0

    def test_of_two_runs_the_later_goes_on_and_the_earlier_stops(self, world: World, people: int) -> None:
        started = itertools.count()

        def pause() -> None:
            if next(started) == 0:
                reseal()

        ticks = itertools.count()
        with pytest.raises(Conflict, match="hoka_de_jikkochu"):
            module.reseal_rows(by=JOB, persons=2, pause=pause, now=lambda: LATER + timedelta(seconds=5 * next(ticks)))

        assert next(started) >= 1
        assert left(world, people) == 0

    def test_it_waits_for_whoever_holds_the_job(self, world: World, people: int) -> None:
        module.begin_reseal(by=JOB, run=uuid4(), now=LATER)
        with world.admin() as holder, as_role(world, "worker"):
            connection.cursor().execute("SET lock_timeout = '200ms'")
            holder.autocommit = False
            holder.execute("SELECT 1 FROM shikaku_reseal_job FOR UPDATE")
            module.reseal_rows(by=JOB, persons=2, pause=holder.rollback, now=hurried())

        assert left(world, people) == 0

    def test_it_counts_the_rows_that_changed(self, world: World, people: int, monkeypatch: pytest.MonkeyPatch) -> None:
        """A row that is another one meanwhile keeps its own envelope: it was not sealed again by this job."""
        column, find, _put, table, envelope = module._SEALED[2]
        nothing = "SELECT 0 FROM unnest(%s::uuid[], %s::bytea[], %s::bytea[]) AS u (i, w, b) LIMIT 1"
        lazy = module._Envelopes(column, find, nothing, table, envelope)
        versions = asked(world, "SELECT count(*) FROM shikaku_rireki")[0][0]
        before = left(world, people)
        monkeypatch.setattr(module, "_SEALED", (*module._SEALED[:2], lazy))

        with pytest.raises(Conflict, match="fu_no_nokori"):
            reseal()

        assert asked(world, "SELECT resealed_count FROM shikaku_reseal_job") == [(before - versions,)]


class TestColumns:
    @pytest.mark.kj("KJ-ENC-07")
    def test_no_other_column_holds_what_a_data_key_sealed(self, world: World) -> None:
        """The rows tell it, whatever the columns are called: an envelope begins with the number of its key."""
        seed_insurer(world, KENPO, 1000)
        found = set()
        with world.admin() as admin:
            every = admin.execute(
                "SELECT table_name, column_name FROM information_schema.columns"
                " WHERE table_schema = 'public' AND udt_name = 'bytea'"
            ).fetchall()
            for table, column in every:
                query = sql.SQL(
                    "SELECT EXISTS (SELECT 1 FROM {table} t JOIN crypto_key k ON k.purpose = 'field'"
                    " AND substring(t.{column} FROM 1 FOR 6) = '\\x0101'::bytea || int4send(k.id::integer))"
                )
                named = query.format(table=sql.Identifier(table), column=sql.Identifier(column))
                if admin.execute(named).fetchone() == (True,):
                    found.add((table, column))

        assert found <= module.RESEALED | module.EXPIRING
        assert found >= module.RESEALED | {("setsuzoku_idempotency", "ct_answer")}


class TestVersionsStayFinal:
    def test_the_administrator_puts_no_other_envelope_in_place(self, world: World, people: int) -> None:
        with world.admin() as admin, pytest.raises(psycopg.errors.InsufficientPrivilege, match="UPDATE refused"):
            admin.execute("UPDATE shikaku_rireki SET ct_joho = set_byte(ct_joho, 5, 255 - get_byte(ct_joho, 5))")

    def test_the_owner_changes_nothing_else_with_it(self, world: World, people: int) -> None:
        with world.admin() as admin:
            admin.execute("SET ROLE chukan_owner")
            admin.execute("SELECT set_config('chukan.hokensha_code', %s, false)", [KENPO])
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="UPDATE refused"):
                admin.execute(
                    "UPDATE shikaku_rireki SET withdrawn = true,"
                    " ct_joho = set_byte(ct_joho, 5, 255 - get_byte(ct_joho, 5))"
                )


class TestCommands:
    def test_rotate_and_reseal_print_one_json_line_each(self, world: World) -> None:
        joined(1)
        key_id = json.loads(manage("rotate_dek", "--hokensha", KENPO))["key_id"]

        printed = json.loads(manage("reseal_rows", "--hokensha", KENPO, role="worker"))

        assert printed == {"key_id": key_id, "resealed": 2}
        assert left(world, key_id) == 0

    def test_only_the_worker_reseals_and_only_management_rotates(self, world: World) -> None:
        with pytest.raises(RuntimeError, match="CHUKAN_ROLE=worker"):
            manage("reseal_rows", "--hokensha", KENPO)
        with pytest.raises(RuntimeError):
            manage("rotate_dek", "--hokensha", KENPO, role="worker")

    def test_an_insurer_without_keys_is_said(self) -> None:
        with pytest.raises(RuntimeError, match="鍵がありません"):
            manage("rotate_dek", "--hokensha", "99999999")
