"""Whom a number leads to in one zone: by this insurer's own word, or by way of a 紐付番号 known elsewhere.

根拠: the published contract §3: after a 変更 by any insurer both numbers lead to the person.
"""

from collections.abc import Collection, Mapping
from uuid import UUID

from chukan.kernel.crypto.blind_index import ZoneIndex
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import LostRace
from shikaku.actions.block_person import BlockPerson, known_person
from shikaku.queries.held import load_held
from shikaku.queries.led import find_edaban, find_himozuke


class LedNumbers:
    """The persons of one block in one zone, by their numbers and by the 紐付番号 their numbers lead to."""

    def __init__(
        self,
        by: Principal,
        zone: str,
        index: ZoneIndex,
        *,
        by_edaban: dict[int, BlockPerson],
        by_bango: dict[bytes, BlockPerson],
    ) -> None:
        """Share the block's view of its persons."""
        self._by, self._zone, self._index, self._by_edaban, self._by_bango = by, zone, index, by_edaban, by_bango
        self._asked: set[bytes] = set()
        self._himozuke_of: dict[bytes, UUID] = {}
        self._person_of: dict[UUID, BlockPerson] = {}

    def look_up(self, unknown: Mapping[bytes, bytes]) -> None:
        """Ask whom these numbers lead to, and load those whom the zone has; `unknown`: zone's hash -> global hash.

        *Locks:* the persons found.
        """
        led = find_himozuke(by=self._by, index=self._index, hashes=unknown.values())
        self._asked.update(unknown)
        for bango, wide in unknown.items():
            self._himozuke_of.pop(bango, None)
            if wide in led:
                self._himozuke_of[bango] = led[wide]
        self._load({himozuke for himozuke in led.values() if himozuke not in self._person_of})

    def _load(self, himozuke: Collection[UUID]) -> None:
        here = find_edaban(by=self._by, zone=self._zone, himozuke=himozuke)
        missing = [edaban for edaban in here.values() if edaban not in self._by_edaban]
        if missing:
            held = load_held(by=self._by, zone=self._zone, index=self._index, edabans=missing, bangos=())
            self._by_edaban.update({edaban: known_person(person) for edaban, person in held.by_edaban.items()})
        for one, edaban in here.items():
            person = self._by_edaban.get(edaban)
            if person is None or person.himozuke != one:
                raise LostRace  # moved or gone while the locks were waited for
            self._person_of[one] = person

    def absent(self) -> set[UUID]:
        """Return the persons whom numbers of this block lead to and nobody here has yet."""
        return {himozuke for himozuke in self._himozuke_of.values() if himozuke not in self._person_of}

    def absent_of(self, bango: bytes | None) -> set[UUID]:
        """Return the person whom this number leads to and nobody here has yet, if any."""
        himozuke = None if bango is None else self._himozuke_of.get(bango)
        return set() if himozuke is None or self.person_of(bango) is not None else {himozuke}

    def is_unknown(self, bango: bytes | None) -> bool:
        """Tell whether nobody here has the number and `look_up` was not asked whom it leads to."""
        return bango is not None and bango not in self._by_bango and bango not in self._asked

    def person_of(self, bango: bytes | None) -> BlockPerson | None:
        """Return the person of this zone whom the number leads to, by this insurer's word or by another's."""
        if bango is None:
            return None
        if bango in self._by_bango:
            return self._by_bango[bango]
        himozuke = self._himozuke_of.get(bango)
        return None if himozuke is None else self._person_of.get(himozuke)

    def person_at(self, himozuke: UUID) -> BlockPerson | None:
        """Return the person of this zone who was found to have the 紐付番号."""
        return self._person_of.get(himozuke)

    def himozuke_of(self, bango: bytes) -> UUID | None:
        """Return the 紐付番号 the number was found to lead to."""
        return self._himozuke_of.get(bango)

    def join(self, person: BlockPerson, bango: bytes) -> None:
        """Let a new person of this block be found by every number that leads to the same 紐付番号."""
        himozuke = self._himozuke_of.get(bango)
        if himozuke is not None:
            self._person_of[himozuke] = person

    def move(self, person: BlockPerson) -> None:
        """Let the person be found by the 紐付番号 it has now, and by no other."""
        self._person_of = {himozuke: other for himozuke, other in self._person_of.items() if other is not person}
        self._person_of[person.himozuke] = person
