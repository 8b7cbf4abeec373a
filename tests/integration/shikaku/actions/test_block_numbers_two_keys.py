"""Numbers are changed and corrected as ever while the keys of their hashes are replaced."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chukan.kernel.crypto.data_key import BI_GLOBAL, BI_ZONE
from chukan.kernel.errors import NotFound, Unavailable
from chukan.kernel.transactions import LostRace
from shikaku.actions import block_numbers
from shikaku.actions.block_numbers import NumberChanges
from shikaku.actions.register_one import register_one
from shikaku.queries.rireki import find_rireki
from tests.integration.shikaku.actions.test_corrected_numbers import Dice
from tests.support.index_keys import ended, rotated, started, under_former_keys, walked, whole_keys
from tests.support.members import LATER, bango, joined, known
from tests.support.principals import clerk
from tests.support.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.kj("KJ-ENC-07", "KJ-SHI-05")]
NUMBERS = (BI_ZONE, BI_GLOBAL)


@pytest.fixture(autouse=True)
def whole(world: World) -> Iterator[None]:
    with whole_keys(world):
        yield


class Rotating(Dice):
    """Stories between whose lines a key is replaced step by step, again and again."""

    def __init__(self, world: World, seed: int, kind: str) -> None:
        super().__init__(world, seed)
        steps: tuple[Callable[[World, str], object], ...] = (started, rotated, walked, ended)
        self._kind, self._steps, self._lines = kind, itertools.cycle(steps), itertools.count(1)

    def _compare(self) -> None:
        super()._compare()
        if next(self._lines) % 4 == 0:
            next(self._steps)(self.world, self._kind)
            super()._compare()


@pytest.mark.parametrize("kind", NUMBERS)
def test_every_number_leads_to_whom_the_insurers_said(world: World, kind: str) -> None:
    dice = Rotating(world, 0, kind)

    dice.throw(16)

    rotated(world, kind)
    walked(world, kind)
    ended(world, kind)
    assert under_former_keys(world) == {}


def test_mutant_that_takes_the_hash_of_now_for_the_one_that_stands_is_seen(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def as_given(_index: object, hashes: Any) -> list[bytes]:
        return list(hashes)

    monkeypatch.setattr(block_numbers, "standing", as_given)

    with pytest.raises((AssertionError, LostRace, Unavailable)):
        Rotating(world, 0, BI_GLOBAL).throw(40)


def came_back_and_was_wrong(world: World) -> None:
    """1 became 50, and 1 again under the new key, which was a mistake for 60: 1 stands under two hashes."""
    joined(1)
    for new, kubun in ((50, "1"), (1, "1"), (60, "2")):
        line = known("03", 1, koshingo_kojin_bango=bango(new), kojin_bango_koshin_kubun=kubun)
        register_one(by=clerk(), line=line, now=LATER)
        if new == 50:
            rotated(world, BI_ZONE)


def test_a_wrong_number_leads_nowhere_under_either_hash(world: World) -> None:
    came_back_and_was_wrong(world)

    for serial in (50, 60):
        find_rireki(by=clerk(), kojin_bango=bango(serial), known_at=LATER)
    with pytest.raises(NotFound):
        find_rireki(by=clerk(), kojin_bango=bango(1), known_at=LATER)


def test_mutant_that_knows_a_former_number_by_one_hash_is_seen(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NumberChanges, "_both", lambda _self, _person, bango: (bango,))

    came_back_and_was_wrong(world)

    assert find_rireki(by=clerk(), kojin_bango=bango(1), known_at=LATER).versions
