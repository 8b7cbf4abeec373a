import pytest
from hypothesis import given
from hypothesis import strategies as st

from chukan.kernel.merkle_log.proofs import consistency_proof, inclusion_proof, verify_consistency, verify_inclusion
from chukan.kernel.merkle_log.tree import entry_hash, root_of

LEAVES = [entry_hash(str(number).encode()) for number in range(300)]
ROOTS = [root_of(LEAVES[:size]) for size in range(301)]
SMALL = 70


class TestInclusion:
    def test_every_leaf_of_every_size_is_shown(self) -> None:
        for size in [*range(1, SMALL), 128, 129, 255, 300]:
            for index in range(size):
                proof = inclusion_proof(LEAVES[:size], index)
                assert verify_inclusion(leaf=LEAVES[index], index=index, size=size, proof=proof, root=ROOTS[size])

    def test_another_place_leaf_size_or_root_is_not_shown(self) -> None:
        for size in range(2, 34):
            for index in range(size):
                proof = inclusion_proof(LEAVES[:size], index)
                elsewhere = (index + 1) % size
                good = {"leaf": LEAVES[index], "index": index, "size": size, "proof": proof, "root": ROOTS[size]}
                assert not verify_inclusion(**(good | {"leaf": LEAVES[elsewhere]}))  # type: ignore[arg-type]  # one is changed
                assert not verify_inclusion(**(good | {"index": elsewhere}))  # type: ignore[arg-type]  # one is changed
                assert not verify_inclusion(**(good | {"root": ROOTS[size - 1]}))  # type: ignore[arg-type]  # one is changed
                assert not verify_inclusion(**(good | {"proof": proof[:-1]}))  # type: ignore[arg-type]  # one is changed
                assert not verify_inclusion(**(good | {"proof": [*proof, LEAVES[0]]}))  # type: ignore[arg-type]  # one is changed

    @pytest.mark.parametrize("index", [-1, 3])
    def test_there_is_no_proof_for_a_leaf_that_is_not_there(self, index: int) -> None:
        with pytest.raises(ValueError, match="no such leaf"):
            inclusion_proof(LEAVES[:3], index)
        assert not verify_inclusion(leaf=LEAVES[0], index=index, size=3, proof=[], root=ROOTS[3])


class TestConsistency:
    def test_every_pair_of_sizes_is_shown(self) -> None:
        for new in [*range(SMALL), 128, 129, 255, 300]:
            for old in range(new + 1):
                proof = consistency_proof(LEAVES[:new], old)
                assert verify_consistency(
                    old_size=old, old_root=ROOTS[old], new_size=new, new_root=ROOTS[new], proof=proof
                )

    @pytest.mark.kj("KJ-LOG-10")
    @given(st.data())
    def test_a_rewritten_beginning_is_not_shown(self, data: st.DataObject) -> None:
        new = data.draw(st.integers(2, 64))
        old = data.draw(st.integers(1, new - 1))
        at = data.draw(st.integers(0, old - 1))
        rewritten = [*LEAVES[:at], entry_hash(b"other"), *LEAVES[at + 1 : new]]

        proof = consistency_proof(rewritten, old)

        assert not verify_consistency(
            old_size=old, old_root=ROOTS[old], new_size=new, new_root=root_of(rewritten), proof=proof
        )

    def test_a_spoiled_proof_is_not_accepted(self) -> None:
        for new in range(2, 34):
            for old in range(1, new):
                proof = consistency_proof(LEAVES[:new], old)
                sizes = {"old_size": old, "new_size": new}
                roots = {"old_root": ROOTS[old], "new_root": ROOTS[new]}
                for spoiled in (proof[:-1], [*proof, LEAVES[0]], [LEAVES[0], *proof]):
                    assert not verify_consistency(**sizes, **roots, proof=spoiled)  # type: ignore[arg-type]  # two dictionaries
                assert not verify_consistency(**sizes, old_root=ROOTS[old], new_root=ROOTS[new - 1], proof=proof)
                assert not verify_consistency(**sizes, old_root=ROOTS[old - 1], new_root=ROOTS[new], proof=proof)

    def test_a_shorter_log_is_no_continuation(self) -> None:
        assert not verify_consistency(old_size=5, old_root=ROOTS[5], new_size=4, new_root=ROOTS[4], proof=[])
        assert not verify_consistency(old_size=5, old_root=ROOTS[5], new_size=5, new_root=ROOTS[4], proof=[])
        with pytest.raises(ValueError, match="beginning"):
            consistency_proof(LEAVES[:4], 5)
