"""Signed checkpoints kept outside the database, one file per month: a database rolled back cannot take them along."""

import json
import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from chukan.kernel.clock import business_date_jst


class CheckpointJournal:
    """The folder `CHUKAN_HOME/journal/checkpoints`; lines are only ever added."""

    def __init__(self, folder: Path) -> None:
        """Remember where."""
        self.folder = folder

    def append(self, notes: Sequence[tuple[int, str]], *, now: datetime) -> None:
        """Add (size, note) lines and wait until they are on the disk."""
        if not notes:
            return
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.folder / f"sosa-{business_date_jst(now):%Y%m}.jsonl"
        with path.open("a", encoding="utf-8") as stream:
            for size, note in notes:
                stream.write(json.dumps({"size": size, "note": note}, ensure_ascii=False) + "\n")
            stream.flush()
            os.fsync(stream.fileno())

    def notes(self) -> Iterator[str]:
        """Yield every note, oldest first; a line cut off by a crash is passed over."""
        for path in sorted(self.folder.glob("sosa-*.jsonl")):
            with path.open(encoding="utf-8") as stream:
                for line in stream:
                    note = _note_of(line)
                    if note is not None:
                        yield note[1]

    def newest_size(self) -> int:
        """Return the largest size kept, 0 when nothing is."""
        newest = 0
        for path in sorted(self.folder.glob("sosa-*.jsonl"), reverse=True)[:2]:
            with path.open(encoding="utf-8") as stream:
                newest = max([newest, *(note[0] for line in stream if (note := _note_of(line)))])
        return newest

    def write_key(self, vkey: str) -> None:
        """Keep the public key beside the checkpoints, for whoever verifies without the hub."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.folder / "sosa.vkey"
        known = path.read_text(encoding="ascii").splitlines() if path.exists() else []
        if vkey not in known:
            path.write_text("\n".join([*known, vkey]) + "\n", encoding="ascii")


def _note_of(line: str) -> tuple[int, str] | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return int(value["size"]), str(value["note"])
