"""How a stand-in starts, works in the background and stops."""

import argparse
import json
import math
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from types import FrameType
from typing import Any

import httpx

from simulators import clock
from simulators.client import ClientKey, HubClient, RequestSigner
from simulators.shell.server import SimulatorServer

IDLE_SECONDS = 0.2
MAX_BACKOFF_SECONDS = 5.0
TIMEOUT = httpx.Timeout(10.0)


def parser(name: str, description: str) -> argparse.ArgumentParser:
    """The options every stand-in has."""
    made = argparse.ArgumentParser(prog=f"python -m simulators.{name}", description=description)
    made.add_argument("--host", default="127.0.0.1")
    made.add_argument("--port", type=int, required=True, help="0 なら空いている番号")
    made.add_argument("--home", type=Path, required=True, help="受け取ったものを置く場所")
    made.add_argument("--partners", type=Path, required=True, help="接続を許すシステムの一覧（JSON）")
    made.add_argument("--key", type=Path, required=True, help="自分の秘密鍵")
    made.add_argument("--public-url", default="", help="相手が呼ぶときの URL（省略時は Host から）")
    made.add_argument("--faults", default="{}", help="始めから起こす障害（JSON）")
    return made


def line(url: str, *, name: str, key: Path) -> HubClient:
    """A signed line to another system."""
    return HubClient(base_url=url, signer=RequestSigner(client_id=name, key=ClientKey.load(key)), timeout=TIMEOUT)


class Worker:
    """Calls `work` in the background: again at once while it finds something to do, else after a short rest."""

    def __init__(self, work: Callable[[], bool], *, idle_seconds: float = IDLE_SECONDS) -> None:
        self._work, self._idle = work, idle_seconds
        self._stop = Event()
        self._thread = Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what is under way and end."""
        self._stop.set()
        self._thread.join(timeout=15)

    def _run(self) -> None:
        while not self._stop.is_set():
            if not self._work():
                self._stop.wait(self._idle)


def serve(server: SimulatorServer[Any], workers: Sequence[Worker], *, host: str, **told: object) -> None:
    """Serve until SIGINT or SIGTERM; one JSON line on stdout says where."""

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    for worker in workers:
        worker.start()
    sys.stdout.write(json.dumps({"url": f"http://{host}:{server.server_port}", **told}) + "\n")
    sys.stdout.flush()
    server.serve_forever(poll_interval=0.2)
    for worker in workers:
        worker.stop()
    server.server_close()


def epoch() -> float:
    """The present moment as seconds, for comparing inside the database."""
    return (clock.now() - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()


def backoff(tries: int) -> float:
    """When to try again after so many tries, as seconds of `epoch`."""
    return epoch() + min(MAX_BACKOFF_SECONDS, math.ldexp(0.5, min(tries, 10)))


def problem_code(response: httpx.Response) -> str:
    """The code of an error answer, '' when it has none."""
    try:
        body = response.json()
    except ValueError:
        return ""
    return str(body.get("code", "")) if isinstance(body, Mapping) else ""
