"""払出し: what every number of a request is answered with, decided without a database. 根拠: KJ-PMH-01, KJ-PMH-02."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

Kekka = Literal["shinki", "kizon", "nashi"]
SHINKI: Final = "shinki"
KIZON: Final = "kizon"
NASHI: Final = "nashi"
KEKKA_LABELS: Final[Mapping[Kekka, str]] = {
    "shinki": "新規の払出し",
    "kizon": "発行済みの再返却",
    "nashi": "該当なし",
}


@dataclass(frozen=True, slots=True)
class Kensu:
    """How many numbers of a request were answered with what."""

    shinki: int
    kizon: int
    nashi: int


def propose(persons: Iterable[tuple[UUID, str | None]], new_id: Callable[[], str]) -> dict[UUID, str]:
    """Return a PMH-ID to propose for each person, in the order in which they are written by everybody.

    Who has one keeps it, also when its 発行履歴 is gone: it never changes. 根拠: KJ-PMH-02.
    """
    return {person: held or new_id() for person, held in sorted(dict(persons).items())}


def count_kekka(asked: Sequence[UUID | None], issued: frozenset[UUID]) -> Kensu:
    """Count what the numbers were answered with: `asked` is whose each is, `issued` who got a PMH-ID just now.

    A person who is asked for twice in one request is issued to once; the second answer is a repeat.
    """
    known = [person for person in asked if person is not None]
    fresh = len(issued & set(known))
    return Kensu(shinki=fresh, kizon=len(known) - fresh, nashi=len(asked) - len(known))
