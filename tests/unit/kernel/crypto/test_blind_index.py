import hashlib
import hmac

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chukan.kernel.crypto.blind_index import GlobalIndex, ZoneIndex
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


USES = (("bi_zone", "06132013"), ("token", "06132013"), ("bi_global", None))


def started(keyring: Keyring) -> ZoneIndex:
    """Return an index all of whose keys are being replaced: it makes hashes with the former, and knows the new."""
    for purpose, code in USES:
        keyring.start_index_key(purpose=purpose, hokensha_code=code)
    keyring.forget()
    return ZoneIndex(keyring, "06132013")


def switched(keyring: Keyring) -> ZoneIndex:
    for purpose, code in USES:
        keyring.switch_index_key(purpose=purpose, hokensha_code=code)
    return ZoneIndex(keyring, "06132013")


@pytest.mark.kj("KJ-ENC-06", "KJ-ENC-07")
class TestWhileAKeyIsReplaced:
    def test_both_hashes_are_asked_for_and_either_is_known_again(self, keyring: Keyring) -> None:
        before = started(keyring)
        old = (before.bango(NUMBER), before.token("kana2", "ヤマ"), before.global_bango(NUMBER))
        index = switched(keyring)

        new = (index.bango(NUMBER), index.token("kana2", "ヤマ"), index.global_bango(NUMBER))

        assert index.both_bango([new[0]]) == [new[0], old[0]]
        assert index.both_tokens([new[1]]) == [new[1], old[1]]
        assert index.across.both([new[2]]) == [new[2], old[2]]
        assert (index.present_bango(old[0]), index.present_token(old[1]), index.across.present(old[2])) == new
        assert (index.present_bango(new[0]), index.present_token(new[1]), index.across.present(new[2])) == new

    def test_before_the_switch_what_others_will_write_is_asked_for(self, keyring: Keyring) -> None:
        index = started(keyring)
        old = index.bango(NUMBER)
        new = switched(keyring).bango(NUMBER)

        assert index.both_bango([old]) == [old, new]
        assert index.present_bango(new) == old

    def test_what_is_hashed_once_for_many_is_known_again(self, keyring: Keyring) -> None:
        before = started(keyring)
        old = before.common_token("seinengappi", "1960-01-01")
        index = switched(keyring)

        for _ in range(2):
            new = index.common_token("seinengappi", "1960-01-01")
            assert index.present_token(old) == new

    def test_a_hash_of_something_else_stays_what_it_is(self, keyring: Keyring) -> None:
        started(keyring)
        index = switched(keyring)

        assert (index.present_bango(b"?"), index.present_token(7), index.across.present(b"?")) == (b"?", 7, b"?")
        assert index.both_bango([b"?"]) == [b"?"]

    def test_an_index_knows_whether_it_is_the_one_of_now(self, keyring: Keyring) -> None:
        one = ZoneIndex(keyring, "06132013")
        assert one.is_current()
        two = started(keyring)

        assert (one.is_split, two.is_split) == (False, True)
        assert (one.is_current(), two.is_current()) == (False, True)
        assert one.keys != two.keys
        assert switched(keyring).keys not in (one.keys, two.keys)

    def test_across_insurers_the_key_that_makes_hashes_is_named(self, keyring: Keyring) -> None:
        started(keyring)
        former = GlobalIndex(keyring).key_id
        switched(keyring)

        assert GlobalIndex(keyring).key_id > former


def test_without_a_replacement_what_is_given_comes_back(keyring: Keyring) -> None:
    index, hashes, tokens = ZoneIndex(keyring, "06132013"), (b"a", b"b"), (1, 2)

    assert index.both_bango(hashes) is hashes
    assert index.both_tokens(tokens) is tokens
    assert index.across.both(hashes) is hashes
    assert (index.present_bango(b"a"), index.present_token(1), index.across.present(b"a")) == (b"a", 1, b"a")
    assert index.across.twins is None
