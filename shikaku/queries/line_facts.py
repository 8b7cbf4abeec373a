"""What the rules of a line need to know of the day, the insurers and the code tables."""

from datetime import date

from chukan.controls.kikan import queries as kikan
from chukan.kernel.crypto.blind_index import ZoneIndex
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import reads
from shikaku.domain.check_line import HokenshaFacts, LineFacts


@reads
def get_line_facts(*, by: Principal, on: date) -> LineFacts:
    """Return the facts for every insurer this sender may register for, once per block."""
    hokensha = {}
    for code in by.sendable:
        facts = kikan.find_hokensha(code)
        if facts is not None:
            hokensha[code] = HokenshaFacts(
                shubetsu=facts.hokensha_shubetsu,
                hokensha_bango=facts.hokensha_bango,
                kohi_futansha_bango=facts.kohi_futansha_bango,
            )
    return LineFacts(on=on, hokensha=hokensha, codes=kikan.code_book())


class ZoneIndexes:
    """The keyed hashes of each zone, prepared once as long as their keys are the same."""

    def __init__(self) -> None:
        """Begin with none."""
        self._of: dict[str, ZoneIndex] = {}

    def __call__(self, hokensha_code: str) -> ZoneIndex:
        """Return the hashes of one zone under the keys of now; may ask the database.

        While a key is replaced each call gives new ones, which know the twins of what they hashed themselves only.
        """
        index = self._of.get(hokensha_code)
        if index is None or index.is_split or not index.is_current():
            index = self._of[hokensha_code] = ZoneIndex(get_keyring(), hokensha_code)
        return index

    def kept(self, hokensha_code: str) -> ZoneIndex:
        """Return the hashes as they were last asked for; never asks the database."""
        return self._of[hokensha_code]
