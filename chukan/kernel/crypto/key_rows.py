"""What a row of the key table says, and what the keyring asks of whoever keeps the rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from chukan.kernel.crypto.data_key import KeyState
from chukan.kernel.crypto.kms import KeyContext, WrappedKey


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One wrapped data key."""

    key_id: int
    context: KeyContext
    key: WrappedKey
    alg: int
    state: KeyState


class KeyTable(Protocol):
    """Where the wrapped keys are kept."""

    def by_id(self, key_id: int) -> KeyRow | None:
        """Return the row, whatever its state."""
        ...

    def active(self, context: KeyContext) -> KeyRow | None:
        """Return the one key that seals for this use now."""
        ...

    def in_use(self, context: KeyContext, *, lock: bool = False) -> Sequence[KeyRow]:
        """Return the rows of this use that are not destroyed, read at one instant; locked for a change of them."""
        ...

    def insert_active(self, context: KeyContext, key: WrappedKey, alg: int) -> None:
        """Add the key unless another is active already."""
        ...

    def insert_pre(self, context: KeyContext, key: WrappedKey, alg: int) -> None:
        """Add a key that is to become the active one."""
        ...

    def activate(self, key_id: int) -> None:
        """Let a key that was `pre` be the active one; the former was retired before."""
        ...

    def destroy(self, key_id: int) -> None:
        """Let the key be of no more use."""
        ...

    def may_insert(self) -> bool:
        """Tell whether this process may make new keys."""
        ...

    def is_lasting(self, key_id: int) -> bool:
        """Tell whether the row cannot vanish any more by a roll-back of this process."""
        ...

    def retire(self, key_id: int) -> None:
        """Let the key open what it sealed and seal nothing more."""
        ...

    def under_other_version(self, version: int, limit: int) -> Sequence[KeyRow]:
        """Return some rows that are wrapped under another KEK version."""
        ...

    def replace_wrapped(self, row: KeyRow, key: WrappedKey) -> bool:
        """Put the newly wrapped key in place if the row is still as it was read."""
        ...
