"""F-right-person: 64 clients ask at once, with delays; the answer is always about the person asked for."""

from __future__ import annotations

import random
import time

import pytest

from tests.builders.asking import Side, Tally, ask_about, in_threads, meanwhile, share, two_sides
from tests.plugins_figures import Proof
from tests.support.web import running_web
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)

CLIENTS = 64
PARTS = 4  # each with a seed and people of its own: a million lookups take hours, and what is done stays done
DELAY = 0.004
LONGEST_LOCK = 0.08
LOOKUPS_OF_A_MUTANT = 400
MUTANTS = ("one slot for all threads", "cache without the insurer in its key")


def look_up(url: str, sides: tuple[Side, Side], *, lookups: int, seed: int) -> Tally:
    """Let 64 clients look up persons of their insurer at once; return how many answers were about whom."""
    tally = Tally()

    def work(number: int) -> None:
        side, dice = sides[number % 2], random.Random(seed * 1000 + number)
        with side.client(url) as client:
            for _ in range(share(lookups, CLIENTS, number)):
                person = dice.choice(side.people)
                question = person.question(dice)
                verdict, foreign = ask_about(client, person, question)
                tally.note("kojin_bango" if "kojin_bango" in question else "edaban", verdict, foreign)
                time.sleep(dice.random() * DELAY)

    in_threads(CLIENTS, work)
    return tally


class TestLookup:
    @pytest.mark.kj("KJ-SHI-09")
    @pytest.mark.parametrize("part", range(1, PARTS + 1))
    def test_the_answer_is_about_the_person_asked_for(self, world: World, proof: Proof, part: int) -> None:
        lookups, seed = proof.at(ci=1_000, full=250_000), proof.seed * PARTS + part
        sides = two_sides(world, proof.at(ci=100, full=10_000))

        def hold_everybody_up(dice: random.Random) -> None:
            with world.admin() as admin, admin.transaction():
                admin.execute("LOCK TABLE shikaku_rireki IN ACCESS EXCLUSIVE MODE")
                time.sleep(dice.random() * LONGEST_LOCK)

        with (
            running_web(world, seed=seed, delay=DELAY) as url,
            meanwhile(hold_everybody_up, seed=seed, pause=1.0),
        ):
            tally = look_up(url, sides, lookups=lookups, seed=seed)
        print(dict(tally.seen))
        proof.keep(
            "F-right-person",
            f"answers about another person, {CLIENTS} clients at once with delays, part {part} of {PARTS}",
            tally.seen["wrong"],
            unit=f"of {lookups:,} lookups",
            aim="0",
            reached=tally.seen["wrong"] == 0 and tally.seen["right"] == lookups,
            note=f"{tally.seen['right']:,} answers about the person asked for, {tally.seen['lost']:,} without answer",
        )

        assert tally.seen["wrong"] == 0
        assert tally.seen["right"] == lookups

    def test_each_mix_up_made_on_purpose_is_seen(self, world: World, proof: Proof) -> None:
        sides, seen = two_sides(world, 50), {}
        for mutant in MUTANTS:
            with running_web(world, seed=proof.seed, mutant=mutant, delay=DELAY) as url:
                seen[mutant] = look_up(url, sides, lookups=LOOKUPS_OF_A_MUTANT, seed=proof.seed).seen["wrong"]
        print(seen)
        killed = sum(wrong > 0 for wrong in seen.values())
        proof.keep(
            "F-right-person",
            "mix-ups made on purpose and seen",
            f"{killed}/{len(MUTANTS)}",
            unit="mutants",
            aim="N/N",
            reached=killed == len(MUTANTS),
        )

        assert killed == len(MUTANTS), seen
