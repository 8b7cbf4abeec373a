"""Every process of the demo, in starting order; the one place to add or change one."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
JICHITAI = {
    "990019": "架空県試験市",
    "990027": "架空県雛形市",
}  # made up: the stand-ins of the vaccination world know them


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What the command lines need to know about this demo."""

    home: Path
    port: int
    onshi_port: int | None = None
    onshi_client_id: str = ""
    # Of the stand-ins by name (vaccination world, 住基ネット, 情報提供NWS); those without a port are not started.
    partner_ports: Mapping[str, int] = field(default_factory=dict)
    pmh_client_id: str = ""
    nws_client_id: str = ""

    @property
    def demo(self) -> Path:
        """Keys, accounts and files of the demo world."""
        return self.home / "demo"

    @property
    def web_url(self) -> str:
        """Address for people; the passkey standard knows `localhost` only."""
        return f"http://localhost:{self.port}"

    @property
    def onshi_url(self) -> str:
        """Address of オンライン資格確認等システム: the demo's own stand-in, or the one that is set."""
        return f"http://127.0.0.1:{self.onshi_port}" if self.onshi_port else os.environ.get("CHUKAN_ONSHI_URL", "")

    def partner_url(self, name: str) -> str:
        """Address at which programs call a stand-in."""
        return f"http://127.0.0.1:{self.partner_ports[name]}"

    def environment(self, role: str) -> dict[str, str]:
        """Environment of a child that connects to the database as `role`."""
        return {
            **os.environ,
            "CHUKAN_HOME": str(self.home),
            "CHUKAN_PORT": str(self.port),
            "CHUKAN_ROLE": role,
            "DJANGO_SETTINGS_MODULE": "chukan.settings.base",
            "PYTHONUNBUFFERED": "1",
            "NO_PROXY": ",".join(filter(None, ("localhost,127.0.0.1", os.environ.get("NO_PROXY", "")))),
            "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", "")))),
        }


@dataclass(frozen=True, kw_only=True)
class ProcessSpec:
    """One process that is kept running."""

    name: str
    role: str
    argv: Callable[[Stage], Sequence[str]]
    patience: float = 15.0
    # Processes of one wave stop together, the highest wave first: whoever takes work in goes before whoever does it.
    wave: int = 1
    needed: Callable[[Stage], bool] = lambda _stage: True


def manage(*arguments: str) -> list[str]:
    """Command line of a management command."""
    return [sys.executable, str(ROOT / "manage.py"), *arguments]


def module(name: str, *arguments: str) -> list[str]:
    """Command line of a module."""
    return [sys.executable, "-m", name, *arguments]


def _web(stage: Stage) -> list[str]:
    return module(
        "gunicorn",
        "chukan.wsgi:application",
        *("--bind", f"127.0.0.1:{stage.port}", "--worker-class", "gthread", "--workers", "2", "--threads", "8"),
        *("--graceful-timeout", "10", "--timeout", "120", "--keep-alive", "5", "--no-control-socket"),
        *("--worker-tmp-dir", str(stage.home / "run"), "--log-level", "warning"),
        # Nothing stands before it: no client on loopback is a proxy that may say what the path or the scheme was.
        *("--forwarded-allow-ips", "", "--forwarder-headers", ""),
    )


def _worker(queue: str, concurrency: int) -> Callable[[Stage], list[str]]:
    def argv(_stage: Stage) -> list[str]:
        return module(
            "celery",
            *("--app", "chukan.celery:app", "worker", "--queues", queue, "--hostname", f"{queue}@localhost"),
            *("--pool", "prefork", "--concurrency", str(concurrency), "--loglevel", "warning"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        )

    return argv


def _beat(stage: Stage) -> list[str]:
    schedule = str(stage.home / "run" / "beat.db")
    return module("celery", "--app", "chukan.celery:app", "beat", "--schedule", schedule, "--loglevel", "warning")


def _onshi(stage: Stage) -> list[str]:
    links = []
    if "mynaportal" in stage.partner_ports:
        links = ["--partners", str(stage.demo / "partners.json")]
        links += ["--mynaportal-url", stage.partner_url("mynaportal"), "--pmh-url", stage.partner_url("pmh")]
    return module(
        "simulators.onshi",
        *("--port", str(stage.onshi_port), "--home", str(stage.demo / "onshi"), "--hub-url", stage.web_url),
        *("--client-id", stage.onshi_client_id, "--public-url", stage.onshi_url),
        *links,
    )


def jichitai_options(*, named: bool = False) -> list[str]:
    """`--jichitai CODE` (or `CODE:NAME`) for every municipality."""
    return [part for code, name in JICHITAI.items() for part in ("--jichitai", f"{code}:{name}" if named else code)]


def _partner(name: str, *more: Callable[[Stage], Sequence[str]]) -> ProcessSpec:
    """A stand-in that knows its callers by key; `more` gives the options of its own."""

    def argv(stage: Stage) -> list[str]:
        return module(
            f"simulators.{name}",
            *("--port", str(stage.partner_ports[name]), "--public-url", stage.partner_url(name)),
            *("--home", str(stage.demo / name), "--partners", str(stage.demo / "partners.json")),
            *("--key", str(stage.demo / "keys" / f"{name}.json")),
            *(option for options in more for option in options(stage)),
        )

    return ProcessSpec(name=name, role="web", argv=argv, patience=5, needed=lambda stage: name in stage.partner_ports)


PARTNERS: tuple[ProcessSpec, ...] = (
    _partner("pmh", lambda stage: ("--hub-url", stage.web_url, "--client-id", stage.pmh_client_id)),
    _partner("mynaportal", lambda stage: ("--yobosesshu-url", stage.partner_url("yobosesshu"))),
    _partner(
        "yobosesshu",
        lambda stage: ("--pmh-url", stage.partner_url("pmh"), "--rireki-url", stage.partner_url("rireki_kaito")),
        lambda _stage: jichitai_options(named=True),
    ),
    _partner("rireki_kaito", lambda stage: ("--onshi-url", stage.onshi_url)),
)


def _juki(stage: Stage) -> list[str]:
    return module(
        "simulators.juki",
        *("--port", str(stage.partner_ports["juki"]), "--public-url", stage.partner_url("juki")),
        *("--home", str(stage.demo / "juki"), "--hub-url", stage.web_url),
        *("--nws-url", stage.partner_url("nws"), "--key", str(stage.demo / "keys" / "juki.json")),
    )


# The way of a 機関別符号: the request file goes to 住基ネット, the code comes from 情報提供NWS.
EXCHANGE: tuple[ProcessSpec, ...] = (
    ProcessSpec(
        name="juki",
        role="web",
        argv=_juki,
        patience=5,
        needed=lambda stage: {"juki", "nws"} <= set(stage.partner_ports),
    ),
    _partner("nws", lambda stage: ("--hub-url", stage.web_url, "--client-id", stage.nws_client_id)),
)


CORE: tuple[ProcessSpec, ...] = (
    ProcessSpec(name="onshi", role="web", argv=_onshi, patience=5, needed=lambda stage: stage.onshi_port is not None),
    ProcessSpec(name="relay", role="relay", argv=lambda _stage: manage("relay_outbox")),
    ProcessSpec(name="sealer", role="sealer", argv=lambda _stage: manage("seal_sosa_log")),
    # Two at once: the short file of a small insurer does not wait for the long one of another.
    ProcessSpec(name="worker_bulk", role="worker", argv=_worker("bulk", 2), patience=30),
    ProcessSpec(name="worker_interactive", role="worker", argv=_worker("interactive", 1)),
    # Requests for codes and their files: a long file holds up nobody else.
    ProcessSpec(name="worker_fugo", role="worker", argv=_worker("fugo", 1), patience=30),
    ProcessSpec(name="deliver_onshi", role="relay", argv=lambda _stage: manage("deliver_onshi")),
    ProcessSpec(name="beat", role="worker", argv=_beat, wave=2),
    ProcessSpec(name="web", role="web", argv=_web, wave=2),
)
PROCESSES: tuple[ProcessSpec, ...] = (*CORE, *PARTNERS, *EXCHANGE)
