"""New persons of a block get the 紐付番号 their numbers lead to, or the one proposed for a number nobody had."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from uuid import UUID

from django.db import connection

from chukan.kernel.crypto.blind_index import ZoneIndex
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import LostRace
from shikaku.actions.block_person import BlockPerson
from shikaku.actions.himozuke_links import resolve_himozuke
from shikaku.actions.prepare_lines import PreparedLine
from shikaku.queries.led import find_seconds


class NewHimozuke:
    """The new persons of one zone: their hash across insurers, and the drafted lines they came by."""

    def __init__(self, *, by: Principal, zone: str, index: ZoneIndex) -> None:
        """Begin with none."""
        self._by, self._zone, self._index = by, zone, index
        self._globals: dict[int, bytes] = {}
        self._drafted: dict[int, PreparedLine] = {}
        self._resolved: set[int] = set()

    def note(self, edaban: int, *, bi_global: bytes | None, prepared: PreparedLine) -> None:
        """Note a new person and the line it came by; without a number it is matched with nobody."""
        if bi_global is not None:
            self._globals[edaban] = bi_global
        if prepared.draft is not None:
            self._drafted[edaban] = prepared

    def is_open(self, person: BlockPerson) -> bool:
        """Tell whether the person's 紐付番号 is only proposed so far."""
        return person.is_new and person.edaban not in self._resolved

    def resolve(self, fresh: Sequence[BlockPerson], *, touched: Collection[BlockPerson]) -> dict[int, UUID]:
        """Fix the 紐付番号 of new persons; return the proposed ones by 被保険者枝番.

        Raises LostRace when one of them is here already under another number: drafts that did not know are given up,
        and the block begun anew finds the person. *Locks:* the numbers across insurers.
        """
        if not fresh:
            return {}
        proposed = {person.edaban: person.himozuke for person in fresh}
        with_number = [person for person in fresh if person.edaban in self._globals]
        without = [person.himozuke for person in fresh if person.edaban not in self._globals]
        if with_number:
            candidates = {self._globals[person.edaban]: person.himozuke for person in with_number}
            resolved = resolve_himozuke(self._index, candidates)
            for person in with_number:
                person.himozuke = resolved[self._globals[person.edaban]]
            self._refuse_second([p for p in with_number if p.himozuke != proposed[p.edaban]], touched)
        if without:
            with connection.cursor() as cursor:
                cursor.execute("SELECT shikaku_new_himozuke(%s)", [without])
        self._resolved.update(proposed)
        for person in fresh:
            if person.held is not None:
                person.held = replace(person.held, himozuke_bango=str(person.himozuke))
        return proposed

    def _refuse_second(self, known: Sequence[BlockPerson], touched: Collection[BlockPerson]) -> None:
        new = {person.edaban for person in known}
        others = (person.himozuke for person in touched if person.edaban not in new)
        seconds = find_seconds(by=self._by, zone=self._zone, fresh=[person.himozuke for person in known], others=others)
        second = [person for person in known if person.himozuke in seconds]
        for person in second:
            if person.edaban in self._drafted:
                self._drafted[person.edaban].give_up_draft()
        if second:
            raise LostRace
