"""PMH-ID: form, check letter, randomness."""

import math
from collections import Counter

import pytest

from pmh.domain.pmh_id import PMH_ID_LENGTH, check_letter, is_pmh_id, new_pmh_id, new_pmh_ids

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def test_new_ones_have_the_form() -> None:
    for _ in range(200):
        pmh_id = new_pmh_id()
        assert is_pmh_id(pmh_id)
        assert not any(letter.isdigit() for letter in pmh_id)


def test_at_least_96_bits_are_drawn() -> None:
    assert (PMH_ID_LENGTH - 1) * math.log2(len(LETTERS)) >= 96


def test_every_random_place_uses_every_letter_about_equally() -> None:
    drawn = new_pmh_ids(5_000)
    assert len(set(drawn)) == len(drawn)
    for place in range(PMH_ID_LENGTH):
        counts = Counter(pmh_id[place] for pmh_id in drawn)
        chi = sum((counts[letter] - 5_000 / 26) ** 2 / (5_000 / 26) for letter in LETTERS)
        # 25 degrees of freedom: a fair draw passes 90 about once in 10^9; a fixed or skewed place is far above.
        assert chi < 90


@pytest.mark.parametrize("letter", LETTERS)
def test_the_check_letter_solves_the_equation_of_the_standard(letter: str) -> None:
    # ISO/IEC 7064 hybrid systems: the running sum over the whole text, check letter included, is 1 modulo 26.
    body = letter * 5 + "QXZ"
    product = 26
    for each in body:
        total = (product + LETTERS.index(each)) % 26 or 26
        product = total * 2 % 27
    assert (product + LETTERS.index(check_letter(body))) % 26 == 1


def test_every_single_wrong_letter_is_found() -> None:
    pmh_id = new_pmh_id()
    for place, right in enumerate(pmh_id):
        for wrong in LETTERS:
            if wrong != right:
                assert not is_pmh_id(pmh_id[:place] + wrong + pmh_id[place + 1 :])


@pytest.mark.parametrize("text", ["", "A", "a" * 23, "1" * 23, "A" * 24, "Ａ" * 23])
def test_other_texts_are_none(text: str) -> None:
    assert not is_pmh_id(text)
