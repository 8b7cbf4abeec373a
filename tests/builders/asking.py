"""Many clients asking the real web about persons they know, and what each answer is held against."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx

from chukan.kernel import clock
from simulators.client import HubClient, RequestSigner
from simulators.client.keys import ClientKey
from tests.builders.files import send_file
from tests.builders.lines import file_text, kojin_bango, message
from tests.support.machines import Machine, new_machine
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.world import World, as_role

Verdict = Literal["right", "wrong", "lost"]
KENSAKU = "/api/v1/shikaku/rireki/kensaku"
_PASSING = {429, 500, 502, 503, 504}


@dataclass(frozen=True)
class Person:
    """One member as the test knows it; `n` stands in its name, 記号 and 個人番号."""

    code: str
    n: int
    edaban: int

    def question(self, dice: random.Random) -> dict[str, str]:
        """Ask by one of the two keys."""
        if dice.random() < 0.5:
            return {"kojin_bango": kojin_bango(self.n)}
        return {"hihokensha_edaban": f"{self.edaban:010d}"}

    def is_meant_by(self, item: dict[str, Any]) -> bool:
        """Tell whether an item of an answer is about this person, by everything that names one."""
        return bool(
            item["hokensha_code"] == self.code
            and item["hihokensha_edaban"] == f"{self.edaban:010d}"
            and item["shikaku"]["hihokenshasho_kigo"] == f"記{self.n}"
            and item["shikaku"]["hihokenshasho_bango"] == f"{70_000 + self.n}"
            and item["kihon"]["shimei_kenmen"] == f"見本　花{self.n}"
        )


@dataclass(frozen=True)
class Side:
    """One insurer: its system and its people, numbered from one as those of every other insurer."""

    code: str
    machine: Machine
    people: Sequence[Person]

    def client(self, url: str, timeout: float = 60.0) -> HubClient:
        """Return a line of its own to the web."""
        key = ClientKey("k1", self.machine.keys["k1"])
        signer = RequestSigner(client_id=self.machine.client_id, key=key)
        return HubClient(base_url=url, signer=signer, timeout=httpx.Timeout(timeout))


@dataclass
class Tally:
    """What all clients saw; places are counted, persons are not named."""

    seen: Counter[str] = field(default_factory=Counter)
    foreign_rows: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, kind: str, verdict: Verdict, foreign: int = 0) -> None:
        """Count one answer."""
        with self._lock:
            self.seen[verdict] += 1
            self.seen[f"{kind}: {verdict}"] += 1
            self.foreign_rows += foreign


def two_sides(world: World, people: int) -> tuple[Side, Side]:
    """Give two insurers `people` members each, brought in by file: the same 被保険者枝番, never the same person."""
    return _side(world, KENPO, 10_000, people), _side(world, OTHER_KENPO, 500_000, people)


def _side(world: World, code: str, start: int, people: int) -> Side:
    numbers = range(start, start + people)
    with as_role(world, "worker"):
        text = file_text([message(n, hokensha=code) for n in numbers])
        sent = send_file(text, by=clerk(code), now=clock.now())
    assert sent.status.seijo == people
    known = [Person(code, n, place) for place, n in enumerate(numbers, start=1)]
    return Side(code, new_machine(world, hokensha=(code,)), known)


def judge(person: Person, response: httpx.Response) -> tuple[Verdict, int]:
    """Return whether an answer is about the person asked for, and how many of its rows are another insurer's."""
    if response.status_code in _PASSING:
        return "lost", 0
    if response.status_code != 200:
        return "wrong", 0
    items = response.json()["items"]
    foreign = sum(item["hokensha_code"] != person.code for item in items)
    return ("right" if items and all(map(person.is_meant_by, items)) else "wrong"), foreign


def ask_about(client: HubClient, person: Person, question: dict[str, str]) -> tuple[Verdict, int]:
    """Ask once and judge the answer; one that does not arrive is lost."""
    try:
        return judge(person, client.send_json(KENSAKU, question))
    except httpx.TransportError:
        return "lost", 0


def in_threads(clients: int, work: Callable[[int], None]) -> None:
    """Let clients work at once; the first error of any of them is raised."""
    with ThreadPoolExecutor(clients) as pool:
        for done in [pool.submit(work, number) for number in range(clients)]:
            done.result()


@contextmanager
def meanwhile(act: Callable[[random.Random], None], *, seed: int, pause: float) -> Iterator[None]:
    """Do something again and again beside the clients, after pauses of up to `pause` seconds."""
    over, dice, failed = threading.Event(), random.Random(seed), list[Exception]()

    def run() -> None:
        try:
            while not over.wait(dice.random() * pause):
                act(dice)
        except Exception as error:  # noqa: BLE001  # raised again where the test sees it
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    assert failed == []


def share(total: int, clients: int, number: int) -> int:
    """Return how many of `total` the client with this number does."""
    return total // clients + (number < total % clients)
