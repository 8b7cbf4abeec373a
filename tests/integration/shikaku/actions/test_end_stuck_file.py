"""A file that stands still is ended by command: what it registered stays and is told, the next one begins."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from chukan.controls.uketsuke.actions import LeaseLost, begin_shori, claim_uketsuke
from chukan.controls.uketsuke.queries import get_uketsuke
from chukan.kernel import clock
from shikaku.actions import process_toroku_file as module
from shikaku.actions.erase_upload import erase_left_uploads
from shikaku.actions.process_toroku_file import process_toroku_file
from shikaku.queries.kekka import kekka_rows, teisei_csv
from tests.support.members import NOW, asked, bango, file_line, taken
from tests.support.principals import KENPO, clerk
from tests.support.staff import a_staff, browser
from tests.support.world import World, as_role, manage

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])
RIYU = "3件目で必ず止まる。"


class Dead(Exception):
    """The worker dies of the third block, every time."""


@pytest.fixture
def stuck(world: World, monkeypatch: pytest.MonkeyPatch) -> tuple[UUID, str]:
    """A file of which one line is registered, one refused, and one kills every worker."""
    step, lines = getattr(module, "register_block"), [1, 2]  # noqa: B009  # not one of its own names

    def dies(**given: Any) -> object:
        if not lines:
            raise Dead
        lines.pop()
        return step(**given)

    monkeypatch.setattr(module, "register_block", dies)
    accepted = taken(file_line(1), file_line(2, shutoku="20270401"), file_line(3))
    with as_role(world, "worker"), pytest.raises(Dead):
        process_toroku_file(by=clerk(), uketsuke_id=accepted.uketsuke_id, now=lambda: NOW, block_lines=1)
    monkeypatch.setattr(module, "register_block", step)
    return accepted.uketsuke_id, accepted.uketsuke_bango


def ended(uketsuke_bango: str, riyu: str = RIYU) -> dict[str, object]:
    out = StringIO()
    call_command("end_toroku_file", "--uketsuke-bango", uketsuke_bango, "--riyu", riyu, stdout=out)
    return dict(json.loads(out.getvalue()))


class TestEndStuckFile:
    def test_what_was_registered_stays_with_its_results(self, world: World, stuck: tuple[UUID, str]) -> None:
        row_id, number = stuck

        assert ended(number) == {"jotai": "kyohi", "sosu": 3, "shori_zumi": 2}

        status = get_uketsuke(by=clerk(), uketsuke_bango=number, now=clock.now())
        assert (status.seijo, status.ijo, (status.riyu or {})["code"]) == (1, 1, "uchikiri")
        assert [row.meisai for row in kekka_rows(by=clerk(), status=status)] == [1, 2]
        refused = b"".join(teisei_csv(by=clerk(), row_id=row_id, with_numbers=True, now=clock.now())).decode()
        assert bango(2) in refused
        assert bango(3) not in refused
        told = asked(world, "SELECT hokensha_code, body FROM sosa_log_event WHERE kind = 'file_refused'")
        assert [(zone, json.loads(bytes(body))["detail"]) for zone, body in told] == [
            (KENPO, {"state": "uchikiri", "riyu": RIYU})
        ]
        with world.admin() as admin:
            admin.execute("UPDATE uketsuke_uketsuke SET accepted_at = %s", (clock.now(),))  # the start page looks back
        client = browser(a_staff())
        page = client.get(f"/shikaku/toroku-files/{row_id}/").content.decode()
        assert "は途中で打ち切りました。同じファイルを" in client.get("/home/").content.decode()
        assert "途中で打ち切りました" in client.get("/shikaku/toroku-files/").content.decode()
        assert "2件目までで打ち切りました。登録できた行はそのまま残っています。" in page

    def test_it_needs_no_role_named_and_another_is_told_which(self, stuck: tuple[UUID, str]) -> None:
        typed = ("end_toroku_file", "--uketsuke-bango", stuck[1], "--riyu", RIYU)

        with pytest.raises(RuntimeError, match="CHUKAN_ROLE=web"):
            manage(*typed, role="kanri")
        assert json.loads(manage(*typed, role="")) == {"jotai": "kyohi", "sosu": 3, "shori_zumi": 2}

    def test_the_next_file_begins_and_a_late_worker_has_lost_it(self, world: World, stuck: tuple[UUID, str]) -> None:
        row_id, number = stuck
        following = taken(file_line(4), now=NOW + timedelta(seconds=1)).uketsuke_id
        with as_role(world, "worker"):
            late = claim_uketsuke(by=clerk(), uketsuke_id=row_id, now=NOW + timedelta(minutes=2))
            assert late is not None
            assert claim_uketsuke(by=clerk(), uketsuke_id=following, now=clock.now()) is None

        ended(number)

        with as_role(world, "worker"):
            with pytest.raises(LeaseLost):
                begin_shori(
                    by=clerk(), uketsuke_id=row_id, header={}, encoding="", line_count=3, now=NOW, attempt=late.attempt
                )
            assert claim_uketsuke(by=clerk(), uketsuke_id=following, now=clock.now()) is not None
            assert erase_left_uploads(by=clerk(), now=clock.now() + timedelta(minutes=2)) == 1

    def test_the_same_file_goes_on_where_it_was_cut(self, world: World, stuck: tuple[UUID, str]) -> None:
        _, number = stuck
        ended(number)

        with as_role(world, "worker"):
            again = taken(file_line(1), file_line(2, shutoku="20270401"), file_line(3), now=clock.now())
            process_toroku_file(by=clerk(), uketsuke_id=again.uketsuke_id, now=clock.now)

        status = get_uketsuke(by=clerk(), uketsuke_bango=again.uketsuke_bango, now=clock.now())
        results = [[one.code for one in row.results] for row in kekka_rows(by=clerk(), status=status)]
        assert results == [["W103"], ["E210"], []]
        assert asked(world, "SELECT count(*) FROM shikaku_rireki") == [(2,)]

    @pytest.mark.parametrize(
        ("riyu", "moved", "code"),
        [("", False, "理由がない"), (f"{bango(1)}", False, "12桁の数字"), (RIYU, True, "停滞していません")],
    )
    def test_a_file_that_moves_and_a_reason_that_says_nothing_are_refused(
        self, world: World, stuck: tuple[UUID, str], riyu: str, *, moved: bool, code: str
    ) -> None:
        _, number = stuck
        if moved:
            with world.admin() as admin:
                admin.execute("UPDATE uketsuke_uketsuke SET moved_at = now()")

        with pytest.raises(CommandError, match=code):
            ended(number, riyu)

        assert get_uketsuke(by=clerk(), uketsuke_bango=number, now=clock.now()).jotai == "shori"

    def test_what_has_ended_waits_or_is_not_there_is_refused(self, stuck: tuple[UUID, str]) -> None:
        _, number = stuck
        waits = taken(file_line(4), now=NOW + timedelta(seconds=1)).uketsuke_bango

        for no_case in (waits, "20261120-ABCDEFGHJK", "x"):
            with pytest.raises(CommandError):
                ended(no_case)
        ended(number)
        with pytest.raises(CommandError):
            ended(number)
