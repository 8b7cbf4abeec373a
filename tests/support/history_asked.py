"""The product's own answers about a story's persons, held against the reference for every day and every instant."""

from __future__ import annotations

from datetime import datetime, timedelta

from chukan.kernel.errors import NotFound
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import reads
from shikaku.queries.rireki import find_rireki, find_row_id, list_rireki
from tests.builders.history_memory import Disagreement, shown_of
from tests.builders.history_reference import Person, Reference
from tests.support.history_doors import clerk_of

_TICK = timedelta(microseconds=1)


def compare_asked(reference: Reference, *, end: datetime) -> int:
    """Compare every (valid, known) pair of every person, and who each number leads to; return how many pairs.

    Raises Disagreement.
    """
    pairs = 0
    names: set[tuple[int, object]] = set()
    for zone in reference.persons:
        pairs += _compare_zone(by=clerk_of(zone), zone=zone, reference=reference, end=end, names=names)
    if len(names) != len({name for name, _ in names}) or len(names) != len({found for _, found in names}):
        raise Disagreement("one 紐付番号 for two persons, or two for one")
    return pairs


@reads
def _compare_zone(
    *, by: Principal, zone: str, reference: Reference, end: datetime, names: set[tuple[int, object]]
) -> int:
    """Ask all of one insurer's questions in one transaction; note each 紐付番号 met under the reference's name."""
    persons = reference.persons[zone]
    pairs = sum(_compare_person(by, zone, person, end) for person in persons.values())
    for number in reference.numbers.himozuke:
        found = _led_to(by, number, end)
        edaban = reference.led(zone, number)
        if (found is None) != (edaban is None):
            raise Disagreement(zone, "a number leads to another person", edaban)
        if found is not None and edaban is not None:
            names.add((persons[edaban].himozuke, found))
    return pairs


def _led_to(by: Principal, number: str, end: datetime) -> object:
    try:
        return find_rireki(by=by, kojin_bango=number, known_at=end).himozuke_bango
    except NotFound:
        return None


def _compare_person(by: Principal, zone: str, person: Person, end: datetime) -> int:
    row_id = find_row_id(by=by, hihokensha_edaban=person.edaban)
    lines = list_rireki(by=by, row_id=row_id, known_at=end)
    written = sorted({line.version.toroku_nichiji for line in lines})
    if len(written) != len(person.events):
        raise Disagreement(zone, person.edaban, "not one instant per applied line", len(written), len(person.events))
    days, pairs = [None, *person.days()], 0
    for instant, event in zip(written, person.events, strict=True):
        for known_at, place in ((instant - _TICK, event.place - 1), (instant, event.place)):
            for on in days:
                found = find_rireki(by=by, hihokensha_edaban=person.edaban, on=on, known_at=known_at).versions
                answered = [shown_of(version.shikaku_tsuban, version.joho) for version in found]
                if answered != person.shown(place, on):
                    raise Disagreement(zone, person.edaban, known_at, on)
                pairs += 1
    return pairs
