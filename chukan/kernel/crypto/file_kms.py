"""File-backed keystore under `CHUKAN_HOME/keys`: folders 0700, files 0600, nothing of it in the database.

It holds keys in the clear and so belongs on a machine of its own trust; a real KMS implements the same protocol.
"""

import base64
import fcntl
import json
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chukan.kernel.crypto.derive import KEY_LENGTH, derive_key, pack
from chukan.kernel.crypto.errors import KeyUnavailable
from chukan.kernel.crypto.kms import SIGNING_KEYS, KeyContext, SigningKey, WrappedKey

_NONCE: Final = 12
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_NAME: Final = re.compile("[0-9a-z][0-9a-z_-]{0,80}")


def ensure_kek(home: Path) -> "FileKms":
    """Make the keystore of this CHUKAN_HOME if there is none, with its first KEK and the signing keys. Idempotent."""
    kms = FileKms(home)
    kms.create_missing()
    return kms


class FileKms:
    """Keys in files. Reads them again when they changed, so that a rotation by another process is seen."""

    for_production = False

    def __init__(self, home: Path) -> None:
        """Remember where; nothing is read yet."""
        self.folder = home / "keys"
        self._kek_path = self.folder / "kek.json"
        self._keks: dict[int, bytes] = {}
        self._current = 0
        self._seen: tuple[int, int] | None = None

    def create_missing(self) -> None:
        """Make folders, KEK and signing keys that are not there."""
        for folder in (self.folder, self.folder / "signing", self.folder / "files"):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if folder.stat().st_mode & _OTHERS:
                folder.chmod(0o700)
        with self._locked():
            if not self._kek_path.exists():
                self._write_keks({1: os.urandom(KEY_LENGTH)}, 1)
            for name in SIGNING_KEYS:
                if not self._signing_path(name).exists():
                    self._write_signing(name, [Ed25519PrivateKey.generate()])

    # --- KEK

    def current_version(self) -> int:
        """Return the KEK version that wraps new keys."""
        self._read_keks()
        return self._current

    def generate_data_key(self, context: KeyContext) -> WrappedKey:
        """Return a new random data key, wrapped."""
        return self._wrap(os.urandom(KEY_LENGTH), context)

    def unwrap(self, key: WrappedKey, context: KeyContext) -> bytes:
        """Return the data key; raises KeyUnavailable when its KEK version is missing or does not open it."""
        nonce, sealed = key.wrapped[:_NONCE], key.wrapped[_NONCE:]
        kek = self._kek(key.kek_version, context)
        try:
            return kek.decrypt(nonce, sealed, _wrap_aad(key.kek_version, context))
        except InvalidTag:
            raise KeyUnavailable(f"keys/kek.json の第{key.kek_version}版では開かない鍵") from None

    def rewrap(self, key: WrappedKey, context: KeyContext) -> WrappedKey:
        """Return the same data key under the current KEK version."""
        return self._wrap(self.unwrap(key, context), context)

    def rotate(self) -> int:
        """Make a new KEK version the current one and return it."""
        with self._locked():
            self._read_keks()
            version = max(self._keks) + 1
            self._write_keks(self._keks | {version: os.urandom(KEY_LENGTH)}, version)
        return version

    def destroy(self, version: int) -> None:
        """Destroy an old KEK version for good; what is still wrapped under it is lost."""
        with self._locked():
            self._read_keks()
            if version == self._current:
                message = "the current KEK version is in use"
                raise ValueError(message)
            self._write_keks({number: key for number, key in self._keks.items() if number != version}, self._current)

    def _wrap(self, data_key: bytes, context: KeyContext) -> WrappedKey:
        version = self.current_version()
        nonce = os.urandom(_NONCE)
        sealed = self._kek(version, context).encrypt(nonce, data_key, _wrap_aad(version, context))
        return WrappedKey(version, nonce + sealed)

    def _kek(self, version: int, context: KeyContext) -> AESGCM:
        if version not in self._keks:
            self._read_keks()
        if version not in self._keks:
            raise KeyUnavailable(f"keys/kek.json の第{version}版")
        return AESGCM(derive_key(self._keks[version], "chukan1", "kek", context.purpose))

    def _read_keks(self) -> None:
        try:
            found = self._kek_path.stat()
        except FileNotFoundError:
            raise KeyUnavailable("keys/kek.json") from None
        if self._seen != (found.st_mtime_ns, found.st_ino):
            content = json.loads(self._read_private(self._kek_path))
            self._keks = {int(number): base64.b64decode(key) for number, key in content["keys"].items()}
            self._current = int(content["current"])
            self._seen = (found.st_mtime_ns, found.st_ino)

    def _write_keks(self, keks: dict[int, bytes], current: int) -> None:
        keys = {str(number): base64.b64encode(key).decode() for number, key in sorted(keks.items())}
        _write_private(self._kek_path, json.dumps({"current": current, "keys": keys}, indent=1).encode())
        self._seen = None
        self._read_keks()

    # --- signing

    def signing_key(self, name: str) -> SigningKey:
        """Return the newest signing key of that name."""
        return SigningKey(name, self._read_signing(name)[0])

    def public_jwks(self, name: str) -> list[dict[str, str]]:
        """Return the public halves of all signing keys of that name, newest first."""
        return [SigningKey(name, key).public_jwk() for key in self._read_signing(name)]

    def rotate_signing_key(self, name: str) -> SigningKey:
        """Add a new signing key; older ones stay published."""
        with self._locked():
            self._write_signing(name, [Ed25519PrivateKey.generate(), *self._read_signing(name)])
        return self.signing_key(name)

    def _signing_path(self, name: str) -> Path:
        return self.folder / "signing" / f"{_checked(name)}.json"

    def _read_signing(self, name: str) -> list[Ed25519PrivateKey]:
        seeds = json.loads(self._read_private(self._signing_path(name)))
        return [Ed25519PrivateKey.from_private_bytes(base64.b64decode(seed)) for seed in seeds]

    def _write_signing(self, name: str, keys: list[Ed25519PrivateKey]) -> None:
        seeds = [base64.b64encode(key.private_bytes_raw()).decode() for key in keys]
        _write_private(self._signing_path(name), json.dumps(seeds).encode())

    # --- one key per erasable file

    def create_file_key(self, name: str) -> bytes:
        """Return a new random key kept under `name`."""
        key = os.urandom(KEY_LENGTH)
        path = self._file_path(name)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(key)
            stream.flush()
            os.fsync(stream.fileno())
        _sync_folder(path.parent)
        return key

    def file_key(self, name: str) -> bytes:
        """Return the key kept under `name`; raises KeyUnavailable when it was destroyed."""
        key = self._read_private(self._file_path(name))
        if len(key) != KEY_LENGTH:
            raise KeyUnavailable(f"keys/files/{name}")
        return key

    def list_file_keys(self, *, before: datetime) -> list[str]:
        """Return the names of the file keys made before that instant."""
        found = []
        for path in (self.folder / "files").iterdir():
            with suppress(FileNotFoundError):  # destroyed just now
                if path.stat().st_mtime < before.timestamp():
                    found.append(path.name)
        return found

    def destroy_file_key(self, name: str) -> bool:
        """Destroy the key for good; tells whether there was one. Idempotent."""
        path = self._file_path(name)
        try:
            with path.open("r+b") as stream:
                stream.write(bytes(KEY_LENGTH))
                stream.flush()
                os.fsync(stream.fileno())
            path.unlink()
        except FileNotFoundError:
            return False
        _sync_folder(path.parent)
        return True

    def _file_path(self, name: str) -> Path:
        return self.folder / "files" / _checked(name)

    # --- files

    def _read_private(self, path: Path) -> bytes:
        shown = path.relative_to(self.folder.parent)
        try:
            with path.open("rb") as stream:
                if os.fstat(stream.fileno()).st_mode & _OTHERS:
                    raise KeyUnavailable(f"{shown}: 他人が読める。chmod 600 が要る")
                return stream.read()
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            raise KeyUnavailable(str(shown)) from None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Let one process at a time change the keystore."""
        try:
            descriptor = os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        except FileNotFoundError:
            raise KeyUnavailable("keys") from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _wrap_aad(version: int, context: KeyContext) -> bytes:
    return pack("chukan1", "wrap", str(version), context.purpose, context.hokensha_code or "")


def _checked(name: str) -> str:
    if _NAME.fullmatch(name) is None:
        message = "a key name has lower-case letters, digits, _ and - only"
        raise ValueError(message)
    return name


def _write_private(path: Path, content: bytes) -> None:
    """Replace the file in one step, so that a crash leaves the old or the new one."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
