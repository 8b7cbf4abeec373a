"""The whole product, running as `make demo` runs it: services, every process of the table, the オン資 stand-in.

What is registered is registered by the published commands. Whatever dies is started again by the demo's own
supervisor, so that a journey may kill what it likes.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg

from chukan.embedded.places import make_home
from chukan.embedded.preparation import STEPS, free_port, free_ports
from chukan.embedded.process_table import EXCHANGE, PARTNERS, PROCESSES, ROOT, Stage, jichitai_options, manage, module
from chukan.embedded.processes import read_mark
from chukan.embedded.services import Services, ServiceUrls, add_addresses
from chukan.embedded.supervisor import Supervisor
from simulators.client import HubClient, RequestSigner, generate_key
from simulators.client.keys import write_jwks
from simulators.clock import JST
from simulators.hokensha.kizon_system import KizonSystem

READY_SECONDS = 90.0
PASSWORD = "tabi-no-shiken-2026-kumo"
# The stand-in answers every telegram by a call of its own: its line is not what these journeys are about.
RATE_PER_CLIENT = "5000"
LATER_THAN_ANY_JOURNEY = 3600


@dataclass(frozen=True, kw_only=True)
class JourneyStage(Stage):
    """The demo's stage without what the test runner has set for itself."""

    def environment(self, role: str) -> dict[str, str]:
        ours = {name: value for name, value in super().environment(role).items() if not name.startswith("COV_")}
        return {**ours, "CHUKAN_RATE_PER_CLIENT": RATE_PER_CLIENT}


class Stack:
    """One running product of its own CHUKAN_HOME on free ports."""

    def __init__(
        self, *, without: frozenset[str] = frozenset(), partners: bool = False, exchange: bool = False
    ) -> None:
        """Start everything and wait until the web answers; on failure nothing is left behind.

        `without` names processes that whoever asks plays in another way; `partners` adds the vaccination world,
        `exchange` 住基ネット and 情報提供NWS.
        """
        self._partners, self._exchange = partners, exchange
        self._processes = tuple(spec for spec in PROCESSES if spec.name not in without)
        # As root the database runs as another account, which has to reach its data.
        self._folder = Path(tempfile.mkdtemp(prefix="ck-", dir="/tmp"))
        self._folder.chmod(0o755)
        self.home = self._folder / "home"
        self.revived: list[str] = []
        self._over = threading.Event()
        self._services = Services(self.home)
        self._supervisor: Supervisor | None = None
        self._watch = threading.Thread(target=self._keep_alive, daemon=True)
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        make_home(self.home)
        self.stage: Stage = JourneyStage(
            home=self.home,
            port=free_port(self._folder / "web.port"),
            onshi_port=free_port(self._folder / "onshi.port"),
        )
        self.stage.demo.mkdir(mode=0o700)
        self.urls: ServiceUrls = self._services.start()
        add_addresses(self.home, web_url=self.stage.web_url, onshi_url=self.onshi_url)
        self._supervisor = Supervisor(stage=self.stage, stopping=self._over.is_set)
        for step in STEPS:
            if not step.name.startswith("見本"):  # journeys bring their own world
                self._supervisor.run_step(step.name, step.argv(self.stage), role=step.role)
        (self.stage.demo / "onshi").mkdir()
        key = generate_key(kid="onshi-1")
        key.save(self.stage.demo / "onshi" / "key.json")
        write_jwks(self.stage.demo / "onshi" / "jwks.json", [key])
        told = self.command("register_client", "--kind", "onshi", "--jwks", self.stage.demo / "onshi" / "jwks.json")
        self.stage = replace(self.stage, onshi_client_id=str(told["client_id"]))
        if self._partners:
            self._prepare_partners()
        if self._exchange:
            self._prepare_exchange()
        self._supervisor = Supervisor(stage=self.stage, stopping=self._over.is_set)
        self._supervisor.start(self._processes)
        self._watch.start()
        self.wait_until("the web answers", self.is_ready, seconds=READY_SECONDS)
        self.delay_results()

    def _prepare_partners(self) -> None:
        """Keys, addresses and who may call whom in the vaccination world, and Public Medical Hub registered here."""
        assert self._supervisor is not None
        making = module("simulators.shell", "--home", str(self.stage.demo), *jichitai_options())
        self._supervisor.run_step("接続先", making, role="kanri")
        today = datetime.now(UTC).astimezone(JST).date()
        told = self.command(
            *("register_client", "--kind", "pmh", "--jwks", self.stage.demo / "keys" / "pmh.jwks.json"),
            *("--itaku", "01,02,03", "--kakuninsha", "見本　確認者", "--kakunin-ymd", str(today)),
            *("--minaoshi-ymd", str(today + timedelta(days=365))),
        )
        ports = free_ports(
            self._folder, (spec.name for spec in PARTNERS), taken=(self.stage.port, self.stage.onshi_port)
        )
        self.stage = replace(self.stage, partner_ports=ports, pmh_client_id=str(told["client_id"]))

    def _prepare_exchange(self) -> None:
        """Keys and addresses of 住基ネット and 情報提供NWS, and the latter registered here."""
        assert self._supervisor is not None
        making = module("simulators.shell", "--home", str(self.stage.demo), *jichitai_options())
        self._supervisor.run_step("接続先", making, role="kanri")
        told = self.command("register_client", "--kind", "nws", "--jwks", self.stage.demo / "keys" / "nws.jwks.json")
        ports = free_ports(
            self._folder, (spec.name for spec in EXCHANGE), taken=(self.stage.port, self.stage.onshi_port)
        )
        self.stage = replace(
            self.stage,
            partner_ports={**self.stage.partner_ports, **ports},
            nws_client_id=str(told["client_id"]),
        )
        add_addresses(self.home, **{f"{name}_url": self.stage.partner_url(name) for name in ports})

    def _keep_alive(self) -> None:
        assert self._supervisor is not None
        while not self._over.wait(0.2):
            self.revived += [*self._services.revive(), *self._supervisor.tend()]

    @property
    def web_url(self) -> str:
        """Address for programs: the one the web listens on, so that nothing depends on how names resolve."""
        return f"http://127.0.0.1:{self.stage.port}"

    @property
    def onshi_url(self) -> str:
        """Address of the stand-in of オンライン資格確認等システム."""
        return f"http://127.0.0.1:{self.stage.onshi_port}"

    @property
    def onshi_store(self) -> Path:
        """What the stand-in has kept."""
        return self.stage.demo / "onshi" / "onshi.sqlite3"

    def is_ready(self) -> bool:
        """Whether the web says it is ready."""
        return answers(f"{self.web_url}/health/ready")

    def run(self, *arguments: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a management command beside the running product."""
        return subprocess.run(
            manage(*(str(argument) for argument in arguments)),
            env=self.stage.environment("kanri"),
            cwd=ROOT,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def command(self, *arguments: str | Path, stdin: str = "") -> dict[str, Any]:
        """Run a management command that must succeed and return the JSON line it prints."""
        done = self.run(*arguments, stdin=stdin)
        assert done.returncode == 0, f"{arguments[0]}: {done.stdout}{done.stderr}"
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return answer

    def register_hokensha(self, code: str, *, bango: str, shubetsu: str, meisho: str) -> None:
        """Register an insurer, as interfaces §2 says."""
        told = self.command(
            *("register_hokensha", "--code", code, "--bango", bango, "--shubetsu", shubetsu, "--meisho", meisho)
        )
        assert told == {"hokensha_code": code}

    def register_client(self, kind: str, *hokensha: str) -> KizonSystem:
        """Register a connecting system with a new key and return what it does with the hub."""
        return KizonSystem(self.hub_client(kind, *hokensha))

    def hub_client(self, kind: str, *hokensha: str) -> HubClient:
        """Register a connecting system with a new key and return its signed line to the hub."""
        key = generate_key(kid="k1")
        jwks = self._folder / f"{kind}-{hokensha[0]}.jwks.json"
        write_jwks(jwks, [key])
        codes = [part for code in hokensha for part in ("--hokensha", code)]
        told = self.command("register_client", "--kind", kind, *codes, "--jwks", jwks)
        signer = RequestSigner(client_id=str(told["client_id"]), key=key)
        return HubClient(base_url=self.web_url, signer=signer)

    def register_shokuin(self, hokensha: str, shokuin_id: str, *, kengen: str, kojin_bango: str = "") -> str:
        """Register a member of staff and return the password."""
        told = self.command(
            *("register_shokuin", "--hokensha", hokensha, "--id", shokuin_id, "--shimei", "見本　旅子"),
            *("--password-stdin", "--kengen", kengen, "--kojin-bango", kojin_bango),
            stdin=f"{PASSWORD}\n",
        )
        assert told == {"shokuin_id": shokuin_id}
        return PASSWORD

    def admin(self) -> psycopg.Connection:
        """Return a connection of the database's administrator, for looking."""
        return psycopg.connect(self.urls.database_url, autocommit=True)

    def count(self, query: str, *values: object) -> int:
        """Return the one number a query gives."""
        with self.admin() as admin:
            row = admin.execute(query.encode(), values).fetchone()
        assert row is not None
        return int(row[0])

    def ask_onshi(self, path: str, **query: str | int) -> dict[str, Any]:
        """Return what the stand-in tells about itself."""
        answer = httpx.get(f"{self.onshi_url}{path}", params=query, trust_env=False, timeout=30)
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()
        return told

    def delay_results(self, *, seconds: int = LATER_THAN_ANY_JOURNEY) -> None:
        """Make the stand-in wait so long with the 処理結果 of what it receives from now on."""
        self.wait_until("オン資 answers", lambda: answers(f"{self.onshi_url}/health/live"), seconds=READY_SECONDS)
        answer = httpx.post(
            f"{self.onshi_url}/_sim/faults", json={"result_delay_ms": seconds * 1000}, trust_env=False, timeout=30
        )
        answer.raise_for_status()

    def pid(self, name: str) -> int:
        """Return the process number of one process of the table (also `postgres`, `valkey`)."""
        mark = read_mark(self.home / "run" / f"{name}.pid")
        assert mark is not None, name
        return mark.pid

    def send_signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a process and all its children."""
        os.killpg(self.pid(name), number)

    def kill(self, name: str) -> None:
        """End a process and all its children at once, as a power cut would; the supervisor starts it again."""
        self.send_signal(name, signal.SIGKILL)

    def wait_until(self, what: str, condition: Callable[[], object], *, seconds: float, pause: float = 0.2) -> None:
        """Wait for a condition; when it does not come true, fail with the last lines of every log."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"{what}: not after {seconds:g} s\n{self.last_words()}"
            time.sleep(pause)

    def wait_for_deliveries(self, hokensha_code: str, *, seconds: float = 120) -> None:
        """Wait until every telegram owed for an insurer has been received."""
        query = "SELECT count(*) FROM shikaku_onshi_soshin WHERE hokensha_code = %s AND sent_at IS NULL"
        self.wait_until("deliveries drain", lambda: self.count(query, hokensha_code) == 0, seconds=seconds)

    def last_words(self) -> str:
        """Return the last lines of every log."""
        words = []
        for log in sorted((self.home / "log").glob("*.log")):
            lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-3:]
            words += [f"{log.stem}: {line[:400]}" for line in lines]
        return "\n".join(words)

    def stop(self) -> None:
        """Stop what was started and remove everything."""
        self._over.set()
        if self._watch.is_alive():
            self._watch.join(timeout=30)
        if self._supervisor is not None:
            self._supervisor.stop()
        self._services.erase()
        shutil.rmtree(self._folder, ignore_errors=True)


def answers(url: str) -> bool:
    """Whether an address answers 200."""
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(url, trust_env=False).status_code == 200
    return False


@contextlib.contextmanager
def running_stack(
    *, without: frozenset[str] = frozenset(), partners: bool = False, exchange: bool = False
) -> Iterator[Stack]:
    """Yield a running product and stop it afterwards."""
    made = Stack(without=without, partners=partners, exchange=exchange)
    try:
        yield made
    finally:
        made.stop()
