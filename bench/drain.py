"""S10: owed telegrams drained by the product, turn and turn about with the same calls made without a queue.

Runs beside a product whose own sender is stopped; prints one JSON line.
"""

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import uuid4

import django

from chukan.settings import limits


def main() -> int:
    """Drain everything; after each round make its calls again, about new telegrams of new persons."""
    parser = argparse.ArgumentParser(prog="python -m bench.drain")
    parser.add_argument("--at-once", type=int, default=limits.ONSHI_BATCH, help="how many telegrams one call takes")
    at_once = parser.parse_args().at_once
    django.setup()
    from chukan.kernel import clock  # noqa: PLC0415  # after setup
    from chukan.kernel.principal import system_principal  # noqa: PLC0415
    from shikaku.actions.send_to_onshi import send_to_onshi  # noqa: PLC0415
    from shikaku.gateways.onshi import SignedOnshiGateway  # noqa: PLC0415

    line = SignedOnshiGateway()

    class Kept:
        """The line, and the calls that went through it in this round."""

        def __init__(self) -> None:
            self.calls: list[Sequence[Mapping[str, object]]] = []

        def send(self, telegrams: Sequence[Mapping[str, object]], *, now: datetime) -> frozenset[str]:
            self.calls.append(telegrams)
            return line.send(telegrams, now=now)

    by, kept = system_principal(actor_id="bench"), Kept()
    ours = plain = 0.0
    count = 0
    while True:
        kept.calls.clear()
        started = time.perf_counter()
        done = send_to_onshi(by=by, gateway=kept, now=clock.now, limit=at_once)
        ours += time.perf_counter() - started
        if done is None:
            break
        if not done.answered or done.received != sum(map(len, kept.calls)):
            message = "the receiver refused or did not answer"
            raise RuntimeError(message)
        count += done.received
        again = [
            [
                {**telegram, "soshin_bango": str(uuid4()), "himozuke_bango": str(uuid4()), "jun": 1}
                for telegram in telegrams
            ]
            for telegrams in kept.calls
        ]
        started = time.perf_counter()
        for telegrams in again:
            line.send(telegrams, now=clock.now())
        plain += time.perf_counter() - started
    sys.stdout.write(json.dumps({"telegrams": count, "seconds": ours, "plain_seconds": plain}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
