"""Proves that the operation log is whole: every event against its leaf, every leaf against the signed checkpoints.

Pure: it reads entries and notes from wherever they come (the database, or an export without one). 根拠: KJ-LOG-10.
Who re-chains a log after a change makes leaves and roots fit again; only checkpoints kept elsewhere contradict, and the
leaves kept beside them name the row.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from chukan.controls.sosa_log.domain import SALT_BYTES
from chukan.controls.sosa_log.restoration import Place, Restore, follow, is_restore, open_place, open_restore
from chukan.kernel.merkle_log import CheckpointRefused, CompactRange, NoteVerifier, leaf_hash
from chukan.kernel.merkle_log.tree import HASH_LENGTH

KEY_NAME: Final = "chukan/sosa"
FINDINGS_MAX: Final = 100

FindingKind = Literal[
    "edited",
    "deleted",
    "inserted",
    "moved",
    "replaced",
    "leaf_missing",
    "column_changed",
    "truncated",
    "root_differs",
    "checkpoint_refused",
    "two_roots",
    "restore_refused",
    "restore_missing",
]
# What is wrong with a note says nothing about the row of its index.
OF_NOTES: Final = ("checkpoint_refused", "two_roots", "restore_refused", "restore_missing")


@dataclass(frozen=True, slots=True)
class Entry:
    """One leaf with the event it stands for; `salt` and `body` are None where the event is gone.

    `columns` are the derived search columns, where they are at hand.
    """

    idx: int
    event_id: int
    xid: int
    stored_leaf: bytes
    salt: bytes | None
    body: bytes | None
    columns: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Unlinked:
    """An event that stands before the last sealed one and has no leaf; `before` is the leaf it stands before."""

    event_id: int
    before: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A signed note as somebody kept it; `leaves` reads the leaves of its round, where they were kept beside it."""

    note: str
    leaves: Callable[[], bytes] = bytes


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, and at which index; with `until` it is somewhere between the two."""

    index: int
    kind: FindingKind
    event_id: int | None = None
    until: int | None = None


@dataclass(slots=True)
class Report:
    """The outcome of one verification."""

    size: int = 0
    root: str = ""
    checkpoints: int = 0
    findings: list[Finding] = field(default_factory=list)
    restores: list[Restore] = field(default_factory=list)
    _first_row: Finding | None = None
    _first_note: Finding | None = None

    @property
    def first_bad(self) -> Finding | None:
        """Return the finding at the lowest row; one about a note only where all rows are right."""
        return self._first_row or self._first_note

    def add(self, finding: Finding) -> None:
        """Keep a finding; after the first hundred only an earlier one says something new."""
        if finding.kind in OF_NOTES:
            if self._first_note is None or finding.index < self._first_note.index:
                self._first_note = finding
        elif self._first_row is None or finding.index < self._first_row.index:
            self._first_row = finding
        if len(self.findings) < FINDINGS_MAX:
            self.findings.append(finding)

    def as_json(self) -> str:
        """Return one line for programs."""
        first = self.first_bad
        return json.dumps(
            {
                "ok": first is None,
                "size": self.size,
                "root": self.root,
                "checkpoints": self.checkpoints,
                "first_bad": None if first is None else _shown(first),
                "findings": [_shown(item) for item in self.findings],
                "restores": [_told(restore) for restore in self.restores],
            }
        )


def _shown(finding: Finding) -> dict[str, object]:
    exact: dict[str, object] = {"index": finding.index, "kind": finding.kind, "event_id": finding.event_id}
    return exact if finding.until is None else {**exact, "until": finding.until}


def _told(restore: Restore) -> dict[str, object]:
    before, after = ({"size": place.size, "root": place.root.hex()} for place in (restore.before, restore.after))
    return {"at": restore.at.isoformat(), "by": restore.who, "before": before, "after": after}


@dataclass(slots=True)
class _Trusted:
    """Checkpoints a key of ours has signed and the log has to agree with, by size, and who has their rounds' leaves."""

    checkpoints: Mapping[int, Place] = field(default_factory=dict)
    leaves: dict[tuple[str, int], list[Callable[[], bytes]]] = field(default_factory=dict)

    def next_after(self, size: int) -> Place | None:
        """Return the smallest checkpoint larger than `size`."""
        return self.checkpoints.get(min((known for known in self.checkpoints if known > size), default=-1))

    def leaves_from(self, good: CompactRange, checkpoint: Place) -> list[bytes] | None:
        """Return the leaves between a tree that holds and a checkpoint; None unless kept ones give its root."""
        missing = checkpoint.size - good.size
        for read in self.leaves.get((checkpoint.branch, checkpoint.size), ()):
            raw = read()
            leaves = [raw[at : at + HASH_LENGTH] for at in range(0, len(raw), HASH_LENGTH)][-missing:]
            if len(leaves) != missing or len(leaves[-1]) != HASH_LENGTH:
                continue
            tree = CompactRange(good.size, good.hashes)
            for leaf in leaves:
                tree.append(leaf)
            if tree.root() == checkpoint.root:
                return leaves
        return None


def _open_notes(kept: Iterable[Kept], verifiers: Sequence[NoteVerifier], report: Report) -> _Trusted:
    """Return what the log has to agree with after the restores that fit; two roots of one place are a finding."""
    trusted = _Trusted()
    places: dict[tuple[str, int], Place] = {}
    restores: list[Restore] = []
    for one in kept:
        try:
            if is_restore(one.note):
                restores.append(open_restore(one.note, verifiers))
                continue
            place = open_place(one.note, verifiers)
        except CheckpointRefused:
            report.add(Finding(_claimed_size(one.note), "checkpoint_refused"))
            continue
        known = places.setdefault((place.branch, place.size), place)
        trusted.leaves.setdefault((place.branch, place.size), []).append(one.leaves)
        if known.root != place.root:
            report.add(Finding(place.size, "two_roots"))
    course = follow(places.values(), restores)
    for restore in course.unfit:
        report.add(Finding(restore.after.size, "restore_refused"))
    for place in course.unknown:
        report.add(Finding(place.size, "restore_missing"))
    trusted.checkpoints, report.restores = course.places, list(course.restores)
    report.checkpoints = len(course.places)
    return trusted


def _claimed_size(note: str) -> int:
    lines = note.split("\n")
    return int(lines[1]) if len(lines) > 1 and lines[1].isdecimal() else 0


def verify_entries(
    entries: Iterable[Entry],
    kept: Iterable[Kept],
    verifiers: Sequence[NoteVerifier],
    unlinked: Iterable[Unlinked] = (),
) -> Report:
    """Return what is wrong with a log: nothing, or every place where it is not what was sealed.

    Notes may come from several keepers; whoever kept the longest one sees a log that was rolled back.
    """
    report = Report()
    walk = _Walk(_open_notes(kept, verifiers, report), report)
    for entry in _in_order(entries, report):
        walk.take(entry.event_id, _leaf_of(entry, report))
    walk.end()
    for event in unlinked:
        report.add(Finding(event.before, "inserted", event.event_id))
    report.size, report.root = walk.tree.size, walk.tree.root().hex()
    return report


class _Walk:
    """Goes along the leaves: up to where checkpoints vouch for them, and what has come since."""

    def __init__(self, trusted: _Trusted, report: Report) -> None:
        """Begin before the first leaf."""
        self.tree, self._good = CompactRange(), CompactRange()
        self._since: list[tuple[bytes, int]] = []
        self._trusted, self._report = trusted, report
        self._holds = True

    def take(self, event_id: int, leaf: bytes) -> None:
        """Append a leaf; at the first checkpoint that contradicts name the row."""
        self.tree.append(leaf)
        if not self._holds:
            return
        self._since.append((leaf, event_id))
        checkpoint = self._trusted.checkpoints.get(self.tree.size)
        if checkpoint is None:
            return
        if checkpoint.root == self.tree.root():
            self._good = CompactRange(self.tree.size, self.tree.hashes)
            self._since.clear()
        else:
            self._name_first(checkpoint)

    def end(self) -> None:
        """Say what is missing at the end, and what stands there and nobody has signed."""
        size = self.tree.size
        if size < max(self._trusted.checkpoints, default=0):
            self._report.add(Finding(size, "truncated"))
        if not self._holds:
            return
        checkpoint = self._trusted.next_after(self._good.size)
        if checkpoint is not None:
            self._name_first(checkpoint)
        elif self._since:
            self._report.add(Finding(self._good.size, "inserted", self._since[0][1]))

    def _name_first(self, checkpoint: Place) -> None:
        """Add the first row since the last good checkpoint that is not the one sealed there."""
        self._holds = False
        sealed = self._trusted.leaves_from(self._good, checkpoint)
        if sealed is None:
            if self._since:
                self._report.add(Finding(self._good.size, "root_differs", until=checkpoint.size - 1))
            return
        for place, (leaf, event_id) in enumerate(self._since):
            if leaf != sealed[place]:
                self._report.add(Finding(self._good.size + place, "replaced", event_id))
                return


def _in_order(entries: Iterable[Entry], report: Report) -> Iterator[Entry]:
    """Yield the entries; say where an index is missing or events stand in another order than they were written."""
    expected, before = 0, (0, 0)
    for entry in entries:
        if entry.idx != expected:
            report.add(Finding(expected, "leaf_missing"))
            expected = entry.idx
        expected += 1
        place = (entry.xid, entry.event_id)
        if place <= before:
            report.add(Finding(entry.idx, "moved", entry.event_id))
        before = place
        yield entry


def _leaf_of(entry: Entry, report: Report) -> bytes:
    """Return the kept leaf; say where the event no longer gives it. The roots tell whether the kept leaf is true."""
    if entry.salt is None or entry.body is None:
        report.add(Finding(entry.idx, "deleted", entry.event_id))
        return entry.stored_leaf
    if len(entry.salt) != SALT_BYTES or leaf_hash(entry.salt, entry.body) != entry.stored_leaf:
        report.add(Finding(entry.idx, "edited", entry.event_id))
    elif entry.columns is not None and not _columns_agree(entry.body, entry.columns):
        report.add(Finding(entry.idx, "column_changed", entry.event_id))
    return entry.stored_leaf


def _columns_agree(body: bytes, columns: Mapping[str, object]) -> bool:
    try:
        sealed = json.loads(body)
    except ValueError:
        return False
    return isinstance(sealed, dict) and all(sealed.get(name) == value for name, value in columns.items())
