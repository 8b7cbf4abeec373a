"""払出し: what every number of a request is answered with, decided without a database. 根拠: KJ-PMH-01, KJ-PMH-02."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Kensu:
    """How many numbers of a request were answered with a new PMH-ID, with one issued before, with nobody's."""

    shinki: int
    kizon: int
    nashi: int


def propose(persons: Iterable[tuple[UUID, str | None]], new_ids: Callable[[int], Sequence[str]]) -> dict[UUID, str]:
    """Return a PMH-ID to propose for each person, in the order in which they are written by everybody.

    Who has one keeps it, also when its 発行履歴 is gone: it never changes. 根拠: KJ-PMH-02.
    """
    held = dict(persons)
    fresh = iter(new_ids(sum(pmh_id is None for pmh_id in held.values())))
    return {person: held[person] or next(fresh) for person in sorted(held, key=_order)}


def _order(person: UUID) -> int:
    """Return what the database sorts a 紐付番号 by; comparing the values themselves takes ten times as long."""
    return person.int


def count_kekka(asked: Sequence[UUID | None], issued: frozenset[UUID]) -> Kensu:
    """Count what the numbers were answered with: `asked` is whose each is, `issued` who got a PMH-ID just now.

    A person who is asked for twice in one request is issued to once; the second answer is a repeat.
    """
    known = [person for person in asked if person is not None]
    fresh = len(issued & set(known))
    return Kensu(shinki=fresh, kizon=len(known) - fresh, nashi=len(asked) - len(known))
