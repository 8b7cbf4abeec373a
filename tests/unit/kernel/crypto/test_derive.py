import hashlib
import hmac

from hypothesis import given
from hypothesis import strategies as st

from chukan.kernel.crypto.derive import HmacSha256, derive_key, pack

texts = st.text(max_size=8) | st.binary(max_size=8)


class TestPack:
    @given(st.lists(texts, max_size=4), st.lists(texts, max_size=4))
    def test_different_tuples_never_look_alike(self, one: list[str | bytes], other: list[str | bytes]) -> None:
        raw_one = [part.encode() if isinstance(part, str) else part for part in one]
        raw_other = [part.encode() if isinstance(part, str) else part for part in other]

        assert (pack(*one) == pack(*other)) is (raw_one == raw_other)


class TestHmacSha256:
    @given(st.binary(max_size=200), st.binary(max_size=200))
    def test_equals_the_standard_library(self, key: bytes, message: bytes) -> None:
        assert HmacSha256(key).digest(message) == hmac.digest(key, message, hashlib.sha256)

    def test_one_instance_serves_many_messages(self) -> None:
        mac = HmacSha256(b"k" * 32)

        assert [mac.digest(b"a"), mac.digest(b"b"), mac.digest(b"a")] == [
            hmac.digest(b"k" * 32, text, hashlib.sha256) for text in (b"a", b"b", b"a")
        ]

    def test_shows_no_key(self) -> None:
        assert repr(HmacSha256(b"k" * 32)) == "HmacSha256(****)"


class TestDeriveKey:
    def test_every_use_has_its_own_key(self) -> None:
        uses = [("chukan1", "field", "joho"), ("chukan1", "field", "kojin_bango"), ("chukan1", "fieldjoho", ""), ("x",)]

        assert len({derive_key(b"s" * 32, *use) for use in uses}) == len(uses)
        assert all(len(derive_key(b"s" * 32, *use)) == 32 for use in uses)
