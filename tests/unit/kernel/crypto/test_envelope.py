import os
import sys
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chukan.kernel.crypto.data_key import KeyState
from chukan.kernel.crypto.envelope import OVERHEAD, RowSealer, key_id_of, open_envelope
from chukan.kernel.crypto.errors import EnvelopeRefused
from chukan.kernel.crypto.keyring import Keyring
from tests.fakes.key_table import MemoryKeyTable

ROW = UUID("01890000-0000-7000-8000-000000000001")
OTHER_ROW = UUID("01890000-0000-7000-8000-000000000002")
WHERE = {"table": "shikaku_rireki", "envelope": "joho", "hokensha_code": "06132013", "row_id": ROW}


def _sealer(keyring: Keyring, hokensha_code: str = "06132013") -> RowSealer:
    key = keyring.active_dek(purpose="field", hokensha_code=hokensha_code)
    return RowSealer(key, table="shikaku_rireki", envelope="joho")


def _open(keyring: Keyring, data: bytes, **changed: object) -> bytes:
    return open_envelope(keyring, data=data, **(WHERE | changed))  # type: ignore[arg-type]  # one place is changed at a time


class TestSealAndOpen:
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(plaintext=st.binary(max_size=300), row_id=st.uuids())
    def test_goes_round(self, keyring: Keyring, plaintext: bytes, row_id: UUID) -> None:
        data = _sealer(keyring).seal(row_id, plaintext)

        assert len(data) == len(plaintext) + OVERHEAD
        assert _open(keyring, data, row_id=row_id) == plaintext

    def test_header_names_format_algorithm_and_key(self, keyring: Keyring) -> None:
        sealer = _sealer(keyring)

        data = sealer.seal(ROW, b"123456789018")

        assert data[:6] == bytes([1, 1]) + sealer.key_id.to_bytes(4, "big")
        assert key_id_of(data) == sealer.key_id
        assert len(data) == 46

    @pytest.mark.kj("KJ-ENC-01")
    def test_plaintext_is_not_in_the_ciphertext(self, keyring: Keyring) -> None:
        assert b"123456789018" not in _sealer(keyring).seal(ROW, b"123456789018")

    def test_same_row_twice_gives_two_ciphertexts(self, keyring: Keyring) -> None:
        sealer = _sealer(keyring)

        assert sealer.seal(ROW, b"x") != sealer.seal(ROW, b"x")

    def test_nonces_do_not_repeat(self, keyring: Keyring) -> None:
        sealer = _sealer(keyring)

        nonces = {sealer.seal(ROW, b"")[6:18] for _ in range(5000)}

        assert len(nonces) == 5000

    @pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
    def test_forked_process_does_not_reuse_its_parents_nonces(self, keyring: Keyring) -> None:
        sealer = _sealer(keyring)
        sealer.seal(ROW, b"")
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(writer, b"".join(sealer.seal(ROW, b"")[6:18] for _ in range(100)))
            os._exit(0)
        os.waitpid(child, 0)
        theirs = os.read(reader, 1200)
        os.close(reader)
        os.close(writer)

        ours = {sealer.seal(ROW, b"")[6:18] for _ in range(600)}

        assert len(theirs) == 1200
        assert not ours & {theirs[at : at + 12] for at in range(0, 1200, 12)}

    def test_opens_what_the_database_returns(self, keyring: Keyring) -> None:
        assert _open(keyring, memoryview(_sealer(keyring).seal(ROW, b"x"))) == b"x"  # type: ignore[arg-type]  # a binary column


@pytest.mark.kj("KJ-ENC-07")
class TestRefusals:
    @pytest.mark.parametrize(
        "changed, reason",
        [
            ({"row_id": OTHER_ROW}, "tag"),
            ({"table": "shikaku_itaku_kukaku_kanyusha"}, "tag"),
            ({"envelope": "kojin_bango"}, "tag"),
            ({"hokensha_code": "00138057"}, "owner"),
            ({"hokensha_code": None}, "owner"),
        ],
    )
    def test_moved_ciphertext_does_not_open(self, keyring: Keyring, changed: dict[str, object], reason: str) -> None:
        data = _sealer(keyring).seal(ROW, b"secret")

        with pytest.raises(EnvelopeRefused, match=reason):
            _open(keyring, data, **changed)

    def test_every_flipped_bit_is_seen(self, keyring: Keyring) -> None:
        data = _sealer(keyring).seal(ROW, b"secret")

        for bit in range(len(data) * 8):
            spoiled = bytearray(data)
            spoiled[bit // 8] ^= 1 << bit % 8
            with pytest.raises(EnvelopeRefused):
                _open(keyring, bytes(spoiled))

    def test_another_insurers_key_does_not_open_even_when_named(self, keyring: Keyring) -> None:
        data = bytearray(_sealer(keyring).seal(ROW, b"secret"))
        other = keyring.active_dek(purpose="field", hokensha_code="00138057")
        data[2:6] = other.key_id.to_bytes(4, "big")

        with pytest.raises(EnvelopeRefused, match="owner"):
            _open(keyring, bytes(data))

    def test_newer_key_of_the_same_insurer_is_not_tried(self, keyring: Keyring) -> None:
        data = bytearray(_sealer(keyring).seal(ROW, b"secret"))
        newer = keyring.rotate_dek(purpose="field", hokensha_code="06132013")
        assert _open(keyring, bytes(data)) == b"secret"
        data[2:6] = newer.key_id.to_bytes(4, "big")

        with pytest.raises(EnvelopeRefused, match="tag"):
            _open(keyring, bytes(data))

    def test_key_of_another_purpose_does_not_open(self, keyring: Keyring) -> None:
        data = bytearray(_sealer(keyring).seal(ROW, b"secret"))
        token = keyring.active_dek(purpose="token", hokensha_code="06132013")
        data[2:6] = token.key_id.to_bytes(4, "big")

        with pytest.raises(EnvelopeRefused):
            _open(keyring, bytes(data))

    @pytest.mark.parametrize("data", [b"", b"\x01", b"\x01\x01" + bytes(31), b"\x02\x01" + bytes(60)])
    def test_what_is_no_envelope_is_refused(self, keyring: Keyring, data: bytes) -> None:
        with pytest.raises(EnvelopeRefused, match="header"):
            _open(keyring, data)

    @pytest.mark.parametrize("alg", [0, 2, 255])
    def test_algorithm_off_the_list_is_refused(self, keyring: Keyring, alg: int) -> None:
        data = bytearray(_sealer(keyring).seal(ROW, b"secret"))
        data[1] = alg

        with pytest.raises(EnvelopeRefused, match="algorithm"):
            _open(keyring, bytes(data))

    @pytest.mark.parametrize("state", [KeyState.PRE, KeyState.DESTROYED])
    def test_key_in_the_wrong_state_does_not_open(
        self, keyring: Keyring, table: MemoryKeyTable, state: KeyState
    ) -> None:
        sealer = _sealer(keyring)
        data = sealer.seal(ROW, b"secret")
        table.set_state(sealer.key_id, state)
        keyring.forget()

        with pytest.raises(EnvelopeRefused, match="state"):
            _open(keyring, data)

    def test_retired_key_does_not_seal(self, keyring: Keyring) -> None:
        old = keyring.active_dek(purpose="field", hokensha_code="06132013")
        keyring.rotate_dek(purpose="field", hokensha_code="06132013")

        with pytest.raises(EnvelopeRefused, match="state"):
            RowSealer(keyring.dek(old.key_id), table="t", envelope="e")

    def test_reencrypting_changes_the_key_and_not_the_value(self, keyring: Keyring) -> None:
        old = _sealer(keyring).seal(ROW, b"secret")
        keyring.rotate_dek(purpose="field", hokensha_code="06132013")

        new = _sealer(keyring).seal(ROW, _open(keyring, old))

        assert key_id_of(new) != key_id_of(old)
        assert _open(keyring, new) == _open(keyring, old) == b"secret"

    def test_refusal_says_nothing_of_the_content(self, keyring: Keyring) -> None:
        data = _sealer(keyring).seal(ROW, b"123456789018")

        with pytest.raises(EnvelopeRefused) as caught:
            _open(keyring, data, row_id=OTHER_ROW)

        assert caught.value.args == ("tag",)
        assert caught.value.__cause__ is None
