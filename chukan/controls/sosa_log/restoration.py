"""A restore puts the log back to an earlier size: the signed note that says so, and which checkpoints hold after it.

Pure. A restore begins a *branch* of the log, named by its note; every checkpoint says on which branch it stands. A log
shorter than a checkpoint is whole only where a note leads from the newest checkpoint of its branch to what is there:
a note that begins earlier, two notes that begin at one place, or a note of an earlier restore excuse nothing.
根拠: KJ-LOG-10.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Self

from chukan.kernel.merkle_log import Checkpoint, CheckpointRefused, NoteVerifier, open_checkpoint

ORIGIN: Final = "chukan/sosa"
RESTORE_ORIGIN: Final = "chukan/sosa/restore"
FIRST: Final = "first"  # the branch nobody had to restore
_BRANCH: Final = "branch "
_LINES: Final = ("of ", "before ", "at ", "by ")


@dataclass(frozen=True, slots=True)
class Place:
    """How far a log is: on which branch, how many leaves, and the root they give."""

    branch: str
    size: int
    root: bytes

    def checkpoint(self) -> Checkpoint:
        """Return the checkpoint that is signed at this place."""
        return Checkpoint(ORIGIN, self.size, self.root, () if self.branch == FIRST else (_BRANCH + self.branch,))


@dataclass(frozen=True, slots=True)
class Restore:
    """One restore: from the newest checkpoint that was kept to what the backup held, when, and by whom."""

    before: Place
    after: Place
    at: datetime
    who: str

    @property
    def branch(self) -> str:
        """Return the name of the branch that begins here."""
        return hashlib.sha256(self.checkpoint().text().encode()).hexdigest()

    @property
    def start(self) -> Place:
        """Return the place from which the log goes on."""
        return Place(self.branch, self.after.size, self.after.root)

    def checkpoint(self) -> Checkpoint:
        """Return what is signed; nobody takes it for a checkpoint of the log, its first line is another."""
        before = f"{self.before.branch} {self.before.size} {base64.b64encode(self.before.root).decode()}"
        said = (self.after.branch, before, self.at.isoformat(), self.who)
        extra = tuple(f"{name}{value}" for name, value in zip(_LINES, said, strict=True))
        return Checkpoint(RESTORE_ORIGIN, self.after.size, self.after.root, extra)

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> Self:
        """Return the restore of an opened note; raises CheckpointRefused."""
        try:
            branch, before, at, who = (
                line.removeprefix(name) for name, line in zip(_LINES, checkpoint.extra, strict=True)
            )
            last, size, root = before.split(" ")
            made = cls(
                before=Place(last, int(size), base64.b64decode(root, validate=True)),
                after=Place(branch, checkpoint.size, checkpoint.root),
                at=datetime.fromisoformat(at),
                who=who,
            )
        except (ValueError, binascii.Error):
            raise CheckpointRefused("not the note of a restore") from None
        if made.checkpoint() != checkpoint:
            raise CheckpointRefused("not the note of a restore")
        return made


def is_restore(note: str) -> bool:
    """Tell whether a note says that it is one of a restore."""
    return note.startswith(f"{RESTORE_ORIGIN}\n")


def open_place(note: str, verifiers: Sequence[NoteVerifier]) -> Place:
    """Return the place of a checkpoint of this log that one of `verifiers` has signed; raises CheckpointRefused."""
    checkpoint = open_checkpoint(note, verifiers)
    branch = checkpoint.extra[0].removeprefix(_BRANCH) if checkpoint.extra else FIRST
    place = Place(branch, checkpoint.size, checkpoint.root)
    if place.checkpoint() != checkpoint:
        raise CheckpointRefused("not a checkpoint of this log")
    return place


def open_restore(note: str, verifiers: Sequence[NoteVerifier]) -> Restore:
    """Return the restore of a note that one of `verifiers` has signed; raises CheckpointRefused."""
    return Restore.of(open_checkpoint(note, verifiers))


def open_newest(lines: Iterable[tuple[int, str]], verifiers: Sequence[NoteVerifier]) -> Place | None:
    """Return the place that (size, note) lines, in the order they were kept, end at; None when there are none.

    Raises CheckpointRefused when the last one, or a restore among them, is not signed or fits not what is before it.
    """

    def check(before: str | None, note: str) -> None:
        restore = open_restore(note, verifiers)
        if before is not None and _end(before, verifiers) != restore.before:
            raise CheckpointRefused("a restore that begins at another place")

    newest = newest_line(lines, check=check)
    return None if newest is None else _end(newest[1], verifiers)


def newest_line(
    lines: Iterable[tuple[int, str]], *, check: Callable[[str | None, str], None] = lambda _before, _note: None
) -> tuple[int, str] | None:
    """Return the line of the largest size since the last restore; `check` is told each restore and what is before."""
    newest: tuple[int, str] | None = None
    for size, note in lines:
        if is_restore(note):
            check(newest[1] if newest else None, note)
            newest = (size, note)
        elif newest is None or size > newest[0]:
            newest = (size, note)
    return newest


def _end(note: str, verifiers: Sequence[NoteVerifier]) -> Place:
    return open_restore(note, verifiers).start if is_restore(note) else open_place(note, verifiers)


@dataclass(frozen=True, slots=True)
class Course:
    """What a log has to agree with, by size, and the restores it went through; `unfit` ones excuse nothing."""

    places: Mapping[int, Place]
    restores: tuple[Restore, ...] = ()
    unfit: tuple[Restore, ...] = ()
    unknown: tuple[Place, ...] = field(default=())


def follow(places: Iterable[Place], restores: Iterable[Restore]) -> Course:
    """Return the course that signed places and restores give.

    `unknown` names the first place of every branch that no restore begins.
    """
    signed: dict[str, dict[int, Place]] = {FIRST: {}}
    for place in places:
        signed.setdefault(place.branch, {})[place.size] = place
    given = {restore.branch: restore for restore in restores}
    courses, ends, taken = {FIRST: signed[FIRST]}, dict[str, int](), list[Restore]()
    branch = FIRST
    while following := [one for one in given.values() if one.before.branch == branch]:
        restore = following[0]
        news = signed.get(restore.branch, {})
        if len(following) > 1 or not _fits(restore, courses, ends, news):
            break
        ends[branch], branch = restore.before.size, restore.branch
        kept = {size: one for size, one in courses[restore.after.branch].items() if size <= restore.after.size}
        courses[branch] = {restore.after.size: restore.after} | kept | news
        taken.append(restore)
    return Course(
        courses[branch],
        tuple(taken),
        tuple(one for one in given.values() if one not in taken),
        tuple(signed[name][min(signed[name])] for name in signed if name not in courses and name not in given),
    )


def _fits(
    restore: Restore, courses: Mapping[str, Mapping[int, Place]], ends: Mapping[str, int], news: Mapping[int, Place]
) -> bool:
    """Tell whether a restore begins where its branch ends and leads to a place of the log."""
    before, after = restore.before, restore.after
    left, reached = courses[before.branch], courses.get(after.branch)
    if reached is None or (before.branch, before.size) == (after.branch, after.size):
        return False
    return (
        max(left, default=0) <= before.size
        and left.get(before.size, before).root == before.root
        and after.size <= {**ends, before.branch: before.size}[after.branch]
        and reached.get(after.size, after).root == after.root
        and min(news, default=after.size + 1) > after.size
    )
