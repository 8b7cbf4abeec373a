"""F-isolation, over the wire: two insurers' requests interleaved on pooled connections, with faults."""

from __future__ import annotations

import random
from dataclasses import dataclass

import httpx
import pytest

from simulators.client import HubClient
from tests.builders.asking import KENSAKU, Person, Side, Tally, ask_about, in_threads, meanwhile, share, two_sides
from tests.builders.lines import kojin_bango
from tests.plugins_figures import Proof
from tests.support.web import running_web
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)

CLIENTS = 24
PEOPLE = 100
FAULTS = 0.03
MUTANTS = {
    "zone kept by the session": 400,
    "zone set once per connection": 400,
    "cache without the insurer in its key": 600,
}


@pytest.fixture
def sides(world: World) -> tuple[Side, Side]:
    return two_sides(world, PEOPLE)


@dataclass(frozen=True)
class Caller:
    """One client of one insurer with a patient and an impatient line to the web."""

    url: str
    side: Side
    other: Side
    tally: Tally
    dice: random.Random

    def work(self, turns: int) -> None:
        """Ask in random order: own people, the other's, the window, and now and then hang up before the answer."""
        bare = httpx.Client(base_url=self.url, trust_env=False, timeout=60)
        with self.side.client(self.url) as client, self.side.client(self.url, timeout=0.01) as hasty, bare:
            for _ in range(turns):
                draw = self.dice.random()
                person = self.dice.choice(self.side.people)
                if draw < 0.5:
                    verdict, foreign = ask_about(client, person, person.question(self.dice))
                    self.tally.note("own person", verdict, foreign)
                elif draw < 0.65:
                    self._ask_for_the_others(client, self.dice.choice(self.other.people))
                elif draw < 0.95:
                    self._look(bare)
                else:
                    verdict, foreign = ask_about(hasty, person, person.question(self.dice))
                    self.tally.note("hung up", verdict, foreign)

    def _ask_for_the_others(self, client: HubClient, person: Person) -> None:
        """A person of the other insurer is nobody here."""
        try:
            response = client.send_json(KENSAKU, {"kojin_bango": kojin_bango(person.n)})
        except httpx.TransportError:
            self.tally.note("other's person", "lost")
            return
        if response.status_code == 200:
            self.tally.note("other's person", "wrong", len(response.json()["items"]))
            return
        self.tally.note("other's person", "right" if response.status_code == 404 else "lost")

    def _look(self, client: httpx.Client) -> None:
        """In a transaction the connection shows this insurer's rows, around it none at all."""
        breaks = "1" if self.dice.random() < 0.2 else "0"
        try:
            response = client.get("/_probe", params={"zone": self.side.code, "breaks": breaks})
        except httpx.TransportError:
            self.tally.note("window", "lost")
            return
        if response.status_code != 200:
            self.tally.note("window", "lost")
            return
        told = response.json()
        inside = dict(told["inside"])
        own = inside.pop(self.side.code, 0)
        around = sum(told["before"].values()) + sum(told["after"].values())
        foreign = sum(inside.values()) + around
        self.tally.note("window", "right" if own == PEOPLE and not foreign else "wrong", foreign)


def interleave(url: str, sides: tuple[Side, Side], *, requests: int, seed: int) -> Tally:
    """Let the clients of both insurers ask at once; return what they saw."""
    tally = Tally()

    def work(number: int) -> None:
        side, other = sides if number % 2 else sides[::-1]
        Caller(url, side, other, tally, random.Random(seed * 1000 + number)).work(share(requests, CLIENTS, number))

    in_threads(CLIENTS, work)
    return tally


class TestPooledRequests:
    @pytest.mark.kj("KJ-ZONE-01", "KJ-ZONE-05")
    def test_no_row_of_the_other_insurer_is_met(self, world: World, sides: tuple[Side, Side], proof: Proof) -> None:
        requests = proof.at(ci=4_000, full=100_000)
        ended: list[int] = []

        def end_a_session(dice: random.Random) -> None:
            with world.admin() as admin:
                pids = admin.execute(
                    "SELECT pid FROM pg_stat_activity WHERE application_name = 'chukan_web'"
                    " AND usename = 'chukan_web' ORDER BY pid"
                ).fetchall()
                if pids:
                    admin.execute("SELECT pg_terminate_backend(%s)", dice.choice(pids))
                    ended.append(1)

        with (
            running_web(world, seed=proof.seed, delay=0.002, faults=FAULTS) as url,
            meanwhile(end_a_session, seed=proof.seed, pause=1.0),
        ):
            tally = interleave(url, sides, requests=requests, seed=proof.seed)
        print(dict(tally.seen), "database sessions ended:", len(ended))
        proof.keep(
            "F-isolation",
            "interleaved pooled requests with faults: rows of another insurer",
            tally.foreign_rows,
            unit=f"rows in {requests:,} requests",
            aim="0",
            reached=tally.foreign_rows == 0 and tally.seen["wrong"] == 0,
            note=f"{len(ended)} database sessions ended, {tally.seen['lost']:,} requests broken off or without answer",
        )

        assert tally.foreign_rows == 0
        assert tally.seen["wrong"] == 0
        assert tally.seen["right"] >= requests * 0.6
        assert tally.seen["lost"] > 0
        assert ended

    def test_each_leak_made_on_purpose_is_seen(self, world: World, sides: tuple[Side, Side], proof: Proof) -> None:
        seen: dict[str, int] = {}
        for mutant, requests in MUTANTS.items():
            with running_web(world, seed=proof.seed, mutant=mutant) as url:
                tally = interleave(url, sides, requests=requests, seed=proof.seed)
            seen[mutant] = tally.foreign_rows
        print(seen)
        killed = sum(rows > 0 for rows in seen.values())
        proof.keep(
            "F-isolation",
            "leaks between pooled requests made on purpose and seen",
            f"{killed}/{len(MUTANTS)}",
            unit="mutants",
            aim="N/N",
            reached=killed == len(MUTANTS),
        )

        assert killed == len(MUTANTS), seen
