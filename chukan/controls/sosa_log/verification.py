"""Proves that the operation log is whole: every event against its leaf, every leaf against the signed checkpoints.

Pure: it reads entries and notes from wherever they come (the database, or an export without one). 根拠: KJ-LOG-10.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from chukan.controls.sosa_log.domain import SALT_BYTES
from chukan.kernel.merkle_log import (
    Checkpoint,
    CheckpointRefused,
    CompactRange,
    NoteVerifier,
    leaf_hash,
    open_checkpoint,
)

ORIGIN: Final = "chukan/sosa"
KEY_NAME: Final = "chukan/sosa"
FINDINGS_MAX: Final = 100

FindingKind = Literal[
    "edited",
    "deleted",
    "inserted",
    "moved",
    "leaf_missing",
    "column_changed",
    "truncated",
    "root_differs",
    "checkpoint_refused",
]


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
class Finding:
    """What is wrong, and from which index on."""

    index: int
    kind: FindingKind
    event_id: int | None = None


@dataclass(slots=True)
class Report:
    """The outcome of one verification."""

    size: int = 0
    root: str = ""
    checkpoints: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def first_bad(self) -> Finding | None:
        """Return the finding at the lowest index."""
        return min(self.findings, key=lambda finding: finding.index, default=None)

    def add(self, index: int, kind: FindingKind, event_id: int | None = None) -> None:
        """Keep a finding; after the first hundred the rest says nothing new."""
        if len(self.findings) < FINDINGS_MAX:
            self.findings.append(Finding(index, kind, event_id))

    def as_json(self) -> str:
        """Return one line for programs."""
        first = self.first_bad
        return json.dumps(
            {
                "ok": first is None,
                "size": self.size,
                "root": self.root,
                "checkpoints": self.checkpoints,
                "first_bad": None if first is None else {"index": first.index, "kind": first.kind},
                "findings": [
                    {"index": item.index, "kind": item.kind, "event_id": item.event_id} for item in self.findings
                ],
            }
        )


def open_notes(notes: Iterable[str], verifiers: Sequence[NoteVerifier], report: Report) -> dict[int, Checkpoint]:
    """Return the trusted checkpoints by size; two of one size with different roots are a finding."""
    trusted: dict[int, Checkpoint] = {}
    for note in notes:
        try:
            checkpoint = open_checkpoint(note, verifiers)
        except CheckpointRefused:
            report.add(_claimed_size(note), "checkpoint_refused")
            continue
        if checkpoint.origin != ORIGIN:
            report.add(checkpoint.size, "checkpoint_refused")
            continue
        known = trusted.setdefault(checkpoint.size, checkpoint)
        if known.root != checkpoint.root:
            report.add(checkpoint.size, "root_differs")
    report.checkpoints = len(trusted)
    return trusted


def _claimed_size(note: str) -> int:
    lines = note.split("\n")
    return int(lines[1]) if len(lines) > 1 and lines[1].isdecimal() else 0


def verify_entries(entries: Iterable[Entry], notes: Iterable[str], verifiers: Sequence[NoteVerifier]) -> Report:
    """Return what is wrong with a log: nothing, or every place where it is not what was sealed.

    Notes may come from several keepers; whoever kept the longest one sees a log that was rolled back.
    """
    report = Report()
    trusted = open_notes(notes, verifiers, report)
    tree, good_until = CompactRange(), 0
    for entry in _in_order(entries, report):
        tree.append(_leaf_of(entry, report))
        checkpoint = trusted.get(tree.size)
        if checkpoint is not None:
            if checkpoint.root == tree.root():
                good_until = tree.size
            elif not any(finding.index >= good_until for finding in report.findings):
                report.add(good_until, "root_differs")
    report.size, report.root = tree.size, tree.root().hex()
    newest = max(trusted, default=0)
    if newest > tree.size:
        report.add(tree.size, "truncated")
    return report


def _in_order(entries: Iterable[Entry], report: Report) -> Iterator[Entry]:
    """Yield the entries; say where an index is missing or events stand in another order than they were written."""
    expected, before = 0, (0, 0)
    for entry in entries:
        if entry.idx != expected:
            report.add(expected, "leaf_missing")
            expected = entry.idx
        expected += 1
        place = (entry.xid, entry.event_id)
        if place <= before:
            report.add(entry.idx, "moved", entry.event_id)
        before = place
        yield entry


def _leaf_of(entry: Entry, report: Report) -> bytes:
    """Return the kept leaf; say where the event no longer gives it. The roots tell whether the kept leaf is true."""
    if entry.salt is None or entry.body is None:
        report.add(entry.idx, "deleted", entry.event_id)
        return entry.stored_leaf
    if len(entry.salt) != SALT_BYTES or leaf_hash(entry.salt, entry.body) != entry.stored_leaf:
        report.add(entry.idx, "edited", entry.event_id)
    elif entry.columns is not None and not _columns_agree(entry.body, entry.columns):
        report.add(entry.idx, "column_changed", entry.event_id)
    return entry.stored_leaf


def _columns_agree(body: bytes, columns: Mapping[str, object]) -> bool:
    sealed = json.loads(body)
    return all(sealed.get(name) == value for name, value in columns.items())
