"""F-partner by a clock that is told: an outage of any length, the alarm of age, and senders broken on purpose.

The stand-in is a process of its own that comes and goes; the hub's sender and its signed line are the product's.
"""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from structlog.testing import capture_logs

from chukan.embedded.preparation import free_port
from chukan.embedded.process_table import ROOT, module
from chukan.kernel import clock
from chukan.kernel.http.signatures import SigningKey
from chukan.kernel.principal import system_principal
from chukan.outside import onshi
from chukan.outside.client import PartnerClient, TimeLimits
from chukan.outside.onshi import OnshiClient
from chukan.settings import limits
from shikaku.actions import send_to_onshi as send
from shikaku.actions.record_overdue import record_overdue
from shikaku.actions.register_one import register_one
from shikaku.gateways.onshi import SignedOnshiGateway
from shikaku.management.commands.deliver_onshi import Pace
from tests.plugins_figures import Proof
from tests.proofs.partner_effects import wrongs
from tests.proofs.partner_mutants import SENDERS, gives_up
from tests.support.members import NOW, asked, joined, known, loss
from tests.support.principals import KENPO, clerk
from tests.support.staff import an_operator, browser
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])
RELAY = system_principal(actor_id="relay")
OVERDUE = "shikaku.onshi_soshin.overdue"
FAULTS = {"drop": 0.15, "error_5xx": 0.1, "drop_after": 0.2, "half_close": 0.15, "item_error": 0.1}
# The first unsent telegram of each person: the others wait for it.
NEXT_DUE = """
SELECT min(s.available_at) FROM shikaku_onshi_soshin s WHERE s.sent_at IS NULL AND NOT EXISTS (
  SELECT FROM shikaku_onshi_soshin o
  WHERE o.himozuke_bango = s.himozuke_bango AND o.jun < s.jun AND o.sent_at IS NULL)
"""
LIVES = 3  # telegrams of each person


@dataclass
class Partner:
    """The stand-in: there or not, at one address and with one memory."""

    folder: Path
    port: int

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def store(self) -> Path:
        """Return its memory."""
        return self.folder / "onshi.sqlite3"

    @contextmanager
    def there(self, name: str = "simulators.onshi") -> Iterator[None]:
        """Let it run for a while."""
        argv = module(
            name, *("--port", str(self.port), "--home", str(self.folder), "--hub-url", self.url, "--no-verify")
        )
        with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert json.loads(process.stdout.readline())["url"] == self.url
            try:
                yield
            finally:
                process.terminate()

    def break_with(self, **faults: float) -> None:
        """Switch faults on."""
        httpx.post(f"{self.url}/_sim/faults", json=faults, trust_env=False).raise_for_status()


@dataclass
class Sender:
    """The loop of the sending process, by a clock that jumps to where something is due."""

    world: World
    partner: Partner
    at: datetime
    rounds: int = 0
    _pace: Pace = field(default_factory=Pace)

    def run(self, *, until: datetime, limit: int = limits.ONSHI_BATCH) -> None:
        """Send until nothing waits or the time is over."""
        wait = TimeLimits(connect=1, write=1, read=2, total=3)
        signer = SigningKey("hub-1", ed25519.Ed25519PrivateKey.generate())
        client = PartnerClient(self.partner.url, allowed=(self.partner.url,), signer=signer, limits=wait, connections=2)
        gateway = SignedOnshiGateway(OnshiClient(client))
        with as_role(self.world, "relay"), closing(client):
            while self.at < until:
                done = send.send_to_onshi(
                    by=RELAY, gateway=gateway, now=lambda: self.at, limit=min(limit, self._pace.limit)
                )
                self.rounds += 1
                if done is not None:
                    self.at += timedelta(seconds=self._pace.after(done))
                    continue
                due = asked(self.world, NEXT_DUE)[0][0]
                if due is None or due <= self.at:  # nothing waits, or nobody will ever take it
                    return
                self.at = min(due, until)


@pytest.fixture
def partner(tmp_path: Path) -> Partner:
    """A stand-in that is not there yet."""
    return Partner(tmp_path, free_port(tmp_path / "port"))


def lives(persons: int) -> int:
    """Let so many persons join, move and leave; return how many telegrams that owes."""
    for edaban in range(1, persons + 1):
        joined(edaban)
        moved = known("03", edaban, kihon={"jusho": f"見本県{edaban}", "jusho_henko_ymd": "2026-09-01"})
        register_one(by=clerk(), line=moved, now=NOW + timedelta(seconds=1))
        register_one(by=clerk(), line=loss(edaban), now=NOW + timedelta(seconds=2))
    return persons * LIVES


def wrongs_of(world: World, partner: Partner) -> Counter[str]:
    """Return what is wrong with the telegrams."""
    with world.admin() as admin:
        return wrongs(admin, partner.store, KENPO, results=False)


class TestOutage:
    def run_through(self, world: World, partner: Partner, *, days: int, persons: int) -> Sender:
        """Be away for so many days, then come back and wait until nothing is due any more."""
        telegrams = lives(persons)
        sender = Sender(world, partner, NOW + timedelta(seconds=3))
        sender.run(until=NOW + timedelta(days=days))
        assert asked(world, "SELECT count(*) FROM shikaku_onshi_soshin WHERE sent_at IS NULL") == [(telegrams,)]
        with partner.there():
            sender.run(until=NOW + timedelta(days=days + 1))
        return sender

    def test_of_any_length_loses_nothing(self, world: World, partner: Partner, proof: Proof) -> None:
        days, persons = proof.at(ci=1, full=400), proof.at(ci=2, full=5)
        sender = self.run_through(world, partner, days=days, persons=persons)

        wrong, late = wrongs_of(world, partner), sender.at - (NOW + timedelta(days=days))
        proof.keep(
            "F-partner", "telegrams lost by a partner that is away", wrong.total(), unit="", aim="0",
            reached=not wrong, note=f"away for {days} days by the clock told, {sender.rounds:,} rounds",
        )  # fmt: skip
        proof.keep(
            "F-partner", "longest wait after it is back", round(late.total_seconds(), 1), unit="s", aim="≤ 631",
            reached=late <= limits.ONSHI_BACKOFF_MAX + timedelta(seconds=31), note="by the clock told",
        )  # fmt: skip
        assert wrong == {}
        assert late <= limits.ONSHI_BACKOFF_MAX + timedelta(seconds=31)

    def test_of_ten_thousand_years_loses_nothing(self, world: World, partner: Partner) -> None:
        lives(2)
        with world.admin() as admin:
            admin.execute("UPDATE shikaku_onshi_soshin SET attempts = 526000000 WHERE jun = 1")
        sender = Sender(world, partner, NOW + timedelta(seconds=3))
        sender.run(until=NOW + timedelta(hours=1))
        with partner.there():
            sender.run(until=NOW + timedelta(hours=2))

        assert wrongs_of(world, partner) == {}

    def tried(self, world: World, partner: Partner) -> tuple[int, int]:
        """Be away for ten minutes while sixty persons wait; return how many were tried meanwhile, and the rounds."""
        for edaban in range(1, 61):
            joined(edaban)
        sender = Sender(world, partner, NOW + timedelta(seconds=3))
        sender.run(until=NOW + timedelta(minutes=10), limit=10)
        return int(asked(world, "SELECT count(*) FROM shikaku_onshi_soshin WHERE attempts > 0")[0][0]), sender.rounds

    def test_leaves_together_what_waits(self, world: World, partner: Partner, proof: Proof) -> None:
        tried, rounds = self.tried(world, partner)

        proof.keep(
            "F-partner", "telegrams that go alone after an outage", tried, unit="of 60", aim=f"≤ {rounds + 9}",
            reached=tried <= rounds + 9, note=f"ten to a call, {rounds} rounds by the clock told",
        )  # fmt: skip
        assert 10 <= tried <= rounds + 9 < 60

    def test_mutant_a_sender_that_asks_with_whole_calls_is_seen(
        self, world: World, partner: Partner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Pace, "limit", limits.ONSHI_BATCH)

        assert self.tried(world, partner)[0] == 60

    def test_mutant_a_sender_that_gives_up_is_seen(
        self, world: World, partner: Partner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gives_up(monkeypatch)
        self.run_through(world, partner, days=1, persons=2)

        assert {"lost", "waiting"} <= set(wrongs_of(world, partner))


class TestAPartnerThatServesNobody:
    HOUR = timedelta(hours=1)

    def calls(self, world: World, partner: Partner) -> int:
        """Return how often a partner that answers 503 for an hour is called, however many wait."""
        lives(12)
        with partner.there():
            partner.break_with(error_5xx=1.0)
            Sender(world, partner, NOW + timedelta(seconds=3)).run(until=NOW + self.HOUR)
            return int(httpx.get(f"{partner.url}/_sim/state", trust_env=False).json()["futo"]["error_5xx"])

    @property
    def most(self) -> int:
        """At most every half minute, and the few calls by which that pace is reached."""
        return self.HOUR // timedelta(seconds=30) + 10

    def test_is_asked_less_and_less_often(self, world: World, partner: Partner, proof: Proof) -> None:
        calls = self.calls(world, partner)

        proof.keep(
            "F-partner", "calls in an hour to a partner that answers 503", calls, unit="",
            aim=f"≤ {self.most}", reached=calls <= self.most, note="by the clock told; 12 persons wait",
        )  # fmt: skip
        assert 0 < calls <= self.most

    def test_mutant_a_sender_that_takes_503_for_a_refusal_is_seen(
        self, world: World, partner: Partner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(onshi, "AWAY", frozenset())

        assert self.calls(world, partner) > self.most


class TestAlarm:
    # How long the oldest telegram is owed when an operator looks.
    AGES = (timedelta(minutes=4), timedelta(minutes=6), timedelta(hours=1), timedelta(days=30))
    RIGHT = [(False,) * 3, *((True,) * 3,) * 3]

    def alarmed(self, world: World, age: timedelta, patch: pytest.MonkeyPatch) -> tuple[bool, bool, bool]:
        """Tell whether OP-001, OP-201 and the log alarm the age at that moment."""
        at = NOW + age
        patch.setattr(clock, "now", lambda: at)
        client = browser("K0001", hokensha="")
        pages = [client.get(address) for address in ("/unyo/", "/unyo/haishin/")]
        assert [page.status_code for page in pages] == [200, 200]
        todo, haishin = (page.content.decode() for page in pages)
        with as_role(world, "relay"), capture_logs() as logs:
            record_overdue(by=RELAY, now=at)
        return "受領されていません" in todo, "遅延" in haishin, OVERDUE in [line["event"] for line in logs]

    def looks(self, world: World, patch: pytest.MonkeyPatch) -> list[tuple[bool, bool, bool]]:
        """Return what is alarmed at each moment."""
        patch.setattr(clock, "now", lambda: NOW)
        an_operator("K0001")
        return [self.alarmed(world, age, patch) for age in self.AGES]

    def test_the_age_is_alarmed_from_five_minutes_on_until_it_is_received(
        self, world: World, partner: Partner, proof: Proof, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lives(2)
        seen = self.looks(world, monkeypatch)
        with partner.there():
            Sender(world, partner, NOW + timedelta(days=30)).run(until=NOW + timedelta(days=31))
        after = self.alarmed(world, self.AGES[-1], monkeypatch)

        right = seen == self.RIGHT and after == (False,) * 3
        proof.keep(
            "F-partner", "alarm of age on OP-001, OP-201 and in the log", "5 min to the end" if right else "wrong",
            unit="", aim="5 min to the end", reached=right,
        )  # fmt: skip
        assert right, (seen, after)

    def test_mutant_an_alarm_that_never_comes_is_seen(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(limits, "ONSHI_OVERDUE", timedelta(days=1000))
        lives(1)

        assert self.looks(world, monkeypatch) != self.RIGHT


class TestMutants:
    PERSONS = 15

    def through_faults(self, world: World, partner: Partner, seed: int, *, name: str = "simulators.onshi") -> None:
        """Send everything over a broken line, which is mended after a while."""
        lives(self.PERSONS)
        sender = Sender(world, partner, NOW + timedelta(seconds=3))
        with partner.there(name):
            partner.break_with(**FAULTS, seed=seed)
            sender.run(until=NOW + timedelta(minutes=3), limit=5)
            partner.break_with(**dict.fromkeys(FAULTS, 0.0))
            sender.run(until=NOW + timedelta(hours=2), limit=5)

    def test_a_sound_sender_passes(self, world: World, partner: Partner, proof: Proof) -> None:
        self.through_faults(world, partner, proof.seed)

        assert wrongs_of(world, partner) == {}

    @pytest.mark.parametrize("name", SENDERS)
    def test_mutant_a_broken_sender_is_seen(
        self, world: World, partner: Partner, proof: Proof, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        spoil, wrong = SENDERS[name]
        spoil(monkeypatch)
        self.through_faults(world, partner, proof.seed)

        assert wrong in wrongs_of(world, partner)

    def test_mutant_a_partner_that_does_not_know_a_repeat_is_seen(
        self, world: World, partner: Partner, proof: Proof
    ) -> None:
        self.through_faults(world, partner, proof.seed, name="tests.proofs.partner_forgetful")

        assert {"doubled", "out of order"} <= set(wrongs_of(world, partner))
