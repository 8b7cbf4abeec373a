"""F-api: the contract holds whatever is sent, no changed signature gets in, and a limit of L lets L in."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpRequest
from pytest_django import Settings

from chukan.controls.setsuzoku import views
from chukan.controls.setsuzoku.actions import admit_request
from chukan.kernel.http import bodies, signatures
from tests.builders.calls import ASK, RECEIVE, REGISTER, RESULT, origin_of, told_file, told_json, wire
from tests.builders.forged import KINDS, Forged, Others, forgeries
from tests.builders.lines import file_text, message
from tests.builders.signed import Draft, Sender, honest
from tests.plugins_figures import Proof
from tests.support.machines import new_machine, p256
from tests.support.web_process import UNLIMITED, running_web
from tests.support.wire import Door, Reply, Wire, all_at_once, in_this_process, line_to
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)
WRITTEN = ("uketsuke_uketsuke", "shikaku_rireki", "shikaku_itaku_kukaku_kanyusha", "shikaku_onshi_soshin")


@dataclass
class People:
    """The systems of a proof: one for each kind of key, オン資, another insurer's, and one whose days are over."""

    hokensha: Sender
    p256: Sender
    onshi: Sender
    other: Sender
    ended: Sender

    @classmethod
    def registered(cls, world: World) -> People:
        """Register them."""

        def sender(**given: Any) -> Sender:
            machine = new_machine(world, **given)
            return Sender(machine.client_id, machine.keys["k1"])

        return cls(
            hokensha=sender(),
            p256=sender(key=p256()),
            onshi=sender(kind="onshi", hokensha=()),
            other=sender(hokensha=("06139992",)),
            ended=sender(valid_to=date(2026, 1, 2)),
        )


def drafts_of(world: World, people: People, port: int, door: Door, dice: random.Random) -> list[Draft]:
    """Register one person, and return one request of every operation that the hub would take."""

    def draft(name: str, sender: Sender, given: Wire, *expected: int) -> Draft:
        return Draft(name, sender, origin_of(port), given, frozenset(expected))

    register = draft("register", people.hokensha, told_json(REGISTER, port, message(1), Idempotency_Key="a"), 201)
    first = door(honest(register, dice, datetime.now(UTC)))
    assert first.status == 201, first.body
    bango = json.loads(first.body)["uketsuke_bango"]
    with world.admin() as admin:
        row = admin.execute("SELECT soshin_bango::text FROM shikaku_onshi_soshin").fetchone()
    assert row is not None
    content = file_text([message(2)]).encode()
    result = {"soshin_bango": row[0], "shori_kekka_kubun": "1"}
    return [
        register,
        draft("ask", people.p256, told_json(ASK, port, {"hihokensha_edaban": "0000000001"}), 200),
        draft("send", people.p256, told_file(port, content, "b"), 202),
        draft("look", people.hokensha, wire("GET", f"{RECEIVE}/{bango}", port), 200),
        draft("fetch", people.hokensha, wire("GET", f"{RECEIVE}/{bango}/kekka", port), 200),
        draft("result", people.onshi, told_json(RESULT, port, result), 204),
    ]


def counts(world: World) -> dict[str, int]:
    with world.admin() as admin:
        rows = {table: admin.execute(f"SELECT count(*) FROM {table}").fetchone() for table in WRITTEN}
    return {table: 0 if row is None else int(row[0]) for table, row in rows.items()}


def breaches_of(forged: Forged, door: Door) -> list[str]:
    """Return what is wrong with how a forged request was met; nothing when it was refused as the contract says."""
    if forged.before is not None:
        first = door(forged.before)
        assert first.status in forged.draft.expected, (forged.kind, forged.draft.name, first.status, first.code)
    reply = door(forged.wire)
    if (reply.status, reply.code) in forged.allowed:
        return []
    return [f"{forged.kind} ({forged.draft.name}): {reply.status} {reply.code}"]


def without_component(name: str) -> Callable[[pytest.MonkeyPatch], None]:
    def break_it(patch: pytest.MonkeyPatch) -> None:
        for group in ("ALWAYS_COVERED", "COVERED_WHEN_PRESENT"):
            patch.setattr(signatures, group, tuple(one for one in getattr(signatures, group) if one != name))

    return break_it


def reading_the_address(address: Callable[[HttpRequest], str]) -> Callable[[pytest.MonkeyPatch], None]:
    def break_it(patch: pytest.MonkeyPatch) -> None:
        read = views.signed_request
        patch.setattr(
            views,
            "signed_request",
            lambda request: replace(read(request), url=f"http://{request.get_host()}{address(request)}"),
        )

    return break_it


def nothing_of(place: object, name: str) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patch: patch.setattr(place, name, lambda *_args, **_kwargs: None)


# A verifier with one thing overlooked, and the kind of forgery that has to show it.
MUTANTS: dict[str, tuple[str, Callable[[pytest.MonkeyPatch], None]]] = {
    **{
        f"need not cover {name}": ("covered: a component left out", without_component(name))
        for name in ("@method", "@target-uri", "content-digest", "content-type", "idempotency-key")
    },
    "ignores the query": ("query: a new one", reading_the_address(lambda request: request.path)),
    "reads the address as it is understood": (
        "path: written otherwise", reading_the_address(lambda request: request.get_full_path())
    ),
    "ignores the body": ("body: a bit", nothing_of(bodies.CheckedBody, "finish")),
    "ignores the clock behind": ("created: long ago", nothing_of(signatures, "_check_times")),
    "ignores the clock ahead": ("created: ahead", nothing_of(signatures, "_check_times")),
    "ignores what is over": ("expires: over", nothing_of(signatures, "_check_times")),
    "ignores the nonce": ("replay: under another label", nothing_of(admit_request, "_take")),
    "takes any nonce": ("nonce: guessable", lambda patch: patch.setattr(signatures, "NONCE_BITS", 0)),
    "ignores the days of a system": (
        "signed by a system whose days are over",
        lambda patch: patch.setattr(admit_request, "business_date_jst", lambda _now: date(2026, 1, 1)),
    ),
    "ignores the signature": ("signature: a bit", nothing_of(admit_request, "prove")),
}  # fmt: skip


def others_of(people: People) -> Others:
    return Others(other=people.other, ended=people.ended, nobody=Sender("hokensha-000000000000", p256()))


def now() -> datetime:
    return datetime.now(UTC)


def assert_taken(draft: Draft, dice: random.Random, door: Door) -> None:
    """Show that the door is not simply shut: the request itself is taken."""
    reply = door(honest(draft, dice, now()))
    assert reply.status in draft.expected, (draft.name, reply.status, reply.code)


class TestForgedRequests:
    @pytest.mark.kj("KJ-AUTH-26")
    def test_none_is_accepted_and_nothing_is_applied(self, world: World, port: int, proof: Proof) -> None:
        dice, people = random.Random(proof.seed), People.registered(world)
        wanted = proof.at(ci=700, full=10_000)
        met: Counter[str] = Counter()
        breaches: list[str] = []
        with line_to(port) as door:
            drafts = drafts_of(world, people, port, door, dice)
            for draft in drafts:
                assert_taken(draft, dice, door)
            before = counts(world)
            for forged in forgeries(drafts, others_of(people), dice=dice, count=wanted, now=now):
                breaches += breaches_of(forged, door)
                met[forged.kind] += 1
                if met.total() % 20 == 0:
                    assert_taken(dice.choice(drafts), dice, door)
            after = counts(world)
        accepted = [found for found in breaches if ": 2" in found]
        print(f"{wanted} forged requests of {len(met)} kinds: {len(accepted)} accepted, {len(breaches)} breaches")
        of = f"of {wanted} of {len(met)} kinds"
        proof.keep("F-api", "changed requests accepted", len(accepted), unit=of, aim="0", reached=not accepted)
        proof.keep("F-api", "refused otherwise than told", len(breaches), unit=of, aim="0", reached=not breaches)

        assert breaches == []
        assert after == before
        assert set(met) == set(KINDS)

    @pytest.mark.parametrize("name", MUTANTS)
    def test_a_verifier_that_overlooks_something_is_caught(
        self, world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        settings.CHUKAN_RATE_PER_CLIENT = UNLIMITED
        dice, people = random.Random(1), People.registered(world)
        drafts = drafts_of(world, people, 8000, in_this_process, dice)
        kind, break_it = MUTANTS[name]

        def found() -> list[str]:
            forged = forgeries(drafts, others_of(people), dice=dice, count=36, now=now, kinds=(kind,))
            return [breach for one in forged for breach in breaches_of(one, in_this_process)]

        assert found() == []
        break_it(monkeypatch)
        assert [breach for breach in found() if breach.startswith(kind)]


def crowd(port: int, sender: Sender, *, count: int, at: datetime, dice: random.Random) -> list[Reply]:
    """Return what so many calls of one system are answered that come at the same moment."""
    asked = told_json(ASK, port, {"hihokensha_edaban": "0000000001"})
    draft = Draft("ask", sender, origin_of(port), asked, frozenset({200, 429}))
    return all_at_once(port, [honest(draft, dice, at) for _ in range(count)])


class TestLimit:
    RATE, LIMIT = 10, 40  # what may come at once is four times the rate

    def test_of_many_calls_at_once_exactly_the_limit_passes(self, world: World, tmp_path: Path, proof: Proof) -> None:
        count, at, people = proof.at(ci=100, full=500), now(), People.registered(world)
        with running_web(world, tmp_path, rate=self.RATE, bent={"BENT_CLOCK": at.isoformat()}) as port:
            replies = crowd(port, people.hokensha, count=count, at=at, dice=random.Random(proof.seed))
        passed = [reply for reply in replies if reply.code == "kanyusha_nashi"]
        refused = [reply for reply in replies if (reply.status, reply.code) == (429, "yokyu_kata")]
        print(f"{count} calls at once at a limit of {self.LIMIT}: {len(passed)} passed, {len(refused)} refused")
        proof.keep(
            "F-api", f"passed of {count} calls at once", len(passed), unit="calls", aim=f"exactly {self.LIMIT}",
            reached=len(passed) == self.LIMIT,
        )  # fmt: skip

        assert len(passed) == self.LIMIT
        assert len(refused) == count - self.LIMIT
        assert {int(reply.fields["retry-after"]) >= 1 for reply in refused} == {True}

    def test_a_counter_that_reads_and_then_writes_is_caught(self, world: World, tmp_path: Path, proof: Proof) -> None:
        at, people = now(), People.registered(world)
        bent = {"BENT_CLOCK": at.isoformat(), "BENT_COUNTER": "1"}
        with running_web(world, tmp_path, rate=self.RATE, bent=bent) as port:
            replies = crowd(port, people.hokensha, count=100, at=at, dice=random.Random(proof.seed))

        assert len([reply for reply in replies if reply.code == "kanyusha_nashi"]) > self.LIMIT
