"""A held file is registered to its end, or taken back whole; the insurer's システム管理責任者 says which."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection

from chukan.controls.uketsuke.queries import list_horyu
from chukan.kernel.errors import Conflict, NotFound, NotPermitted
from chukan.kernel.principal import Principal
from chukan.kernel.storage import store
from shikaku.actions import decide_horyu as module
from shikaku.actions.accept_toroku_file import accept_toroku_file
from shikaku.actions.decide_horyu import Decider, release_horyu, withdraw_horyu
from shikaku.actions.erase_upload import erase_left_uploads
from shikaku.actions.process_toroku_file import process_toroku_file
from shikaku.queries.due_work import DueUketsuke, list_due_uketsuke
from tests.builders.files import NOW, Sent, send_file, stored
from tests.builders.lines import file_text, known, message
from tests.support.members import asked
from tests.support.principals import ALL_SHIKAKU, KENPO, OTHER_KENPO, SHICHOSON, clerk, machine, shuyaku
from tests.support.world import World, as_role

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]
DAY = {"shikaku_soshitsu_ymd": "2026-10-01"}
SENT_AT, DECIDED_AT = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
LOSSES = file_text([known("04", edaban=n, shikaku=DAY) for n in (1, 2, 3)])


def manager(hokensha_code: str = KENPO) -> Principal:
    kengen = ALL_SHIKAKU | {("kanri", "shokai"), ("kanri", "koshin")}
    return replace(clerk(hokensha_code, kengen=kengen), actor_id="K0001", actor_name="見本三千代")


def decider(hokensha_code: str = KENPO) -> Decider:
    return Decider(hokensha_code, "K0001", "見本三千代", "HS-305")


def held(*, by: Principal | None = None, saisoshin: bool = False) -> Sent:
    by = by or clerk()
    send_file(file_text([message(n) for n in range(1, 21)]), by=by)
    sent = send_file(LOSSES, by=by, now=SENT_AT, saisoshin=saisoshin)
    assert sent.status.jotai == "horyu"
    return sent


@pytest.fixture
def release(world: World) -> Callable[..., None]:
    return _as_web(world, release_horyu)


@pytest.fixture
def withdraw(world: World) -> Callable[..., None]:
    return _as_web(world, withdraw_horyu)


def _as_web(world: World, action: Callable[..., None]) -> Callable[..., None]:
    """Let the person at the terminal decide, as the role of the web."""

    def decided(sent: Sent, *, done_by: Principal | None = None, of: str = KENPO) -> None:
        with as_role(world, "web"):
            done_by = done_by or manager(of)
            by = sent.by if sent.by.channel == "shuyaku" else done_by
            action(by=by, uketsuke_id=sent.row_id, decider=decider(of), done_by=done_by, now=DECIDED_AT)

    return decided


def worked_off(sent: Sent) -> str:
    process_toroku_file(by=sent.by, uketsuke_id=sent.row_id, now=lambda: DECIDED_AT)
    return sent.status.jotai


class TestRelease:
    def test_a_released_file_is_registered_to_its_end(self, world: World, release: Callable[..., None]) -> None:
        sent = held()

        release(sent)

        assert (sent.status.jotai, sent.status.sosu, sent.status.shori_zumi) == ("shori", 3, 0)
        assert sent.status.kaishi_nichiji == DECIDED_AT
        assert worked_off(sent) == "kanryo"
        assert [kubun for _, kubun, _ in sent.results] == ["1", "1", "1"]
        assert asked(world, "SELECT count(*) FROM shikaku_rireki WHERE valid_to IS NOT NULL") == [(3,)]
        ((key,),) = asked(world, f"SELECT file_key FROM uketsuke_uketsuke WHERE id = '{sent.row_id}'")
        assert key == ""

    def test_who_decided_stands_with_the_file(self, release: Callable[..., None]) -> None:
        sent = held()
        release(sent)

        (found,) = list_horyu(by=clerk(), row_id=sent.row_id)
        assert (found.decision, found.decided_at, found.decided_by_name) == ("kaijo", DECIDED_AT, "見本三千代")

    def test_a_worker_is_rung_for_and_found_without_the_bell(self, world: World, release: Callable[..., None]) -> None:
        """Redis, the relay and the process that decided may all be gone."""
        sent = held()
        release(sent)

        topic = "shikaku.toroku_file.released.v1"
        assert asked(world, f"SELECT count(*) FROM outbox_message WHERE topic = '{topic}'") == [(1,)]
        due = list_due_uketsuke(by=clerk(), now=DECIDED_AT + timedelta(seconds=6))
        assert due == (DueUketsuke(sent.row_id, KENPO, KENPO),)

    def test_it_is_not_asked_again(self, release: Callable[..., None]) -> None:
        """The members of today are fewer: the same three lines would be even more of them."""
        sent = held()
        release(sent)
        worked_off(sent)

        again = send_file(LOSSES, by=clerk(), saisoshin=True, now=DECIDED_AT)

        assert (again.status.jotai, again.status.keikoku) == ("kanryo", 3)

    def test_the_same_decision_again_changes_nothing(self, world: World, release: Callable[..., None]) -> None:
        sent = held()
        release(sent)
        release(sent)
        worked_off(sent)
        release(sent)

        assert asked(world, "SELECT count(*) FROM sosa_log_event WHERE kind = 'file_released'") == [(1,)]
        assert sent.status.jotai == "kanryo"

    @pytest.mark.kj("KJ-LOG-01")
    def test_it_is_on_record_with_who_and_where(self, world: World, release: Callable[..., None]) -> None:
        sent = held()
        release(sent)

        rows = asked(
            world,
            "SELECT hokensha_code, actor_id, targets, screen_id FROM sosa_log_event WHERE kind = 'file_released'",
        )
        assert rows == [(KENPO, "K0001", [sent.bango], "HS-305")]


class TestWithdraw:
    @pytest.mark.kj("KJ-IN-21")
    def test_a_withdrawn_file_is_refused_and_its_upload_erased(
        self, world: World, withdraw: Callable[..., None]
    ) -> None:
        sent = held()
        ((key,),) = asked(world, f"SELECT file_key FROM uketsuke_uketsuke WHERE id = '{sent.row_id}'")

        withdraw(sent)

        status = sent.status
        assert (status.jotai, status.shori_zumi, status.finished) == ("kyohi", 0, True)
        assert status.riyu is not None
        assert status.riyu["code"] == "torisage"
        assert not store().exists(key)
        assert asked(world, "SELECT count(*) FROM shikaku_rireki WHERE valid_to IS NOT NULL") == [(0,)]
        assert asked(world, "SELECT hokensha_code, result FROM sosa_log_event WHERE kind = 'file_withdrawn'") == [
            (KENPO, "ok")
        ]

    def test_the_same_file_may_be_sent_again_and_is_asked_about_again(self, withdraw: Callable[..., None]) -> None:
        sent = held()
        withdraw(sent)

        again = send_file(LOSSES, by=clerk(), now=DECIDED_AT)

        assert again.row_id != sent.row_id
        assert again.status.jotai == "horyu"

    def test_while_it_is_held_the_same_file_is_refused(self) -> None:
        sent = held()

        with pytest.raises(Conflict) as refused:
            accept_toroku_file(by=machine(), upload=stored(LOSSES.encode()), now=DECIDED_AT)

        assert refused.value.members == {"uketsuke_bango": sent.bango}

    def test_an_upload_left_by_a_dead_process_is_erased_on_schedule(
        self, world: World, monkeypatch: pytest.MonkeyPatch, withdraw: Callable[..., None]
    ) -> None:
        sent = held()
        ((key,),) = asked(world, f"SELECT file_key FROM uketsuke_uketsuke WHERE id = '{sent.row_id}'")
        with monkeypatch.context() as patched:
            patched.setattr(module, "erase_upload", lambda **_given: None)
            withdraw(sent)
        assert store().exists(key)

        assert erase_left_uploads(by=clerk(), now=DECIDED_AT + timedelta(minutes=2)) == 1

        assert not store().exists(key)


class TestWhoDecides:
    @pytest.mark.kj("KJ-AUTH-13")
    @pytest.mark.parametrize("which", ["release", "withdraw"])
    def test_nobody_but_the_insurers_own_manager(
        self, which: str, release: Callable[..., None], withdraw: Callable[..., None]
    ) -> None:
        sent = held()
        act = {"release": release, "withdraw": withdraw}[which]

        for other in (clerk(), machine(), replace(manager(), kengen=frozenset({("kanri", "shokai")}))):
            with pytest.raises(NotPermitted):
                act(sent, done_by=other)
        assert sent.status.jotai == "horyu"

    @pytest.mark.kj("KJ-ZONE-05")
    def test_another_insurers_manager_finds_no_such_file(self, release: Callable[..., None]) -> None:
        sent = held()

        with pytest.raises(NotFound):
            release(sent, of=OTHER_KENPO)
        with pytest.raises(NotPermitted):
            release(sent, of=KENPO, done_by=manager(OTHER_KENPO))

    def test_what_is_not_held_cannot_be_decided(self, release: Callable[..., None]) -> None:
        with pytest.raises(NotFound) as refused:
            release(send_file(file_text([message(1)]), by=clerk()))

        assert refused.value.code == "horyu_nashi"

    def test_a_decision_stands(self, release: Callable[..., None], withdraw: Callable[..., None]) -> None:
        sent = held()
        withdraw(sent)

        with pytest.raises(Conflict) as refused:
            release(sent)

        assert refused.value.code == "horyu_kettei_zumi"

    def test_two_at_once_decide_once(self, world: World) -> None:
        sent = held()
        start, found = threading.Barrier(2), []

        def decide(action: Callable[..., None]) -> None:
            try:
                start.wait()
                action(by=manager(), uketsuke_id=sent.row_id, decider=decider(), done_by=manager(), now=DECIDED_AT)
                found.append("decided")
            except Conflict:
                found.append("too late")
            finally:
                connection.close()

        with as_role(world, "web"):
            threads = [threading.Thread(target=decide, args=(one,)) for one in (release_horyu, withdraw_horyu)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        assert sorted(found) == ["decided", "too late"]
        assert sent.status.jotai in {"shori", "kyohi"}


class TestSeveralInsurers:
    def sent(self) -> Sent:
        by = shuyaku()
        for start, code in enumerate(SHICHOSON):
            bodies = [message(start * 100 + n, hokensha=code, bango=code[2:]) for n in range(1, 21)]
            send_file(file_text(bodies), by=by)
        return self.sent_again()

    def sent_again(self) -> Sent:
        bodies = [known("04", hokensha=code, edaban=n, shikaku=DAY) for code in SHICHOSON for n in (1, 2)]
        return send_file(file_text(bodies), by=shuyaku(), now=SENT_AT)

    def test_it_goes_on_when_all_have_said_so(self, release: Callable[..., None]) -> None:
        sent = self.sent()

        release(sent, of=SHICHOSON[0])
        assert sent.status.jotai == "horyu"
        release(sent, of=SHICHOSON[1])

        assert sent.status.jotai == "shori"
        assert worked_off(sent) == "kanryo"
        assert sent.status.seijo == 4

    def test_one_takes_the_whole_file_back(self, release: Callable[..., None], withdraw: Callable[..., None]) -> None:
        sent = self.sent()
        release(sent, of=SHICHOSON[0])

        withdraw(sent, of=SHICHOSON[1])

        assert sent.status.jotai == "kyohi"
        with pytest.raises(Conflict):
            release(sent, of=SHICHOSON[1])
        again = self.sent_again()
        assert [one.hokensha_code for one in list_horyu(by=sent.by, row_id=again.row_id)] == list(SHICHOSON)
