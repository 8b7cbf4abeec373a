"""F-fugo: whoever dies where on the way of a code, a person has one code, its own; none is lost, none is set twice."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chukan.controls.setsuzoku.actions.register_client import register_client
from chukan.kernel import clock
from chukan.kernel.crash_points import FUGO_POINTS
from chukan.kernel.crypto.envelope import open_envelope
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.http.jwk import to_jwk
from chukan.kernel.storage import store
from tests.plugins_figures import Proof
from tests.proofs.fugo_lives import code_of, taken_by
from tests.support.fugo import sender
from tests.support.machines import COMMAND
from tests.support.members import asked, bango, joined
from tests.support.world import ROOT, World, as_role

pytestmark = pytest.mark.django_db(transaction=True)
NAME = "F-fugo"
WAY = ("request", "transfer", "send", "deliver", "bring")
SIDES = ("after", "before")  # of the next statement and after this one differ by what is between them
MOST_PLACES = 150
PERSONS = 2  # of each death: they come in one file and one message
JOB_OF = {
    "request_fugo": "request",
    "begin_yokyu_file": "transfer",
    "finish_yokyu_file": "transfer",
    "yokyu_file.part": "transfer",
    "yokyu_file.stored": "transfer",
    "send_yokyu_file": "send",
    "begin_soshin": "deliver",
    "record_soshin": "deliver",
    "yokyu_file.sending": "deliver",
    "yokyu_file.sent": "deliver",
    "yokyu_file.erased": "deliver",
    "record_fugo": "bring",
}
# Past the lease of whoever died with a file in its hands.
PAST_EVERY_LEASE = 20


def job_of(point: str) -> str:
    """Return the job on whose way a named place lies."""
    return JOB_OF.get(point) or JOB_OF[point.rpartition(".")[0]]


@dataclass
class Lives:
    """The program of lives, who lives where, and how many died."""

    program: subprocess.Popen[str]
    client_id: str
    key: str
    juki: Path
    mutant: str = ""
    way: tuple[str, ...] = WAY
    about: dict[str, Any] = field(default_factory=dict)  # told to every life
    serial: int = 0
    deaths: int = 0
    died_at: Counter[str] = field(default_factory=Counter)

    def register(self) -> None:
        """Register new members, each of whom asks for a code."""
        for _ in range(PERSONS):
            self.serial += 1
            joined(self.serial, now=clock.now())

    def live(self, job: str, *, die_at: int = 0, side: str = "", point: str = "", minutes: int = 0) -> bool:
        """Do a job in a process of its own; True when it was ended at the place."""
        told = {
            "job": job, "client_id": self.client_id, "key": self.key, "juki": str(self.juki), "mutant": self.mutant,
            "die_at": die_at, "side": side, "point": point, "minutes": minutes,
            **self.about,
        }  # fmt: skip
        assert self.program.stdin is not None
        assert self.program.stdout is not None
        self.program.stdin.write(json.dumps(told) + "\n")
        self.program.stdin.flush()
        ended: int = json.loads(self.program.stdout.readline())["ended"]
        assert ended in (0, -9), "a life failed otherwise: see lives.log"
        if ended:
            self.deaths += 1
            self.died_at[point or job] += 1
        return ended != 0

    def up_to(self, job: str) -> None:
        """Register new members and bring them to just before a job."""
        self.register()
        for former in self.way[: self.way.index(job)]:
            self.live(former)

    def finish(self) -> None:
        """Go the whole way with all that is left, twice, and tidy up."""
        for job in (*self.way, *self.way, "tidy"):
            self.live(job, minutes=PAST_EVERY_LEASE)


@contextmanager
def lives(world: World, folder: Path, *, mutant: str = "") -> Iterator[Lives]:
    """Start the program of lives and register the network."""
    secret = hashlib.sha256(b"made-up key of a proof").digest()
    with as_role(world, "kanri"):
        client_id = register_client(
            by=COMMAND,
            kind="nws",
            hokensha_codes=(),
            jwks={"keys": [to_jwk(Ed25519PrivateKey.from_private_bytes(secret).public_key(), "k1")]},
            valid_from=date(2026, 1, 1),
            valid_to=None,
            now=datetime.now(UTC),
        )
    with as_role(world, "web"):
        by = sender()
    juki = folder / "juki"
    juki.mkdir()
    with (folder / "lives.log").open("w") as log:
        program = subprocess.Popen(
            [sys.executable, "-m", "tests.proofs.fugo_lives"],
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("COV_")},
                "DJANGO_SETTINGS_MODULE": "chukan.settings.base",
                "CHUKAN_ROLE": "worker",
                "PYTHONPATH": str(ROOT),
            },
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            about = {"sessions": {by.actor_id: str(by.session_id)}}
            yield Lives(program, client_id, secret.hex(), juki, mutant, about=about)
        finally:
            program.kill()
            program.communicate()
            shutil.rmtree(world.home / "run" / "crashed", ignore_errors=True)  # the notes of deaths are ours alone


def sides_of(proof: Proof) -> tuple[str, ...]:
    """Return the sides of a place that a size dies at: after it at the small one, before it as well at the full one."""
    return SIDES[: proof.at(ci=1, full=2)]


def die_at_every_place(life: Lives, job: str, sides: Sequence[str] = SIDES[:1]) -> int:
    """Die beside each statement and commit of a job, with new members each time; return the places."""
    places = 0
    for side in sides:
        for place in range(1, MOST_PLACES):
            life.up_to(job)
            if not life.live(job, die_at=place, side=side):
                places = place - 1
                break
            life.live(job, minutes=PAST_EVERY_LEASE)
    return places


def faults(world: World, life: Lives) -> list[str]:
    """Return what is wrong after everything has come to its end."""
    found: list[str] = []
    requests = asked(world, "SELECT shori_tsuban, himozuke_bango FROM fugo_shutoku_yokyu")
    links = asked(world, "SELECT himozuke_bango FROM fugo_edaban_himozuke")
    issues = asked(world, "SELECT himozuke_bango FROM fugo_kikanbetsu_fugo")
    if len({row[0] for row in links}) != life.serial:
        found.append(f"{len(links)} of {life.serial} persons linked")
    for what, times in (
        ("requests", Counter(row[1] for row in requests)),
        ("codes", Counter(row[0] for row in issues)),
    ):
        if len(times) != life.serial or set(times.values()) - {1}:
            found.append(f"{what}: of {len(times)} persons, {max(times.values(), default=0)} at most")
    return found + faults_of_way(world, life, codes=life.serial)


def faults_of_way(world: World, life: Lives, *, codes: int) -> list[str]:
    """Return what is wrong with requests, files and answers, when `codes` codes had to come."""
    found: list[str] = []
    requests = asked(world, "SELECT shori_tsuban, fugo_shutoku_status FROM fugo_shutoku_yokyu")
    found += [f"a request ends at {status}" for _, status in requests if status != "5"]
    asked_for = taken_by(life.juki)
    if len(asked_for) != len({tsuban for tsuban, _ in asked_for}):
        found.append("asked for twice")
    brought = dict(asked_for)
    held = {
        str(tsuban): open_envelope(
            get_keyring(), table="fugo_kikanbetsu_fugo", envelope="kikanbetsu_fugo", hokensha_code=None, row_id=row_id,
            data=bytes(sealed),
        ).decode()
        for row_id, tsuban, sealed in asked(
            world, "SELECT id, shori_tsuban, ct_kikanbetsu_fugo FROM fugo_kikanbetsu_fugo"
        )
    }  # fmt: skip
    found += ["a request has another code than came for it" for tsuban in held if held[tsuban] != brought.get(tsuban)]
    # 被保険者枝番 of one insurer count up, so that they say which member it is: the code is of that person's number.
    members = asked(
        world,
        "SELECT i.shori_tsuban, k.hihokensha_edaban FROM fugo_kikanbetsu_fugo i"
        " JOIN fugo_edaban_himozuke k USING (himozuke_bango)",
    )
    if len(members) != codes:
        found.append(f"{len(members)} of {codes} codes held")
    found += ["a code of another person" for tsuban, edaban in members
              if held[str(tsuban)] != code_of(bango(edaban), str(tsuban))]  # fmt: skip
    counted = dict(asked(world, "SELECT juryo, sum(count)::bigint FROM fugo_juryo_kazu GROUP BY 1"))
    if counted.get("stored") != codes:
        found.append(f"{counted.get('stored')} of {codes} codes stored")
    if suspect := counted.keys() - {"stored", "same_again"}:
        found.append(f"answers that fit nothing: {sorted(suspect)}")
    files = asked(world, "SELECT state, erased_at IS NOT NULL, object_key <> '' FROM fugo_yokyu_file")
    found += [f"a file left {state}" for state, erased, stands in files if state not in {"soshin_zumi", "haiki"}
              or (stands and not erased)]  # fmt: skip
    left = store().list_older("fugo_yokyu", before=datetime(2100, 1, 1, tzinfo=UTC))
    found += ["an object is left"] * len(left)
    return found


@pytest.mark.slow
@pytest.mark.kj("KJ-FUGO-01", "KJ-FUGO-02", "KJ-FUGO-04", "KJ-IN-13", "KJ-RET-17")
def test_killed_at_every_statement_there_is_one_code_per_person(world: World, proof: Proof, tmp_path: Path) -> None:
    sides = sides_of(proof)
    with lives(world, tmp_path) as life:
        places = {job: die_at_every_place(life, job, sides) for job in WAY}
        life.finish()
        found = faults(world, life)

    everywhere = life.deaths == len(sides) * sum(places.values())
    proof.keep(NAME, "kills beside every statement and commit of the way of a code", life.deaths, unit="kills",
               aim=f"{' and '.join(sides)} each", reached=everywhere,
               note=f"{sum(places.values())} places")  # fmt: skip
    proof.keep(NAME, "faults after kills at statements", len(found), unit=f"of {life.serial} persons", aim="0",
               reached=not found)  # fmt: skip
    assert found == []
    assert min(places.values()) >= 5
    assert everywhere, places


@pytest.mark.slow
@pytest.mark.kj("KJ-FUGO-01", "KJ-FUGO-02", "KJ-FUGO-04", "KJ-IN-13", "KJ-RET-17")
def test_killed_at_every_named_place_there_is_one_code_per_person(world: World, proof: Proof, tmp_path: Path) -> None:
    rounds = proof.at(ci=1, full=10)
    with lives(world, tmp_path) as life:
        for _ in range(rounds):
            for point in sorted(FUGO_POINTS):
                life.up_to(job_of(point))
                assert life.live(job_of(point), point=point), point
                life.live(job_of(point), minutes=PAST_EVERY_LEASE)
        life.finish()
        found = faults(world, life)

    proof.keep(NAME, "named places of the way of a code died at", len(life.died_at), unit=f"of {len(FUGO_POINTS)}",
               aim="every one", reached=life.died_at.keys() == FUGO_POINTS)  # fmt: skip
    proof.keep(NAME, "faults after kills at named places", len(found), unit=f"of {life.serial} persons", aim="0",
               reached=not found)  # fmt: skip
    assert found == []
    assert life.died_at.keys() == FUGO_POINTS


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mutant", "job", "told"),
    [
        ("uketsuke_apart", "bring", "answers that fit nothing: ['other_code']"),
        ("recorded_first", "deliver", "a request ends at 3"),
    ],
)
def test_mutant_is_seen(world: World, tmp_path: Path, mutant: str, job: str, told: str) -> None:
    with lives(world, tmp_path, mutant=mutant) as life:
        die_at_every_place(life, job)
        life.finish()

        assert told in faults(world, life)
