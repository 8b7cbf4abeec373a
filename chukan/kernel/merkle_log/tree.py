"""Leaves, nodes and roots of the tree."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final, Self

SALT_LENGTH: Final = 16
HASH_LENGTH: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()


def leaf_hash(salt: bytes, body: bytes) -> bytes:
    """Return the leaf of one entry; without its salt nobody can guess the body from the leaf."""
    if len(salt) != SALT_LENGTH:
        message = "a salt has 16 bytes"
        raise ValueError(message)
    return entry_hash(salt + body)


def entry_hash(entry: bytes) -> bytes:
    """Return the leaf of raw bytes."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the node over two nodes; its prefix keeps nodes and leaves apart."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class CompactRange:
    """All that is needed to go on appending: the roots of the complete subtrees, largest first."""

    __slots__ = ("_hashes", "_size")

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        """Take up where `size` and `hashes` of an earlier range left off."""
        if len(hashes) != size.bit_count() or any(len(one) != HASH_LENGTH for one in hashes):
            message = "not the hashes of a range of this size"
            raise ValueError(message)
        self._size = size
        self._hashes = list(hashes)

    @classmethod
    def of(cls, leaves: Iterable[bytes]) -> Self:
        """Return the range of these leaves."""
        made = cls()
        for leaf in leaves:
            made.append(leaf)
        return made

    @property
    def size(self) -> int:
        """Return the number of leaves."""
        return self._size

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """Return the roots of the complete subtrees, largest first."""
        return tuple(self._hashes)

    def append(self, leaf: bytes) -> None:
        """Add the next leaf."""
        carried = leaf
        size = self._size
        while size & 1:
            carried = node_hash(self._hashes.pop(), carried)
            size >>= 1
        self._hashes.append(carried)
        self._size += 1

    def root(self) -> bytes:
        """Return the root over all leaves so far."""
        if not self._hashes:
            return EMPTY_ROOT
        root = self._hashes[-1]
        for left in reversed(self._hashes[:-1]):
            root = node_hash(left, root)
        return root


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Return the root over these leaves."""
    return CompactRange.of(leaves).root()
