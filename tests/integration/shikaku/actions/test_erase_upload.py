"""An upload goes when its 受付 ends, also when the process that should erase it died."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings

from chukan.controls.sosa_log.domain import SosaKind
from chukan.controls.uketsuke.actions import Job, begin_shori, claim_uketsuke
from chukan.kernel.principal import system_principal
from chukan.kernel.storage import store
from shikaku.actions.erase_expired import erase_expired_refused_lines, remove_refused_lines
from shikaku.actions.erase_upload import erase_left_uploads, erase_nameless_uploads, erase_upload
from shikaku.actions.process_toroku_file import close_finished, close_refused
from shikaku.queries.kekka import teisei_csv
from tests.support.members import NOW, asked, file_line, sent, taken, upload
from tests.support.principals import KENPO, clerk
from tests.support.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]
BEAT = system_principal(actor_id="beat")
SOON = NOW + timedelta(seconds=61)
WEEK = timedelta(days=7, seconds=1)


def left() -> tuple[int, int]:
    """Return how many objects and keys there are."""
    folders = (settings.CHUKAN_HOME / "objects", settings.CHUKAN_HOME / "keys" / "files")
    objects, keys = (sum(1 for path in folder.rglob("*") if path.is_file()) for folder in folders)
    return objects, keys


@pytest.fixture(autouse=True)
def _nothing_left_of_others() -> None:
    for folder in ("objects", "keys/files"):
        for path in (settings.CHUKAN_HOME / folder).rglob("*"):
            if path.is_file():
                path.unlink()


def inspected() -> Job:
    job = claim_uketsuke(by=clerk(), uketsuke_id=taken(file_line(1)).uketsuke_id, now=NOW)
    assert job is not None
    return job


@pytest.mark.kj("KJ-IN-21")
class TestEraseUpload:
    @pytest.mark.parametrize("end", ["kanryo", "kyohi"])
    def test_what_a_process_that_died_after_the_end_left_is_erased_by_the_sweeper(self, end: str) -> None:
        job = inspected()
        if end == "kyohi":
            close_refused(by=clerk(), job=job, reason_code="midashi_fumei", now=NOW)
        else:
            begin_shori(by=clerk(), uketsuke_id=job.uketsuke_id, header={}, encoding="", line_count=0, now=NOW)
            close_finished(by=clerk(), job=job, now=NOW)
        assert left() == (1, 1)

        assert erase_left_uploads(by=BEAT, now=SOON) == 1
        assert erase_left_uploads(by=BEAT, now=SOON) == 0
        assert left() == (0, 0)

    def test_a_running_one_keeps_its_upload(self) -> None:
        job = inspected()

        erase_upload(by=clerk(), uketsuke_id=job.uketsuke_id, now=NOW)

        assert erase_left_uploads(by=BEAT, now=SOON) == 0
        assert left() == (1, 1)

    def test_the_key_stays_while_refused_lines_wait_and_goes_with_them(self, world: World) -> None:
        row_id = sent(file_line(1, shutoku="20270401")).uketsuke_id
        assert left() == (0, 1)
        assert erase_left_uploads(by=BEAT, now=SOON) == 0
        assert b"".join(teisei_csv(by=clerk(), row_id=row_id, with_numbers=True, now=NOW))

        remove_refused_lines(
            by=clerk(), uketsuke_id=row_id, kind=SosaKind.FILE_DISCARDED, done_by=clerk(), now=NOW
        )  # and dies here

        assert left() == (0, 1)
        assert erase_left_uploads(by=BEAT, now=SOON) == 1
        assert left() == (0, 0)
        assert asked(world, "SELECT file_key FROM uketsuke_uketsuke") == [("",)]

    def test_expiry_takes_key_and_object(self, world: World) -> None:
        (_, key) = (sent(file_line(1, shutoku="20270401")), asked(world, "SELECT file_key FROM uketsuke_uketsuke"))
        name = key[0][0]
        place = settings.CHUKAN_HOME / "objects" / "toroku" / name.split("-")[1][:2]
        place.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(b"brought back from a backup")

        assert erase_expired_refused_lines(by=BEAT, now=NOW + WEEK) == 1

        assert left() == (0, 0)

    def test_one_that_fails_does_not_stop_the_others(self, world: World) -> None:
        for serial in (1, 2):
            job = claim_uketsuke(by=clerk(), uketsuke_id=taken(file_line(serial)).uketsuke_id, now=NOW)
            assert job is not None
            close_refused(by=clerk(), job=job, reason_code="midashi_fumei", now=NOW + timedelta(milliseconds=serial))
        with world.admin() as admin:
            admin.execute(
                "UPDATE uketsuke_uketsuke SET file_key = 'no such name' WHERE finished_at = %s",
                [NOW + timedelta(milliseconds=1)],
            )

        assert erase_left_uploads(by=BEAT, now=SOON) == 1


class TestEraseNamelessUploads:
    def test_what_nobody_will_ever_use_goes_and_the_rest_stays(self) -> None:
        named = taken(file_line(1))
        kept_for_mending = sent(file_line(2, shutoku="20270401"))
        upload("received, and the process died before the receipt")
        broken_off = store().create("toroku")
        broken_off.write(b"x")
        store()._kms.create_file_key("toroku-" + "0" * 32)
        assert left() == (3, 5)

        def age(path: Path, since: datetime) -> None:
            os.utime(path, (since.timestamp(), since.timestamp()))

        def all_aged(since: datetime) -> int:
            for folder in ("objects", "keys/files"):
                for path in (settings.CHUKAN_HOME / folder).rglob("*"):
                    if path.is_file():
                        age(path, since)
            return erase_nameless_uploads(by=BEAT, now=NOW)

        assert all_aged(NOW - timedelta(minutes=59)) == 0
        assert all_aged(NOW - timedelta(minutes=61)) == 1
        assert all_aged(NOW - timedelta(hours=6, minutes=1)) == 2
        assert left() == (1, 2)
        assert b"".join(teisei_csv(by=clerk(), row_id=kept_for_mending.uketsuke_id, with_numbers=True, now=NOW))
        job = claim_uketsuke(by=clerk(KENPO), uketsuke_id=named.uketsuke_id, now=NOW)
        assert job is not None
        assert store().open(job.file_key).read()
