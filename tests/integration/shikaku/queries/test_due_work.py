"""What waits in any zone, by id alone, for the worker's role alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError

from chukan.controls.uketsuke.actions import LEASE, claim_uketsuke, note_ring
from chukan.kernel.principal import system_principal
from shikaku.actions.process_toroku_file import process_toroku_file
from shikaku.queries.due_work import (
    DueUketsuke,
    list_due_uketsuke,
    list_expired_uketsuke,
    list_named_files,
    list_unerased_uketsuke,
)
from tests.support.members import NOW, file_line, sent, taken
from tests.support.principals import KENPO, OTHER_KENPO, clerk

pytestmark = pytest.mark.django_db(transaction=True)
BEAT = system_principal(actor_id="beat")
SOON = NOW + timedelta(seconds=6)


@pytest.mark.usefixtures("as_worker")
class TestDueWork:
    def test_a_file_nobody_took_up_is_due_after_five_seconds(self) -> None:
        here = taken(file_line(1))
        there = taken(file_line(2), by=clerk(OTHER_KENPO), now=NOW + timedelta(milliseconds=1))

        assert list_due_uketsuke(by=BEAT, now=NOW + timedelta(seconds=5)) == ()
        assert list_due_uketsuke(by=BEAT, now=SOON) == (
            DueUketsuke(here.uketsuke_id, KENPO, KENPO),
            DueUketsuke(there.uketsuke_id, OTHER_KENPO, OTHER_KENPO),
        )

    def test_one_in_hands_is_due_when_its_lease_ran_out(self) -> None:
        accepted = taken(file_line(1))
        claim_uketsuke(by=clerk(), uketsuke_id=accepted.uketsuke_id, now=NOW)

        assert list_due_uketsuke(by=BEAT, now=NOW + LEASE) == ()
        assert [due.uketsuke_id for due in list_due_uketsuke(by=BEAT, now=NOW + LEASE + timedelta(seconds=1))] == [
            accepted.uketsuke_id
        ]

    def test_one_that_was_rung_for_is_left_alone_for_two_minutes_unless_it_was_taken_up(self) -> None:
        accepted = taken(file_line(1))
        note_ring(by=clerk(), uketsuke_id=accepted.uketsuke_id, now=SOON)

        assert list_due_uketsuke(by=BEAT, now=SOON + timedelta(minutes=2)) == ()
        assert len(list_due_uketsuke(by=BEAT, now=SOON + timedelta(minutes=2, seconds=1))) == 1
        claim_uketsuke(by=clerk(), uketsuke_id=accepted.uketsuke_id, now=SOON)
        assert len(list_due_uketsuke(by=BEAT, now=SOON + LEASE + timedelta(seconds=1))) == 1

    def test_a_resent_one_is_not_due_before_the_first_has_ended(self) -> None:
        first = taken(file_line(1))
        again = taken(file_line(1), saisoshin=True)
        assert [due.uketsuke_id for due in list_due_uketsuke(by=BEAT, now=SOON)] == [first.uketsuke_id]

        process_toroku_file(by=clerk(), uketsuke_id=first.uketsuke_id, now=lambda: NOW)

        assert [due.uketsuke_id for due in list_due_uketsuke(by=BEAT, now=SOON)] == [again.uketsuke_id]

    def test_a_finished_one_is_due_no_more_but_its_refused_lines_expire(self) -> None:
        accepted = sent(file_line(1, shutoku="20270401"))
        week = NOW + timedelta(days=7)

        assert list_due_uketsuke(by=BEAT, now=week) == ()
        assert list_expired_uketsuke(by=BEAT, now=week) == ()
        assert list_expired_uketsuke(by=BEAT, now=week + timedelta(seconds=1)) == (
            DueUketsuke(accepted.uketsuke_id, KENPO, KENPO),
        )


@pytest.mark.kj("KJ-ZONE-05")
def test_the_web_role_may_not_look_across_zones() -> None:
    for look in (list_due_uketsuke, list_expired_uketsuke, list_unerased_uketsuke):
        with pytest.raises(DatabaseError):
            look(by=BEAT, now=NOW)
    with pytest.raises(DatabaseError):
        list_named_files(by=BEAT, file_keys=["toroku-x"])
