"""A program that asks for PMH-IDs and dies doing it: each line on stdin is one life, forked, run and told of.

A life goes the whole way of a request through the real application: signature, nonce, issue, records, commit. Every
statement and every commit on the way is a place where it may be ended by kill -9, before or after.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import django

ROLES = {"ask": "web", "deliver": "relay"}
ONE, MANY = "/api/v1/pmh/pmh-id", "/api/v1/pmh/pmh-id/ikkatsu"
FAILED = 1


class Places:
    """Counts statements and commits, and ends the process at the one it was told."""

    def __init__(self, die_at: int, side: str) -> None:
        self._die_at, self._side, self.passed = die_at, side, 0

    def passing(self, work: Callable[[], Any]) -> Any:
        """Do one statement or commit."""
        self.passed += 1
        self._maybe("before")
        done = work()
        self._maybe("after")
        return done

    def _maybe(self, side: str) -> None:
        if self.passed == self._die_at and self._side == side:
            os.kill(os.getpid(), signal.SIGKILL)


def watch(places: Places) -> None:
    """Look at every statement and commit of the one connection."""
    from django.db import connection

    within: Any = connection  # there is no public door for a commit
    commit = within._commit
    within._commit = lambda: places.passing(commit)
    connection.execute_wrappers.append(
        lambda execute, sql, params, many, context: places.passing(lambda: execute(sql, params, many, context))
    )


def ask(told: Mapping[str, Any]) -> list[str | None]:
    """Ask for the numbers and return the PMH-IDs in order; one by itself, more in bulk."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from tests.support.machines import Machine

    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(told["key"]))
    numbers = told["numbers"]
    single = len(numbers) == 1
    answer = Machine(told["client_id"], {"k1": key}).post(
        ONE if single else MANY, {"jimu_kubun": "01", "kojin_bango": numbers[0] if single else numbers}
    )
    assert answer.status_code == 200, answer.content
    body = json.loads(answer.content)
    return [one["pmh_id"] for one in ([body] if single else body["kekka"])]


def deliver(told: Mapping[str, Any]) -> list[str | None]:
    """Send what is owed to the stand-in's own store."""
    from datetime import timedelta

    from chukan.kernel import clock
    from chukan.kernel.principal import system_principal
    from shikaku.actions.send_to_onshi import send_to_onshi
    from tests.proofs.crash_lives import StandIn

    gateway = StandIn(Path(told["onshi"]))
    # Past every lease of those who died.
    while send_to_onshi(
        by=system_principal(actor_id="deliver_onshi"),
        gateway=gateway,
        now=lambda: clock.now() + timedelta(minutes=told["minutes"]),
    ):
        pass
    return []


def telegram_apart() -> None:
    """Mutant: the telegram is owed in a transaction of its own, after the issue."""
    from chukan.kernel.transactions import own_transaction
    from pmh.actions import issue_pmh_id as action
    from pmh.http import issue_views

    real, late = vars(action)["set_pmh_id"], list[dict[str, Any]]()

    def later(**given: Any) -> dict[Any, str]:
        late.append(given)
        return dict(given["pmh_id"])

    issue = action.issue_pmh_id

    def issue_first(**given: Any) -> Any:
        answers = issue(**given)
        while late:
            own_transaction(real)(**late.pop())
        return answers

    vars(action)["set_pmh_id"] = later
    vars(issue_views)["issue_pmh_id"] = issue_first


def ledger_apart() -> None:
    """Mutant: 発行履歴 is written in a transaction of its own, before anything else."""
    import threading

    from django.db import connection

    from chukan.kernel.transactions import own_transaction
    from pmh.actions import issue_pmh_id as action

    real = vars(action)["write_hakko"]

    def before(**given: Any) -> Any:
        found: list[Any] = []

        def work() -> None:
            found.append(own_transaction(real)(**given))
            connection.close()

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        return found[0]

    vars(action)["write_hakko"] = before


MUTANTS: Mapping[str, Callable[[], None]] = {"telegram_apart": telegram_apart, "ledger_apart": ledger_apart}


def live(told: Mapping[str, Any], answer: int) -> int:
    """Do one life's work as its role; in the child alone."""
    import traceback

    from django.db import connections

    from chukan.settings import env

    role = ROLES[told["job"]]
    connections["default"].settings_dict.update(USER=f"chukan_{role}", PASSWORD=env.role_password(role))
    if told.get("mutant"):
        MUTANTS[told["mutant"]]()
    places = Places(told.get("die_at", 0), told.get("side", ""))
    watch(places)
    try:
        given = {"ask": ask, "deliver": deliver}[told["job"]](told)
    except Exception:  # noqa: BLE001  # told by its end
        traceback.print_exc()
        return FAILED
    os.write(answer, json.dumps({"given": given, "passed": places.passed}).encode())
    return 0


def fork_and_wait(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return how a life ended (0, 1, or -9), what it was given and how many places it passed."""
    mine, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(mine)
        os.dup2(2, 1)
        os._exit(live(told, theirs))
    os.close(theirs)
    with os.fdopen(mine, "rb") as stream:
        text = stream.read()
    _, status = os.waitpid(pid, 0)
    return {"ended": os.waitstatus_to_exitcode(status), **(json.loads(text) if text else {})}


def main() -> None:
    """Serve lives until stdin ends."""
    django.setup()
    from django.test.utils import setup_test_environment
    from django.urls import get_resolver

    setup_test_environment()
    get_resolver().url_patterns  # noqa: B018  # loads every view once, before lives are forked
    for line in sys.stdin:
        print(json.dumps(fork_and_wait(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
