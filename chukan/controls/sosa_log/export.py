"""The files of the operation log outside the database: an export, and checkpoints kept elsewhere. Plain, no Django.

The format is described in `docs/runbooks/verify_sosa_log.md`: others verify by it without our code.
"""

import base64
import binascii
import json
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from chukan.controls.sosa_log.verification import Entry, Kept, Report, Unlinked, verify_entries
from chukan.kernel.merkle_log import NoteVerifier

ENTRIES_OF_A_FILE: Final = 100_000
CHECKPOINTS: Final = "checkpoints.jsonl"
UNLINKED: Final = "unlinked.jsonl"
KEY: Final = "sosa.vkey"
_ENTRIES: Final = "entries-*.jsonl"


class Unreadable(Exception):
    """A file is not there or is not what it should be; the message is its name."""


def verify_export(export: Path, kept: Sequence[Kept], verifiers: Sequence[NoteVerifier]) -> Report:
    """Return what is wrong with an export, by its own checkpoints and those kept elsewhere; raises Unreadable."""
    own = export / CHECKPOINTS
    notes = [*(read_checkpoints(own) if own.exists() else ()), *kept]
    return verify_entries(read_entries(export), notes, verifiers, read_unlinked(export))


def entries_name(number: int) -> str:
    """Return the name of the n-th file of entries."""
    return f"entries-{number:06d}.jsonl"


def entry_line(entry: Entry) -> str:
    """Return the line of one leaf and its event."""
    value = {
        "idx": entry.idx,
        "event_id": entry.event_id,
        "xid": entry.xid,
        "leaf": _text(entry.stored_leaf),
        "salt": None if entry.salt is None else _text(entry.salt),
        "body": None if entry.body is None else _text(entry.body),
        "columns": entry.columns,
    }
    return json.dumps(value, ensure_ascii=False) + "\n"


def unlinked_line(event: Unlinked) -> str:
    """Return the line of an event without a leaf."""
    return json.dumps({"event_id": event.event_id, "before": event.before}) + "\n"


def checkpoint_line(size: int, note: str, leaves: bytes) -> str:
    """Return the line of one signed checkpoint with the leaves of its round, one after the other."""
    return json.dumps({"size": size, "note": note, "leaves": _text(leaves)}, ensure_ascii=False) + "\n"


def read_entries(export: Path) -> Iterator[Entry]:
    """Yield the entries of an export, in the order of its files and lines; raises Unreadable."""
    paths = sorted(export.glob(_ENTRIES))
    if not paths:
        raise Unreadable(_ENTRIES)
    for path in paths:
        for value in _objects(path):
            try:
                yield Entry(
                    idx=int(value["idx"]),
                    event_id=int(value["event_id"]),
                    xid=int(value["xid"]),
                    stored_leaf=base64.b64decode(value["leaf"]),
                    salt=None if value["salt"] is None else base64.b64decode(value["salt"]),
                    body=None if value["body"] is None else base64.b64decode(value["body"]),
                    columns=value.get("columns"),
                )
            except (ValueError, KeyError, TypeError):
                raise Unreadable(path.name) from None


def read_unlinked(export: Path) -> Iterator[Unlinked]:
    """Yield the events of an export that have no leaf; raises Unreadable."""
    path = export / UNLINKED
    for value in _objects(path) if path.exists() else ():
        try:
            yield Unlinked(event_id=int(value["event_id"]), before=int(value["before"]))
        except (ValueError, KeyError, TypeError):
            raise Unreadable(path.name) from None


def read_checkpoints(path: Path) -> Iterator[Kept]:
    """Yield the checkpoints of a folder, of a file of lines, or of one signed note; raises Unreadable.

    A line cut off by a crash is passed over: it vouches for nothing.
    """
    if path.is_dir():
        for inner in sorted({*path.glob("sosa-*.jsonl"), *path.glob(CHECKPOINTS)}):
            yield from read_checkpoints(inner)
        return
    try:
        content = path.open("rb")
    except OSError:
        raise Unreadable(path.name) from None
    with content as stream:
        at = 0
        for line in stream:
            if at == 0 and not line.startswith(b"{"):
                yield Kept((line + stream.read()).decode("utf-8", errors="replace"))
                return
            value = _checkpoint(line)
            if value is not None:
                yield Kept(str(value["note"]), partial(_leaves_at, path, at))
            at += len(line)


def checkpoint_sizes(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (size, note) of every readable line of a file of checkpoints."""
    with path.open("rb") as stream:
        for line in stream:
            value = _checkpoint(line)
            if value is not None:
                yield int(value["size"]), str(value["note"])


def read_key(path: Path) -> list[NoteVerifier]:
    """Return the public keys of a file, one a line; raises Unreadable."""
    try:
        verifiers = [NoteVerifier.parse(line) for line in path.read_text(encoding="ascii").split()]
    except (OSError, ValueError):
        raise Unreadable(path.name) from None
    if not verifiers:
        raise Unreadable(path.name)
    return verifiers


def _objects(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with path.open(encoding="utf-8") as stream:
            for line in stream:
                value = json.loads(line)
                if not isinstance(value, dict):
                    raise Unreadable(path.name)
                yield value
    except (OSError, ValueError):
        raise Unreadable(path.name) from None


def _checkpoint(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) and {"size", "note"} <= value.keys() else None


def _leaves_at(path: Path, at: int) -> bytes:
    """Return the leaves of the line at this place of a file, none where they were not kept."""
    with path.open("rb") as stream:
        stream.seek(at)
        value = _checkpoint(stream.readline())
    try:
        return base64.b64decode((value or {}).get("leaves", ""), validate=True)
    except (binascii.Error, ValueError, TypeError):
        return b""


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
