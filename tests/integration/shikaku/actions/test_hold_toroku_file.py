"""A file that takes far more away than usual waits before its first line; others go on as ever."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import Settings

from chukan.controls.uketsuke.actions import LEASE, claim_uketsuke
from chukan.controls.uketsuke.queries import HoryuFacts, list_held, list_horyu
from chukan.kernel.storage import store
from chukan.settings import limits
from shikaku.actions.process_toroku_file import process_toroku_file
from shikaku.queries.due_work import list_due_uketsuke
from tests.builders.files import NOW, Sent, accept_file, send_file
from tests.builders.lines import file_text, known, message
from tests.support.members import asked
from tests.support.principals import KENPO, OTHER_KENPO, SHICHOSON, clerk, shuyaku
from tests.support.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]
DAY = {"shikaku_soshitsu_ymd": "2026-10-01"}
LATER = NOW + timedelta(hours=1)


def members(count: int, *, hokensha: str = KENPO, start: int = 1, bango: str | None = None) -> str:
    return file_text([message(n, hokensha=hokensha, bango=bango) for n in range(start, start + count)])


def losses(*edabans: int, hokensha: str = KENPO) -> str:
    return file_text([known("04", hokensha=hokensha, edaban=n, shikaku=DAY) for n in edabans])


def cleared(*edabans: int) -> str:
    items = {"jusho": None, "jusho_henko_ymd": "2026-10-01"}
    return file_text([known("03", edaban=n, kihon=items) for n in edabans])


def reasons(sent: Sent) -> list[HoryuFacts]:
    return list(list_horyu(by=sent.by, row_id=sent.row_id))


class TestHold:
    def test_more_than_the_share_lost_is_held_before_the_first_line(self, world: World) -> None:
        send_file(members(40), by=clerk())

        sent = send_file(losses(1, 2, 3), by=clerk(), now=LATER)

        assert (sent.status.jotai, sent.status.sosu, sent.status.shori_zumi) == ("horyu", 3, 0)
        assert (sent.status.riyu, sent.status.teitai_nichiji, sent.status.finished) == (None, None, False)
        assert sent.meisai == ()
        assert asked(world, "SELECT count(*) FROM shikaku_rireki WHERE valid_to IS NOT NULL") == [(0,)]
        (held,) = reasons(sent)
        assert (held.hokensha_code, held.valid_count, held.limit_percent) == (KENPO, 40, 5)
        assert (held.reasons, held.decision) == ((("", 3, 40),), "")
        assert [one.row_id for one in list_held(by=clerk(), now=LATER, limit=5)] == [sent.row_id]

    def test_exactly_the_share_goes_on(self) -> None:
        send_file(members(40), by=clerk())

        sent = send_file(losses(1, 2), by=clerk(), now=LATER)

        assert (sent.status.jotai, sent.status.seijo) == ("kanryo", 2)
        assert reasons(sent) == []

    def test_one_line_is_never_held_however_small_the_insurer(self) -> None:
        send_file(members(3), by=clerk())

        assert send_file(losses(1), by=clerk(), now=LATER).status.jotai == "kanryo"

    def test_an_item_cleared_for_many_is_held_and_named(self) -> None:
        send_file(members(20), by=clerk())

        sent = send_file(cleared(1, 2), by=clerk(), now=LATER)

        assert sent.status.jotai == "horyu"
        assert reasons(sent)[0].reasons == (("住所", 2, 20),)

    def test_only_members_valid_today_are_counted(self) -> None:
        send_file(members(40), by=clerk())
        for edaban in range(1, 31):
            send_file(losses(edaban), by=clerk(), now=NOW + timedelta(minutes=edaban))

        sent = send_file(losses(31, 32), by=clerk(), now=LATER)

        assert reasons(sent)[0].reasons == (("", 2, 10),)

    def test_whoever_has_no_member_has_none_to_lose(self) -> None:
        bodies = [message(n) for n in range(1, 5)]
        bodies += [known("04", edaban=n, shikaku=DAY) for n in range(1, 5)]

        assert send_file(file_text(bodies), by=clerk()).status.jotai == "kanryo"

    def test_the_members_of_another_insurer_do_not_count(self) -> None:
        send_file(members(100, hokensha=OTHER_KENPO), by=clerk(OTHER_KENPO))
        send_file(members(20, start=200), by=clerk())

        assert send_file(losses(1, 2), by=clerk(), now=LATER).status.jotai == "horyu"

    def test_counting_goes_on_in_steps(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(limits, "HORYU_COUNTED", 7)
        send_file(members(40), by=clerk())

        assert reasons(send_file(losses(1, 2, 3), by=clerk(), now=LATER))[0].valid_count == 40
        assert send_file(losses(1, 2), by=clerk(), now=LATER).status.jotai == "kanryo"

    def test_the_share_is_a_setting(self, settings: Settings) -> None:
        settings.HORYU_PERCENT = 50
        send_file(members(10), by=clerk())

        assert send_file(losses(1, 2, 3, 4, 5), by=clerk(), now=LATER).status.jotai == "kanryo"
        assert send_file(losses(6, 7, 8), by=clerk(), now=LATER).status.jotai == "horyu"

    @pytest.mark.kj("KJ-LOG-01")
    def test_it_is_on_record_in_counts(self, world: World) -> None:
        send_file(members(20), by=clerk())
        sent = send_file(losses(1, 2), by=clerk(), now=LATER)

        ((code, targets, body),) = asked(
            world, "SELECT hokensha_code, targets, body FROM sosa_log_event WHERE kind = 'file_held'"
        )

        assert (code, targets) == (KENPO, [sent.bango])
        assert '"資格喪失":2' in bytes(body).decode()


class TestHeld:
    def test_no_worker_takes_it_up(self) -> None:
        send_file(members(20), by=clerk())
        sent = send_file(losses(1, 2), by=clerk(), now=LATER)
        much_later = LATER + timedelta(days=3)

        assert claim_uketsuke(by=sent.by, uketsuke_id=sent.row_id, now=much_later) is None
        assert list_due_uketsuke(by=clerk(), now=much_later) == ()
        process_toroku_file(by=sent.by, uketsuke_id=sent.row_id, now=lambda: much_later)
        assert sent.status.jotai == "horyu"

    def test_its_upload_is_kept(self, world: World) -> None:
        send_file(members(20), by=clerk())
        sent = send_file(losses(1, 2), by=clerk(), now=LATER)

        ((key,),) = asked(world, f"SELECT file_key FROM uketsuke_uketsuke WHERE id = '{sent.row_id}'")
        assert store().exists(key)

    def test_a_worker_that_died_over_the_inspection_finds_the_same_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from shikaku.actions import process_toroku_file as module

        send_file(members(20), by=clerk())
        sent = accept_file(losses(1, 2).encode(), by=clerk(), now=LATER)

        class Killed(BaseException):
            """The worker is gone."""

        def dies(**_given: object) -> None:
            raise Killed

        with monkeypatch.context() as patched:
            patched.setattr(module, "hold_file", dies)
            with pytest.raises(Killed):
                process_toroku_file(by=sent.by, uketsuke_id=sent.row_id, now=lambda: LATER)
        after = LATER + LEASE * 2
        process_toroku_file(by=sent.by, uketsuke_id=sent.row_id, now=lambda: after)

        assert sent.status.jotai == "horyu"
        assert len(reasons(sent)) == 1


class TestSameFileAgain:
    def test_only_the_lines_that_are_tried_again_count(self) -> None:
        send_file(members(40), by=clerk())
        assert send_file(losses(1, 2), by=clerk(), now=LATER).status.jotai == "kanryo"

        again = send_file(losses(1, 2), by=clerk(), saisoshin=True, now=LATER)

        assert (again.status.jotai, again.status.keikoku) == ("kanryo", 2)

    def test_lines_refused_before_count(self) -> None:
        """Nobody was there to be lost the first time."""
        send_file(losses(1, 2, 3), by=clerk())
        send_file(members(20), by=clerk())

        assert send_file(losses(1, 2, 3), by=clerk(), saisoshin=True, now=LATER).status.jotai == "horyu"

    def test_it_waits_while_the_one_before_is_held(self) -> None:
        send_file(members(20), by=clerk())
        send_file(losses(1, 2), by=clerk(), now=LATER)

        again = send_file(losses(1, 2), by=clerk(), saisoshin=True, now=LATER)

        assert again.status.jotai == "uketsuke"


class TestSeveralInsurers:
    def test_it_is_held_for_those_concerned(self, world: World) -> None:
        mine, theirs = SHICHOSON
        by = shuyaku()
        send_file(members(20, hokensha=mine, bango=mine[2:]), by=by)
        send_file(members(20, hokensha=theirs, bango=theirs[2:], start=500), by=by)
        bodies = [known("04", hokensha=mine, edaban=n, shikaku=DAY) for n in (1, 2)]
        bodies += [known("04", hokensha=theirs, edaban=1, shikaku=DAY)]

        sent = send_file(file_text(bodies), by=by, now=LATER)

        assert sent.status.jotai == "horyu"
        assert [held.hokensha_code for held in reasons(sent)] == [mine]
        assert asked(world, "SELECT hokensha_code FROM sosa_log_event WHERE kind = 'file_held'") == [(mine,)]
