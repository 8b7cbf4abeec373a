"""The keyring: data keys by id and by use, unwrapped once and kept in memory for a short time.

A dump of the database opens nothing: the rows hold wrapped keys, and what unwraps them is in the keystore.
根拠: KJ-ENC-05.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.conf import settings

from chukan.kernel.crash_points import crash_point
from chukan.kernel.crypto.data_key import AES_256_GCM, HOKENSHA_PURPOSES, HUB_PURPOSES, DataKey, KeyState
from chukan.kernel.crypto.errors import EnvelopeRefused, KeyUnavailable, ReplacementRunning
from chukan.kernel.crypto.file_kms import FileKms
from chukan.kernel.crypto.key_rows import KeyRow, KeyTable
from chukan.kernel.crypto.key_table import DatabaseKeyTable
from chukan.kernel.crypto.kms import KeyContext, Kms, SigningKey

# How long an unwrapped key may stay in memory, and how late a new generation may be noticed.
KEEP_SECONDS: Final = 15 * 60
ACTIVE_SECONDS: Final = 15
_CHUNK: Final = 200


@dataclass(frozen=True, slots=True)
class IndexKeys:
    """The key that makes the hashes of one use now, and the one that may have made some: not yet, or no more."""

    active: DataKey
    other: DataKey | None

    @property
    def ids(self) -> tuple[int, int]:
        """Return what tells this pair from another."""
        return self.active.key_id, 0 if self.other is None else self.other.key_id


class Keyring:
    """All keys of one hub. One per process; safe between threads."""

    def __init__(self, kms: Kms, table: KeyTable, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Remember where keys come from; nothing is read yet."""
        self.kms = kms
        self._table = table
        self._monotonic = monotonic
        self._keys: dict[int, tuple[float, DataKey]] = {}
        self._active: dict[KeyContext, tuple[float, DataKey]] = {}
        self._pairs: dict[KeyContext, tuple[float, IndexKeys]] = {}
        self._lock = threading.Lock()

    def dek(self, key_id: int) -> DataKey:
        """Return the key with this id.

        Raises EnvelopeRefused when there is no such key or it was destroyed, KeyUnavailable when the keystore lacks
        what unwraps it.
        """
        kept = self._keys.get(key_id)
        if kept is not None and kept[0] > self._monotonic():
            return kept[1]
        row = self._table.by_id(key_id)
        if row is None:
            raise EnvelopeRefused("key")
        return self._unwrapped(row)

    def active_dek(self, *, purpose: str, hokensha_code: str | None) -> DataKey:
        """Return the key that seals for this use now; a key of the hub itself is made when it is first needed.

        Raises KeyUnavailable when there is none: keys of an insurer are made when it is registered.
        """
        context = KeyContext(purpose, hokensha_code)
        kept = self._active.get(context)
        if kept is not None and kept[0] > self._monotonic():
            return kept[1]
        until = self._monotonic() + ACTIVE_SECONDS  # counted from the look: whoever rotates waits that long
        row = self._table.active(context)
        if row is None and hokensha_code is None and purpose in HUB_PURPOSES and self._table.may_insert():
            row = self._ensure(context)
        if row is None:
            raise KeyUnavailable(f"{purpose} {hokensha_code or '共通'}")
        key = self._unwrapped(row)
        if self._table.is_lasting(row.key_id):
            with self._lock:
                self._active[context] = (until, key)
        return key

    def secret(self, purpose: str, hokensha_code: str | None = None) -> bytes:
        """Return the 32-byte secret for keyed hashes of this use."""
        return self.active_dek(purpose=purpose, hokensha_code=hokensha_code).secret()

    def index_keys(self, purpose: str, hokensha_code: str | None = None) -> IndexKeys:
        """Return the keys of keyed hashes of this use, noticed together and at most ACTIVE_SECONDS late.

        Raises KeyUnavailable as `active_dek`.
        """
        context = KeyContext(purpose, hokensha_code)
        kept = self._pairs.get(context)
        if kept is not None and kept[0] > self._monotonic():
            return kept[1]
        until = self._monotonic() + ACTIVE_SECONDS  # counted from the look, as above
        rows = {row.state: row for row in self._table.in_use(context)}
        if KeyState.ACTIVE not in rows:
            return IndexKeys(self.active_dek(purpose=purpose, hokensha_code=hokensha_code), None)
        other = rows.get(KeyState.PRE) or rows.get(KeyState.DECRYPT_ONLY)
        keys = IndexKeys(self._unwrapped(rows[KeyState.ACTIVE]), None if other is None else self._unwrapped(other))
        if all(self._table.is_lasting(row.key_id) for row in rows.values()):
            with self._lock:
                self._pairs[context] = (until, keys)
        return keys

    def start_index_key(self, *, purpose: str, hokensha_code: str | None) -> DataKey:
        """Make a key that look-ups ask by, too, and that makes no hash yet. Needs the caller's transaction.

        Raises KeyUnavailable without a key to replace, ReplacementRunning when one is being replaced already.
        """
        context = KeyContext(purpose, hokensha_code)
        states = {row.state for row in self._table.in_use(context, lock=True)}
        if KeyState.ACTIVE not in states:
            raise KeyUnavailable(f"{purpose} {hokensha_code or '共通'}")
        if len(states) > 1:
            raise ReplacementRunning
        self._table.insert_pre(context, self.kms.generate_data_key(context), AES_256_GCM)
        (made,) = (row for row in self._table.in_use(context) if row.state is KeyState.PRE)
        return self._unwrapped(made)

    def switch_index_key(self, *, purpose: str, hokensha_code: str | None) -> int | None:
        """Let the key that was started make the hashes, and the former only be asked by; return it, None for none.

        Needs the caller's transaction, begun when every process asks by both.
        """
        rows = {row.state: row for row in self._table.in_use(KeyContext(purpose, hokensha_code), lock=True)}
        if KeyState.PRE not in rows:
            return None
        self._table.retire(rows[KeyState.ACTIVE].key_id)
        self._table.activate(rows[KeyState.PRE].key_id)
        self.forget()
        return rows[KeyState.PRE].key_id

    def end_index_key(self, *, purpose: str, hokensha_code: str | None) -> int | None:
        """Destroy the former key, which no row needs any more; return it, None for none. Needs a transaction."""
        rows = {row.state: row for row in self._table.in_use(KeyContext(purpose, hokensha_code), lock=True)}
        former = rows.get(KeyState.DECRYPT_ONLY)
        if former is None or KeyState.PRE in rows:
            return None
        self._table.destroy(former.key_id)
        self.forget()
        return former.key_id

    def ensure_hokensha_keys(self, hokensha_code: str) -> None:
        """Make the keys of an insurer, and the hub's own, that do not exist yet. Idempotent; joins a transaction."""
        self.ensure_hub_keys()
        for purpose in HOKENSHA_PURPOSES:
            self._ensure(KeyContext(purpose, hokensha_code))

    def ensure_hub_keys(self) -> None:
        """Make the keys of the hub itself that do not exist yet. Idempotent."""
        for purpose in HUB_PURPOSES:
            self._ensure(KeyContext(purpose, None))

    def rotate_dek(self, *, purpose: str, hokensha_code: str | None) -> DataKey:
        """Make a new key that seals from now on; the old one only opens. Needs the caller's transaction.

        Other processes go on sealing with the old key for up to ACTIVE_SECONDS.
        """
        context = KeyContext(purpose, hokensha_code)
        old = self._table.active(context)
        if old is None:
            raise KeyUnavailable(f"{purpose} {hokensha_code or '共通'}")
        self._table.retire(old.key_id)
        self.forget()
        self._ensure(context)
        return self.active_dek(purpose=purpose, hokensha_code=hokensha_code)

    def rotate_kek(self) -> int:
        """Make a new KEK version and return it; `rewrap_all` brings the data keys under it."""
        return self.kms.rotate()

    def rewrap_all(self) -> int:
        """Bring every data key under the current KEK version and return how many moved; broken off, run it again."""
        version = self.kms.current_version()
        moved = 0
        while rows := self._table.under_other_version(version, _CHUNK):
            for row in rows:
                moved += self._table.replace_wrapped(row, self.kms.rewrap(row.key, row.context))
                crash_point("key.wrapped_again")
        return moved

    def count_under_other_version(self) -> int:
        """Return how many data keys still need an old KEK version, up to one."""
        return len(self._table.under_other_version(self.kms.current_version(), 1))

    def signing_key(self, name: str) -> SigningKey:
        """Return the newest signing key of that name: `checkpoint` or `http`."""
        return self.kms.signing_key(name)

    def public_jwks(self, name: str) -> list[dict[str, str]]:
        """Return the public halves of all signing keys of that name as JWKs, newest first."""
        return self.kms.public_jwks(name)

    def forget(self) -> None:
        """Drop every unwrapped key from memory."""
        with self._lock:
            self._keys.clear()
            self._active.clear()
            self._pairs.clear()

    def _ensure(self, context: KeyContext) -> KeyRow | None:
        row = self._table.active(context)
        if row is None:
            self._table.insert_active(context, self.kms.generate_data_key(context), AES_256_GCM)
            row = self._table.active(context)
        return row

    def _unwrapped(self, row: KeyRow) -> DataKey:
        if row.state is KeyState.DESTROYED:
            raise EnvelopeRefused("state")
        key = DataKey(
            key_id=row.key_id,
            purpose=row.context.purpose,
            hokensha_code=row.context.hokensha_code,
            alg=row.alg,
            state=row.state,
            secret=self.kms.unwrap(row.key, row.context),
        )
        # A key made in a transaction that may still roll back is not remembered: what it sealed would be lost.
        if self._table.is_lasting(row.key_id):
            with self._lock:
                self._keys[row.key_id] = (self._monotonic() + KEEP_SECONDS, key)
        return key

    def __repr__(self) -> str:
        return "Keyring(****)"


_keyrings: Final[dict[Path | str, Keyring]] = {}
_keyrings_lock: Final = threading.Lock()


def get_keyring() -> Keyring:
    """Return the process-wide keyring of this CHUKAN_HOME."""
    home = settings.CHUKAN_HOME  # as it is: every sealed row asks, and a new Path costs as much as opening one
    keyring = _keyrings.get(home)
    if keyring is None:
        with _keyrings_lock:
            keyring = _keyrings.setdefault(home, Keyring(FileKms(Path(home)), DatabaseKeyTable()))
    return keyring
