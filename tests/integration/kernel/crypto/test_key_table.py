"""The key table under the real roles."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from threading import Barrier, Thread

import pytest
from django.db import ProgrammingError, connection, connections, transaction

from chukan.kernel.crypto import KeyUnavailable, RowSealer, get_keyring, open_envelope
from chukan.kernel.crypto.data_key import HOKENSHA_PURPOSES, KeyState
from chukan.kernel.crypto.file_kms import FileKms
from chukan.kernel.crypto.key_rows import KeyRow
from chukan.kernel.crypto.key_table import DatabaseKeyTable
from chukan.kernel.crypto.keyring import Keyring
from chukan.kernel.crypto.kms import KeyContext
from chukan.kernel.crypto.models import CryptoKey
from chukan.kernel.values.uuid7 import uuid7
from tests.support.world import World, as_role, manage

pytestmark = pytest.mark.django_db(transaction=True)

NEW = "99999991"
KENPO = "06132013"


@pytest.fixture
def keyring(world: World) -> Iterator[Keyring]:
    """A keyring that remembers nothing; keys of the made-up insurer are taken away afterwards."""
    yield Keyring(FileKms(world.home), DatabaseKeyTable())
    with world.admin() as admin:
        admin.execute("DELETE FROM crypto_key WHERE hokensha_code = %s", [NEW])


def _rows_of(code: str) -> list[str]:
    return sorted(CryptoKey.objects.filter(hokensha_code=code).values_list("purpose", flat=True))


class TestEnsureHokenshaKeys:
    def test_makes_one_active_key_per_use(self, keyring: Keyring) -> None:
        keyring.ensure_hokensha_keys(NEW)
        keyring.ensure_hokensha_keys(NEW)

        assert _rows_of(NEW) == sorted(HOKENSHA_PURPOSES)

    def test_two_at_once_make_one_key(self, keyring: Keyring, world: World) -> None:
        barrier = Barrier(4)

        def ensure() -> None:
            barrier.wait()
            try:
                Keyring(FileKms(world.home), DatabaseKeyTable()).ensure_hokensha_keys(NEW)
            finally:
                connections["default"].close()

        threads = [Thread(target=ensure) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert _rows_of(NEW) == sorted(HOKENSHA_PURPOSES)

    def test_key_of_a_registration_that_rolled_back_is_forgotten(self, keyring: Keyring) -> None:
        def register_and_fail() -> None:
            with transaction.atomic(), transaction.atomic():
                keyring.ensure_hokensha_keys(NEW)
                keyring.active_dek(purpose="field", hokensha_code=NEW)
                raise ConnectionError

        with pytest.raises(ConnectionError):
            register_and_fail()

        with pytest.raises(KeyUnavailable):
            keyring.active_dek(purpose="field", hokensha_code=NEW)

    def test_key_of_a_registration_that_stood_is_remembered(self, keyring: Keyring) -> None:
        with transaction.atomic():
            keyring.ensure_hokensha_keys(NEW)
        first = keyring.active_dek(purpose="field", hokensha_code=NEW)

        with transaction.atomic():
            assert keyring.active_dek(purpose="field", hokensha_code=NEW) is first

    def test_rotation_keeps_what_was_sealed_readable(self, world: World, keyring: Keyring) -> None:
        keyring.ensure_hokensha_keys(NEW)
        row_id = uuid7()
        old = keyring.active_dek(purpose="field", hokensha_code=NEW)
        data = RowSealer(old, table="t", envelope="e").seal(row_id, b"x")

        with as_role(world, "kanri"), transaction.atomic():
            new = keyring.rotate_dek(purpose="field", hokensha_code=NEW)

        assert new.key_id != old.key_id
        assert keyring.dek(old.key_id).state is KeyState.DECRYPT_ONLY
        opened = open_envelope(keyring, table="t", envelope="e", hokensha_code=NEW, row_id=row_id, data=data)
        assert opened == b"x"


class TestGrants:
    def test_web_role_changes_and_deletes_nothing(self, keyring: Keyring) -> None:
        keyring.ensure_hokensha_keys(NEW)

        for statement in ("UPDATE crypto_key SET wrapped = ''", "DELETE FROM crypto_key", "TRUNCATE crypto_key"):
            with pytest.raises(ProgrammingError), connection.cursor() as cursor:
                cursor.execute(statement)

    @pytest.mark.parametrize("role", ["worker", "relay"])
    def test_other_processes_read_and_make_no_keys(self, world: World, keyring: Keyring, role: str) -> None:
        with as_role(world, role):
            assert keyring.active_dek(purpose="field", hokensha_code=KENPO).may_seal
            with pytest.raises(ProgrammingError):
                keyring.ensure_hokensha_keys(NEW)
            with pytest.raises(KeyUnavailable):
                keyring.active_dek(purpose="field", hokensha_code=NEW)

    @pytest.mark.parametrize("role", ["sealer", "operator"])
    def test_the_rest_sees_no_key(self, world: World, keyring: Keyring, role: str) -> None:
        with as_role(world, role), pytest.raises(ProgrammingError):
            keyring.active_dek(purpose="field", hokensha_code=KENPO)

    def test_management_changes_the_wrapping_and_not_the_use(self, world: World) -> None:
        with as_role(world, "kanri"):
            for column in ("purpose", "hokensha_code", "alg", "id"):
                with pytest.raises(ProgrammingError), connection.cursor() as cursor:
                    cursor.execute(f"UPDATE crypto_key SET {column} = {column}")
            with connection.cursor() as cursor:
                cursor.execute("UPDATE crypto_key SET wrapped = wrapped, kek_version = kek_version, state = state")


def kek_versions() -> list[int]:
    """Return the version that wraps each key; one that was destroyed is never unwrapped and stays as it is."""
    return list(CryptoKey.objects.exclude(state="destroyed").values_list("kek_version", flat=True))


class TestRotateKek:
    @pytest.mark.kj("KJ-ENC-07")
    def test_every_key_moves_to_the_new_version_and_data_stays_readable(self, keyring: Keyring) -> None:
        row_id = uuid7()
        key = keyring.active_dek(purpose="field", hokensha_code=KENPO)
        data = RowSealer(key, table="t", envelope="e").seal(row_id, b"x")
        secret = keyring.secret("bi_global")
        before = kek_versions()

        printed = json.loads(manage("rotate_kek"))

        after = kek_versions()
        assert set(after) == {max(before) + 1}
        assert printed == {"version": max(after), "moved": len(after), "left": 0}
        keyring.forget()
        assert keyring.secret("bi_global") == secret
        opened = open_envelope(keyring, table="t", envelope="e", hokensha_code=KENPO, row_id=row_id, data=data)
        assert opened == b"x"

    def test_broken_off_run_is_finished_without_a_further_version(self, keyring: Keyring) -> None:
        version = keyring.rotate_kek()

        manage("rotate_kek", "--resume")

        assert set(kek_versions()) == {version}

    def test_row_that_changed_meanwhile_is_not_overwritten(self, world: World, keyring: Keyring) -> None:
        keyring.ensure_hokensha_keys(NEW)
        table = DatabaseKeyTable()
        row = table.active(KeyContext("field", NEW))
        assert isinstance(row, KeyRow)
        with world.admin() as admin:
            admin.execute("UPDATE crypto_key SET kek_version = 4711 WHERE id = %s", [row.key_id])

        with as_role(world, "kanri"):
            assert table.replace_wrapped(row, row.key) is False


@pytest.mark.kj("KJ-ENC-05")
class TestWithoutTheKeystore:
    def test_a_copy_of_the_database_opens_nothing(self, keyring: Keyring, tmp_path: Path) -> None:
        row_id = uuid7()
        key = keyring.active_dek(purpose="field", hokensha_code=KENPO)
        data = RowSealer(key, table="t", envelope="e").seal(row_id, b"x")
        elsewhere = Keyring(FileKms(tmp_path), DatabaseKeyTable())

        with pytest.raises(KeyUnavailable, match=r"keys/kek\.json"):
            open_envelope(elsewhere, table="t", envelope="e", hokensha_code=KENPO, row_id=row_id, data=data)

    def test_no_table_holds_a_key_in_the_clear(self, keyring: Keyring, world: World) -> None:
        table = DatabaseKeyTable()
        rows = [row for row in map(table.by_id, CryptoKey.objects.values_list("id", flat=True)) if row]
        secrets = [keyring.kms.unwrap(row.key, row.context) for row in rows]

        with world.admin() as admin:
            dump = admin.execute("SELECT string_agg(k::text, ' ') FROM crypto_key k").fetchone()

        assert dump is not None
        assert "field" in dump[0]
        assert rows[0].key.wrapped.hex() in dump[0]
        assert not any(secret.hex() in dump[0] for secret in secrets)

    def test_no_new_keystore_is_made_over_existing_keys(self, world: World) -> None:
        kek = world.home / "keys" / "kek.json"
        hidden = kek.with_suffix(".hidden")
        kek.rename(hidden)
        try:
            with pytest.raises(RuntimeError, match=r"keys/kek\.json"):
                manage("ensure_keys")
            assert not kek.exists()
        finally:
            hidden.rename(kek)

    def test_existing_keystore_is_left_alone(self, world: World) -> None:
        kek = world.home / "keys" / "kek.json"
        before = kek.read_bytes()

        manage("ensure_keys")

        assert kek.read_bytes() == before


class TestGetKeyring:
    def test_is_one_per_process(self) -> None:
        assert get_keyring() is get_keyring()
        assert get_keyring().signing_key("checkpoint").kid == get_keyring().public_jwks("checkpoint")[0]["kid"]
