"""The verification of the operation log written a second time, from docs/runbooks/verify_sosa_log.md alone.

Nothing of the product is imported: SHA-256 of the standard library, an Ed25519 check, and the naive tree of RFC 6962.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ORIGIN = "chukan/sosa"
RESTORE = "chukan/sosa/restore"


@lru_cache(maxsize=100_000)
def tree_head(leaves: tuple[bytes, ...]) -> bytes:
    """Return the Merkle tree hash as RFC 6962 §2.1 defines it, over leaves that are hashes already."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return hashlib.sha256(b"\x01" + tree_head(leaves[:half]) + tree_head(leaves[half:])).digest()


def leaf(salt: bytes, body: bytes) -> bytes:
    """Return the leaf of a row."""
    return hashlib.sha256(b"\x00" + salt + body).digest()


@dataclass(frozen=True)
class Key:
    """One line of sosa.vkey: name+key id+base64(0x01 ‖ 32 bytes)."""

    name: str
    key_id: bytes
    public: bytes

    @classmethod
    def of(cls, line: str) -> Key:
        name, key_id, encoded = line.split("+", 2)
        raw = base64.b64decode(encoded)
        assert raw[0] == 1
        assert hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4].hex() == key_id
        return cls(name, bytes.fromhex(key_id), raw[1:])


@dataclass(frozen=True)
class Signed:
    """The text of a note one of the keys has signed, line by line."""

    lines: tuple[str, ...]

    @property
    def size(self) -> int:
        return int(self.lines[1])

    @property
    def root(self) -> bytes:
        return base64.b64decode(self.lines[2])

    @property
    def branch(self) -> str:
        """Return the branch a checkpoint stands on."""
        return self.said("branch ") if self.lines[3:] else "first"

    @property
    def name(self) -> str:
        """Return the name of the branch that a restore begins."""
        return hashlib.sha256("".join(f"{line}\n" for line in self.lines).encode()).hexdigest()

    def said(self, word: str) -> str:
        """Return what the line after this word says."""
        return next(line.removeprefix(word) for line in self.lines[3:] if line.startswith(word))


def signed(note: str, keys: Iterable[Key]) -> Signed | None:
    """Return a note one of the keys has signed, else None."""
    text, _, signatures = note.rpartition("\n\n")
    text += "\n"
    for line in signatures.splitlines():
        dash, name, encoded = line.split(" ")
        raw = base64.b64decode(encoded)
        for key in keys:
            if (dash, name, raw[:4]) != ("—", key.name, key.key_id):
                continue
            try:
                Ed25519PublicKey.from_public_bytes(key.public).verify(raw[4:], text.encode())
            except InvalidSignature:
                return None
            return Signed(tuple(text.splitlines()))
    return None


def objects(path: Path) -> list[dict[str, Any]]:
    """Return the JSON objects of a file, one a line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@dataclass
class Kept:
    """What is kept elsewhere: the signed sizes of each branch with their rounds, and the restores that begin others."""

    rounds: dict[str, dict[int, tuple[Signed, bytes]]]
    restores: list[Signed]

    @classmethod
    def of(cls, lines: Iterable[dict[str, Any]], keys: list[Key]) -> Kept:
        """Sort the lines; one that nobody we know has signed says nothing."""
        kept = cls({"first": {}}, [])
        for line in lines:
            note = signed(line["note"], keys)
            if note is not None and note.lines[0] == RESTORE:
                kept.restores += [note] if note not in kept.restores else []
            elif note is not None and note.lines[0] == ORIGIN:
                kept.rounds.setdefault(note.branch, {})[note.size] = (note, base64.b64decode(line["leaves"]))
        return kept

    def grown(self, branch: str, leaves: tuple[bytes, ...]) -> tuple[bytes, ...]:
        """Return the leaves with those of every round of a branch added; each step is held by a signature."""
        for size, (note, raw) in sorted(self.rounds.get(branch, {}).items()):
            leaves += tuple(raw[at : at + 32] for at in range(0, len(raw), 32))
            assert (size, note.root) == (len(leaves), tree_head(leaves)), "what was kept elsewhere is damaged"
        return leaves


def sealed_leaves(lines: Iterable[dict[str, Any]], keys: list[Key]) -> tuple[bytes, ...]:
    """Return every leaf that was sealed and that no restore took away, from the lines kept elsewhere."""
    kept = Kept.of(lines, keys)
    branch = "first"
    ended = {branch: kept.grown(branch, ())}
    while True:
        following = [note for note in kept.restores if note.said("before ").split(" ")[0] == branch]
        if len(following) != 1:
            return ended[branch]
        note = following[0]
        _, size, root = note.said("before ").split(" ")
        leaves = ended.get(note.said("of "), ())[: note.size]
        begins = (int(size), base64.b64decode(root)) == (len(ended[branch]), tree_head(ended[branch]))
        if not begins or (note.size, note.root) != (len(leaves), tree_head(leaves)):
            return ended[branch]
        branch = note.name
        ended[branch] = kept.grown(branch, leaves)


def restore_lines(export: Path) -> list[dict[str, Any]]:
    """Return the notes of restores that came with an export: who kept the log from before has not seen them."""
    return [line for line in objects(export / "checkpoints.jsonl") if line["note"].startswith(f"{RESTORE}\n")]


def first_bad_row(export: Path, kept: Iterable[dict[str, Any]], keys: list[Key]) -> int | None:
    """Return the first place at which an export is not what was sealed, None when it is whole."""
    sealed = sealed_leaves(kept, keys)
    rows = [row for path in sorted(export.glob("entries-*.jsonl")) for row in objects(path)]
    bad = [int(row["before"]) for row in objects(export / "unlinked.jsonl")]
    for place in range(max(len(rows), len(sealed))):
        if place >= len(rows) or place >= len(sealed) or not _is(rows[place], place, sealed[place]):
            bad.append(place)
            break
    return min(bad, default=None)


def _is(row: dict[str, Any], place: int, sealed: bytes) -> bool:
    """Tell whether a row is the one that was sealed at this place, and shows what was sealed."""
    if row["idx"] != place or row["salt"] is None or row["body"] is None:
        return False
    salt, body = base64.b64decode(row["salt"]), base64.b64decode(row["body"])
    if len(salt) != 16 or leaf(salt, body) != sealed or base64.b64decode(row["leaf"]) != sealed:
        return False
    content = json.loads(body)
    return all(content[name] == value for name, value in row["columns"].items())
