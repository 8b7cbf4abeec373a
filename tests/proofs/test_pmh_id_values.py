"""F-pmh: PMH-IDs of a million persons: none twice, none to be told from a number, from the others or by guessing."""

from __future__ import annotations

import hashlib
import hmac
import math
import random
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest

from pmh.domain.pmh_id import PMH_ID_LENGTH, check_letter, is_pmh_id, new_pmh_id, new_pmh_ids
from tests.plugins_figures import Proof
from tests.support.members import bango

NAME = "F-pmh"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
BODY = PMH_ID_LENGTH - 1
# A fair draw leaves these limits about once in 10^6 runs; what is derived is far outside.
SIGMAS = 6.0
MIN_PERSONS = 20_000  # ≥ 29 expected in every cell of the tables below

Pair = tuple[str, str]


def issue(count: int, make: Callable[[str], str]) -> list[Pair]:
    """Return (個人番号, PMH-ID) of so many persons, in the order of issue."""
    return [(number, make(number)) for number in (bango(serial) for serial in range(1, count + 1))]


def as_letters(value: int) -> str:
    """Return a number as the letters of a PMH-ID, and its check letter."""
    letters = []
    for _ in range(BODY):
        value, rest = divmod(value, len(LETTERS))
        letters.append(LETTERS[rest])
    body = "".join(reversed(letters))
    return body + check_letter(body)


def value_of(pmh_id: str) -> int:
    """Return the first letters as a number, as precise as a float can be."""
    value = 0
    for letter in pmh_id[:10]:
        value = value * len(LETTERS) + LETTERS.index(letter)
    return value


def correlation(one: Sequence[float], other: Sequence[float]) -> float:
    """Return Pearson's coefficient in standard deviations of what independent values would have."""
    n = len(one)
    mean_one, mean_other = math.fsum(one) / n, math.fsum(other) / n
    both = math.fsum((a - mean_one) * (b - mean_other) for a, b in zip(one, other, strict=True))
    spread = math.fsum((a - mean_one) ** 2 for a in one) * math.fsum((b - mean_other) ** 2 for b in other)
    return both / math.sqrt(spread) * math.sqrt(n) if spread else math.inf


def dependence(pairs: Sequence[tuple[str, str]]) -> float:
    """Return how far a table of two signs is from independence, in standard deviations of chi-square."""
    cells, rows, columns = Counter(pairs), Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    freedom = (len(rows) - 1) * (len(columns) - 1)
    if not freedom:
        return math.inf if len(columns) == 1 else 0.0
    chi = 0.0
    for row, in_row in rows.items():
        for column, in_column in columns.items():
            due = in_row * in_column / len(pairs)
            chi += (cells[row, column] - due) ** 2 / due
    return (chi - freedom) / math.sqrt(2 * freedom)


def guesses(pair: Pair, before: str) -> set[str]:
    """Return what somebody would try who knows the number, the PMH-ID before and how one is written."""
    number, value = pair[0], 0
    for letter in before[:BODY]:
        value = value * len(LETTERS) + LETTERS.index(letter)
    tried = {as_letters((value + step) % len(LETTERS) ** BODY) for step in (0, 1, -1, 26, -26)}
    tried.add(as_letters(int(number)))
    for name in ("md5", "sha1", "sha256", "sha512", "blake2b"):
        digest = hashlib.new(name, number.encode(), usedforsecurity=False).digest()
        tried |= {as_letters(int.from_bytes(digest, "big")), as_letters(int.from_bytes(digest, "little"))}
        tried.add(as_letters(int.from_bytes(hmac.new(b"pmh", number.encode(), name).digest(), "big")))
    return tried


def suspicions(issued: Sequence[Pair]) -> list[str]:
    """Return everything by which these PMH-IDs are no fair draw."""
    found = []
    numbers, ids = [number for number, _ in issued], [pmh_id for _, pmh_id in issued]
    if len(set(ids)) != len(ids):
        found.append(f"{len(ids) - len(set(ids))} collisions")
    found += ["not well formed"] * sum(not is_pmh_id(pmh_id) for pmh_id in ids[:10_000])
    values = [float(value_of(pmh_id)) for pmh_id in ids]
    for name, known in (
        ("number", [float(number) for number in numbers]),
        ("order", list(map(float, range(len(ids))))),
    ):
        if abs(correlation(known, values)) > SIGMAS:
            found.append(f"goes with the {name}")
    if abs(correlation(values[:-1], values[1:])) > SIGMAS:
        found.append("goes with the one before")
    # The digits that differ between members, and every letter.
    for place in range(6, 12):
        for letter in range(BODY):
            if dependence([(number[place], pmh_id[letter]) for number, pmh_id in issued]) > SIGMAS:
                found.append(f"letter {letter} goes with digit {place}")
    for letter in range(BODY):
        if dependence([(before[letter], after[letter]) for before, after in pairwise(ids)]) > SIGMAS:
            found.append(f"letter {letter} goes with that of the one before")
    return found


def hits(issued: Sequence[Pair]) -> int:
    """Return how many PMH-IDs were guessed."""
    return sum(pair[1] in guesses(pair, before) for (_, before), pair in pairwise(issued))


@pytest.mark.slow
@pytest.mark.kj("KJ-PMH-03")
def test_no_relation_no_collision_no_guess(proof: Proof) -> None:
    persons = proof.at(ci=MIN_PERSONS, full=1_000_000)
    issued = issue(persons, lambda _number: new_pmh_id())
    many = set(new_pmh_ids(1_000_000))  # a million of them is quick; the tables over them are not

    related = suspicions(issued)
    guessed = hits(issued[: proof.at(ci=2_000, full=20_000)])

    proof.keep(NAME, "collisions of a million PMH-IDs", 1_000_000 - len(many), unit="", aim="0",
               reached=len(many) == 1_000_000)  # fmt: skip
    proof.keep(NAME, "relations of PMH-IDs to numbers and to each other", len(related), unit=f"of {persons} persons",
               aim="0", reached=not related)  # fmt: skip
    proof.keep(NAME, "PMH-IDs guessed", guessed, unit="", aim="0", reached=not guessed)
    assert len(many) == 1_000_000
    assert related == []
    assert guessed == 0


def derived(number: str) -> str:
    return as_letters(int.from_bytes(hashlib.sha256(number.encode()).digest(), "big"))


def counted(number: str) -> str:
    return as_letters(int(number) * 7_919)


def one_letter_of_the_number(number: str) -> str:
    body = LETTERS[int(number[9])] + new_pmh_id()[1:BODY]
    return body + check_letter(body)


def of_a_weak_generator() -> Callable[[str], str]:
    dice = random.Random(1)
    few = [as_letters(dice.randrange(26**BODY)) for _ in range(5_000)]
    return lambda _number: dice.choice(few)


@pytest.mark.parametrize(
    ("make", "found_by"),
    [
        (derived, "guess"),
        (counted, "goes with the number"),
        (one_letter_of_the_number, "letter 0 goes with digit 9"),
        (of_a_weak_generator(), "collisions"),
    ],
    ids=["derived", "counted", "one letter", "few"],
)
def test_mutant_is_seen(make: Callable[[str], str], found_by: str) -> None:
    issued = issue(MIN_PERSONS if found_by != "guess" else 1_000, make)

    if found_by == "guess":
        assert hits(issued) == len(issued) - 1
    else:
        assert any(found_by in one for one in suspicions(issued))
