"""Signed checkpoints kept outside the database, one file per month: a database rolled back cannot take them along.

Beside each stand the leaves of its round, so that a row can be named after everything in the database was re-chained.
"""

import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Self

from chukan.controls.sosa_log.export import KEY, checkpoint_line, checkpoint_sizes, read_checkpoints
from chukan.controls.sosa_log.restoration import Place, is_restore, newest_line, open_newest
from chukan.controls.sosa_log.verification import Kept
from chukan.kernel.clock import business_date_jst
from chukan.kernel.merkle_log import NoteVerifier


class CheckpointJournal:
    """The folder `CHUKAN_HOME/journal/checkpoints`; lines are only ever added."""

    def __init__(self, folder: Path) -> None:
        """Remember where."""
        self.folder = folder

    @classmethod
    def of_home(cls, home: Path) -> Self:
        """Return the journal of a CHUKAN_HOME."""
        return cls(home / "journal" / "checkpoints")

    def append(self, rounds: Sequence[tuple[int, str, bytes]], *, now: datetime) -> None:
        """Add (size, note, leaves) lines and wait until they are on the disk."""
        if not rounds:
            return
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.folder / f"sosa-{business_date_jst(now):%Y%m}.jsonl"
        lines = "".join(checkpoint_line(size, note, leaves) for size, note, leaves in rounds).encode()
        with path.open("a+b") as stream:
            # Behind a line that a crash has cut off, the next one would be lost with it.
            stream.write(lines if _ends_whole(path) else b"\n" + lines)
            stream.flush()
            os.fsync(stream.fileno())

    def kept(self) -> Iterator[Kept]:
        """Yield every checkpoint, oldest first; a line cut off by a crash is passed over."""
        for path in self._files():
            yield from read_checkpoints(path)

    def notes(self) -> Iterator[str]:
        """Yield every note, oldest first."""
        return (kept.note for kept in self.kept())

    def restores(self) -> list[tuple[int, str]]:
        """Return size and note of every restore, oldest first."""
        return [pair for path in self._files() for pair in checkpoint_sizes(path) if is_restore(pair[1])]

    def newest(self, verifiers: Sequence[NoteVerifier]) -> Place | None:
        """Return the place the log has reached by what is kept, None when nothing is; raises CheckpointRefused."""
        return open_newest(self._latest(), verifiers)

    def newest_size(self) -> int:
        """Return the largest size kept since the last restore, 0 when nothing is."""
        newest = newest_line(self._latest())
        return newest[0] if newest else 0

    def _latest(self) -> Iterator[tuple[int, str]]:
        return (pair for path in self._files()[-2:] for pair in checkpoint_sizes(path))

    def write_key(self, vkey: str) -> None:
        """Keep the public key beside the checkpoints, for whoever verifies without the hub."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.folder / KEY
        known = path.read_text(encoding="ascii").splitlines() if path.exists() else []
        if vkey not in known:
            path.write_text("\n".join([*known, vkey]) + "\n", encoding="ascii")

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("sosa-*.jsonl"))


def _ends_whole(path: Path) -> bool:
    with path.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        if not size:
            return True
        stream.seek(size - 1)
        return stream.read(1) == b"\n"
