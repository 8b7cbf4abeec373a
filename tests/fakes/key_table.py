"""A key table in memory, for tests of what stands above it."""

from collections.abc import Sequence
from dataclasses import replace

from chukan.kernel.crypto.data_key import KeyState
from chukan.kernel.crypto.key_rows import KeyRow
from chukan.kernel.crypto.kms import KeyContext, WrappedKey


class MemoryKeyTable:
    """Keeps rows in a dictionary; can be told that a row may still be rolled back, or that nothing may be added."""

    def __init__(self) -> None:
        self.rows: dict[int, KeyRow] = {}
        self.pending: set[int] = set()
        self.insertable = True
        self.reads = 0

    def by_id(self, key_id: int) -> KeyRow | None:
        self.reads += 1
        return self.rows.get(key_id)

    def active(self, context: KeyContext) -> KeyRow | None:
        self.reads += 1
        found = [row for row in self.rows.values() if row.context == context and row.state is KeyState.ACTIVE]
        return found[0] if found else None

    def in_use(self, context: KeyContext, *, lock: bool = False) -> Sequence[KeyRow]:
        self.reads += 1
        return [row for row in self.rows.values() if row.context == context and row.state is not KeyState.DESTROYED]

    def insert_pre(self, context: KeyContext, key: WrappedKey, alg: int) -> None:
        key_id = len(self.rows) + 1
        self.rows[key_id] = KeyRow(key_id, context, key, alg, KeyState.PRE)

    def activate(self, key_id: int) -> None:
        self.set_state(key_id, KeyState.ACTIVE)

    def destroy(self, key_id: int) -> None:
        self.set_state(key_id, KeyState.DESTROYED)

    def insert_active(self, context: KeyContext, key: WrappedKey, alg: int) -> None:
        if self.active(context) is None:
            key_id = len(self.rows) + 1
            self.rows[key_id] = KeyRow(key_id, context, key, alg, KeyState.ACTIVE)

    def may_insert(self) -> bool:
        return self.insertable

    def is_lasting(self, key_id: int) -> bool:
        return key_id not in self.pending

    def retire(self, key_id: int) -> None:
        self.set_state(key_id, KeyState.DECRYPT_ONLY)

    def under_other_version(self, version: int, limit: int) -> Sequence[KeyRow]:
        return [row for row in self.rows.values() if row.key.kek_version != version][:limit]

    def replace_wrapped(self, row: KeyRow, key: WrappedKey) -> bool:
        if self.rows[row.key_id] != row:
            return False
        self.rows[row.key_id] = replace(row, key=key)
        return True

    def set_state(self, key_id: int, state: KeyState) -> None:
        self.rows[key_id] = replace(self.rows[key_id], state=state)
