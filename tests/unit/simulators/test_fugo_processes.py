"""Both stand-ins as they are started for a demo: killed anywhere, they lose nothing and give nobody a second code."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from simulators.client import generate_key
from tests.unit.simulators.fugo_world import inhabitants, tsuban, yokyu_file
from tests.unit.simulators.small_fugo_hub import SmallFugoHub
from tests.unit.simulators.small_hub import running_hub
from tests.unit.simulators.stand_ins import until

LINES = [(tsuban(place), number) for place, number in enumerate(inhabitants(300))]


@dataclass
class Program:
    """One stand-in as a process of its own, always on the same port."""

    command: list[str]
    port: str = "0"
    url: str = ""
    process: subprocess.Popen[str] | None = field(default=None)

    def start(self) -> None:
        """Begin, or begin again."""
        command = [*self.command, "--port", self.port]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = json.loads(self.process.stdout.readline())["url"]
        self.port = str(urlsplit(self.url).port)

    def kill(self) -> None:
        """Kill -9; nothing when it does not run."""
        if self.process is None:
            return
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.communicate()
        self.process = None

    def state(self) -> dict[str, Any]:
        """What it tells about itself."""
        told: dict[str, Any] = httpx.get(f"{self.url}/_sim/state", trust_env=False).json()
        return told

    def break_with(self, **faults: float) -> None:
        """Switch faults on."""
        assert httpx.post(f"{self.url}/_sim/faults", json=faults, trust_env=False).status_code == 200


@dataclass
class Programs:
    """The hub and both stand-ins."""

    hub: SmallFugoHub
    juki: Program
    nws: Program


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    with ExitStack() as stack:
        hub = stack.enter_context(running_hub(SmallFugoHub(open={name for name, _ in LINES})))
        juki_key, partners, fill = generate_key(kid="k1"), tmp_path / "partners.json", tmp_path / "fill.csv"
        juki_key.save(tmp_path / "juki.key")
        hub.partner.save(tmp_path / "nws.key")
        listed = [{"setsuzoku_id": "juki", "shurui": "juki", "keys": [juki_key.public_jwk()]}]
        partners.write_text(json.dumps(listed), "utf-8")
        fill.write_text("shori_tsuban\n" + "".join(f"{tsuban(10**6 + place)}\n" for place in range(50)), "utf-8")
        common = ["--hub-url", hub.url, "--home"]
        nws = Program(
            [
                *(sys.executable, "-m", "simulators.nws", *common, str(tmp_path / "nws"), "--client-id", "nws"),
                *("--partners", str(partners), "--key", str(tmp_path / "nws.key"), "--fill", str(fill)),
                *("--faults", '{"okurazu": true, "ikkatsu_off": true}'),
            ]
        )
        stack.callback(nws.kill)
        nws.start()
        juki = Program(
            [
                *(sys.executable, "-m", "simulators.juki", *common, str(tmp_path / "juki")),
                *("--nws-url", nws.url, "--key", str(tmp_path / "juki.key")),
            ]
        )
        stack.callback(juki.kill)
        juki.start()
        yield Programs(hub, juki, nws)


def test_killed_at_every_step_everybody_gets_one_code(programs: Programs) -> None:
    hub, juki, nws = programs.hub, programs.juki, programs.nws

    juki.break_with(watasazu=True)
    assert hub.put(juki.url, "f1", yokyu_file(*LINES)) == 202
    juki.kill()
    juki.start()
    until(lambda: nws.state()["machi"] == len(LINES) + 50, 20)
    nws.kill()
    nws.start()
    nws.break_with(okurazu=False)
    until(lambda: len(hub.codes) > 20, 20)
    nws.kill()
    nws.start()
    nws.break_with(okurazu=False)
    until(lambda: nws.state()["machi"] == 0, 30)

    assert set(hub.codes) == hub.open
    assert len(set(hub.codes.values())) == len(LINES)
    state = nws.state()
    assert (state["yokyu"], state["ok"], state["yokyu_nashi"]) == (len(LINES) + 50, len(LINES), 50)
    assert juki.state()["yokyu"] == len(LINES)


def test_a_code_stays_the_same_over_a_kill(programs: Programs) -> None:
    hub, juki, nws = programs.hub, programs.juki, programs.nws
    nws.break_with(okurazu=False)
    hub.put(juki.url, "f1", yokyu_file(LINES[0]))
    until(lambda: LINES[0][0] in hub.codes, 20)
    first = hub.codes.pop(LINES[0][0])

    nws.kill()
    nws.start()
    juki.kill()
    juki.start()
    nws.break_with(okurazu=False)
    hub.put(juki.url, "f2", yokyu_file(LINES[0]))
    until(lambda: LINES[0][0] in hub.codes, 20)

    assert hub.codes[LINES[0][0]] == first
