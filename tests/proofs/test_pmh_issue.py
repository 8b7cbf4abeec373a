"""F-pmh: however many ask at once and whoever dies where, a person has one PMH-ID, one 発行履歴, one telegram."""

from __future__ import annotations

import hashlib
import json
import os
import random
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chukan.kernel import clock
from tests.builders.calls import origin_of, told_json
from tests.builders.signed import Draft, Sender, honest
from tests.plugins_figures import Proof
from tests.support.members import asked, bango, file_line, joined, sent
from tests.support.pmh import a_pmh
from tests.support.wire import all_at_once
from tests.support.world import ROOT, World, as_role

pytestmark = pytest.mark.django_db(transaction=True)
ONE, MANY = "/api/v1/pmh/pmh-id", "/api/v1/pmh/pmh-id/ikkatsu"
NAME = "F-pmh"
SIDES = ("before", "after")
MOST_PLACES = 60

_HELD = """
SELECT p.himozuke_bango::text, p.pmh_id, r.pmh_id,
  (SELECT count(*) FROM shikaku_onshi_soshin s WHERE s.himozuke_bango = p.himozuke_bango AND s.kind = 'pmh_id')
FROM shikaku_himozuke p LEFT JOIN pmh_hakko_rireki r USING (himozuke_bango)
"""


def register(world: World, count: int, *, first: int = 1) -> list[str]:
    """Register so many members in one file and return their numbers."""
    with as_role(world, "worker"):
        sent(*(file_line(serial) for serial in range(first, first + count)), now=clock.now())
    return [bango(serial) for serial in range(first, first + count)]


def faults(world: World, answers: Sequence[str], onshi: Path | None = None) -> list[str]:
    """Return what is wrong: `answers` are all PMH-IDs that were ever answered, `onshi` what arrived."""
    found = []
    held = {person: (mine, theirs, owed) for person, mine, theirs, owed in asked(world, _HELD)}
    for mine, theirs, owed in held.values():
        if mine != theirs:
            found.append("資格履歴 and 発行履歴 differ")
        if owed != (mine is not None):
            found.append(f"{owed} telegrams owed")
    issued = {mine for mine, _, _ in held.values() if mine is not None}
    found += ["answered and not held"] * len(set(answers) - issued)
    if onshi is not None:
        with closing(sqlite3.connect(onshi)) as store:
            rows = store.execute("SELECT himozuke_bango, naiyo FROM denbun WHERE denbun_shubetsu = 'pmh_id'").fetchall()
        arrived = Counter((person, json.loads(naiyo)["pmh_id"]) for person, naiyo in rows)
        due = Counter({(person, mine): 1 for person, (mine, _, _) in held.items() if mine is not None})
        found += [f"arrived {arrived[one]} times, due {due[one]}" for one in arrived.keys() | due.keys()
                  if arrived[one] != due[one]]  # fmt: skip
    return found


# --- many at once


def ask_at_once(port: int, sender: Sender, bodies: Sequence[list[str]], dice: random.Random) -> list[Any]:
    """Send one request for each list of numbers, all at the same moment; return what came back."""
    wires = []
    for numbers in bodies:
        single = len(numbers) == 1
        value = {"jimu_kubun": "01", "kojin_bango": numbers[0] if single else numbers}
        given = told_json(ONE if single else MANY, port, value)
        wires.append(honest(Draft("ask", sender, origin_of(port), given, frozenset({200})), dice, datetime.now(UTC)))
    return all_at_once(port, wires)


def answered(numbers: list[str], reply: Any) -> list[str]:
    """Return the PMH-IDs of an answer, which has every number in its place."""
    body = json.loads(reply.body)
    items = [body] if len(numbers) == 1 else body["kekka"]
    assert [one["kojin_bango"] for one in items] == numbers
    return [str(one["pmh_id"]) for one in items]


@pytest.mark.slow
@pytest.mark.kj("KJ-PMH-02", "KJ-PMH-03", "KJ-PMH-06", "KJ-PMH-09")
def test_a_hundred_clients_race_on_one_person(world: World, proof: Proof, port: int) -> None:
    dice = random.Random(proof.seed)
    rounds, clients, errors, several = proof.at(ci=3, full=30), 100, 0, 0
    machine = a_pmh(world)
    for number in range(rounds):
        joined(number + 1, now=clock.now())
        numbers = [bango(number + 1)]
        replies = ask_at_once(port, Sender(machine.client_id, machine.keys["k1"]), [numbers] * clients, dice)
        errors += sum(reply.status != 200 for reply in replies)
        several += len({reply.body for reply in replies if reply.status == 200}) != 1
    found = faults(world, [])
    rows = asked(world, "SELECT count(*) FROM sosa_log_event WHERE kind = 'pmh_id_haraidashi'")[0][0]

    proof.keep(NAME, "errors of 100 clients on one person", errors, unit="", aim="0", reached=not errors)
    proof.keep(NAME, "persons with several answers", several + len(found), unit="", aim="0", reached=not several)
    assert (errors, several, found) == (0, 0, [])
    assert rows == rounds * clients
    assert asked(world, "SELECT sum(issued_count), sum(repeated_count) FROM pmh_irai")[0] == (
        rounds,
        rounds * (clients - 1),
    )


@pytest.mark.slow
@pytest.mark.kj("KJ-PMH-02", "KJ-PMH-06")
def test_lists_that_overlap_in_any_order_never_wait_for_each_other(world: World, proof: Proof, port: int) -> None:
    dice = random.Random(proof.seed)
    numbers = register(world, proof.at(ci=300, full=3_000))
    machine = a_pmh(world)
    bodies = [dice.sample(numbers, min(len(numbers), 250)) for _ in range(proof.at(ci=24, full=100))]

    replies = ask_at_once(port, Sender(machine.client_id, machine.keys["k1"]), bodies, dice)

    assert Counter(reply.status for reply in replies) == {200: len(bodies)}
    given: dict[str, set[str]] = {}
    for body, reply in zip(bodies, replies, strict=True):
        for number, pmh_id in zip(body, answered(body, reply), strict=True):
            given.setdefault(number, set()).add(pmh_id)
    assert [len(one) for one in given.values() if len(one) != 1] == []
    found = faults(world, [next(iter(one)) for one in given.values()])
    proof.keep(NAME, "faults of overlapping lists", len(found), unit=f"of {len(given)} persons", aim="0",
               reached=not found)  # fmt: skip
    assert found == []


# --- killed at every statement


@dataclass
class Lives:
    """The program of lives, and every answer that was ever given."""

    program: subprocess.Popen[str]
    client_id: str
    key: str
    onshi: Path
    mutant: str = ""
    minutes: int = 0
    answers: list[str] = field(default_factory=list)

    def ask(self, numbers: list[str], *, die_at: int = 0, side: str = "") -> dict[str, Any]:
        """Ask once; the life may end at a place."""
        told = {"job": "ask", "numbers": numbers, "client_id": self.client_id, "key": self.key, "mutant": self.mutant}
        ended = self._live(told | {"die_at": die_at, "side": side})
        self.answers += ended.get("given", [])
        return ended

    def deliver(self, *, die_at: int = 0, side: str = "") -> dict[str, Any]:
        """Deliver what is owed; the life may end at a place. It is past every lease."""
        self.minutes += 3
        told = {"job": "deliver", "onshi": str(self.onshi), "minutes": self.minutes}
        return self._live(told | {"die_at": die_at, "side": side})

    def _live(self, told: dict[str, Any]) -> dict[str, Any]:
        assert self.program.stdin is not None
        assert self.program.stdout is not None
        self.program.stdin.write(json.dumps(told) + "\n")
        self.program.stdin.flush()
        ended: dict[str, Any] = json.loads(self.program.stdout.readline())
        assert ended["ended"] in (0, -9), "a life failed otherwise: see lives.log"
        return ended


@contextmanager
def lives(world: World, folder: Path, *, mutant: str = "") -> Iterator[Lives]:
    """Start the program of lives and register who asks."""
    secret = hashlib.sha256(b"made-up key of a proof").digest()
    machine = a_pmh(world, key=Ed25519PrivateKey.from_private_bytes(secret))
    with (folder / "lives.log").open("w") as log:
        program = subprocess.Popen(
            [sys.executable, "-m", "tests.proofs.issue_lives"],
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("COV_")},
                "DJANGO_SETTINGS_MODULE": "chukan.settings.base",
                "CHUKAN_ROLE": "web",
                "PYTHONPATH": str(ROOT),
            },
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            yield Lives(program, machine.client_id, secret.hex(), folder / "onshi.sqlite3", mutant)
        finally:
            program.kill()
            program.communicate()


def die_everywhere(world: World, life: Lives, *, persons: int) -> tuple[int, int]:
    """Ask for new persons and die at every place on the way, then ask again; return deaths and places."""
    deaths, serial, places = 0, 1, 0
    for side in SIDES:
        for place in range(1, MOST_PLACES):
            numbers = register(world, persons, first=serial)
            serial += persons
            ended = life.ask(numbers, die_at=place, side=side)
            if ended["ended"] == 0:
                places = place - 1
                break
            deaths += 1
            life.ask(numbers)
            life.ask(numbers)
    return deaths, places


@pytest.mark.slow
@pytest.mark.kj("KJ-PMH-02", "KJ-PMH-05", "KJ-PMH-06")
@pytest.mark.parametrize("persons", [1, 3])
def test_killed_at_every_statement_it_is_one_of_each(world: World, proof: Proof, tmp_path: Path, persons: int) -> None:
    with lives(world, tmp_path) as life:
        deaths, places = die_everywhere(world, life, persons=persons)
        for side in SIDES:
            for place in range(1, MOST_PLACES):
                if life.deliver(die_at=place, side=side)["ended"] == 0:
                    break
                deaths += 1
        life.deliver()
        found = faults(world, life.answers, life.onshi)

    proof.keep(NAME, f"kills at every statement and commit, {persons} asked for", deaths, unit="kills",
               aim="every one", reached=deaths >= 2 * places, note=f"{places} places")  # fmt: skip
    proof.keep(NAME, f"faults after them, {persons} asked for", len(found), unit="", aim="0", reached=not found)
    assert found == []
    assert places >= 10
    assert deaths >= 2 * places + 2  # some of them of the process that delivers


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mutant", "told"),
    [("telegram_apart", "answered and not held"), ("ledger_apart", "資格履歴 and 発行履歴 differ")],
)
def test_mutant_is_seen(world: World, tmp_path: Path, mutant: str, told: str) -> None:
    with lives(world, tmp_path, mutant=mutant) as life:
        die_everywhere(world, life, persons=1)
        life.deliver()

        assert told in faults(world, life.answers, life.onshi)
