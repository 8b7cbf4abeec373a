"""A 受付 from receipt to its end: each move once, in one pair of hands, never past its lines."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chukan.controls.uketsuke.actions import (
    LEASE,
    Job,
    LeaseLost,
    Progress,
    Upload,
    accept_single,
    accept_uketsuke,
    begin_shori,
    call_next,
    claim_uketsuke,
    discard_refused_lines,
    extend_lease,
    finish_uketsuke,
    lock_bookmark,
    lock_unended,
    note_file_erased,
    note_single_warned,
    record_progress,
    refuse_uketsuke,
)
from chukan.controls.uketsuke.models import Uketsuke
from chukan.controls.uketsuke.queries import (
    EndedFile,
    UketsukeStatus,
    count_open_lines,
    find_ended_file,
    get_uketsuke_by_id,
)
from chukan.kernel.errors import Conflict
from chukan.kernel.principal import Principal, system_principal
from chukan.kernel.transactions import TransactionMisuse, own_transaction
from shikaku.queries.due_work import list_due_uketsuke
from tests.support.members import NOW, asked
from tests.support.principals import OTHER_KENPO, clerk
from tests.support.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]
BY = clerk()


@own_transaction
def alone(*, by: Principal, call: Callable[..., Any], given: dict[str, Any]) -> Any:
    """Give an action that joins a transaction one of its own."""
    return call(by=by, **given)


def do(call: Callable[..., Any], **given: Any) -> Any:
    return alone(by=given.pop("by", BY), call=call, given=given)


def accepted(
    digest: bytes = b"1" * 32,
    *,
    saisoshin: bool = False,
    refused: str = "",
    by: Principal = BY,
    now: datetime = NOW,
) -> UUID:
    upload = Upload("key", 10, digest, "x" * 300, refused)
    row_id: UUID = do(accept_uketsuke, by=by, upload=upload, saisoshin=saisoshin, now=now).uketsuke_id
    return row_id


def begun(lines: int = 3) -> UUID:
    row_id = accepted()
    claim_uketsuke(by=BY, uketsuke_id=row_id, now=NOW)
    begin_shori(by=BY, uketsuke_id=row_id, header={"names": []}, encoding="cp932", line_count=lines, now=NOW)
    return row_id


def stands(world: World, row_id: UUID, state: str) -> None:
    with world.admin() as admin:
        admin.execute("UPDATE uketsuke_uketsuke SET state = %s WHERE id = %s", (state, row_id))


def status(row_id: UUID) -> UketsukeStatus:
    return get_uketsuke_by_id(by=BY, row_id=row_id, now=NOW)


class TestAccept:
    def test_the_same_file_comes_once_unless_it_is_a_resending(self, world: World) -> None:
        first = accepted()
        with pytest.raises(Conflict) as refused:
            accepted()

        second, third = accepted(saisoshin=True), accepted(saisoshin=True)

        assert refused.value.code == "jufuku_file"
        rows = dict(asked(world, "SELECT id, resend_of FROM uketsuke_uketsuke"))
        assert rows[first] is None
        assert {rows[second], rows[third]} <= {first, second}
        assert accepted(by=clerk(OTHER_KENPO)) not in {first, second, third}
        assert len(status(first).file_name) == 200

    def test_a_refused_file_does_not_count_as_come(self) -> None:
        refused = accepted(refused="gzip_fusei")

        assert (status(refused).jotai, status(refused).finished) == ("kyohi", True)
        assert status(accepted()).jotai == "uketsuke"

    def test_the_same_file_is_looked_for_among_files_and_not_among_all_single_registrations(self, world: World) -> None:
        accepted()
        columns = ", ".join(str(field.column) for field in Uketsuke._meta.concrete_fields)
        copied = (
            columns.replace("uketsuke_bango", "n::text", 1)
            .replace("digest", "NULL::bytea", 1)
            .replace("id", "gen_random_uuid()", 1)
        )
        with world.admin() as admin:
            admin.execute(
                f"INSERT INTO uketsuke_uketsuke ({columns})"
                f" SELECT {copied} FROM uketsuke_uketsuke, generate_series(1, 3000) n"
            )
            admin.execute("ANALYZE uketsuke_uketsuke")
            with CaptureQueriesContext(connection) as seen:
                accepted(b"2" * 32)
            looks = [
                one["sql"]
                for one in seen
                if one["sql"].startswith("SELECT") and "digest" in one["sql"].split("WHERE")[-1]
            ]
            plans = [str(admin.execute(f"EXPLAIN {look}").fetchall()) for look in looks]

        assert len(plans) >= 2
        assert all("uketsuke_same_file on" in plan for plan in plans), plans

    def test_of_two_at_once_one_is_told_of_the_other(self, world: World) -> None:
        outcomes = self.together(accepted)

        assert set(map(type, outcomes)) == {UUID, Conflict}
        assert asked(world, "SELECT count(*) FROM uketsuke_uketsuke") == [(1,)]

    @staticmethod
    def together(work: Callable[[], object]) -> list[object]:
        start, outcomes = threading.Barrier(2), []

        def run() -> None:
            start.wait()
            try:
                outcomes.append(work())
            except Conflict as refused:
                outcomes.append(refused)
            finally:
                connection.close()

        threads = [threading.Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return outcomes

    def test_one_line_is_finished_at_once(self) -> None:
        row_id = do(accept_single, now=NOW).uketsuke_id
        one = status(row_id)
        assert (one.single, one.jotai, one.sosu, one.seijo, one.keikoku) == (True, "kanryo", 1, 1, 0)

        do(note_single_warned, uketsuke_id=row_id)

        assert (status(row_id).seijo, status(row_id).keikoku) == (0, 1)


class TestClaim:
    def test_one_worker_until_the_lease_ends(self) -> None:
        row_id = accepted()

        first = claim_uketsuke(by=BY, uketsuke_id=row_id, now=NOW)

        assert isinstance(first, Job)
        assert (first.state, first.bookmark) == ("kensa", 0)
        assert claim_uketsuke(by=BY, uketsuke_id=row_id, now=NOW + LEASE - timedelta(seconds=1)) is None
        assert claim_uketsuke(by=BY, uketsuke_id=row_id, now=NOW + LEASE) is not None

    def test_of_two_at_once_one_gets_it(self) -> None:
        row_id = accepted()

        outcomes = TestAccept.together(lambda: claim_uketsuke(by=BY, uketsuke_id=row_id, now=NOW))

        assert sorted(map(bool, outcomes)) == [False, True]

    def test_a_later_file_of_the_sender_waits_until_the_earlier_one_has_ended_or_is_held(self) -> None:
        later = NOW + timedelta(seconds=1)
        first, second, of_another = (
            accepted(),
            accepted(b"2" * 32, now=later),
            accepted(by=clerk(OTHER_KENPO), now=later),
        )

        assert claim_uketsuke(by=BY, uketsuke_id=second, now=later) is None
        assert claim_uketsuke(by=clerk(OTHER_KENPO), uketsuke_id=of_another, now=later) is not None
        claim_uketsuke(by=BY, uketsuke_id=first, now=later)
        assert claim_uketsuke(by=BY, uketsuke_id=second, now=later) is None
        assert call_next(by=BY, now=later) is None
        waits = get_uketsuke_by_id(by=BY, row_id=second, now=later + timedelta(minutes=5))
        assert (waits.waits_for, waits.teitai_nichiji) == (status(first).uketsuke_bango, None)
        assert get_uketsuke_by_id(by=BY, row_id=first, now=later + timedelta(minutes=5)).teitai_nichiji == later

        do(refuse_uketsuke, uketsuke_id=first, reason_code="midashi_fumei", now=later)

        assert status(second).waits_for is None
        assert call_next(by=BY, now=later + timedelta(minutes=5)) == second
        assert get_uketsuke_by_id(by=BY, row_id=second, now=later + timedelta(minutes=6)).teitai_nichiji is None
        assert claim_uketsuke(by=BY, uketsuke_id=second, now=later) is not None

    def test_a_held_file_keeps_nobody_waiting_and_neither_does_the_same_file_sent_again(self, world: World) -> None:
        first = accepted()
        stands(world, first, "horyu")
        again = accepted(saisoshin=True, now=NOW + timedelta(seconds=1))
        third = accepted(b"2" * 32, now=NOW + timedelta(seconds=2))
        due = list_due_uketsuke(by=system_principal(actor_id="beat"), now=NOW + timedelta(seconds=10))

        assert [one.uketsuke_id for one in due] == [third]
        assert claim_uketsuke(by=BY, uketsuke_id=again, now=NOW) is None
        assert status(third).waits_for is None
        assert claim_uketsuke(by=BY, uketsuke_id=third, now=NOW) is not None

    def test_what_is_begun_goes_on_though_an_earlier_one_is_released(self, world: World) -> None:
        first, second = accepted(), accepted(b"2" * 32, now=NOW + timedelta(seconds=1))
        stands(world, first, "horyu")
        assert claim_uketsuke(by=BY, uketsuke_id=second, now=NOW) is not None

        stands(world, first, "shori")

        assert claim_uketsuke(by=BY, uketsuke_id=second, now=NOW + LEASE) is not None

    @pytest.mark.kj("KJ-ZONE-01")
    def test_ended_unknown_and_foreign_ones_are_nobodys_work(self) -> None:
        assert claim_uketsuke(by=BY, uketsuke_id=accepted(refused="okisugi"), now=NOW) is None
        assert claim_uketsuke(by=BY, uketsuke_id=uuid4(), now=NOW) is None
        assert claim_uketsuke(by=clerk(OTHER_KENPO), uketsuke_id=accepted(), now=NOW) is None


class TestProgress:
    def test_counts_grow_with_the_blocks_and_the_end_comes_once(self) -> None:
        row_id = begun()
        do(record_progress, uketsuke_id=row_id, progress=Progress(1, 2, ok=1, warned=1, refused=0), now=NOW)
        assert do(lock_bookmark, uketsuke_id=row_id) == 2
        do(record_progress, uketsuke_id=row_id, progress=Progress(3, 3, ok=0, warned=0, refused=1), now=NOW)

        assert [do(finish_uketsuke, uketsuke_id=row_id, now=NOW) for _ in range(2)] == [1, 1]

        one = status(row_id)
        assert (one.jotai, one.sosu, one.shori_zumi, one.seijo, one.keikoku, one.ijo) == ("kanryo", 3, 3, 1, 1, 1)
        assert one.refused_until == NOW + timedelta(days=7)

    @pytest.mark.parametrize("first,last", [(1, 1), (3, 3)])
    def test_a_block_counted_twice_or_out_of_order_is_refused(self, first: int, last: int) -> None:
        row_id = begun()
        do(record_progress, uketsuke_id=row_id, progress=Progress(1, 1, ok=1, warned=0, refused=0), now=NOW)

        with pytest.raises(RuntimeError):
            do(record_progress, uketsuke_id=row_id, progress=Progress(first, last, ok=1, warned=0, refused=0), now=NOW)

        assert status(row_id).seijo == 1

    def test_it_is_not_closed_before_its_last_line(self) -> None:
        row_id = begun()

        with pytest.raises(RuntimeError):
            do(finish_uketsuke, uketsuke_id=row_id, now=NOW)

    def test_an_empty_file_is_closed_with_nothing_to_mend(self) -> None:
        row_id = begun(lines=0)

        assert do(finish_uketsuke, uketsuke_id=row_id, now=NOW) == 0
        assert status(row_id).refused_until is None

    def test_only_an_inspected_file_is_refused_as_a_whole(self) -> None:
        row_id = accepted()
        claim_uketsuke(by=BY, uketsuke_id=row_id, now=NOW)
        do(refuse_uketsuke, uketsuke_id=row_id, reason_code="midashi_fumei", now=NOW)
        assert status(row_id).jotai == "kyohi"

        with pytest.raises(RuntimeError):
            do(refuse_uketsuke, uketsuke_id=row_id, reason_code="midashi_fumei", now=NOW)
        with pytest.raises(RuntimeError):
            begin_shori(by=BY, uketsuke_id=row_id, header={}, encoding="utf-8", line_count=1, now=NOW)


class TestErasure:
    def test_lines_are_thrown_away_once_and_the_file_stays_named_until_its_key_is_gone(self, world: World) -> None:
        row_id = begun(lines=1)
        do(record_progress, uketsuke_id=row_id, progress=Progress(1, 1, ok=0, warned=0, refused=1), now=NOW)
        do(finish_uketsuke, uketsuke_id=row_id, now=NOW)

        note_file_erased(by=BY, uketsuke_id=row_id, key_too=False, now=NOW)
        assert find_ended_file(by=BY, uketsuke_id=row_id) == EndedFile("key", keeps_key=True)
        assert [do(discard_refused_lines, uketsuke_id=row_id) for _ in range(2)] == [True, False]
        assert find_ended_file(by=BY, uketsuke_id=row_id) == EndedFile("key", keeps_key=False)
        note_file_erased(by=BY, uketsuke_id=row_id, key_too=True, now=NOW)

        assert find_ended_file(by=BY, uketsuke_id=row_id) is None
        assert asked(world, "SELECT file_key, file_erased_at FROM uketsuke_uketsuke") == [("", NOW)]

    @pytest.mark.kj("KJ-ZONE-01")
    def test_the_file_of_a_running_or_foreign_one_is_not_to_be_erased(self) -> None:
        assert find_ended_file(by=BY, uketsuke_id=accepted()) is None
        ended = accepted(b"2" * 32, refused="okisugi")
        assert find_ended_file(by=BY, uketsuke_id=ended) is not None
        assert find_ended_file(by=clerk(OTHER_KENPO), uketsuke_id=ended) is None


class TestLease:
    def test_a_claim_moves_nothing_but_the_state(self) -> None:
        row_id, later = accepted(), NOW + timedelta(minutes=2)
        claim_uketsuke(by=BY, uketsuke_id=row_id, now=NOW)

        claim_uketsuke(by=BY, uketsuke_id=row_id, now=later)

        assert get_uketsuke_by_id(by=BY, row_id=row_id, now=later).teitai_nichiji == NOW

    def test_is_kept_while_nothing_is_written_and_that_is_no_progress(self) -> None:
        row_id, later = accepted(), NOW + LEASE
        job = claim_uketsuke(by=BY, uketsuke_id=row_id, now=NOW)
        assert isinstance(job, Job)

        extend_lease(by=BY, uketsuke_id=row_id, attempt=job.attempt, now=later - timedelta(seconds=1))

        assert claim_uketsuke(by=BY, uketsuke_id=row_id, now=later) is None
        assert get_uketsuke_by_id(by=BY, row_id=row_id, now=NOW + timedelta(minutes=2)).teitai_nichiji == NOW

    def test_whoever_lost_it_can_do_nothing_more(self) -> None:
        row_id, later = accepted(), NOW + LEASE
        first = claim_uketsuke(by=BY, uketsuke_id=row_id, now=NOW)
        second = claim_uketsuke(by=BY, uketsuke_id=row_id, now=later)
        assert isinstance(first, Job)
        assert isinstance(second, Job)

        with pytest.raises(LeaseLost):
            extend_lease(by=BY, uketsuke_id=row_id, attempt=first.attempt, now=later)
        with pytest.raises(LeaseLost):
            begin_shori(
                by=BY, uketsuke_id=row_id, header={}, encoding="", line_count=1, now=later, attempt=first.attempt
            )
        for call in (lock_bookmark, lock_unended):
            with pytest.raises(LeaseLost):
                do(call, uketsuke_id=row_id, attempt=first.attempt)
        assert do(lock_unended, uketsuke_id=row_id, attempt=second.attempt) is True

    def test_ended_is_ended_for_everybody(self) -> None:
        row_id = begun(lines=0)
        do(finish_uketsuke, uketsuke_id=row_id, now=NOW)

        assert [do(lock_unended, uketsuke_id=row_id, attempt=attempt) for attempt in (1, 2)] == [False, False]
        with pytest.raises(LeaseLost):
            extend_lease(by=BY, uketsuke_id=row_id, attempt=1, now=NOW)


class TestResent:
    def test_waits_until_the_file_before_it_has_ended(self) -> None:
        first = begun(lines=0)
        again = accepted(saisoshin=True)

        assert claim_uketsuke(by=BY, uketsuke_id=again, now=NOW) is None
        do(finish_uketsuke, uketsuke_id=first, now=NOW)
        job = claim_uketsuke(by=BY, uketsuke_id=again, now=NOW)

        assert isinstance(job, Job)
        assert job.repeats == (first,)

    def test_what_was_cut_short_is_taken_up_by_the_same_file_once_without_asking(self) -> None:
        first = begun(lines=3)
        do(record_progress, uketsuke_id=first, progress=Progress(1, 2, ok=1, warned=0, refused=1), now=NOW)
        do(refuse_uketsuke, uketsuke_id=first, reason_code="uchikiri", now=NOW)

        outcomes = TestAccept.together(lambda: accepted(now=NOW + timedelta(seconds=1)))

        assert set(map(type, outcomes)) == {UUID, Conflict}, "two at once would both apply what is left"
        (again,) = (one for one in outcomes if isinstance(one, UUID))
        job = claim_uketsuke(by=BY, uketsuke_id=again, now=NOW + timedelta(seconds=2))
        assert isinstance(job, Job)
        assert job.repeats == (first,)
        assert count_open_lines(by=BY, uketsuke_ids=job.repeats, line_count=3) == 2

    def test_looks_past_one_that_was_refused_as_a_whole(self) -> None:
        first = begun(lines=0)
        do(finish_uketsuke, uketsuke_id=first, now=NOW)
        upload = Upload("key", 10, b"1" * 32, "x")
        second, third = (
            do(accept_uketsuke, upload=upload, saisoshin=True, now=NOW + timedelta(seconds=later)).uketsuke_id
            for later in (1, 2)
        )
        claim_uketsuke(by=BY, uketsuke_id=second, now=NOW)
        assert claim_uketsuke(by=BY, uketsuke_id=third, now=NOW) is None
        do(refuse_uketsuke, uketsuke_id=second, reason_code="torisage", now=NOW)

        job = claim_uketsuke(by=BY, uketsuke_id=third, now=NOW + LEASE)

        assert isinstance(job, Job)
        assert job.repeats == (first,)


@pytest.mark.parametrize("call", [accept_single, lock_bookmark, record_progress, finish_uketsuke, refuse_uketsuke])
def test_parts_of_a_move_never_stand_alone(call: Callable[..., object]) -> None:
    with pytest.raises(TransactionMisuse):
        call(by=BY)
