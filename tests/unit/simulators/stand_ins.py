"""Stand-ins run inside a test, and the partners they know."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

import httpx

from simulators.client import ClientKey, HubClient, RequestSigner, generate_key
from simulators.shell.partners import Partners
from simulators.shell.running import Worker
from simulators.shell.server import App, AppT, Doors, SimulatorServer
from simulators.wire import kojin_bango_check_digit

SHIKEN, HINAGATA = "990019", "990027"
"""Two made-up municipalities."""


def bango(number: int) -> str:
    """A made-up 個人番号 with a right check digit."""
    body = f"{number:011d}"
    return body + kojin_bango_check_digit(body)


def until(condition: Callable[[], object], seconds: float = 8.0) -> None:
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


@dataclass
class Keyring:
    """Keys of the connected systems of a test."""

    keys: dict[str, ClientKey] = field(default_factory=dict)
    listed: list[dict[str, Any]] = field(default_factory=list)

    def add(self, name: str, shurui: str, *jichitai: str, jimu: Sequence[str] = ()) -> None:
        """A new connected system."""
        self.keys[name] = generate_key(kid="k1")
        self.listed.append(
            {
                "setsuzoku_id": name,
                "shurui": shurui,
                "keys": [self.keys[name].public_jwk()],
                "jichitai_code": list(jichitai),
                "jimu_kubun": list(jimu),
            }
        )

    def partners(self) -> Partners:
        """Everybody as a stand-in knows them."""
        return Partners.of(self.listed)

    def line(self, name: str, url: str) -> HubClient:
        """The signed line of a system to a stand-in."""
        signer = RequestSigner(client_id=name, key=self.keys[name])
        return HubClient(base_url=url, signer=signer, timeout=httpx.Timeout(5.0))


def keyring() -> Keyring:
    """Everybody of the vaccination world with two municipalities."""
    ring = Keyring()
    ring.add("jichitai-990019", "jichitai", SHIKEN, jimu=("01", "02", "03"))
    ring.add("jichitai-990027", "jichitai", HINAGATA, jimu=("01", "02"))
    ring.add("yobosesshu", "jichitai yobosesshu", SHIKEN, HINAGATA, jimu=("02",))
    ring.add("onshi", "onshi")
    ring.add("mynaportal", "mynaportal")
    ring.add("rireki_kaito", "rireki_kaito")
    return ring


@dataclass
class Running:
    """A stand-in under test: its address and a caller without a key."""

    url: str
    stranger: httpx.Client

    def state(self) -> dict[str, Any]:
        """What it tells about itself."""
        answer: dict[str, Any] = self.stranger.get("/_sim/state").json()
        return answer

    def break_with(self, **faults: float) -> None:
        """Switch faults on."""
        assert self.stranger.post("/_sim/faults", json=faults).status_code == 200


@contextmanager
def running(
    app: AppT,
    doors: Doors[AppT],
    *works: Callable[[], bool],
    server_kind: Callable[[tuple[str, int], AppT, Doors[AppT]], SimulatorServer[AppT]] = SimulatorServer,
) -> Iterator[Running]:
    """The stand-in, listening on a free port, its background work included."""
    server = server_kind(("127.0.0.1", 0), app, doors)
    url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    workers = [Worker(work, idle_seconds=0.02) for work in works]
    with ExitStack() as stack:
        stack.callback(thread.join, 5)
        stack.callback(server.server_close)
        stack.callback(server.shutdown)
        for worker in workers:
            worker.start()
            stack.callback(worker.stop)
        yield Running(url, stack.enter_context(httpx.Client(base_url=url, trust_env=False, timeout=10)))


__all__ = ["HINAGATA", "SHIKEN", "App", "Keyring", "Running", "bango", "keyring", "running", "until"]
