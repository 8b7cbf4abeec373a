"""`make demo` from the first start to the end, with everything that matters killed on the way."""

from __future__ import annotations

import http.client
import http.cookiejar
import json
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chukan.embedded.demo import PARTNER_NAMES
from chukan.embedded.places import erase
from chukan.embedded.process_table import PROCESSES
from chukan.embedded.processes import read_mark

ROOT = Path(__file__).resolve().parents[3]


def environment(home: Path) -> dict[str, str]:
    """What a person's shell holds: nothing of the test runner's own settings."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("CHUKAN_", "DJANGO_"))}
    return {**ours, "CHUKAN_HOME": str(home)}


class Demo:
    """One running demo and what it prints."""

    def __init__(self, home: Path, port: int) -> None:
        self.home = home
        self.port = port
        self.lines: list[str] = []
        self._queue: queue.Queue[str] = queue.Queue()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "chukan.embedded.demo"],
            env={**environment(home), "CHUKAN_PORT": str(port)},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._queue.put(line.rstrip("\n"))

    def wait_for(self, text: str, seconds: float) -> str:
        """The first line with this text; fails with everything printed when it does not come."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                line = self._queue.get(timeout=0.2)
            except queue.Empty:
                if self.process.poll() is not None:
                    break
                continue
            self.lines.append(line)
            if text in line:
                return line
        pytest.fail(f"「{text}」が表示されません: {self.lines}")

    def interrupt(self) -> int:
        """Ctrl-C at the terminal: the signal goes to the starter's whole group."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(timeout=90)

    def pids(self) -> dict[str, int]:
        """The numbers of all children."""
        found = {path.stem: read_mark(path) for path in (self.home / "run").glob("*.pid")}
        return {name: mark.pid for name, mark in found.items() if mark is not None}

    def ready(self, host: str) -> bool:
        """Whether the web answers under this name."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"http://{host}:{self.port}/health/ready", timeout=5) as answer:
                return int(answer.status) == 200
        except (urllib.error.URLError, OSError):
            return False


def signs_in(port: int, account: dict[str, str]) -> bool:
    """Whether this account of the demo gets past the sign-in form."""
    browser = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    )
    url = f"http://localhost:{port}/login/"
    with browser.open(url, timeout=20) as page:
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.read().decode())
    assert token is not None
    typed = {"hokensha_code": account["hokensha_code"], "shokuin_id": account["id"], "password": account["password"]}
    form = urllib.parse.urlencode({**typed, "csrfmiddlewaretoken": token[1]}).encode()
    try:
        with browser.open(urllib.request.Request(url, data=form, headers={"Referer": url}), timeout=20) as answer:
            return not answer.geturl().endswith("/login/")
    except urllib.error.HTTPError as refused:
        pytest.fail(f"{account['id']}: {refused.code}")


@pytest.fixture
def home(open_folder: Path) -> Iterator[Path]:
    folder = open_folder / "home"
    yield folder
    for path in (folder / "run").glob("*.pid"):
        mark = read_mark(path)
        if mark is not None and mark.is_alive():
            os.kill(mark.pid, signal.SIGKILL)
    erase(folder)


@pytest.fixture
def port() -> int:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


def alive(pid: int) -> bool:
    """Whether the process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def core_size(pid: int) -> list[str]:
    """The limits of a core file, soft and hard."""
    limits = Path(f"/proc/{pid}/limits").read_text()
    return next(line for line in limits.splitlines() if line.startswith("Max core file size")).split()[4:6]


def status_of(port: int, path: str, headers: dict[str, str] | None = None) -> int:
    """What a plain request is answered; header names go out as they are."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    line.request("GET", path, headers=headers or {})
    status = line.getresponse().status
    line.close()
    return status


def asked(url: str) -> dict[str, Any]:
    """What a stand-in tells about itself; nothing while it does not answer."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url}/_sim/state", timeout=5) as answer:
            return dict(json.load(answer))
    except (urllib.error.URLError, OSError):
        return {}


def told_addresses(lines: list[str]) -> dict[str, str]:
    """The pages of the stand-ins that were printed, by the name of the system."""
    found = (re.fullmatch(r"  (.+)の模擬: (http://localhost:[0-9]+)/", line) for line in lines)
    return {one[1]: one[2] for one in found if one}


def wait_until(condition: object, seconds: float) -> bool:
    """Whether the condition comes true in time."""
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.2)
    return False


def assert_residents_have_pmh_ids(pages: dict[str, str]) -> None:
    """All whom two municipalities registered have a PMH-ID but those nobody insures, and one was vaccinated."""
    pmh, yobosesshu = pages[PARTNER_NAMES["pmh"]], pages[PARTNER_NAMES["yobosesshu"]]
    expected = {"taisho": 25, "machi": 0, "sumi": 23, "nashi": 2, "kyohi": 0}
    assert wait_until(lambda: expected.items() <= asked(pmh).items(), 30), asked(pmh)
    story = {"taishosha": 19, "pmh_key": 17, "kamei": 2, "yoshinhyo": 1, "kiroku": 1, "id5": 1}
    assert wait_until(lambda: story.items() <= asked(yobosesshu).items(), 30), asked(yobosesshu)
    assert wait_until(lambda: asked(pages["オンライン資格確認"]).get("shubetsu", {}).get("pmh_id") == 16, 30)
    portal = {"mishiyo": 15, "zumi": 1, "key_nokori": 0}
    assert wait_until(lambda: portal.items() <= asked(pages[PARTNER_NAMES["mynaportal"]]).items(), 30)


@pytest.mark.slow
def test_starts_survives_kills_stops_and_starts_again_with_its_data(home: Path, port: int) -> None:
    demo = Demo(home, port)
    line = demo.wait_for("準備完了", 240)
    assert line == f"準備完了 http://localhost:{port}/"
    demo.wait_for("見本ファイル", 10)
    assert any("S0001" in told for told in demo.lines)
    assert len((home / "demo" / "sample_10000.csv").read_bytes().splitlines()) >= 10_001
    assert demo.ready("localhost")
    assert demo.ready("127.0.0.1")
    pages = told_addresses(demo.lines)
    assert list(pages) == ["オンライン資格確認", *PARTNER_NAMES.values()]
    assert_residents_have_pmh_ids(pages)
    accounts = json.loads((home / "demo" / "accounts.json").read_text())["accounts"]
    assert [account["id"] for account in accounts if not signs_in(port, account)] == []
    before = demo.pids()
    assert set(before) == {process.name for process in PROCESSES} | {"postgres", "valkey"}
    assert all(os.getpgid(pid) == pid for pid in before.values())
    assert [name for name, pid in before.items() if core_size(pid) != ["0", "0"]] == []
    assert status_of(port, "/health/live") == 200
    assert status_of(port, "/nothing", {"SCRIPT_NAME": "/nothing", "PATH_INFO": "/health/live"}) == 404

    told = subprocess.run(
        [
            *(sys.executable, "manage.py", "register_hokensha", "--code", "06139992", "--bango", "06139992"),
            *("--shubetsu", "kenpo_kumiai", "--meisho", "試験健康保険組合"),
        ],
        env=environment(home),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(told.stdout.splitlines()[-1]) == {"hokensha_code": "06139992"}

    for name in ("postgres", "valkey", "web", "pmh"):
        os.kill(before[name], signal.SIGKILL)
        demo.wait_for(f"再起動しました: {name}", 60)
        assert wait_until(lambda: demo.ready("127.0.0.1"), 60), name
    assert_residents_have_pmh_ids(pages)

    running = demo.pids()
    assert demo.interrupt() == 0
    assert [name for name, pid in running.items() if alive(pid)] == []

    again = Demo(home, port)
    again.wait_for("準備完了", 60)
    again.wait_for("見本ファイル", 10)
    assert_residents_have_pmh_ids(told_addresses(again.lines))
    assert [told for told in again.lines if told.startswith("準備しています")] == []
    left = again.pids()
    again.process.kill()
    again.process.wait()

    third = Demo(home, port)
    third.wait_for("準備完了", 60)
    assert [name for name, pid in left.items() if alive(pid)] == []
    assert third.interrupt() == 0


def test_taken_port_is_one_line(home: Path, port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()

        demo = Demo(home, port)
        demo.wait_for(f"ポート {port} は使われています", 30)

        assert demo.process.wait(timeout=30) == 1
        assert len(demo.lines) == 1
        assert demo.pids() == {}
