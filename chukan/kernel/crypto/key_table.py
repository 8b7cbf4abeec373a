"""The key table in the database, as the keyring sees it."""

from collections.abc import Sequence

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Manager, Model
from django.db.models.functions import Now

from chukan.kernel.crypto.data_key import KeyState
from chukan.kernel.crypto.key_rows import KeyRow
from chukan.kernel.crypto.kms import KeyContext, WrappedKey

_COLUMNS = ("id", "purpose", "hokensha_code", "kek_version", "wrapped", "alg", "state")
_MAY_INSERT = "SELECT has_table_privilege('crypto_key', 'INSERT')"


def _rows() -> "Manager[Model]":
    # Looked up late, so that the package can be imported before Django has loaded its models.
    return apps.get_model("crypto", "CryptoKey")._default_manager  # noqa: SLF001 -- Django's documented door


def _open_transaction() -> object | None:
    """Return the outermost block of this thread's open transaction."""
    blocks = connections[DEFAULT_DB_ALIAS].atomic_blocks
    return blocks[0] if blocks else None


def _key_row(values: tuple[object, ...]) -> KeyRow:
    key_id, purpose, hokensha_code, kek_version, wrapped, alg, state = values
    return KeyRow(
        key_id=int(str(key_id)),
        context=KeyContext(str(purpose), None if hokensha_code is None else str(hokensha_code)),
        key=WrappedKey(int(str(kek_version)), bytes(wrapped)),  # type: ignore[call-overload]  # a binary column
        alg=int(str(alg)),
        state=KeyState(str(state)),
    )


def _made(context: KeyContext, key: WrappedKey, alg: int, state: KeyState) -> Model:
    return _rows().model(
        purpose=context.purpose,
        hokensha_code=context.hokensha_code,
        kek_version=key.kek_version,
        wrapped=key.wrapped,
        alg=alg,
        state=state.value,
    )


class DatabaseKeyTable:
    """Rows of `crypto_key`."""

    def __init__(self) -> None:
        """Nothing is pending yet."""
        self._pending: dict[int, object] = {}

    def by_id(self, key_id: int) -> KeyRow | None:
        """Return the row, whatever its state."""
        values = _rows().filter(id=key_id).values_list(*_COLUMNS).first()
        return None if values is None else _key_row(values)

    def active(self, context: KeyContext) -> KeyRow | None:
        """Return the one key that seals for this use now."""
        wanted = _rows().filter(
            purpose=context.purpose, hokensha_code=context.hokensha_code, state=KeyState.ACTIVE.value
        )
        values = wanted.values_list(*_COLUMNS).first()
        return None if values is None else _key_row(values)

    def in_use(self, context: KeyContext, *, lock: bool = False) -> Sequence[KeyRow]:
        """Return the rows of this use that are not destroyed, read by one statement; locked for a change of them."""
        wanted = _rows().filter(purpose=context.purpose, hokensha_code=context.hokensha_code)
        wanted = wanted.exclude(state=KeyState.DESTROYED.value).order_by("id")
        if lock:
            wanted = wanted.select_for_update()
        return [_key_row(values) for values in wanted.values_list(*_COLUMNS)]

    def insert_active(self, context: KeyContext, key: WrappedKey, alg: int) -> None:
        """Add the key unless another is active already; the one that stands is read afterwards."""
        _rows().bulk_create([_made(context, key, alg, KeyState.ACTIVE)], ignore_conflicts=True)
        transaction = _open_transaction()
        made = self.active(context)
        if transaction is not None and made is not None:
            self._pending[made.key_id] = transaction

    def insert_pre(self, context: KeyContext, key: WrappedKey, alg: int) -> None:
        """Add a key that is to become the active one; the database refuses a second one of the use."""
        _rows().bulk_create([_made(context, key, alg, KeyState.PRE)])

    def activate(self, key_id: int) -> None:
        """Let a key that was `pre` be the active one; the former was retired before."""
        _rows().filter(id=key_id, state=KeyState.PRE.value).update(state=KeyState.ACTIVE.value)

    def destroy(self, key_id: int) -> None:
        """Let the key be of no more use."""
        _rows().filter(id=key_id).update(state=KeyState.DESTROYED.value, destroyed_at=Now())

    def may_insert(self) -> bool:
        """Tell whether this process's role may make new keys."""
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute(_MAY_INSERT)
            found = cursor.fetchone()
        return bool(found and found[0])

    def is_lasting(self, key_id: int) -> bool:
        """Tell whether the row cannot vanish any more by a roll-back of this process."""
        # Whoever reads the row in another transaction, or in none, reads it because it was committed.
        transaction = self._pending.get(key_id)
        return transaction is None or transaction is not _open_transaction()

    def retire(self, key_id: int) -> None:
        """Let the key open what it sealed and seal nothing more."""
        _rows().filter(id=key_id).update(state=KeyState.DECRYPT_ONLY.value, retired_at=Now())

    def under_other_version(self, version: int, limit: int) -> Sequence[KeyRow]:
        """Return some rows that are wrapped under another KEK version."""
        waiting = _rows().exclude(kek_version=version).exclude(state=KeyState.DESTROYED.value)
        return [_key_row(values) for values in waiting.order_by("id").values_list(*_COLUMNS)[:limit]]

    def replace_wrapped(self, row: KeyRow, key: WrappedKey) -> bool:
        """Put the newly wrapped key in place if the row is still as it was read."""
        unchanged = _rows().filter(id=row.key_id, kek_version=row.key.kek_version)
        return unchanged.update(kek_version=key.kek_version, wrapped=key.wrapped) == 1
