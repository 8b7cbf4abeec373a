"""Who keeps a PMH-ID, who is proposed a new one, and what the answers are counted as."""

from itertools import count
from uuid import UUID

import pytest

from pmh.domain.hakko import Kensu, count_kekka, propose

ONE, TWO, THREE = (UUID(int=n) for n in (1, 2, 3))


@pytest.mark.kj("KJ-PMH-02")
def test_who_has_one_keeps_it_and_the_others_are_proposed_new_ones() -> None:
    numbers = count(1)

    def new_ids(wanted: int) -> list[str]:
        return [f"NEW{next(numbers)}" for _ in range(wanted)]

    assert propose([(TWO, None), (ONE, "HELD"), (THREE, None)], new_ids) == {
        ONE: "HELD",
        TWO: "NEW1",
        THREE: "NEW2",
    }


def test_everybody_writes_persons_in_one_order() -> None:
    assert list(propose([(THREE, None), (ONE, None), (TWO, None), (ONE, None)], lambda wanted: ["X"] * wanted)) == [
        ONE,
        TWO,
        THREE,
    ]


@pytest.mark.kj("KJ-PMH-02", "KJ-PMH-09")
@pytest.mark.parametrize(
    ("asked", "issued", "counted"),
    [
        ([], [], Kensu(0, 0, 0)),
        ([None, None], [], Kensu(0, 0, 2)),
        ([ONE], [ONE], Kensu(1, 0, 0)),
        ([ONE], [], Kensu(0, 1, 0)),
        ([ONE, None, ONE, TWO], [ONE], Kensu(1, 2, 1)),
    ],
)
def test_every_answer_is_counted_once(asked: list[UUID | None], issued: list[UUID], counted: Kensu) -> None:
    found = count_kekka(asked, frozenset(issued))

    assert found == counted
    assert found.shinki + found.kizon + found.nashi == len(asked)
