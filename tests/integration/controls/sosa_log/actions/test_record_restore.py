"""What a restore signs, and what it refuses to sign."""

from datetime import UTC, datetime
from random import Random

import pytest

from chukan.controls.sosa_log.actions.record_restore import record_restore
from chukan.controls.sosa_log.actions.seal import LogDamaged
from chukan.controls.sosa_log.keys import sealing_keys
from chukan.controls.sosa_log.restoration import FIRST, Place, Restore, open_restore
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.principal import system_principal
from tests.support.log_restores import go_on, put_back, sign_restore
from tests.support.sealed_log import LogTables, empty_journal, journal_of, seal, write_rows
from tests.support.world import World, as_role, manage

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.kj("KJ-LOG-10")]
NOW = datetime(2026, 11, 21, 3, 0, 0, tzinfo=UTC)


@pytest.fixture
def honest(world: World) -> LogTables:
    """Ten rows under three checkpoints."""
    empty_journal(world)
    for count in (4, 3, 3):
        write_rows(count, Random(count), now=NOW)
        seal(world)
    with world.admin() as admin:
        return LogTables.read(admin)


def back(world: World, tables: LogTables, size: int) -> None:
    with world.admin() as admin:
        put_back(tables, size, admin)


def recorded(world: World, kept: Place | None) -> tuple[Restore, str] | None:
    with as_role(world, "sealer"):
        return record_restore(
            by=system_principal(actor_id="restore"),
            kept=kept,
            restores=[note for _, note in journal_of(world).restores()],
            verifiers=sealing_keys(),
            signer=get_keyring().signing_key("checkpoint"),
            who="見本 担当",
            now=NOW,
        )


def newest(world: World) -> Place | None:
    return journal_of(world).newest(sealing_keys())


def test_signs_from_where_to_where_when_and_who(world: World, honest: LogTables) -> None:
    back(world, honest, 7)

    done = recorded(world, newest(world))

    assert done is not None
    restore, note = done
    assert open_restore(note, sealing_keys()) == restore
    assert (restore.before.size, restore.after.size, restore.at, restore.who) == (10, 7, NOW, "見本 担当")
    assert restore.after.root == bytes(honest.checkpoints[1]["root"])


@pytest.mark.usefixtures("honest")
def test_signs_nothing_where_nothing_sealed_was_lost(world: World) -> None:
    assert recorded(world, newest(world)) is None
    assert recorded(world, None) is None


def test_an_empty_database_is_a_restore_to_the_beginning(world: World, honest: LogTables) -> None:
    back(world, honest, 0)

    done = recorded(world, newest(world))

    assert done is not None
    assert (done[0].after.branch, done[0].after.size) == (FIRST, 0)


def test_a_second_restore_begins_where_the_first_had_got_to(world: World, honest: LogTables) -> None:
    back(world, honest, 7)
    sign_restore(world)
    go_on(world, 5)
    back(world, honest, 4)

    done = recorded(world, newest(world))

    assert done is not None
    assert (done[0].before.size, done[0].after.size) == (12, 4)


def test_a_journal_older_than_the_database_is_refused(world: World, honest: LogTables) -> None:
    older = newest(world)
    back(world, honest, 7)
    sign_restore(world)
    go_on(world, 5)
    empty_journal(world)

    with pytest.raises(LogDamaged, match="older"):
        recorded(world, older)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE sosa_log_leaf SET leaf_hash = sha256('x') WHERE idx = 1",
        "DELETE FROM sosa_log_leaf WHERE idx = 6",
        "DELETE FROM sosa_log_checkpoint WHERE size = 7",
        "UPDATE sosa_log_checkpoint SET note = replace(note, E'\\n7\\n', E'\\n8\\n') WHERE size = 7",
        "UPDATE sosa_log_checkpoint SET root = sha256('x') WHERE size = 7",
    ],
)
def test_a_log_that_ends_at_no_checkpoint_of_ours_gets_no_note(world: World, honest: LogTables, damage: str) -> None:
    back(world, honest, 7)
    with world.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute(damage)

    with pytest.raises(LogDamaged):
        recorded(world, newest(world))


@pytest.mark.usefixtures("world")
def test_another_role_is_told_which_one() -> None:
    with pytest.raises(RuntimeError, match="CHUKAN_ROLE=sealer"):
        manage("record_restore", "--who", "見本 担当", role="web")
