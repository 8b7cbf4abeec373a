import hashlib
import hmac

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chukan.kernel.crypto.blind_index import ZoneIndex
from chukan.kernel.crypto.derive import derive_key
from chukan.kernel.crypto.errors import KeyUnavailable
from chukan.kernel.crypto.file_kms import FileKms
from chukan.kernel.crypto.keyring import Keyring
from tests.fakes.key_table import MemoryKeyTable

NUMBER = "123456789018"


@pytest.mark.kj("KJ-ENC-06")
class TestZoneIndex:
    def test_same_number_same_index(self, keyring: Keyring) -> None:
        one, again = ZoneIndex(keyring, "06132013"), ZoneIndex(keyring, "06132013")

        assert one.bango(NUMBER) == again.bango(NUMBER)
        assert len(one.bango(NUMBER)) == 16
        assert one.bango(NUMBER) != one.bango("983205673214")

    def test_two_insurers_cannot_link_a_person_by_it(self, keyring: Keyring) -> None:
        assert ZoneIndex(keyring, "06132013").bango(NUMBER) != ZoneIndex(keyring, "00138057").bango(NUMBER)

    def test_index_across_insurers_is_one(self, keyring: Keyring) -> None:
        one, other = ZoneIndex(keyring, "06132013"), ZoneIndex(keyring, "00138057")

        assert one.global_bango(NUMBER) == other.global_bango(NUMBER)
        assert len(one.global_bango(NUMBER)) == 32
        assert one.global_bango(NUMBER)[:16] != one.bango(NUMBER)

    def test_index_is_no_bare_hash(self, keyring: Keyring) -> None:
        index = ZoneIndex(keyring, "06132013")
        bare = [hashlib.new(name, NUMBER.encode()).digest() for name in ("sha256", "sha512", "sha1", "md5")]

        assert not any(index.bango(NUMBER) in digest or digest in index.bango(NUMBER) for digest in bare)

    def test_is_the_published_construction(self, keyring: Keyring) -> None:
        key = derive_key(keyring.secret("bi_zone", "06132013"), "chukan1", "bi_zone", "kojin_bango")

        expected = hmac.digest(key, NUMBER.encode(), hashlib.sha256)[:16]

        assert ZoneIndex(keyring, "06132013").bango(NUMBER) == expected

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(text=st.text(max_size=10))
    def test_token_is_a_signed_64_bit_number(self, keyring: Keyring, text: str) -> None:
        index = ZoneIndex(keyring, "06132013")

        assert -(2**63) <= index.token("kana_full", text) < 2**63
        assert index.token("kana_full", text) == ZoneIndex(keyring, "06132013").token("kana_full", text)

    def test_tokens_take_both_signs(self, keyring: Keyring) -> None:
        index = ZoneIndex(keyring, "06132013")

        assert {index.token("k", str(n)) < 0 for n in range(64)} == {True, False}

    def test_kinds_and_insurers_do_not_meet(self, keyring: Keyring) -> None:
        index, other = ZoneIndex(keyring, "06132013"), ZoneIndex(keyring, "00138057")

        tokens = {index.token("kana2", "ヤマ"), index.token("kana4", "ヤマ"), other.token("kana2", "ヤマ")}

        assert len(tokens) == 3

    def test_unknown_insurer_has_no_index(self, kms: FileKms, table: MemoryKeyTable) -> None:
        with pytest.raises(KeyUnavailable):
            ZoneIndex(Keyring(kms, table), "06132013")
