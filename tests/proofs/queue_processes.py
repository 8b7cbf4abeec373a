"""Processes of the product with something broken on purpose, or with a broker that is away.

`python -m tests.proofs.queue_processes relay [--marks-first]` as the role `relay`, whose broker is away;
`… worker` as the role `worker`: it rings for no following file.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import django


def relay(*, marks_first: bool) -> None:
    """Relay until told to stop; mutant: what is taken counts as delivered before it rings."""
    from django.core.management import call_command

    from chukan.kernel.outbox import relay as ours
    from chukan.kernel.outbox.management.commands import relay_outbox

    def away(_task: str, _payload: Mapping[str, str | int]) -> None:
        message = "no broker"
        raise OSError(message)

    def first(*, by: Any, send: Any, now: datetime, limit: int = 100) -> int:
        taken = ours.claim_due(by=by, now=now, limit=limit)
        ours.record_delivered(by=by, outbox_ids=[one.outbox_id for one in taken], now=now)
        for one in taken:
            try:
                send(one.task, {"event_id": one.outbox_id, **one.payload})
            except OSError:
                ours.log.warning("outbox.message.send_failed", outbox_id=one.outbox_id, attempts=one.attempts)
        return len(taken)

    vars(relay_outbox)["send_task"] = away
    if marks_first:
        vars(relay_outbox)["deliver_due"] = first
    call_command("relay_outbox")


def worker() -> None:
    """Work until told to stop; mutant: a file that waited behind another one is not rung for at that one's end."""
    from chukan.celery import app
    from shikaku import tasks

    def nobody(**_given: object) -> None:
        return None

    vars(tasks)["call_next"] = nobody
    app.worker_main(["worker", "--queues", "bulk", "--pool", "prefork", "--concurrency", "2", "--loglevel", "warning"])


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("process", choices=("relay", "worker"))
    parser.add_argument("--marks-first", action="store_true")
    given = parser.parse_args()
    django.setup()
    if given.process == "relay":
        relay(marks_first=given.marks_first)
    else:
        worker()


if __name__ == "__main__":
    main()
