"""The real web processes over a test world's services, with the window of `probed_web` on their connections."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support import web_process
from tests.support.world import World


@contextmanager
def running_web(world: World, *, seed: int, mutant: str = "", delay: float = 0.0, faults: float = 0.0) -> Iterator[str]:
    """Start the web of the process table with the proofs' window and yield its address.

    A lookup waits up to twice `delay` seconds and breaks off with the chance `faults`; `mutant` names one of
    `tests/support/probed_web.py`.
    """
    probed = {
        "CHUKAN_PROOF_SEED": str(seed),
        "CHUKAN_PROOF_MUTANT": mutant,
        "CHUKAN_PROOF_DELAY": str(delay),
        "CHUKAN_PROOF_FAULTS": str(faults),
    }
    with web_process.running_web(world, world.home / "run", probed=probed) as port:
        yield f"http://127.0.0.1:{port}"
