"""F-saihakko: whoever dies where in a 一括再発行, a person has one valid code, its own, and the former one is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chukan.kernel.crash_points import FUGO_POINTS, SAIHAKKO_POINTS
from tests.plugins_figures import Proof
from tests.proofs.saihakko_jobs import AGREERS
from tests.proofs.test_fugo_kills import (
    MOST_PLACES,
    PAST_EVERY_LEASE,
    PERSONS,
    SIDES,
    WAY,
    Lives,
    faults_of_way,
    job_of,
    lives,
    sides_of,
)
from tests.support.authenticator import own_authenticator, registered
from tests.support.members import asked
from tests.support.saihakko import staff
from tests.support.staff import enter
from tests.support.world import World, as_role

if TYPE_CHECKING:
    from uuid import UUID

pytestmark = pytest.mark.django_db(transaction=True)
NAME = "F-saihakko"
STEPS = (
    "enlist", "ask", "verify", "agree", "execute", "extract", "write",
    "transfer", "send", "deliver", "bring", "confirm",
)  # fmt: skip
JOB_OF = {
    "register_saihakko": "enlist",
    "_ask_saihakko": "ask",
    "execute_saihakko": "execute",
    "extract_block": "extract",
    "finish_extract": "extract",
    "take_extract": "write",
    "confirm_saihakko": "confirm",
}
POINTS = SAIHAKKO_POINTS | frozenset(point for point in FUGO_POINTS if not point.startswith("request_fugo."))
KILLED = tuple(step for step in STEPS if step != "verify")  # the room of 生体認証 has tests of its own
# The way of a file is that of every other request and dies at its statements in F-fugo.
OWN = tuple(step for step in KILLED if step not in {"transfer", "send", "deliver"})
POOL = 25  # lists at a time whose persons get their first code together
ONCE = ("saihakko_toroku", "saihakko_jikko", "saihakko_shiji", "saihakko_kakidashi", "saihakko_kakunin")
SNAPSHOT = (
    "SELECT i.shori_tsuban, i.himozuke_bango, i.id, i.ct_kikanbetsu_fugo, i.bi_kikanbetsu_fugo, i.yoto, k.id,"
    " k.hokensha_code, k.hihokensha_edaban, k.toroku_nichiji FROM fugo_kikanbetsu_fugo i"
    " JOIN fugo_edaban_himozuke k USING (himozuke_bango) WHERE i.hakko_no = 1 ORDER BY i.shori_tsuban"
)


@dataclass
class Reissues(Lives):
    """Lives of a re-issue: each list means persons of its own, whose first codes are there."""

    world: World | None = None
    waiting: list[UUID] = field(default_factory=list)
    lists: int = 0
    before: dict[UUID, tuple[object, ...]] = field(default_factory=dict)

    def register(self) -> None:
        """Take the persons of the next list."""
        if not self.waiting:
            self.fill()
        self.about["tsuban"] = [str(self.waiting.pop()) for _ in range(PERSONS)]
        self.lists += 1

    def fill(self) -> None:
        """Bring new members to their first codes, and note these and the links as they are."""
        assert self.world is not None
        for _ in range(POOL):
            super().register()
        for job in WAY:
            self.live(job)
        for tsuban, *rest in asked(self.world, SNAPSHOT):
            if tsuban not in self.before:
                self.before[tsuban] = tuple(rest)
                self.waiting.append(tsuban)


@contextmanager
def reissues(world: World, folder: Path, *, mutant: str = "") -> Iterator[Reissues]:
    """Start the program of lives, with the people of 支払基金 who ask and agree."""
    staff(world)
    sessions = {}
    with as_role(world, "web"):
        for name in AGREERS:
            if name != AGREERS[0]:  # who has agreed to the medium, and has one
                registered(name, own_authenticator(name))
            sessions[name] = str(enter(name, hokensha="").session.session_id)
    with lives(world, folder, mutant=mutant) as told:
        life = Reissues(told.program, told.client_id, told.key, told.juki, mutant, STEPS, world=world)
        life.about["sessions"] = told.about["sessions"] | sessions
        yield life


def die_at_every_place(life: Reissues, job: str, sides: Sequence[str] = SIDES[:1], most: int = MOST_PLACES) -> int:
    """Die beside each statement and commit of a job; return the places.

    Who comes after a death goes on with the same list, and dies one place later; when the list is through, it goes one
    job further, out of the way, and another one is brought to the job. Stops at `most` places: of a mutant there may be
    no end, as what it spoils waits for ever.
    """
    places, further = 0, (*life.way, "tidy")[life.way.index(job) + 1]
    for side in sides:
        for step in life.way[1:]:  # what was left behind gets out of the way: a life meets its own list alone
            life.live(step)
        place, state = 1, "done"
        while place < most:
            if state == "done":
                life.up_to(job)
                state = "fresh"
            if life.live(job, die_at=place, side=side):
                place, state = place + 1, "begun"
            elif state == "begun":
                state = "done"
                life.live(further)
            else:
                break
        places = max(places, place - 1)
    return places


def faults(world: World, life: Reissues) -> list[str]:
    """Return what is wrong after everything has come to its end."""
    listed = life.lists * PERSONS
    return [
        *_faults_of_codes(world, life),
        *_faults_of_lists(world, life),
        *_faults_of_permissions(world),
        *faults_of_way(world, life, codes=life.serial + listed),
    ]


def _faults_of_codes(world: World, life: Reissues) -> list[str]:
    found: list[str] = []
    # Nothing of a first issue or a link has changed but that the issue was superseded.
    if {tsuban: tuple(rest) for tsuban, *rest in asked(world, SNAPSHOT)} != life.before:
        found.append("former issues or links are not what they were")
    issues = asked(
        world,
        "SELECT himozuke_bango, array_agg(hakko_no ORDER BY hakko_no), count(*) FILTER (WHERE superseded_at IS NULL),"
        " bool_and((superseded_at IS NULL) = (hakko_no = n)), bool_and(fugo_saihakko_flag = (hakko_no > 1))"
        " FROM (SELECT *, count(*) OVER (PARTITION BY himozuke_bango) AS n FROM fugo_kikanbetsu_fugo) AS i GROUP BY 1",
    )
    meant = {row[0] for row in asked(world, "SELECT himozuke_bango FROM fugo_saihakko_taisho")}
    for person, numbers, valid, newest, flagged in issues:
        if numbers != ([1, 2] if person in meant else [1]):
            found.append(f"issues {numbers}")
        if valid != 1 or not newest:
            found.append("not exactly the last issue is valid")
        if not flagged:
            found.append("the flag of a re-issue is wrong")
    if len(issues) != life.serial or len(meant) != life.lists * PERSONS:
        found.append(f"{len(issues)} of {life.serial} persons, {len(meant)} meant")
    requests = asked(
        world,
        "SELECT t.himozuke_bango, count(*) FROM fugo_saihakko_taisho t LEFT JOIN fugo_shutoku_yokyu r"
        " ON r.shori_tsuban = t.shori_tsuban AND r.fugo_saihakko_flag AND r.saihakko_list_id = t.saihakko_list_id"
        " AND r.himozuke_bango = t.himozuke_bango WHERE r.shori_tsuban IS NOT NULL GROUP BY 1",
    )
    if len(requests) != len(meant) or {count for _, count in requests} - {1}:
        found.append(f"{len(requests)} requests of a list for {len(meant)} persons")
    of_lists = asked(world, "SELECT count(*) FROM fugo_shutoku_yokyu WHERE fugo_saihakko_flag")[0][0]
    if of_lists != len(meant):
        found.append(f"{of_lists} requests of a re-issue")
    return found


def _faults_of_lists(world: World, life: Reissues) -> list[str]:
    rows = asked(
        world, "SELECT id, state, taisho_count, requested_count, left_out_count, shonin_id FROM fugo_saihakko_list"
    )
    found = [] if len(rows) == life.lists else [f"{len(rows)} of {life.lists} lists"]
    found += [f"a list ends {rest}" for _, *rest, _ in rows if rest != ["kakunin_zumi", PERSONS, PERSONS, 0]]
    noted = Counter(
        (kind, target)
        for kind, targets in asked(world, "SELECT kind, targets FROM sosa_log_event WHERE kind LIKE 'saihakko_%%'")
        for target in targets
    )
    found += [f"{kind} {noted[kind, str(row[0])]} times" for row in rows for kind in ONCE
              if noted[kind, str(row[0])] != 1]  # fmt: skip
    return found


def _faults_of_permissions(world: World) -> list[str]:
    rows = asked(
        world,
        "SELECT s.id IS NOT NULL, i.state, i.used_at IS NOT NULL, (SELECT count(*) FROM shonin_shonin d"
        " WHERE d.irai_id = i.id) FROM shonin_irai i LEFT JOIN fugo_saihakko_list s ON s.shonin_id = i.id"
        " WHERE i.kind = 'fugo_saihakko'",
    )
    return [f"a permission ends {row}" for row in rows if row != (True, "kanryo", True, 2)]


@pytest.mark.slow
@pytest.mark.kj("KJ-FUGO-01", "KJ-FUGO-04", "KJ-FUGO-06", "KJ-DUAL-07", "KJ-RET-16")
def test_killed_at_every_statement_everybody_has_one_valid_code(world: World, proof: Proof, tmp_path: Path) -> None:
    jobs, sides = (OWN, KILLED)[proof.at(ci=0, full=1)], sides_of(proof)
    with reissues(world, tmp_path) as life:
        places = {job: die_at_every_place(life, job, sides) for job in jobs}
        life.finish()
        found = faults(world, life)

    everywhere = life.deaths == len(sides) * sum(places.values()) and max(places.values()) < MOST_PLACES - 1
    proof.keep(NAME, "kills beside every statement and commit of a 一括再発行", life.deaths, unit="kills",
               aim=f"{' and '.join(sides)} each", reached=everywhere,
               note=f"{sum(places.values())} places")  # fmt: skip
    proof.keep(NAME, "faults after kills at statements", len(found), unit=f"of {life.lists * PERSONS} persons", aim="0",
               reached=not found)  # fmt: skip
    assert Counter(found) == {}
    assert min(places.values()) >= 4
    assert everywhere, places


@pytest.mark.slow
@pytest.mark.kj("KJ-FUGO-01", "KJ-FUGO-04", "KJ-FUGO-06", "KJ-DUAL-07", "KJ-RET-16")
def test_killed_at_every_named_place_everybody_has_one_valid_code(world: World, proof: Proof, tmp_path: Path) -> None:
    rounds = proof.at(ci=1, full=10)
    with reissues(world, tmp_path) as life:
        for _ in range(rounds):
            for point in sorted(POINTS):
                job = JOB_OF.get(point.rpartition(".")[0]) or job_of(point)
                life.up_to(job)
                assert life.live(job, point=point), point
                life.live(job, minutes=PAST_EVERY_LEASE)
        life.finish()
        found = faults(world, life)

    proof.keep(NAME, "named places of a 一括再発行 died at", len(life.died_at), unit=f"of {len(POINTS)}",
               aim="every one", reached=life.died_at.keys() == POINTS)  # fmt: skip
    proof.keep(NAME, "faults after kills at named places", len(found), unit=f"of {life.lists * PERSONS} persons",
               aim="0", reached=not found)  # fmt: skip
    assert Counter(found) == {}
    assert life.died_at.keys() == POINTS


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mutant", "job", "seen"),
    [
        ("permission_apart", "execute", "a list ends"),
        ("extracted_first", "extract", "a list ends"),
        ("uketsuke_apart", "bring", "a request ends"),
    ],
)
def test_mutant_is_seen(world: World, tmp_path: Path, mutant: str, job: str, seen: str) -> None:
    with reissues(world, tmp_path, mutant=mutant) as life:
        die_at_every_place(life, job, most=40)
        life.finish()

        assert [fault for fault in faults(world, life) if fault.startswith(seen)]
