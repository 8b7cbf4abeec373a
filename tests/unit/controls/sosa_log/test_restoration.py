import hashlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from chukan.controls.sosa_log.restoration import (
    FIRST,
    Place,
    Restore,
    follow,
    newest_line,
    open_newest,
    open_place,
    open_restore,
)
from chukan.kernel.merkle_log import Checkpoint, CheckpointRefused, NoteVerifier, sign_checkpoint

NOW = datetime(2026, 11, 21, 3, 0, 0, tzinfo=UTC)
NAME = "chukan/sosa"


class Key:
    def __init__(self, seed: int) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)

    @property
    def public_key(self) -> Ed25519PublicKey:
        return self._key.public_key()

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


OURS = Key(1)
VERIFIERS = [NoteVerifier(NAME, OURS.public_key)]


def place(size: int, branch: str = FIRST, root: str = "") -> Place:
    return Place(branch, size, hashlib.sha256(f"{branch}{size}{root}".encode()).digest())


def note(checkpoint: Checkpoint, key: Key = OURS) -> str:
    return sign_checkpoint(checkpoint, name=NAME, signer=key)


# Sealed up to 100, then put back to 80.
BACK = Restore(before=place(100), after=place(80), at=NOW, who="見本 担当")
OLD = [place(40), place(80), place(100)]
NEW = [place(85, BACK.branch), place(120, BACK.branch)]


class TestNotes:
    def test_a_restore_reads_as_it_was_written(self) -> None:
        assert open_restore(note(BACK.checkpoint()), VERIFIERS) == BACK

    def test_a_place_reads_as_it_was_written(self) -> None:
        for one in (place(5), place(5, BACK.branch)):
            assert open_place(note(one.checkpoint()), VERIFIERS) == one

    def test_a_restore_nobody_we_know_has_signed_is_refused(self) -> None:
        with pytest.raises(CheckpointRefused):
            open_restore(note(BACK.checkpoint(), Key(2)), VERIFIERS)

    def test_neither_is_taken_for_the_other(self) -> None:
        with pytest.raises(CheckpointRefused):
            open_place(note(BACK.checkpoint()), VERIFIERS)
        with pytest.raises(CheckpointRefused):
            open_restore(note(place(80).checkpoint()), VERIFIERS)

    @pytest.mark.parametrize("line", range(4))
    @pytest.mark.parametrize("text", ["", "x", "of first", "before first 1 !", "at never", "before first 007 AAAA"])
    def test_a_line_that_is_none_is_refused(self, line: int, text: str) -> None:
        said = BACK.checkpoint()
        extra = tuple(text if at == line else one for at, one in enumerate(said.extra) if text or at != line)
        if extra == said.extra:
            return

        with pytest.raises(CheckpointRefused):
            Restore.of(replace(said, extra=extra))

    def test_a_checkpoint_says_nothing_more_than_its_branch(self) -> None:
        with pytest.raises(CheckpointRefused):
            open_place(note(replace(place(5).checkpoint(), extra=("branch x", "more"))), VERIFIERS)


class TestFollow:
    def test_without_a_restore_every_checkpoint_holds(self) -> None:
        course = follow(OLD, [])

        assert sorted(course.places) == [40, 80, 100]
        assert (course.restores, course.unfit, course.unknown) == ((), (), ())

    def test_after_a_restore_what_it_took_away_holds_no_longer(self) -> None:
        course = follow([*OLD, *NEW], [BACK, BACK])

        assert {size: one.branch for size, one in course.places.items()} == {
            40: FIRST, 80: FIRST, 85: BACK.branch, 120: BACK.branch,
        }  # fmt: skip
        assert (course.restores, course.unfit) == ((BACK,), ())

    def test_who_has_not_seen_the_newest_checkpoint_knows_it_from_the_note(self) -> None:
        assert follow([place(40)], [BACK]).restores == (BACK,)

    def test_a_second_restore_to_the_same_backup(self) -> None:
        again = Restore(before=place(120, BACK.branch), after=place(80), at=NOW, who="x")

        course = follow([*OLD, *NEW], [again, BACK])

        assert course.restores == (BACK, again)
        assert sorted(course.places) == [40, 80]

    def test_a_second_restore_to_a_later_backup_of_before_the_first(self) -> None:
        again = Restore(before=place(85, BACK.branch), after=place(90), at=NOW, who="x")

        assert follow([*OLD, place(85, BACK.branch)], [BACK, again]).restores == (BACK, again)

    @pytest.mark.parametrize(
        "unfit",
        [
            pytest.param(replace(BACK, before=place(90)), id="more was sealed than it says"),
            pytest.param(replace(BACK, before=place(100, root="x")), id="another root before"),
            pytest.param(replace(BACK, after=place(80, root="x")), id="another root after"),
            pytest.param(replace(BACK, after=place(101)), id="longer than what was sealed"),
            pytest.param(replace(BACK, after=place(100)), id="nothing lost"),
            pytest.param(replace(BACK, before=place(100, "b" * 64)), id="a branch nobody began, before"),
            pytest.param(replace(BACK, after=place(80, "b" * 64)), id="a branch nobody began, after"),
        ],
    )
    def test_a_note_that_does_not_fit_excuses_nothing(self, unfit: Restore) -> None:
        course = follow(OLD, [unfit])

        assert sorted(course.places) == [40, 80, 100]
        assert (course.restores, course.unfit) == ((), (unfit,))

    def test_of_two_notes_that_begin_at_one_place_neither_counts(self) -> None:
        other = replace(BACK, after=place(40))

        course = follow(OLD, [BACK, other])

        assert sorted(course.places) == [40, 80, 100]
        assert set(course.unfit) == {BACK, other}

    def test_a_note_of_an_earlier_restore_does_not_take_away_what_came_after_it(self) -> None:
        assert max(follow([*OLD, *NEW], [BACK]).places) == 120

    def test_checkpoints_after_a_restore_nobody_knows_are_named(self) -> None:
        course = follow([*OLD, *NEW], [])

        assert course.unknown == (NEW[0],)
        assert sorted(course.places) == [40, 80, 100]

    def test_a_checkpoint_below_the_start_of_its_branch_does_not_fit(self) -> None:
        assert follow([*OLD, place(80, BACK.branch)], [BACK]).unfit == (BACK,)


class TestNewest:
    def lines(self, *said: Place | Restore, key: Key = OURS) -> list[tuple[int, str]]:
        return [(one.checkpoint().size, note(one.checkpoint(), key)) for one in said]

    def test_is_the_largest_since_the_last_restore(self) -> None:
        assert open_newest([], VERIFIERS) is None
        assert open_newest(self.lines(*OLD, place(90)), VERIFIERS) == place(100)
        assert open_newest(self.lines(*OLD, BACK), VERIFIERS) == BACK.start
        assert open_newest(self.lines(*OLD, BACK, NEW[0]), VERIFIERS) == NEW[0]
        assert newest_line(self.lines(*OLD, BACK)) == (80, note(BACK.checkpoint()))

    def test_of_a_journal_that_begins_with_a_restore(self) -> None:
        assert open_newest(self.lines(BACK), VERIFIERS) == BACK.start

    def test_a_restore_that_is_not_signed_or_begins_elsewhere_is_refused(self) -> None:
        with pytest.raises(CheckpointRefused):
            open_newest([*self.lines(*OLD), *self.lines(BACK, key=Key(2)), *self.lines(NEW[0])], VERIFIERS)
        with pytest.raises(CheckpointRefused):
            open_newest(self.lines(*OLD, place(101), BACK), VERIFIERS)
        with pytest.raises(CheckpointRefused):
            open_newest(self.lines(*OLD, BACK, BACK), VERIFIERS)
