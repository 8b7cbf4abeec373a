"""The real web processes over a test world's services: two of them, eight threads and one pool of connections each."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

from chukan.embedded.preparation import free_port
from chukan.embedded.process_table import PROCESSES, ROOT, Stage
from chukan.embedded.processes import start_child
from tests.support.stack import answers
from tests.support.world import World

READY_SECONDS = 90.0
NAME = "probed_web"


@contextmanager
def running_web(world: World, *, seed: int, mutant: str = "", delay: float = 0.0, faults: float = 0.0) -> Iterator[str]:
    """Start the web of the process table with the proofs' window and yield its address.

    A lookup waits up to twice `delay` seconds and breaks off with the chance `faults`; `mutant` names one of
    `tests/support/probed_web.py`.
    """
    stage = Stage(home=world.home, port=free_port(world.home / "run" / f"{NAME}.port"))
    web = next(spec for spec in PROCESSES if spec.name == "web")
    argv = [part.replace("chukan.wsgi:", f"tests.support.{NAME}:") for part in web.argv(stage)]
    ours = {name: value for name, value in stage.environment("web").items() if not name.startswith("COV_")}
    log = world.home / "log" / f"{NAME}.log"
    child = start_child(
        name=NAME,
        argv=argv,
        env=ours
        | {
            "CHUKAN_RATE_PER_CLIENT": "100000",
            "CHUKAN_PROOF_SEED": str(seed),
            "CHUKAN_PROOF_MUTANT": mutant,
            "CHUKAN_PROOF_DELAY": str(delay),
            "CHUKAN_PROOF_FAULTS": str(faults),
        },
        cwd=ROOT,
        log=log,
        pid_file=world.home / "run" / f"{NAME}.pid",
    )
    url = f"http://127.0.0.1:{stage.port}"
    try:
        deadline = time.monotonic() + READY_SECONDS
        while not answers(f"{url}/health/live"):
            assert time.monotonic() < deadline, log.read_text(encoding="utf-8")[-2000:]
            assert child.is_alive(), log.read_text(encoding="utf-8")[-2000:]
            time.sleep(0.1)
        yield url
    finally:
        child.stop(how=signal.SIGTERM, patience=15)
