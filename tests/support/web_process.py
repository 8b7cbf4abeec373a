"""The web process as the demo runs it, over the services of the test world."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from chukan.embedded.preparation import free_port
from chukan.embedded.process_table import PROCESSES, ROOT, Stage
from tests.support.world import World

READY_SECONDS = 60.0
UNLIMITED = 1_000_000
_APPLICATION = "chukan.wsgi:application"


@contextmanager
def running_web(
    world: World,
    folder: Path,
    *,
    rate: int = UNLIMITED,
    bent: Mapping[str, str] | None = None,
    probed: Mapping[str, str] | None = None,
    noticing: Mapping[str, str] | None = None,
) -> Iterator[int]:
    """Yield the port of a web process; `bent`, `probed`, `noticing` are for the modules so named beside this one."""
    stage = Stage(home=world.home, port=free_port(folder / "web.port"))
    argv = list(next(spec for spec in PROCESSES if spec.name == "web").argv(stage))
    for name, given in (("bent_web", bent), ("probed_web", probed), ("noticing_web", noticing)):
        if given:
            argv[argv.index(_APPLICATION)] = f"tests.support.{name}:application"
    ours = {name: value for name, value in stage.environment("web").items() if not name.startswith("COV_")}
    environment = {**ours, "CHUKAN_RATE_PER_CLIENT": str(rate), **(bent or {}), **(probed or {}), **(noticing or {})}
    with (folder / "web.log").open("ab") as log:
        web = subprocess.Popen(argv, env=environment, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
    try:
        _wait(web, f"http://127.0.0.1:{stage.port}/health/ready", folder / "web.log")
        yield stage.port
    finally:
        if web.poll() is None:
            os.killpg(web.pid, signal.SIGTERM)
        web.wait(timeout=30)


def _wait(web: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and web.poll() is None:
        try:
            if httpx.get(url, trust_env=False).status_code == httpx.codes.OK:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    message = f"the web does not answer: {log.read_text(encoding='utf-8', errors='replace')[-2000:]}"
    raise AssertionError(message)


def python(
    *arguments: str, environment: Mapping[str, str], folder: Path, seconds: float
) -> subprocess.CompletedProcess[str]:
    """Run Python in a folder of its own beside the tests."""
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )
