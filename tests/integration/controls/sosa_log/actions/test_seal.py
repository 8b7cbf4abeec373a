from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import connection

from chukan.controls.sosa_log.actions import record_sosa_alone
from chukan.controls.sosa_log.actions.seal import AnotherSealer, LogDamaged, load_tree, seal_next
from chukan.controls.sosa_log.domain import SosaKind
from chukan.controls.sosa_log.journal import CheckpointJournal
from chukan.controls.sosa_log.keys import sealing_keys
from chukan.controls.sosa_log.management.commands.seal_sosa_log import Sealer
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.merkle_log import CompactRange, leaf_hash, root_of
from chukan.kernel.principal import system_principal
from tests.support.principals import clerk
from tests.support.world import World, as_role

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.kj("KJ-LOG-10")]
NOW = datetime(2026, 11, 21, 3, 0, 0, tzinfo=UTC)
BY = system_principal(actor_id="sealer")
INSERT = """
INSERT INTO sosa_log_event (stream, at, salt, body, channel, soshiki, actor_id, actor_name, terminal, jimu, target_file,
  kind, targets, result, screen_id, request_id)
VALUES ('sosa', now(), decode(md5('x'), 'hex'), convert_to(%s, 'UTF8'), 'c', 's', 'a', 'n', 't', 'j', 'f', 'k', '{}',
  'ok', '', '')
"""


@pytest.fixture(autouse=True)
def empty_journal(world: World) -> None:
    for path in (world.home / "journal" / "checkpoints").glob("*.jsonl"):
        path.unlink()


@pytest.fixture
def journal(world: World) -> CheckpointJournal:
    return CheckpointJournal(world.home / "journal" / "checkpoints")


def write(count: int = 1) -> None:
    for number in range(count):
        record_sosa_alone(
            by=clerk(), kind=SosaKind.SHOKAI, jimu="shikaku", target_file="shikaku", result="ok",
            targets=[f"t-{number}"], now=NOW,
        )  # fmt: skip


def sealed_bodies(world: World) -> list[bytes]:
    with world.admin() as admin:
        rows = admin.execute(
            "SELECT e.body FROM sosa_log_leaf l JOIN sosa_log_event e ON e.id = l.event_id ORDER BY l.idx"
        ).fetchall()
    return [row[0] for row in rows]


class TestSealNext:
    def test_the_signed_root_is_that_of_the_stored_bytes(self, world: World, journal: CheckpointJournal) -> None:
        write(7)
        with as_role(world, "sealer"):
            sealed = Sealer(journal).run_once()

        with world.admin() as admin:
            rows = admin.execute("SELECT salt, body FROM sosa_log_event ORDER BY xid, id").fetchall()
            root = admin.execute("SELECT root FROM sosa_log_checkpoint WHERE size = 7").fetchone()
        assert sealed == 7
        assert root == (root_of(leaf_hash(salt, body) for salt, body in rows),)

    def test_an_event_that_commits_late_is_sealed_and_nothing_overtakes_it(
        self, world: World, journal: CheckpointJournal
    ) -> None:
        with as_role(world, "sealer"):
            sealer = Sealer(journal)
            with psycopg.connect(world.urls.database_url) as late:
                late.execute(INSERT, ["late"])  # has the lower numbers and is not committed
                with world.admin() as early:
                    early.execute(INSERT, ["early"])
                assert sealer.run_once() == 0
                late.commit()
            assert sealer.run_once() == 2

        assert sealed_bodies(world) == [b"late", b"early"]

    def test_many_overlapping_writers_leave_nothing_unsealed(self, world: World, journal: CheckpointJournal) -> None:
        def writer(number: int) -> None:
            with psycopg.connect(world.urls.database_url) as one:
                for turn in range(10):
                    one.execute(INSERT, [f"{number}-{turn}"])
                    one.execute("SELECT pg_sleep(random() * 0.01)")
                    one.commit()

        with as_role(world, "sealer"), ThreadPoolExecutor(8) as pool:
            sealer = Sealer(journal)
            running = [pool.submit(writer, number) for number in range(8)]
            while not all(task.done() for task in running):
                sealer.run_once()
            sealer.run_once()

        assert len(sealed_bodies(world)) == len(set(sealed_bodies(world))) == 80

    def test_in_rounds_as_in_one_go(self, world: World) -> None:
        write(5)
        signer = get_keyring().signing_key("checkpoint")
        with as_role(world, "sealer"):
            tree = CompactRange()
            sizes = []
            while (sealed := seal_next(by=BY, tree=tree, signer=signer, now=NOW, limit=2)) is not None:
                tree = sealed[0]
                sizes.append(tree.size)

        assert sizes == [2, 4, 5]

    def test_who_looked_too_long_ago_signs_nothing(self, world: World, journal: CheckpointJournal) -> None:
        write(2)
        signer = get_keyring().signing_key("checkpoint")
        with as_role(world, "sealer"):
            Sealer(journal).run_once()
            with pytest.raises(AnotherSealer):
                seal_next(by=BY, tree=CompactRange(), signer=signer, now=NOW)

    def test_two_sealers_give_one_log(self, world: World, journal: CheckpointJournal) -> None:
        write(30)

        def sealer(_number: int) -> None:
            try:
                Sealer(journal).run_once()
            finally:
                connection.close()

        with as_role(world, "sealer"), ThreadPoolExecutor(4) as pool:
            list(pool.map(sealer, range(4)))
            Sealer(journal).run_once()

        with world.admin() as admin:
            sizes = admin.execute("SELECT size FROM sosa_log_checkpoint").fetchall()
        assert sizes == [(30,)]
        assert len(sealed_bodies(world)) == 30


class TestLoadTree:
    def test_takes_up_where_the_last_one_stopped(self, world: World, journal: CheckpointJournal) -> None:
        with as_role(world, "sealer"):
            write_as_web(world, 3)
            Sealer(journal).run_once()
            write_as_web(world, 2)
            assert Sealer(journal).run_once() == 2
            assert load_tree(by=BY, verifiers=sealing_keys())[0].size == 5

    @pytest.mark.parametrize(
        "damage",
        [
            "UPDATE sosa_log_leaf SET leaf_hash = sha256('x') WHERE idx = 1",
            "DELETE FROM sosa_log_leaf WHERE idx = 1",
            "DELETE FROM sosa_log_leaf WHERE idx = 2",
            "TRUNCATE sosa_log_leaf, sosa_log_checkpoint",
        ],
    )
    def test_signs_nothing_more_on_a_damaged_log(self, world: World, journal: CheckpointJournal, damage: str) -> None:
        write(3)
        with as_role(world, "sealer"):
            Sealer(journal).run_once()
            with world.admin() as admin:
                admin.execute("SET session_replication_role = replica")
                admin.execute(damage)
            with pytest.raises(LogDamaged):
                Sealer(journal).run_once()

    def test_signs_nothing_on_a_log_rolled_back_and_written_anew(
        self, world: World, journal: CheckpointJournal
    ) -> None:
        write(3)
        with as_role(world, "sealer"):
            Sealer(journal).run_once()
            with world.admin() as admin:
                admin.execute("SET session_replication_role = replica")
                admin.execute("UPDATE sosa_log_leaf SET leaf_hash = sha256('x') WHERE idx = 1")
                admin.execute("TRUNCATE sosa_log_checkpoint")
            with pytest.raises(LogDamaged):
                Sealer(journal).run_once()


def write_as_web(world: World, count: int) -> None:
    world.connect("web")
    write(count)
    world.connect("sealer")


class TestJournal:
    def test_checkpoints_stand_outside_the_database_too(self, world: World, journal: CheckpointJournal) -> None:
        write(3)
        with as_role(world, "sealer"):
            Sealer(journal).run_once()

        with world.admin() as admin:
            note = admin.execute("SELECT note FROM sosa_log_checkpoint").fetchone()
        assert note == (next(iter(journal.notes())),)
        assert journal.newest_size() == 3

    def test_what_a_crash_left_out_is_made_up_for(self, world: World, journal: CheckpointJournal) -> None:
        write(3)
        with as_role(world, "sealer"):
            Sealer(journal).run_once()
            for path in journal.folder.glob("*.jsonl"):
                path.unlink()
            Sealer(journal).run_once()

        assert journal.newest_size() == 3

    def test_a_line_cut_off_is_passed_over(self, journal: CheckpointJournal) -> None:
        journal.append([(1, "one", b"")], now=NOW)
        journal.append([(2, "two", b"")], now=NOW + timedelta(days=40))
        with (journal.folder / "sosa-202612.jsonl").open("a") as stream:
            stream.write('{"size": 3, "no')

        journal.append([(4, "four", b"")], now=NOW + timedelta(days=40))

        assert list(journal.notes()) == ["one", "two", "four"]
        assert journal.newest_size() == 4
