"""住基ネット, コアシステム and a small hub, all running."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from simulators.client import HubClient, RequestSigner
from simulators.juki.faults import FaultPlan as JukiFaults
from simulators.juki.jumin import Jumin
from simulators.juki.routes import DOORS as JUKI_DOORS
from simulators.juki.routes import Juki
from simulators.juki.server import JukiServer
from simulators.juki.store import JukiStore
from simulators.juki.watashi import Forwarder
from simulators.nws.faults import FaultPlan as NwsFaults
from simulators.nws.fugo import CodeMaker
from simulators.nws.routes import DOORS as NWS_DOORS
from simulators.nws.routes import Nws
from simulators.nws.store import NwsStore
from simulators.nws.todoke import Deliverer
from simulators.people.world import World
from simulators.shell.faults import Dice, PlanHolder
from simulators.shell.hub_keys import HubKeys
from tests.unit.simulators.small_fugo_hub import SmallFugoHub
from tests.unit.simulators.small_hub import running_hub
from tests.unit.simulators.stand_ins import Keyring, Running, running, until

SECRET = b"s" * 32
HEADER = b"shori_tsuban,kojin_bango\r\n"


def tsuban(number: int) -> str:
    """A made-up 処理通番."""
    return str(UUID(int=(0x019A << 112) | (7 << 76) | (0b10 << 62) | number))


def inhabitants(count: int, *, first: int = 0) -> list[str]:
    """Numbers of people of simulators.people with seed 1, one a household."""
    world = World(seed=1, today=date(2026, 11, 20))
    return [world.household(household)[0].kojin_bango for household in range(first, first + count)]


def yokyu_file(*lines: tuple[str, str]) -> list[bytes]:
    """A 符号取得要求ファイル in pieces."""
    return [HEADER, *(f"{name},{number}\r\n".encode() for name, number in lines)]


@dataclass
class FugoWorld:
    """Both stand-ins and the hub between them."""

    hub: SmallFugoHub
    juki: Running
    nws: Running
    ring: Keyring
    juki_store: JukiStore
    nws_store: NwsStore

    def ask(self, *lines: tuple[str, str], file_id: str = "f1") -> int:
        """The hub asks for codes; the status."""
        self.hub.open |= {name for name, _ in lines}
        return self.hub.put(self.juki.url, file_id, yokyu_file(*lines))

    def ask_at_once(self, *lines: tuple[str, str], **faults: float) -> None:
        """The hub asks for codes, and their answers go out together, with these faults."""
        self.nws.break_with(okurazu=True)
        self.ask(*lines)
        until(lambda: len(self.nws_store.due(kikan_code="chukan", limit=len(lines))) == len(lines))
        self.nws.break_with(okurazu=False, **faults)

    def of_tsuban(self, name: str) -> dict[str, Any]:
        """What コアシステム tells about one 処理通番."""
        told: dict[str, Any] = self.nws.stranger.post("/_sim/tsuban", json={"shori_tsuban": name}).json()
        return told

    def settled(self) -> dict[str, Any]:
        """The state of コアシステム when nothing waits any more."""
        until(lambda: self.juki.state()["machi"] == 0)
        until(lambda: self.nws.state()["machi"] == 0)
        return self.nws.state()


@contextmanager
def fugo_world(folder: Path, *, hub: SmallFugoHub | None = None) -> Iterator[FugoWorld]:
    """Everything running; what was kept in `folder` is there again."""
    ring = Keyring()
    ring.add("juki", "juki")
    ring.add("yoso", "yoso")
    with ExitStack() as stack:
        small = stack.enter_context(running_hub(hub or SmallFugoHub()))
        nws_store = NwsStore(folder / "nws.sqlite3")
        stack.callback(nws_store.close)
        nws = Nws(
            store=nws_store,
            maker=CodeMaker(SECRET),
            key=small.partner,
            keys=HubKeys(small.url),
            partners=ring.partners(),
            kikan_code="chukan",
            plan=PlanHolder(NwsFaults()),
            dice=Dice(),
        )
        signer = RequestSigner(client_id="nws", key=small.partner)
        line = HubClient(base_url=small.url, signer=signer)
        deliverer = Deliverer(
            store=nws_store,
            hub=line,
            signer=signer,
            hub_url=small.url,
            kikan_code="chukan",
            maker=nws.maker,
            plan=nws.plan,
            dice=nws.dice,
        )
        run_nws = stack.enter_context(running(nws, NWS_DOORS, deliverer.work))
        juki_store = JukiStore(folder / "juki.sqlite3")
        stack.callback(juki_store.close)
        juki = Juki(
            store=juki_store,
            jumin=Jumin(store=juki_store, seed=1, secret=SECRET),
            keys=HubKeys(small.url),
            secret=SECRET,
            plan=PlanHolder(JukiFaults()),
            dice=Dice(),
        )
        forwarder = Forwarder(
            store=juki_store,
            core=ring.line("juki", run_nws.url),
            kikan_code="chukan",
            plan=juki.plan,
            dice=juki.dice,
        )
        run_juki = stack.enter_context(running(juki, JUKI_DOORS, forwarder.work, server_kind=JukiServer))
        yield FugoWorld(small, run_juki, run_nws, ring, juki_store, nws_store)
