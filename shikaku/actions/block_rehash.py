"""Lines that were hashed under other keys than those of the block, and blocks of a time with two keys (ADR 0020)."""

from collections.abc import Sequence

from chukan.kernel.crypto.blind_index import ZoneIndex
from shikaku.actions.prepare_lines import PreparedLine, hash_line
from shikaku.domain.own_number import number_candidates


def hash_again(lines: Sequence[PreparedLine], index: ZoneIndex) -> None:
    """Hash the lines under the keys of `index`, and let it know both hashes of every number they name.

    Nothing happens where they were hashed so and no number has two hashes. A draft under other keys is given up.
    """
    keys, is_split = index.keys, index.is_split
    for line in lines:
        if line.keys == keys and not is_split:
            continue
        line.give_up_draft()
        said = line.line
        if said is None:
            continue
        hash_line(line, said, index)
        if said.koshingo_kojin_bango is not None:
            index.bango(said.koshingo_kojin_bango)
        for _, number in number_candidates(said):
            index.bango(number)
