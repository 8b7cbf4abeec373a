"""The stand-ins under test, with small hubs beside them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest

from simulators.client import ClientKey, HubClient, NonceMemory, RequestSigner, generate_key
from simulators.onshi.answers import Onshi
from simulators.onshi.faults import Dice, FaultPlan
from simulators.onshi.hub import AnswerSender, HubKeys, PlanHolder
from simulators.onshi.server import OnshiServer
from simulators.onshi.store import Store
from tests.unit.simulators.small_hub import SmallHub, running_hub
from tests.unit.simulators.small_pmh_hub import SmallPmhHub
from tests.unit.simulators.vaccination_steps import OTHER, PERSON
from tests.unit.simulators.vaccination_world import VaccinationWorld, vaccination_world


@dataclass(kw_only=True)
class SmallOnshiHub(SmallHub):
    """Keeps every result it is sent."""

    partner: ClientKey = field(default_factory=lambda: generate_key(kid="onshi-1", kind="p256"))
    patience: float = 2.0
    results: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, _path: str, message: Any) -> tuple[int, Any]:
        status = self.statuses.pop(0) if self.statuses else 204
        if status == 204:
            self.results.append(message)
        return status, None


@pytest.fixture
def hub() -> Iterator[SmallOnshiHub]:
    with running_hub(SmallOnshiHub()) as small:
        yield small


@dataclass
class RunningOnshi:
    """The stand-in under test, as the hub sees it."""

    url: str
    app: Onshi
    line: HubClient
    stranger: httpx.Client

    def state(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.stranger.get("/_sim/state").json()
        return answer

    def break_with(self, **faults: float) -> None:
        assert self.stranger.post("/_sim/faults", json=faults).status_code == 200


@pytest.fixture
def onshi(hub: SmallOnshiHub, tmp_path: Path) -> Iterator[RunningOnshi]:
    store, holder, dice = Store(tmp_path / "onshi.sqlite3"), PlanHolder(FaultPlan()), Dice()
    app = Onshi(store=store, keys=HubKeys(hub.url), nonces=NonceMemory(), plan=holder, dice=dice)
    server = OnshiServer(("127.0.0.1", 0), app)
    url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    signer = RequestSigner(client_id="onshi", key=hub.partner)
    sender = AnswerSender(
        store=store,
        client=HubClient(base_url=hub.url, signer=signer, timeout=httpx.Timeout(2.0)),
        plan=holder,
        dice=dice,
        idle_seconds=0.02,
    )
    sender.start()
    with hub.line(url) as line, httpx.Client(base_url=url, trust_env=False) as stranger:
        yield RunningOnshi(url, app, line, stranger)
    sender.stop()
    server.shutdown()
    server.server_close()
    thread.join(5)
    store.close()


@pytest.fixture
def pmh_hub() -> Iterator[SmallPmhHub]:
    with running_hub(SmallPmhHub(persons={PERSON, OTHER})) as small:
        yield small


@pytest.fixture
def vaccinations(tmp_path: Path, pmh_hub: SmallPmhHub) -> Iterator[VaccinationWorld]:
    """The vaccination world with two members of the hub."""
    with vaccination_world(tmp_path, pmh_hub) as everybody:
        yield everybody
