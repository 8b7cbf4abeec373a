import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chukan.kernel.merkle_log.tree import CompactRange, entry_hash, leaf_hash, node_hash, root_of

# The reference entries and roots that implementations of RFC 6962 test themselves with.
ENTRIES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def naive_root(leaves: list[bytes]) -> bytes:
    """Return the root as RFC 6962 defines it, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return node_hash(naive_root(leaves[:half]), naive_root(leaves[half:]))


def _leaves(count: int) -> list[bytes]:
    return [entry_hash(str(number).encode()) for number in range(count)]


class TestRootOf:
    @pytest.mark.parametrize("size, root", list(enumerate(ROOTS, start=1)))
    def test_gives_the_reference_roots(self, size: int, root: str) -> None:
        assert root_of(entry_hash(bytes.fromhex(entry)) for entry in ENTRIES[:size]).hex() == root

    def test_equals_the_definition_for_every_size(self) -> None:
        leaves = _leaves(300)

        assert all(root_of(leaves[:size]) == naive_root(leaves[:size]) for size in range(301))


class TestCompactRange:
    def test_can_be_laid_down_and_taken_up_anywhere(self) -> None:
        leaves = _leaves(130)

        for pause in range(130):
            first = CompactRange.of(leaves[:pause])
            later = CompactRange(first.size, first.hashes)
            for leaf in leaves[pause:]:
                later.append(leaf)
            assert (later.size, later.root()) == (130, naive_root(leaves))

    @pytest.mark.parametrize("size, hashes", [(1, []), (2, [b"x" * 32, b"y" * 32]), (1, [b"short"]), (0, [b"x" * 32])])
    def test_refuses_hashes_that_do_not_fit_the_size(self, size: int, hashes: list[bytes]) -> None:
        with pytest.raises(ValueError, match="range"):
            CompactRange(size, hashes)

    @pytest.mark.kj("KJ-LOG-10")
    @given(st.data())
    def test_any_tampering_gives_another_root(self, data: st.DataObject) -> None:
        leaves = _leaves(data.draw(st.integers(2, 60)))
        at, to = data.draw(st.integers(0, len(leaves) - 1)), data.draw(st.integers(0, len(leaves) - 1))
        changed, added, swapped = list(leaves), list(leaves), list(leaves)
        changed[at] = bytes([changed[at][0] ^ 1]) + changed[at][1:]
        added.insert(at, entry_hash(b"new"))
        swapped[at], swapped[to] = swapped[to], swapped[at]
        spoiled = [changed, added, leaves[:at] + leaves[at + 1 :], leaves[:-1], [*leaves, leaves[-1]]]
        spoiled += [swapped] if at != to else []

        assert all(root_of(one) != root_of(leaves) for one in spoiled)


class TestLeafHash:
    def test_is_the_salted_entry(self) -> None:
        assert leaf_hash(b"s" * 16, b"body") == hashlib.sha256(b"\x00" + b"s" * 16 + b"body").digest()

    @pytest.mark.parametrize("salt", [b"", b"s" * 15, b"s" * 17])
    def test_salt_has_one_length_so_that_it_cannot_flow_into_the_body(self, salt: bytes) -> None:
        with pytest.raises(ValueError, match="16 bytes"):
            leaf_hash(salt, b"body")

    def test_a_node_is_never_a_leaf(self) -> None:
        left, right = _leaves(2)

        assert node_hash(left, right) != entry_hash(left + right)
