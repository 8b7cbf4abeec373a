import copy
import json
import pickle
from pathlib import Path

import pytest

from chukan.kernel.crypto.data_key import HOKENSHA_PURPOSES, HUB_PURPOSES, KeyState
from chukan.kernel.crypto.errors import EnvelopeRefused, KeyUnavailable, ReplacementRunning
from chukan.kernel.crypto.file_kms import FileKms
from chukan.kernel.crypto.keyring import ACTIVE_SECONDS, KEEP_SECONDS, Keyring
from tests.fakes.key_table import MemoryKeyTable


class SlowClock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class TestEnsureHokenshaKeys:
    def test_makes_one_key_per_use_and_the_keys_of_the_hub(self, keyring: Keyring, table: MemoryKeyTable) -> None:
        contexts = sorted((row.context.hokensha_code or "", row.context.purpose) for row in table.rows.values())

        expected = [("", purpose) for purpose in HUB_PURPOSES]
        expected += [(code, purpose) for code in ("06132013", "00138057") for purpose in HOKENSHA_PURPOSES]
        assert contexts == sorted(expected)

    def test_twice_changes_nothing(self, keyring: Keyring, table: MemoryKeyTable) -> None:
        before = dict(table.rows)

        keyring.ensure_hokensha_keys("06132013")

        assert table.rows == before


class TestActiveDek:
    def test_belongs_to_its_use_and_insurer(self, keyring: Keyring) -> None:
        key = keyring.active_dek(purpose="field", hokensha_code="06132013")

        assert (key.purpose, key.hokensha_code, key.may_seal, key.may_open) == ("field", "06132013", True, True)

    def test_unknown_insurer_has_no_key(self, keyring: Keyring) -> None:
        with pytest.raises(KeyUnavailable, match="field 99999999"):
            keyring.active_dek(purpose="field", hokensha_code="99999999")

    def test_key_of_the_hub_is_made_when_first_needed(self, kms: FileKms, table: MemoryKeyTable) -> None:
        assert Keyring(kms, table).active_dek(purpose="idempotency", hokensha_code=None).hokensha_code is None

    def test_misspelt_purpose_makes_no_key(self, keyring: Keyring, table: MemoryKeyTable) -> None:
        before = len(table.rows)

        with pytest.raises(KeyUnavailable, match="bi_golbal"):
            keyring.secret("bi_golbal")

        assert len(table.rows) == before

    def test_process_that_may_not_make_keys_says_what_is_missing(self, kms: FileKms, table: MemoryKeyTable) -> None:
        table.insertable = False

        with pytest.raises(KeyUnavailable, match="bi_global"):
            Keyring(kms, table).secret("bi_global")

    def test_new_generation_is_noticed_after_a_while(self, kms: FileKms, table: MemoryKeyTable) -> None:
        clock = SlowClock()
        here, elsewhere = Keyring(kms, table, monotonic=clock), Keyring(kms, table)
        elsewhere.ensure_hokensha_keys("06132013")
        old = here.active_dek(purpose="field", hokensha_code="06132013")
        new = elsewhere.rotate_dek(purpose="field", hokensha_code="06132013")

        assert here.active_dek(purpose="field", hokensha_code="06132013").key_id == old.key_id
        clock.seconds += ACTIVE_SECONDS + 1
        assert here.active_dek(purpose="field", hokensha_code="06132013").key_id == new.key_id != old.key_id

    def test_the_while_is_counted_from_the_look(self, kms: FileKms, table: MemoryKeyTable) -> None:
        """Unwrapping may take long: the key is the active one as of the look, not as of its end."""
        clock = SlowClock()
        here, elsewhere = Keyring(kms, table, monotonic=clock), Keyring(kms, table)
        here.ensure_hokensha_keys("06132013")
        unwrap = kms.unwrap

        def slowly(*given: object) -> bytes:
            clock.seconds += ACTIVE_SECONDS
            return unwrap(*given)  # type: ignore[arg-type]  # as it was called

        with pytest.MonkeyPatch.context() as slow:
            slow.setattr(kms, "unwrap", slowly)
            here.active_dek(purpose="field", hokensha_code="06132013")
        new = elsewhere.rotate_dek(purpose="field", hokensha_code="06132013")
        clock.seconds += 1

        assert here.active_dek(purpose="field", hokensha_code="06132013").key_id == new.key_id

    def test_key_that_may_roll_back_is_not_remembered(self, kms: FileKms, table: MemoryKeyTable) -> None:
        keyring = Keyring(kms, table)
        keyring.ensure_hokensha_keys("06132013")
        table.pending = set(table.rows)
        keyring.active_dek(purpose="field", hokensha_code="06132013")
        table.rows.clear()

        with pytest.raises(KeyUnavailable):
            keyring.active_dek(purpose="field", hokensha_code="06132013")


class TestDek:
    def test_reads_a_key_once_and_again_after_a_while(self, kms: FileKms, table: MemoryKeyTable) -> None:
        clock = SlowClock()
        keyring = Keyring(kms, table, monotonic=clock)
        keyring.ensure_hub_keys()
        table.reads = 0

        keyring.dek(1)
        keyring.dek(1)
        assert table.reads == 1
        clock.seconds += KEEP_SECONDS + 1
        keyring.dek(1)
        assert table.reads == 2

    def test_unknown_id_is_refused(self, keyring: Keyring) -> None:
        with pytest.raises(EnvelopeRefused, match="key"):
            keyring.dek(4711)

    def test_destroyed_key_is_refused(self, keyring: Keyring, table: MemoryKeyTable) -> None:
        table.set_state(1, KeyState.DESTROYED)

        with pytest.raises(EnvelopeRefused, match="state"):
            keyring.dek(1)

    @pytest.mark.kj("KJ-ENC-05")
    def test_rows_without_the_keystore_open_nothing(
        self, keyring: Keyring, table: MemoryKeyTable, tmp_path: Path
    ) -> None:
        stolen = Keyring(FileKms(tmp_path / "elsewhere"), table)

        for key_id in table.rows:
            with pytest.raises(KeyUnavailable, match=r"keys/kek\.json"):
                stolen.dek(key_id)


class TestSecret:
    def test_differs_by_use_and_insurer_and_stays_the_same(
        self, keyring: Keyring, kms: FileKms, table: MemoryKeyTable
    ) -> None:
        uses = [
            ("bi_zone", "06132013"),
            ("bi_zone", "00138057"),
            ("token", "06132013"),
            ("bi_global", None),
            ("idempotency", None),
            ("audit_salt", None),
        ]

        secrets = [keyring.secret(purpose, code) for purpose, code in uses]

        assert len(set(secrets)) == len(uses)
        assert [Keyring(kms, table).secret(purpose, code) for purpose, code in uses] == secrets
        assert all(len(secret) == 32 for secret in secrets)


class TestRotation:
    @pytest.mark.kj("KJ-ENC-07")
    def test_new_kek_version_takes_every_key_and_changes_none(self, keyring: Keyring, table: MemoryKeyTable) -> None:
        before = keyring.secret("bi_zone", "06132013")
        wrapped_before = {key_id: row.key.wrapped for key_id, row in table.rows.items()}

        version = keyring.rotate_kek()
        assert keyring.count_under_other_version() == 1
        moved = keyring.rewrap_all()
        keyring.forget()

        assert (version, moved) == (2, len(table.rows))
        assert keyring.count_under_other_version() == 0
        assert {row.key.kek_version for row in table.rows.values()} == {2}
        assert all(row.key.wrapped != wrapped_before[key_id] for key_id, row in table.rows.items())
        assert keyring.secret("bi_zone", "06132013") == before

    def test_second_run_moves_nothing(self, keyring: Keyring) -> None:
        keyring.rotate_kek()
        keyring.rewrap_all()

        assert keyring.rewrap_all() == 0

    def test_old_version_is_needed_no_more(self, keyring: Keyring, table: MemoryKeyTable) -> None:
        keyring.rotate_kek()
        keyring.rewrap_all()
        keyring.kms.destroy(1)
        keyring.forget()

        assert all(keyring.dek(key_id).may_open for key_id in table.rows)

    def test_old_data_key_still_opens_and_seals_no_more(self, keyring: Keyring) -> None:
        old = keyring.active_dek(purpose="field", hokensha_code="06132013")

        new = keyring.rotate_dek(purpose="field", hokensha_code="06132013")

        assert new.key_id != old.key_id
        assert (keyring.dek(old.key_id).may_seal, keyring.dek(old.key_id).may_open) == (False, True)


ZONE = {"purpose": "bi_zone", "hokensha_code": "06132013"}


class TestIndexKeys:
    def test_of_one_key_there_is_no_other(self, keyring: Keyring) -> None:
        keys = keyring.index_keys(**ZONE)

        assert (keys.active.key_id, keys.other) == (keyring.active_dek(**ZONE).key_id, None)

    @pytest.mark.kj("KJ-ENC-07")
    def test_a_key_is_looked_for_before_it_makes_hashes_and_after_it_did(self, keyring: Keyring) -> None:
        def ids() -> tuple[int, int]:
            keyring.forget()
            return keyring.index_keys(**ZONE).ids

        first = keyring.active_dek(**ZONE).key_id
        second = keyring.start_index_key(**ZONE).key_id
        started = ids()
        switched_to = keyring.switch_index_key(**ZONE)
        switched = ids()
        ended_key = keyring.end_index_key(**ZONE)

        assert (started, switched, ids()) == ((first, second), (second, first), (second, 0))
        assert (switched_to, ended_key) == (second, first)

    def test_a_text_never_has_three_hashes(self, keyring: Keyring) -> None:
        keyring.start_index_key(**ZONE)
        with pytest.raises(ReplacementRunning):
            keyring.start_index_key(**ZONE)

        keyring.switch_index_key(**ZONE)
        with pytest.raises(ReplacementRunning):
            keyring.start_index_key(**ZONE)

    def test_steps_out_of_turn_change_nothing(self, keyring: Keyring, table: MemoryKeyTable) -> None:
        before = dict(table.rows)
        assert (keyring.switch_index_key(**ZONE), keyring.end_index_key(**ZONE)) == (None, None)
        assert table.rows == before

        keyring.start_index_key(**ZONE)
        assert keyring.end_index_key(**ZONE) is None

    def test_without_a_key_there_is_none_to_replace(self, kms: FileKms, table: MemoryKeyTable) -> None:
        with pytest.raises(KeyUnavailable, match="bi_zone"):
            Keyring(kms, table).start_index_key(**ZONE)

    def test_both_are_noticed_together_after_a_while(self, kms: FileKms, table: MemoryKeyTable) -> None:
        clock = SlowClock()
        here, elsewhere = Keyring(kms, table, monotonic=clock), Keyring(kms, table)
        elsewhere.ensure_hokensha_keys("06132013")
        one = here.index_keys(**ZONE)
        other = elsewhere.start_index_key(**ZONE).key_id

        clock.seconds += ACTIVE_SECONDS - 1
        assert here.index_keys(**ZONE) is one
        clock.seconds += 2
        assert here.index_keys(**ZONE).ids == (one.active.key_id, other)

    def test_it_costs_one_look_as_long_as_it_is_kept(self, kms: FileKms, table: MemoryKeyTable) -> None:
        keyring = Keyring(kms, table)
        keyring.ensure_hokensha_keys("06132013")
        keyring.forget()
        table.reads = 0

        for _ in range(3):
            keyring.index_keys(**ZONE)

        assert table.reads == 1

    def test_key_that_may_roll_back_is_not_remembered(self, kms: FileKms, table: MemoryKeyTable) -> None:
        keyring = Keyring(kms, table)
        keyring.ensure_hokensha_keys("06132013")
        started = keyring.start_index_key(**ZONE).key_id
        table.pending = {started}
        keyring.forget()
        assert keyring.index_keys(**ZONE).other is not None
        del table.rows[started]

        assert keyring.index_keys(**ZONE).other is None


class TestDataKey:
    @pytest.mark.parametrize("leave", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps])
    def test_cannot_be_serialised(self, keyring: Keyring, leave: object) -> None:
        assert callable(leave)
        with pytest.raises(TypeError):
            leave(keyring.dek(1))

    def test_shows_no_key(self, keyring: Keyring) -> None:
        key = keyring.dek(1)

        assert "****" in repr(key)
        assert key.secret().hex() not in repr(key)
        assert repr(keyring) == "Keyring(****)"
        assert not hasattr(key, "__dict__")
