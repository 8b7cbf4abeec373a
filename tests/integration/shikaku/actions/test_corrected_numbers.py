"""A 訂正 after a mistaken 変更, with a second insurer in it: nobody ends under the 紐付番号 or PMH-ID of another."""

from __future__ import annotations

import random
import threading
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from chukan.kernel.crypto.blind_index import ZoneIndex
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.errors import RuleBroken, Unavailable
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import LostRace
from shikaku.actions.block_numbers import NumberChanges
from shikaku.actions.register_one import register_one
from shikaku.queries.led import find_himozuke
from tests.builders.history_numbers import Numbers
from tests.support.members import LATER, asked, bango, joined, known
from tests.support.pmh import a_pmh, issued, pmh_principal
from tests.support.principals import KENPO, OTHER_KENPO, SHICHOSON, clerk
from tests.support.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.kj("KJ-SHI-05")]
A, B = KENPO, OTHER_KENPO
ZONES = (A, B, SHICHOSON[0])


@pytest.fixture
def pmh(world: World) -> Principal:
    return pmh_principal(a_pmh(world))


class Story:
    """Two insurers' clerks, one line a minute, and PMH that asks."""

    def __init__(self, world: World, pmh: Principal) -> None:
        self.world, self.pmh = world, pmh
        self._times = (LATER + timedelta(minutes=minute) for minute in count())

    def joins(self, zone: str, serial: int, *, card: int | None = None) -> None:
        joined(serial, by=clerk(zone), hihokenshasho_bango=str(card or serial), now=next(self._times))

    def renumbers(self, zone: str, serial: int, kubun: str, *, edaban: int = 1) -> str:
        """Send a 変更 (1) or 訂正 (2); return the codes of the answer."""
        line = known(
            "03", edaban, hokensha_code=zone, koshingo_kojin_bango=bango(serial), kojin_bango_koshin_kubun=kubun
        )
        try:
            done = register_one(by=clerk(zone), line=line, now=next(self._times))
        except RuleBroken as broken:
            return " ".join(item.code for item in broken.errors)
        return " ".join(item.code for item in done.keikoku)

    def pmh_id(self, serial: int) -> str | None:
        return issued(self.pmh, bango(serial), now=next(self._times))[0]

    def person(self, zone: str, edaban: int = 1) -> UUID:
        found: UUID = asked(
            self.world,
            "SELECT himozuke_bango FROM shikaku_itaku_kukaku_kanyusha"
            " WHERE hokensha_code = %s AND hihokensha_edaban = %s",
            zone,
            edaban,
        )[0][0]
        return found

    def cases(self) -> list[tuple[Any, ...]]:
        return asked(
            self.world,
            "SELECT hokensha_code, hihokensha_edaban, channel, closed_reason FROM shikaku_bango_case"
            " ORDER BY first_seen_at, hokensha_code",
        )

    def telegrams(self, zone: str) -> list[tuple[UUID, str]]:
        return asked(
            self.world,
            "SELECT himozuke_bango, kind FROM shikaku_onshi_soshin WHERE hokensha_code = %s ORDER BY owed_at, kind",
            zone,
        )


@pytest.fixture
def story(world: World, pmh: Principal) -> Story:
    return Story(world, pmh)


class TestASlipPutRightByAThirdNumber:
    """P has number 1; 変更 to 2 was a slip of the pen for 3."""

    def test_the_person_keeps_himozuke_and_pmh_id(self, story: Story) -> None:
        story.joins(A, 1)
        mine, person = story.pmh_id(1), story.person(A)
        story.renumbers(A, 2, "1")

        assert story.renumbers(A, 3, "2") == ""

        assert (story.person(A), story.pmh_id(1), story.pmh_id(3), story.pmh_id(2)) == (person, mine, mine, None)
        told = asked(story.world, "SELECT count(*) FROM shikaku_onshi_soshin WHERE kind = 'pmh_id'")
        assert told == [(1,)]

    def test_a_second_insurer_goes_on_with_the_same_person(self, story: Story) -> None:
        story.joins(A, 1)
        story.joins(B, 1)
        story.renumbers(A, 2, "1")
        story.renumbers(A, 3, "2")

        assert story.renumbers(B, 3, "1") == ""

        assert story.person(A) == story.person(B)
        assert story.cases() == []

    def test_the_owner_of_the_wrong_number_is_somebody_else(self, story: Story) -> None:
        story.joins(A, 1)
        mine = story.pmh_id(1)
        story.renumbers(A, 2, "1")
        story.renumbers(A, 3, "2")

        story.joins(B, 2)

        assert story.person(B) != story.person(A)
        assert story.pmh_id(2) not in (None, mine)

    def test_a_third_number_of_another_person_is_a_case(self, story: Story) -> None:
        story.joins(A, 1)
        person = story.person(A)
        story.joins(B, 3)
        story.renumbers(A, 2, "1")

        assert story.renumbers(A, 3, "2") == "E214"
        assert story.cases() == [(A, 1, "terminal", "")]

        # Step by step: the slip is taken back, then the person is the one of the third number.
        assert (story.renumbers(A, 1, "2"), story.renumbers(A, 3, "2")) == ("", "")
        assert story.person(A) == story.person(B) != person
        assert [case[-1] for case in story.cases()] == ["teisei"]

    def test_a_first_number_that_was_wrong_still_moves_the_person(self, story: Story) -> None:
        story.joins(A, 1)
        person, mine = story.person(A), story.pmh_id(1)
        story.joins(B, 1)

        story.renumbers(A, 3, "2")

        assert story.person(A) != person == story.person(B)
        assert story.pmh_id(1) == mine != story.pmh_id(3)


class TestTheOwnerCameInBetween:
    """Q, whose number 2 is, joins B while A has it for P."""

    @pytest.fixture(params=[1, 3], ids=["back to the number of before", "to a third number"])
    def mine(self, story: Story, request: pytest.FixtureRequest) -> str | None:
        story.joins(A, 1)
        mine = story.pmh_id(1)
        story.renumbers(A, 2, "1")
        story.joins(B, 2)
        self.right = request.param
        assert story.renumbers(A, request.param, "2") == ""
        return mine

    def test_nobody_is_told_another_persons_pmh_id_and_people_look_at_it(self, story: Story, mine: str | None) -> None:
        assert (story.pmh_id(2), story.pmh_id(1), story.pmh_id(self.right)) == (None, mine, mine)
        assert story.cases() == [(B, 1, "teisei", "")]

    def test_the_other_insurer_says_the_number_is_right_and_has_a_person_of_its_own(
        self, story: Story, mine: str | None
    ) -> None:
        mixed = story.person(B)

        assert story.renumbers(B, 2, "2") == ""

        assert story.person(B) != story.person(A) == mixed
        assert story.telegrams(B)[-2:] == [(mixed, "sakujo"), (story.person(B), "shikaku")]
        assert (story.pmh_id(1), story.pmh_id(2)) == (mine, story.pmh_id(2))
        assert story.pmh_id(2) not in (None, mine)
        assert story.cases() == [(B, 1, "teisei", "teisei")]
        assert story.renumbers(B, 2, "2") == "W102"  # said once

    def test_the_other_insurer_had_the_wrong_number_too(self, story: Story, mine: str | None) -> None:
        assert story.renumbers(B, 1, "2") == ""

        assert story.person(B) == story.person(A)
        assert (story.pmh_id(1), story.pmh_id(2)) == (mine, None)
        assert [case[-1] for case in story.cases()] == ["teisei"]

    def test_a_new_number_in_the_place_of_a_disputed_one_waits(self, story: Story, mine: str | None) -> None:
        assert story.renumbers(B, 5, "1") == "E214"
        assert story.renumbers(B, 2, "1") == "E214"  # 変更 to the number it has: not the same as held

        assert story.pmh_id(5) is None
        assert (B, 1, "teisei", "") in story.cases()

    def test_the_owner_at_a_third_insurer_is_not_the_mixed_up_one(self, story: Story, mine: str | None) -> None:
        story.joins(A, 2)

        assert story.person(A, 2) not in (story.person(A), story.person(B))
        assert story.pmh_id(2) not in (None, mine)
        story.renumbers(B, 2, "2")
        assert story.person(B) == story.person(A, 2)


class TestWhatWasLinkedByWayOfTheWrongNumber:
    def test_goes_with_it(self, story: Story) -> None:
        story.joins(A, 1)
        mine = story.pmh_id(1)
        story.renumbers(A, 2, "1")
        story.joins(B, 2)
        story.renumbers(B, 5, "1")  # Q was given a new number

        story.renumbers(A, 1, "2")

        assert [story.pmh_id(serial) for serial in (1, 2, 5)] == [mine, None, None]
        assert story.cases() == [(B, 1, "teisei", "")]
        assert story.renumbers(B, 5, "2") == ""
        assert story.pmh_id(2) == story.pmh_id(5) not in (None, mine)

    def test_but_not_what_the_person_still_has(self, story: Story) -> None:
        story.joins(A, 1)
        mine = story.pmh_id(1)
        story.renumbers(A, 2, "1")
        story.renumbers(A, 1, "1")  # back by way of 変更: 2 stays a number of before

        story.renumbers(A, 3, "2")

        assert [story.pmh_id(serial) for serial in (1, 2, 3)] == [None, mine, mine]


class TestTwoInsurersDisagree:
    """A says 変更 1 to 2, B says that 1 was never this person's."""

    @pytest.fixture
    def mine(self, story: Story) -> str | None:
        story.joins(A, 1)
        story.joins(B, 1)
        mine = story.pmh_id(1)
        story.renumbers(A, 2, "1")
        assert story.renumbers(B, 2, "2") == ""
        return mine

    def test_the_number_is_nobodys_until_people_have_looked(self, story: Story, mine: str | None) -> None:
        assert story.person(A) == story.person(B)
        assert (story.pmh_id(1), story.pmh_id(2)) == (None, mine)
        assert story.cases() == [(A, 1, "teisei", "")]

    def test_its_owner_may_come_to_the_insurer_that_knew_better(self, story: Story, mine: str | None) -> None:
        story.joins(B, 1, card=9)

        assert story.person(B, 2) != story.person(A)
        assert story.pmh_id(1) not in (None, mine)

    def test_the_insurer_that_was_right_says_it_again(self, story: Story, mine: str | None) -> None:
        assert (story.renumbers(A, 1, "1"), story.renumbers(A, 2, "1")) == ("", "")

        assert (story.pmh_id(1), story.pmh_id(2)) == (mine, mine)
        assert [case[-1] for case in story.cases()] == ["teisei"]

    def test_nobody_else_takes_it_meanwhile(self, story: Story, mine: str | None) -> None:
        story.joins(B, 7)

        assert story.renumbers(B, 1, "1", edaban=2) == "E214"


class TestAMistakenCorrection:
    def test_is_taken_back_by_a_change(self, story: Story) -> None:
        story.joins(A, 1)
        mine = story.pmh_id(1)
        story.renumbers(A, 2, "1")
        story.renumbers(A, 1, "2")

        assert story.renumbers(A, 2, "1") == ""

        assert (story.pmh_id(1), story.pmh_id(2)) == (mine, mine)


class TestAtOnce:
    def test_an_owner_who_joins_while_the_number_is_parted_is_seen_or_goes_along(self, story: Story) -> None:
        for turn in range(6):
            first, wrong = 100 + turn, 200 + turn
            story.joins(A, first)
            story.renumbers(A, wrong, "1", edaban=turn + 1)
            barrier = threading.Barrier(2)

            def corrects(first: int = first, edaban: int = turn + 1, barrier: threading.Barrier = barrier) -> None:
                barrier.wait()
                story.renumbers(A, first, "2", edaban=edaban)
                connection.close()

            def joins(wrong: int = wrong, barrier: threading.Barrier = barrier) -> None:
                barrier.wait()
                story.joins(B, wrong)
                connection.close()

            threads = [threading.Thread(target=one) for one in (corrects, joins)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

            mixed = story.person(A, turn + 1) == story.person(B, turn + 1)
            assert mixed == ((B, turn + 1, "teisei", "") in story.cases())


class Dice:
    """Short random stories of three insurers, each with numbers of its own, held against `history_numbers`."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.dice = world, random.Random(seed)
        self._times = (LATER + timedelta(minutes=minute) for minute in count())
        self._cards = count(1000)

    def throw(self, stories: int) -> None:
        """Raise AssertionError when a line is answered, or a number leads, otherwise than the reference says."""
        for story in range(stories):
            self.numbers, self.first = Numbers(ZONES), 10 * story
            for zone, serial in ((A, 1), self.dice.choice([(B, 1), (B, 2)])):
                self._joins(zone, self.first + serial)
            for _ in range(10):
                if self.dice.random() < 0.15:
                    self._joins(self.dice.choice(ZONES), self.first + self.dice.randint(1, 4))
                else:
                    self._renumbers()
                self._compare()

    def _compare(self) -> None:
        index = ZoneIndex(get_keyring(), A)
        hashes = {index.global_bango(number): number for number in self.numbers.himozuke}
        led = find_himozuke(by=clerk(A), hashes=list(hashes))
        assert len(led) == len(hashes)
        both = {(self.numbers.himozuke[hashes[one]], himozuke) for one, himozuke in led.items()}
        statement = "SELECT hokensha_code, hihokensha_edaban, himozuke_bango FROM shikaku_itaku_kukaku_kanyusha"
        for zone, edaban, himozuke in asked(self.world, statement):
            if (zone, edaban) in self.numbers.holders:
                both.add((self.numbers.holders[zone, edaban].himozuke, himozuke))
        assert len({one for one, _ in both}) == len({other for _, other in both}) == len(both)

    def _joins(self, zone: str, serial: int) -> None:
        if self.numbers.led(zone, bango(serial)) is not None:
            return
        of_town = {} if zone in (A, B) else {"hokensha_bango": zone[2:]}
        card = str(next(self._cards))
        done = joined(serial, by=clerk_of(zone), hihokenshasho_bango=card, now=next(self._times), **of_town)
        self.numbers.tells(self.numbers.joins(zone, done.hihokensha_edaban, bango(serial)))

    def _renumbers(self) -> None:
        holder = self.dice.choice(list(self.numbers.holders.values()))
        number, kubun = bango(self.first + self.dice.randint(1, 5)), self.dice.choice("12")
        new = {"koshingo_kojin_bango": number, "kojin_bango_koshin_kubun": kubun}
        line = known("03", holder.edaban, hokensha_code=holder.zone, **new)
        try:
            done = register_one(by=clerk_of(holder.zone), line=line, now=next(self._times))
            told = " ".join(item.code for item in done.keikoku)
        except RuleBroken as broken:
            told = " ".join(item.code for item in broken.errors)
        again = self.numbers.is_said_again(holder, number)
        anothers = not again and self.numbers.is_anothers(holder, number, kubun)
        assert told == ("W102" if again else "E214" if anothers else "")
        if not again and not anothers:
            self.numbers.renumber(holder, number, kubun)
            self.numbers.tells(holder)
        if not anothers:
            self.numbers.settle(holder)


def clerk_of(zone: str) -> Principal:
    """Return a clerk of one of the three insurers."""
    return clerk(zone) if zone in (A, B) else clerk(zone, shubetsu="shichoson_kokuho")


class TestAgainstTheReference:
    @pytest.mark.parametrize("seed", range(2))
    def test_every_number_leads_to_whom_the_insurers_said(self, world: World, seed: int) -> None:
        Dice(world, seed).throw(20)

    @pytest.mark.parametrize(
        ("forgets", "instead"),
        [("_kept", list[bytes]()), ("_parted", None), ("_is_free", False), ("_is_free", True), ("_part", None)],
    )
    def test_each_rule_left_out_is_seen(
        self, world: World, monkeypatch: pytest.MonkeyPatch, forgets: str, instead: object
    ) -> None:
        monkeypatch.setattr(NumberChanges, forgets, lambda *_: instead)

        with pytest.raises((AssertionError, LostRace, Unavailable)):
            Dice(world, 0).throw(40)
