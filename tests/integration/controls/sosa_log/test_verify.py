"""The log is changed as a database superuser with every guard switched off; the verifier still sees it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from chukan.controls.sosa_log.actions import record_sosa_alone
from chukan.controls.sosa_log.domain import SosaKind
from chukan.controls.sosa_log.journal import CheckpointJournal
from chukan.controls.sosa_log.management.commands.seal_sosa_log import Sealer
from chukan.controls.sosa_log.queries import iterate_entries, rounds_after, sealed_extent
from chukan.kernel.merkle_log import leaf_hash
from tests.support.principals import clerk
from tests.support.world import ROOT, World, as_role, manage

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 21, 3, 0, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def empty_journal(world: World) -> None:
    for path in (world.home / "journal" / "checkpoints").glob("*.jsonl"):
        path.unlink()


def write(count: int) -> None:
    for number in range(count):
        record_sosa_alone(
            by=clerk(), kind=SosaKind.SHOKAI, jimu="shikaku", target_file="shikaku", result="ok",
            targets=[f"t-{number}"], now=NOW,
        )  # fmt: skip


def seal(world: World) -> None:
    with as_role(world, "sealer"):
        Sealer(CheckpointJournal(world.home / "journal" / "checkpoints")).run_once()


def sealed_log(world: World) -> None:
    """Ten events under three checkpoints."""
    for count in (4, 3, 3):
        write(count)
        seal(world)


def verify(*arguments: str, role: str = "kanri") -> tuple[int, dict[str, object]]:
    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "verify_sosa_log", *arguments],
        env={**os.environ, "CHUKAN_ROLE": role, "DJANGO_SETTINGS_MODULE": "chukan.settings.base"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, json.loads(done.stdout) if done.stdout else {}


def tamper(world: World, work: Callable[[psycopg.Connection], object]) -> None:
    with world.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        work(admin)


def bad(world: World, work: Callable[[psycopg.Connection], object]) -> tuple[int, str]:
    sealed_log(world)
    tamper(world, work)
    code, report = verify()
    assert code == 1
    first = report["first_bad"]
    assert isinstance(first, dict)
    return first["index"], first["kind"]


def sql(statement: str) -> Callable[[psycopg.Connection], object]:
    return lambda admin: admin.execute(statement)


def rechain(admin: psycopg.Connection) -> None:
    """Edit an event and make its leaf fit."""
    changed = "convert_to(replace(convert_from(body, 'UTF8'), '\"ok\"', '\"no\"'), 'UTF8')"
    admin.execute(f"UPDATE sosa_log_event SET result = 'no', body = {changed} WHERE id = 6")
    row = admin.execute("SELECT salt, body FROM sosa_log_event WHERE id = 6").fetchone()
    assert row is not None
    admin.execute("UPDATE sosa_log_leaf SET leaf_hash = %s WHERE idx = 5", [leaf_hash(row[0], row[1])])


def swap(admin: psycopg.Connection) -> None:
    """Exchange two events completely, leaves left as they are."""
    admin.execute(
        "UPDATE sosa_log_event a SET salt = b.salt, body = b.body, targets = b.targets FROM sosa_log_event b "
        "WHERE (a.id, b.id) IN ((3, 7), (7, 3))"
    )


@pytest.mark.kj("KJ-LOG-10")
class TestOnline:
    def test_a_log_nobody_touched_is_whole(self, world: World) -> None:
        sealed_log(world)

        code, report = verify()

        assert (code, report["ok"], report["size"], report["checkpoints"]) == (0, True, 10, 3)

    def test_an_empty_log_is_whole(self, world: World) -> None:
        assert verify()[0] == 0

    def test_one_flipped_byte(self, world: World) -> None:
        flip = "UPDATE sosa_log_event SET body = set_byte(body, 20, get_byte(body, 20) # 1) WHERE id = 6"

        assert bad(world, sql(flip)) == (5, "edited")

    def test_another_salt(self, world: World) -> None:
        change = "UPDATE sosa_log_event SET salt = decode(md5('x'), 'hex') WHERE id = 1"

        assert bad(world, sql(change)) == (0, "edited")

    def test_another_time_in_the_search_column(self, world: World) -> None:
        change = "UPDATE sosa_log_event SET at = at + interval '1 hour' WHERE id = 6"

        assert bad(world, sql(change)) == (5, "column_changed")

    def test_another_actor_in_the_search_column(self, world: World) -> None:
        change = "UPDATE sosa_log_event SET actor_id = 'somebody-else' WHERE id = 6"

        assert bad(world, sql(change)) == (5, "column_changed")

    def test_an_event_moved_to_another_zone(self, world: World) -> None:
        change = "UPDATE sosa_log_event SET hokensha_code = '06139992' WHERE id = 6"

        assert bad(world, sql(change)) == (5, "column_changed")

    def test_a_deleted_event(self, world: World) -> None:
        assert bad(world, sql("DELETE FROM sosa_log_event WHERE id = 6")) == (5, "deleted")

    def test_a_deleted_event_and_its_leaf(self, world: World) -> None:
        both = "DELETE FROM sosa_log_event WHERE id = 6; DELETE FROM sosa_log_leaf WHERE event_id = 6"

        assert bad(world, sql(both)) == (5, "leaf_missing")

    def test_an_event_put_in_afterwards(self, world: World) -> None:
        copy = (
            "INSERT INTO sosa_log_event SELECT 5000, xid, stream, at, salt, body, hokensha_code, channel, soshiki, "
            "actor_id, actor_name, terminal, jimu, target_file, kind, targets, result, screen_id, request_id "
            "FROM sosa_log_event WHERE id = 6"
        )

        assert bad(world, sql(copy))[1] == "inserted"

    def test_two_events_exchanged(self, world: World) -> None:
        assert bad(world, swap) == (2, "edited")

    def test_two_leaves_exchanged(self, world: World) -> None:
        change = (
            "UPDATE sosa_log_leaf SET idx = idx + 1000 WHERE idx IN (2, 6);"
            "UPDATE sosa_log_leaf SET idx = 6 WHERE idx = 1002; UPDATE sosa_log_leaf SET idx = 2 WHERE idx = 1006"
        )

        assert bad(world, sql(change)) == (2, "replaced")

    def test_the_end_cut_off(self, world: World) -> None:
        cut = (
            "DELETE FROM sosa_log_event WHERE id > 7; DELETE FROM sosa_log_leaf WHERE idx > 6;"
            "DELETE FROM sosa_log_checkpoint WHERE size > 7"
        )

        assert bad(world, sql(cut)) == (7, "truncated")

    def test_everything_rolled_back(self, world: World) -> None:
        empty = "TRUNCATE sosa_log_event, sosa_log_leaf, sosa_log_checkpoint"

        assert bad(world, sql(empty)) == (0, "truncated")

    def test_an_event_edited_with_its_leaf(self, world: World) -> None:
        assert bad(world, rechain) == (5, "replaced")

    def test_without_the_kept_leaves_only_the_round_is_known(self, world: World) -> None:
        sealed_log(world)
        tamper(world, rechain)
        for path in (world.home / "journal" / "checkpoints").glob("*.jsonl"):
            lines = [json.loads(line) for line in path.read_text().splitlines()]
            path.write_text("".join(json.dumps(line | {"leaves": ""}) + "\n" for line in lines))

        code, report = verify()

        first = {"index": 4, "kind": "root_differs", "event_id": None, "until": 6}
        assert (code, report["first_bad"]) == (1, first)

    def test_an_event_and_its_leaf_added_at_the_end(self, world: World) -> None:
        def add(admin: psycopg.Connection) -> None:
            admin.execute(
                "INSERT INTO sosa_log_event SELECT 5000, xid, stream, at, salt, body, hokensha_code, channel, soshiki, "
                "actor_id, actor_name, terminal, jimu, target_file, kind, targets, result, screen_id, request_id "
                "FROM sosa_log_event WHERE id = 10"
            )
            admin.execute(
                "INSERT INTO sosa_log_leaf SELECT stream, 10, 5000, event_xid, leaf_hash FROM sosa_log_leaf "
                "WHERE idx = 9"
            )

        assert bad(world, add) == (10, "inserted")

    def test_a_body_that_is_no_json(self, world: World) -> None:
        def garble(admin: psycopg.Connection) -> None:
            leaf = leaf_hash(b"s" * 16, b"{")
            admin.execute("UPDATE sosa_log_event SET salt = %s, body = %s WHERE id = 6", [b"s" * 16, b"{"])
            admin.execute("UPDATE sosa_log_leaf SET leaf_hash = %s WHERE idx = 5", [leaf])

        assert bad(world, garble)[0] == 5

    def test_a_forged_checkpoint(self, world: World) -> None:
        forge = "UPDATE sosa_log_checkpoint SET note = replace(note, E'\\n7\\n', E'\\n9\\n') WHERE size = 7"

        assert bad(world, sql(forge))[1] == "checkpoint_refused"


def rewrite(path: Path, at: int, change: Callable[[dict[str, object]], object]) -> None:
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    change(lines[at])
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


@pytest.mark.kj("KJ-LOG-10")
class TestOffline:
    @pytest.fixture
    def export(self, world: World, tmp_path: Path) -> Path:
        sealed_log(world)
        manage("export_sosa_log", "--to", str(tmp_path / "out"))
        return tmp_path / "out"

    def check(self, world: World, export: Path, *more: str) -> tuple[int, dict[str, object]]:
        key = world.home / "journal" / "checkpoints" / "sosa.vkey"
        return verify("--export", str(export), "--key", str(key), *more)

    def test_an_export_is_whole_without_a_database(
        self, world: World, export: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CHUKAN_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")

        code, report = self.check(world, export)

        assert (code, report["size"]) == (0, 10)

    def test_the_export_itself_is_recorded(self, world: World, export: Path) -> None:
        with world.admin() as admin:
            last = admin.execute("SELECT kind FROM sosa_log_event ORDER BY id DESC LIMIT 1").fetchone()

        assert last == ("log_export",)

    def test_an_edited_line_is_named(self, world: World, export: Path) -> None:
        rewrite(export / "entries-000000.jsonl", 4, lambda line: line.update(body="e30="))

        code, report = self.check(world, export)

        assert (code, report["first_bad"]) == (1, {"index": 4, "kind": "edited", "event_id": 5})

    def test_a_kept_checkpoint_sees_a_shorter_export(self, world: World, export: Path, tmp_path: Path) -> None:
        checkpoints = (export / "checkpoints.jsonl").read_text().splitlines()
        kept = tmp_path / "kept.note"
        kept.write_text(json.loads(checkpoints[-1])["note"])
        entries = (export / "entries-000000.jsonl").read_text().splitlines()
        (export / "entries-000000.jsonl").write_text("\n".join(entries[:7]) + "\n")
        (export / "checkpoints.jsonl").write_text("\n".join(checkpoints[:2]) + "\n")

        assert self.check(world, export)[0] == 0
        code, report = self.check(world, export, "--checkpoint", str(kept))
        assert (code, report["first_bad"]) == (1, {"index": 7, "kind": "truncated", "event_id": None})

    def test_an_export_is_whole_while_the_sealer_goes_on(self, world: World, tmp_path: Path) -> None:
        sealed_log(world)
        with as_role(world, "kanri"):
            leaves, size = sealed_extent()
        write(2)
        seal(world)

        with as_role(world, "kanri"):
            assert len(list(iterate_entries(below=leaves))) == size == 10
            assert [known for known, _, _ in rounds_after(0, until=size)] == [4, 7, 10]

    def test_without_a_key_nothing_is_said(self, export: Path, tmp_path: Path) -> None:
        assert verify("--export", str(export))[0] == 2
        assert verify("--export", str(export), "--key", str(tmp_path / "none"))[0] == 2
        assert verify("--export", str(tmp_path), "--key", str(tmp_path / "none"))[0] == 2

    def test_a_log_that_cannot_be_read_is_not_called_changed(self, world: World) -> None:
        sealed_log(world)

        assert verify(role="web") == (2, {})
