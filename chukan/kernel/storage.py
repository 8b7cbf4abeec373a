"""Object store: streams go in sealed, come out as streams, and are erased by destroying their key.

Every file has a random key of its own in the keystore, never in the database. An erasure destroys the key first, so
that copies of the object in old backups are of no use, and leaves a line in `CHUKAN_HOME/journal/shokyo.jsonl` that
names the file and the rule, nothing personal. 根拠: KJ-IN-21, KJ-ENC-05.
"""

import hashlib
import io
import json
import os
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Self, cast
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from chukan.kernel.crash_points import crash_point
from chukan.kernel.crypto.derive import derive_key, pack
from chukan.kernel.crypto.errors import KeyUnavailable
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.crypto.kms import Kms

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

CHUNK: Final = 64 * 1024
_TAG: Final = 16
_SEALED_CHUNK: Final = CHUNK + _TAG
_MAGIC: Final = b"CHUKAN1\n"
_KIND: Final = re.compile("[a-z][a-z_]{0,30}")
_KEY: Final = re.compile("([a-z][a-z_]{0,30})-([0-9a-f]{32})")
_LINE_NONCE: Final = 12
_UNFINISHED: Final = ".part"


class StoredFileDamaged(Exception):
    """An object is cut off or was changed; nothing of the damaged part was given out."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What was stored: its key, and size and SHA-256 of the content as it came in."""

    key: str
    size: int
    sha256: str


def _nonce(index: int, *, final: bool) -> bytes:
    # Place and end are part of every chunk's nonce: chunks cannot be swapped, repeated or cut off. The key is used
    # for this one file, once, so that counting nonces cannot repeat.
    return index.to_bytes(11, "big") + bytes([final])


class Writer:
    """Takes a stream in pieces of any size; memory does not grow with the file."""

    def __init__(self, *, key: str, path: Path, cipher: AESGCM, owner: "FileStore") -> None:
        """Open the unfinished object."""
        self.key = key
        self._path = path
        self._unfinished = path.with_name(path.name + _UNFINISHED)
        self._cipher = cipher
        self._aad = _MAGIC + key.encode()
        self._owner = owner
        self._waiting = bytearray()
        self._index = 0
        self._size = 0
        self._sha256 = hashlib.sha256()
        descriptor = os.open(self._unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._stream = os.fdopen(descriptor, "wb")
        self._stream.write(_MAGIC)
        self._stored: StoredFile | None = None

    def write(self, piece: bytes) -> int:
        """Take the next bytes."""
        self._size += len(piece)
        self._sha256.update(piece)
        self._waiting += piece
        # The last chunk is known as such only at the end, so one whole chunk may be left waiting.
        while len(self._waiting) > CHUNK:
            self._seal(bytes(self._waiting[:CHUNK]), final=False)
            del self._waiting[:CHUNK]
        return len(piece)

    def close(self) -> StoredFile:
        """Finish the object and return what was stored. Idempotent."""
        if self._stored is None:
            self._seal(bytes(self._waiting), final=True)
            self._waiting.clear()
            self._stream.flush()
            os.fsync(self._stream.fileno())
            self._stream.close()
            crash_point("object.finishing")
            self._unfinished.replace(self._path)
            _sync_folder(self._path.parent)
            crash_point("object.stored")
            self._stored = StoredFile(self.key, self._size, self._sha256.hexdigest())
        return self._stored

    def discard(self) -> None:
        """Throw away what was written so far, key and bytes; a finished object stays."""
        if self._stored is None and not self._stream.closed:
            self._stream.close()
            self._owner.drop_unfinished(self.key, self._unfinished)

    def _seal(self, chunk: bytes, *, final: bool) -> None:
        self._stream.write(self._cipher.encrypt(_nonce(self._index, final=final), chunk, self._aad))
        self._index += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()


class _Reader(io.RawIOBase):
    """Opens one chunk at a time; can seek, so that a long job resumes where it was."""

    def __init__(self, *, stream: BinaryIO, length: int, cipher: AESGCM, aad: bytes) -> None:
        super().__init__()
        body = length - len(_MAGIC)
        # Full chunks and one at the end, which is never missing and at least a tag long.
        self._chunks = -(-body // _SEALED_CHUNK)
        self._stream = stream
        self._size = body - self._chunks * _TAG
        self._cipher = cipher
        self._aad = aad
        self._at = 0
        self._index = -1
        self._chunk = b""
        whole = stream.read(len(_MAGIC)) == _MAGIC and body - max(0, self._chunks - 1) * _SEALED_CHUNK >= _TAG
        # The end is opened first: a file that was cut off is not half-processed before anybody notices.
        if not whole or not self._load(self._chunks - 1):
            stream.close()
            raise StoredFileDamaged

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        view = memoryview(buffer).cast("B")
        if self._at >= self._size or not view:
            return 0
        index, offset = divmod(self._at, CHUNK)
        if index != self._index and not self._load(index):
            raise StoredFileDamaged
        piece = self._chunk[offset : offset + len(view)]
        view[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def _load(self, index: int) -> bool:
        self._stream.seek(len(_MAGIC) + index * _SEALED_CHUNK)
        sealed = self._stream.read(_SEALED_CHUNK)
        try:
            self._chunk = self._cipher.decrypt(_nonce(index, final=index == self._chunks - 1), sealed, self._aad)
        except InvalidTag:
            return False
        self._index = index
        return True

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()


@dataclass(frozen=True, slots=True)
class Replayed:
    """What `replay` found back: keys and objects; and all names with an erased file, with a destroyed key."""

    keys: frozenset[str]
    objects: frozenset[str]
    erased: frozenset[str]
    sealed: frozenset[str]


class FileStore:
    """Objects under `CHUKAN_HOME/objects`, their keys in the keystore."""

    def __init__(self, home: Path, kms: Kms) -> None:
        """Remember where."""
        self._objects = home / "objects"
        self._journal = home / "journal" / "shokyo.jsonl"
        self._kms = kms
        self._lock = threading.Lock()

    def create(self, kind: str) -> Writer:
        """Return a writer for a new object of this kind (`uketsuke`, `kekka`, …)."""
        if _KIND.fullmatch(kind) is None:
            message = "a kind is a lower-case word"
            raise ValueError(message)
        key = f"{kind}-{uuid4().hex}"
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        cipher = _body_cipher(self._kms.create_file_key(key))
        return Writer(key=key, path=path, cipher=cipher, owner=self)

    def open(self, key: str) -> BinaryIO:
        """Return the content as a stream that can seek.

        Raises KeyUnavailable when the file was erased, StoredFileDamaged when the object is not what was stored.
        """
        cipher = _body_cipher(self._kms.file_key(key))
        path = self._path(key)
        try:
            stream = path.open("rb")
        except FileNotFoundError:
            raise KeyUnavailable(f"objects/{key}") from None
        raw = _Reader(stream=stream, length=path.stat().st_size, cipher=cipher, aad=_MAGIC + key.encode())
        return cast("BinaryIO", io.BufferedReader(raw, CHUNK))

    def exists(self, key: str) -> bool:
        """Tell whether the object is there; its key may be gone."""
        return self._path(key).exists()

    def sealed_sha256(self, key: str) -> str:
        """Return the SHA-256 of the object as it lies there, sealed: what names it without saying what is in it.

        Raises KeyUnavailable when the object is gone.
        """
        try:
            with self._path(key).open("rb") as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest()
        except FileNotFoundError:
            raise KeyUnavailable(f"objects/{key}") from None

    def seal_with_file_key(self, key: str, aad: bytes, plaintext: bytes) -> bytes:
        """Return `plaintext` sealed under the key of that file alone, bound to `aad`; it stays when the object goes."""
        return _seal_line(self._line_cipher(key), key, aad, plaintext)

    def open_with_file_key(self, key: str, aad: bytes, data: bytes) -> bytes:
        """Return what was sealed; raises KeyUnavailable once the key was destroyed, StoredFileDamaged on a change."""
        return _open_line(self._line_cipher(key), key, aad, data)

    def line_sealer(self, key: str) -> Callable[[UUID, int, bytes], bytes]:
        """Return what seals many lines under the key of that file, each bound to the id of its 受付 and its number."""
        cipher = self._line_cipher(key)
        return lambda uketsuke_id, number, line: _seal_line(cipher, key, _line_aad(uketsuke_id, number), line)

    def line_opener(self, key: str) -> Callable[[UUID, int, bytes], bytes]:
        """Return what opens the lines of `line_sealer`; the same errors as `open_with_file_key`."""
        cipher = self._line_cipher(key)
        return lambda uketsuke_id, number, data: _open_line(cipher, key, _line_aad(uketsuke_id, number), data)

    def erase(self, key: str, *, rule: str, now: datetime) -> None:
        """Erase key and object for good and note it in the journal. Idempotent."""
        self._kms.destroy_file_key(key)
        crash_point("object.key_destroyed")
        self._path(key).unlink(missing_ok=True)
        crash_point("object.erased")
        self._note(key, ["key", "object"], rule=rule, now=now)

    def erase_object(self, key: str, *, rule: str, now: datetime) -> None:
        """Erase the object alone; what is sealed under its key (訂正待ち) can still be opened. Idempotent."""
        self._path(key).unlink(missing_ok=True)
        self._note(key, ["object"], rule=rule, now=now)

    def destroy_key(self, key: str, *, rule: str, now: datetime) -> None:
        """Destroy the key alone; nothing sealed under it opens any more. Idempotent."""
        self._kms.destroy_file_key(key)
        self._note(key, ["key"], rule=rule, now=now)

    def erase_unfinished(self, *, before: datetime) -> int:
        """Drop what uploads that died left behind and return how many there were."""
        dropped = 0
        for path in self._objects.glob(f"*/*/*{_UNFINISHED}"):
            if path.stat().st_mtime < before.timestamp():
                self.drop_unfinished(path.name.removesuffix(_UNFINISHED), path)
                dropped += 1
        return dropped

    def list_older(self, kind: str, *, before: datetime) -> list[str]:
        """Return the files of this kind of which an object or a key from before that instant is left.

        One that is still being written is not among them.
        """
        folder, until = self._objects / kind, before.timestamp()
        keys = {name for name in self._kms.list_file_keys(before=before) if name.startswith(f"{kind}-")}
        growing = {path.name.removesuffix(_UNFINISHED) for path in folder.glob(f"*/*{_UNFINISHED}")}
        objects = {path.name for path in folder.glob(f"*/{kind}-*") if path.stat().st_mtime < until}
        return sorted(key for key in (keys | objects) - growing if _KEY.fullmatch(key))

    def drop_unfinished(self, key: str, path: Path) -> None:
        """Destroy key and bytes of an object that was never finished; no erasure to note, nothing was accepted."""
        self._kms.destroy_file_key(key)
        path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        match = _KEY.fullmatch(key)
        if match is None:
            message = "not a key of a stored file"
            raise ValueError(message)
        kind, name = match.groups()
        return self._objects / kind / name[:2] / key

    def _line_cipher(self, key: str) -> AESGCM:
        return AESGCM(derive_key(self._kms.file_key(key), "chukan1", "file", "line"))

    def _note(self, key: str, what: list[str], *, rule: str, now: datetime) -> None:
        line = json.dumps({"at": now.isoformat(), "key": key, "what": what, "rule": rule}, ensure_ascii=False) + "\n"
        with self._lock:
            self._journal.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self._journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                os.write(descriptor, line.encode())
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def replay(self) -> Replayed:
        """Erase again whatever the journal says was erased: after a restore some of it is back. Nothing is noted."""
        keys: set[str] = set()
        objects: set[str] = set()
        for entry in self.journal():
            key, what = str(entry["key"]), entry["what"]
            if "key" in what:
                keys.add(key)
            if "object" in what:
                objects.add(key)
        back = {key for key in objects if self._path(key).exists()}
        for key in back:
            self._path(key).unlink()
        found = frozenset(key for key in keys if self._kms.destroy_file_key(key))
        return Replayed(keys=found, objects=frozenset(back), erased=frozenset(keys | objects), sealed=frozenset(keys))

    def journal(self) -> Iterator[dict[str, Any]]:
        """Yield the noted erasures, oldest first."""
        if self._journal.exists():
            with self._journal.open(encoding="utf-8") as stream:
                yield from map(json.loads, stream)


def _line_aad(uketsuke_id: UUID, number: int) -> bytes:
    return uketsuke_id.bytes + number.to_bytes(8, "big")


def _seal_line(cipher: AESGCM, key: str, aad: bytes, plaintext: bytes) -> bytes:
    nonce = os.urandom(_LINE_NONCE)
    return nonce + cipher.encrypt(nonce, plaintext, pack("chukan1", "line", key, aad))


def _open_line(cipher: AESGCM, key: str, aad: bytes, data: bytes) -> bytes:
    raw = bytes(data)
    if len(raw) < _LINE_NONCE + _TAG:
        raise StoredFileDamaged
    try:
        return cipher.decrypt(raw[:_LINE_NONCE], raw[_LINE_NONCE:], pack("chukan1", "line", key, aad))
    except InvalidTag:
        raise StoredFileDamaged from None


def _body_cipher(file_key: bytes) -> AESGCM:
    return AESGCM(derive_key(file_key, "chukan1", "file", "body"))


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def store() -> FileStore:
    """Return the object store of this CHUKAN_HOME."""
    return FileStore(Path(settings.CHUKAN_HOME), get_keyring().kms)
