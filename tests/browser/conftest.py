"""A whole demo world and a Chromium, once per run; one signed-in window per person."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from chukan.settings import limits
from tests.browser.support.window import Window

ROOT = Path(__file__).resolve().parents[2]
READY = "準備完了"
START_SECONDS = 240
# Root needs --no-sandbox; the rest keeps Chromium from calling home.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=ja",
)
PERSONS = {
    "clerk": ("06132013", "S0001"),
    "reader": ("06132013", "S0002"),
    "keeper": ("06132013", "K0001"),
    "operator": ("shiharai_kikin", "SK001"),
    "sender": ("shiharai_kikin", "SK002"),
}


@dataclass(frozen=True)
class World:
    """A running demo: where it answers, its folder, its accounts."""

    url: str
    home: Path
    accounts: list[dict[str, str]]  # soshiki_code, id, password …

    def password(self, soshiki: str, shokuin_id: str) -> str:
        found = (one for one in self.accounts if (one["soshiki_code"], one["id"]) == (soshiki, shokuin_id))
        return next(found)["password"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _accounts(home: Path) -> list[dict[str, str]]:
    kept = json.loads((home / "demo" / "accounts.json").read_text(encoding="utf-8"))
    return list(kept["accounts"])


@pytest.fixture(scope="session")
def demo(chromium: Path) -> Iterator[World]:
    """A demo of our own; `CHUKAN_BROWSER_HOME` names one that is already running."""
    running = os.environ.get("CHUKAN_BROWSER_HOME")
    if running:
        yield World(os.environ["CHUKAN_BROWSER_URL"], Path(running), _accounts(Path(running)))
        return
    home = Path(tempfile.mkdtemp(prefix="chukan-browser-", dir="/tmp"))
    port = _free_port()
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("CHUKAN_", "DJANGO_"))}
    process = subprocess.Popen(
        [sys.executable, "-m", "chukan.embedded.demo"],
        env={**ours, "CHUKAN_HOME": str(home), "CHUKAN_PORT": str(port)},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    printed: list[str] = []
    ready = threading.Event()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            printed.append(line)
            if READY in line:
                ready.set()

    threading.Thread(target=read, daemon=True).start()
    deadline = time.monotonic() + START_SECONDS
    while not ready.wait(0.2) and time.monotonic() < deadline and process.poll() is None:
        pass
    try:
        if not ready.is_set():
            pytest.fail("".join(printed))
        yield World(f"http://localhost:{port}", home, _accounts(home))
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=90)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def browser(chromium: Path) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(chromium), args=list(ARGUMENTS))
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def _windows(browser: Browser, demo: World) -> Iterator[Callable[[str], Window]]:
    opened: dict[str, Window] = {}
    used: dict[str, float] = {}

    def window(person: str) -> Window:
        # Tests of other files may have come in between: a session nobody used for long is locked.
        if person in opened and time.monotonic() - used[person] > limits.IDLE_LOCK.total_seconds() / 2:
            opened.pop(person).close()
        used[person] = time.monotonic()
        if person not in opened:
            opened[person] = Window(browser, demo.url)
            if person != "stranger":
                soshiki, shokuin_id = PERSONS[person]
                opened[person].sign_in(soshiki, shokuin_id, demo.password(soshiki, shokuin_id))
        return opened[person]

    yield window
    for one in opened.values():
        one.close()


@pytest.fixture
def clerk(_windows: Callable[[str], Window]) -> Window:
    """登録・照会・個人番号取扱 of 見本健康保険組合."""
    return _windows("clerk").fresh()


@pytest.fixture
def reader(_windows: Callable[[str], Window]) -> Window:
    """照会だけ."""
    return _windows("reader").fresh()


@pytest.fixture
def keeper(_windows: Callable[[str], Window]) -> Window:
    """システム管理責任者."""
    return _windows("keeper").fresh()


@pytest.fixture
def operator(_windows: Callable[[str], Window]) -> Window:
    """支払基金の運用監視."""
    return _windows("operator").fresh()


@pytest.fixture
def sender(_windows: Callable[[str], Window]) -> Window:
    """支払基金の機関別符号の担当: its rights were asked for and approved."""
    return _windows("sender").fresh()


@pytest.fixture
def stranger(_windows: Callable[[str], Window]) -> Window:
    """Nobody signed in."""
    return _windows("stranger").fresh()
