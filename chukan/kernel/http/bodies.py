"""Request bodies that are counted and digested while they are read, and never read further than allowed."""

import hashlib
import hmac
from typing import Protocol

from chukan.kernel.errors import NotAuthenticated, TooLarge

_CHUNK = 64 * 1024


class Readable(Protocol):
    """The server's stream of the body."""

    def read(self, size: int = -1, /) -> bytes: ...

    def readline(self, size: int = -1, /) -> bytes: ...


def too_large(limit: int) -> TooLarge:
    """Return the refusal of a body over the limit."""
    mebibytes = limit // (1024 * 1024)
    return TooLarge("okisugi", f"送られたデータが上限（{mebibytes} MiB）を超えています。分けて送ってください。")


class CheckedBody:
    """Stands in for the server's stream: refuses more than `limit` bytes, and knows the SHA-256 of all it gave."""

    def __init__(self, stream: Readable, *, sha256: bytes, limit: int) -> None:
        """Wrap the stream; `sha256` is the signed digest."""
        self._stream, self.expected, self._limit = stream, sha256, limit
        self._hash, self.size = hashlib.sha256(), 0

    def _count(self, data: bytes) -> bytes:
        self.size += len(data)
        if self.size > self._limit:
            raise too_large(self._limit)
        self._hash.update(data)
        return data

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes."""
        if size < 0:
            return self._count(self._stream.read(self._limit - self.size + 1))
        return self._count(self._stream.read(size))

    def readline(self, size: int = -1, /) -> bytes:
        """Return the next line."""
        bound = self._limit - self.size + 1
        return self._count(self._stream.readline(bound if size < 0 else min(size, bound)))

    def finish(self) -> None:
        """Read what is left and compare with the signed digest.

        Raises: NotAuthenticated when the body is not the one that was signed; nothing of it may be used.
        """
        while self.read(_CHUNK):
            pass
        if not hmac.compare_digest(self._hash.digest(), self.expected):
            raise NotAuthenticated("ninsho", "署名を確認できませんでした。本文と Content-Digest が一致していません。")
