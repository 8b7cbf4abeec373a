"""After a restore nothing erased is back, and no 受付 waits for a file that is gone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from chukan.controls.uketsuke.queries import get_uketsuke
from chukan.kernel.crypto.errors import KeyUnavailable
from chukan.kernel.principal import Principal
from chukan.kernel.storage import store
from shikaku.actions.erase_expired import discard_refused
from shikaku.actions.replay_erasures import ErasedAgain, replay_erasures
from tests.support.members import LATER, asked, file_line, kinds_of, sent, taken
from tests.support.principals import clerk
from tests.support.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]
BY = Principal(channel="command", soshiki="command", actor_id="replay_erasures", actor_name="管理コマンド")


@pytest.fixture
def former_files(world: World, tmp_path: Path) -> Iterator[Path]:
    """Begin without the journal of other tests; return where a copy of keys and objects may lie."""
    journal = settings.CHUKAN_HOME / "journal" / "shokyo.jsonl"
    journal.unlink(missing_ok=True)
    yield tmp_path
    journal.unlink(missing_ok=True)


def copy_away(to: Path) -> None:
    for name in ("keys/files", "objects"):
        if (settings.CHUKAN_HOME / name).exists():
            shutil.copytree(settings.CHUKAN_HOME / name, to / name, dirs_exist_ok=True)


def copy_back(source: Path) -> None:
    for name in ("keys/files", "objects"):
        if (source / name).exists():
            shutil.copytree(source / name, settings.CHUKAN_HOME / name, dirs_exist_ok=True)


@pytest.mark.kj("KJ-IN-21")
def test_refused_lines_thrown_away_since_the_backup_go_again(world: World, former_files: Path) -> None:
    accepted = sent(file_line(1, shutoku="20270401"))
    copy_away(former_files)
    before = asked(world, "SELECT * FROM uketsuke_teiseimachi")
    key = asked(world, "SELECT file_key FROM uketsuke_uketsuke")[0][0]
    discard_refused(by=clerk(), row_id=accepted.uketsuke_id, screen_id="HS-204", now=LATER)
    copy_back(former_files)  # what a restore brings back: keys, objects, rows
    with world.admin() as admin:
        marks = ", ".join(["%s"] * len(before[0]))
        admin.execute(f"INSERT INTO uketsuke_teiseimachi VALUES ({marks})", before[0])
        admin.execute(
            "UPDATE uketsuke_uketsuke SET file_key = %s, refused_until = %s, file_erased_at = NULL", [key, LATER]
        )

    done = replay_erasures(by=BY, now=LATER)

    assert done == ErasedAgain(keys=1, objects=0, refused=1, lost=())
    assert asked(world, "SELECT count(*) FROM uketsuke_teiseimachi") == [(0,)]
    with pytest.raises(KeyUnavailable):
        store().line_opener(key)
    assert kinds_of(world)[-1] == "file_erased_again"
    assert replay_erasures(by=BY, now=LATER) == ErasedAgain(keys=0, objects=0, refused=0, lost=())


def test_a_file_erased_since_the_backup_is_asked_for_again(world: World, former_files: Path) -> None:
    accepted = taken(file_line(1))
    key = asked(world, "SELECT file_key FROM uketsuke_uketsuke")[0][0]
    copy_away(former_files)
    store().erase(key, rule="KJ-IN-21", now=LATER)  # the 受付 ended after the backup; the database does not know
    copy_back(former_files)

    done = replay_erasures(by=BY, now=LATER)

    assert done == ErasedAgain(keys=1, objects=1, refused=0, lost=(accepted.uketsuke_bango,))
    status = get_uketsuke(by=clerk(), uketsuke_bango=accepted.uketsuke_bango, now=LATER)
    assert status.jotai == "kyohi"
    assert status.riyu is not None
    assert status.riyu["code"] == "fukugen"
    assert not store().exists(key)
    assert taken(file_line(1)).uketsuke_bango != accepted.uketsuke_bango, "the same file is taken again"


def test_what_was_not_erased_stays(world: World, former_files: Path) -> None:
    taken(file_line(1))

    assert replay_erasures(by=BY, now=LATER) == ErasedAgain(keys=0, objects=0, refused=0, lost=())
    assert asked(world, "SELECT state FROM uketsuke_uketsuke") == [("uketsuke",)]
