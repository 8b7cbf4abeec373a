"""A program that takes codes a part of their way and dies doing it: each line on stdin is one life, forked and told of.

Every statement, every commit and every named place on the way is one where it may be ended by kill -9. 住基ネット is a
folder of files it took, the network brings the codes by signed requests through the real application.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

import django

from tests.proofs import saihakko_jobs
from tests.proofs.issue_lives import FAILED, Places, watch

ROLES = {
    "request": "worker",
    "transfer": "worker",
    "send": "web",
    "deliver": "worker",
    "bring": "web",
    "tidy": "worker",
    **saihakko_jobs.ROLES,
}
ONE, MANY = "/api/v1/nws/fugo", "/api/v1/nws/fugo/ikkatsu"
ACCEPTED, CONFLICT = 202, 409
MOST_DEATHS = 100_000
LETTERS = str.maketrans("0123456789abcdef", "GHJKMNPQRSTVWXYZ")


def code_of(number: str, tsuban: str) -> str:
    """Return the letters that the made-up network answers a request for the person with this number with."""
    return hashlib.sha256(f"made-up network {number} {tsuban}".encode()).hexdigest()[:32].translate(LETTERS)


class FolderJuki:
    """住基ネット: takes a file once, whole, and remembers it whatever happens to the caller.

    Of the numbers it keeps nothing but the codes the network will bring.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, file_id: UUID, content: BinaryIO, *, now: Any) -> int:
        """Return 202, or 409 for other bytes under the same name."""
        del now
        body = content.read()
        rows = [line.split(",") for line in body.decode("ascii").splitlines()[1:]]
        kept = "".join(f"{tsuban},{code_of(number, tsuban)}\n" for tsuban, number in rows)
        text = f"{hashlib.sha256(body).hexdigest()}\n{kept}"
        whole = self._folder / f"{file_id}.csv"
        with tempfile.NamedTemporaryFile("w", dir=self._folder, delete=False, suffix=".part") as part:
            part.write(text)
        try:
            os.link(part.name, whole)
        except FileExistsError:
            return ACCEPTED if whole.read_text("ascii") == text else CONFLICT
        finally:
            Path(part.name).unlink()
        return ACCEPTED


def taken_by(folder: Path) -> list[tuple[str, str]]:
    """Return (処理通番, the code that answers it) of every line that 住基ネット took."""
    rows = [line.split(",") for path in folder.glob("*.csv") for line in path.read_text("ascii").splitlines()[1:]]
    return [(tsuban, code) for tsuban, code in rows]


def _now(told: Mapping[str, Any]) -> Callable[[], Any]:
    from datetime import timedelta

    from chukan.kernel import clock

    return lambda: clock.now() + timedelta(minutes=told.get("minutes", 0))


def request(_told: Mapping[str, Any]) -> None:
    """Make the requests of what was registered."""
    from tests.support.fugo import requests_made

    requests_made()


def transfer(told: Mapping[str, Any]) -> None:
    """Make files of what waits."""
    from fugo.actions.transfer_yokyu_file import transfer_yokyu_files
    from tests.support.fugo import AT_ONCE, WORKER

    transfer_yokyu_files(by=WORKER, now=_now(told), sizes=AT_ONCE)


def confirm_files(told: Mapping[str, Any]) -> dict[str, Any]:
    """Let the operator confirm every file that waits; the room of 生体認証 has tests of its own, nobody dies in it."""
    from fugo.models import YokyuFile
    from tests.support.fugo import file_confirmed

    by, now = _operator(told), _now(told)()
    files = list(YokyuFile.objects.filter(state="soshin_machi"))
    return {"confirmed": [(file.id, file_confirmed(by, file, now=now)) for file in files]}


def send(told: Mapping[str, Any]) -> None:
    """Let the operator send every file that was confirmed."""
    from chukan.controls.seitai.actions import consume
    from fugo.actions.send_yokyu_file import send_yokyu_file

    for file_id, ninsho_id in told["confirmed"]:
        send_yokyu_file(by=_operator(told), file_id=file_id, ninsho_id=ninsho_id, consume=consume, now=_now(told)())


def _operator(told: Mapping[str, Any]) -> Any:
    from tests.support.fugo import kikin

    by = kikin()
    return replace(by, session_id=UUID(told["sessions"][by.actor_id]))


def deliver(told: Mapping[str, Any]) -> None:
    """Hand over what was released."""
    from fugo.actions.deliver_yokyu_file import deliver_yokyu_files
    from tests.support.fugo import WORKER

    deliver_yokyu_files(by=WORKER, gateway=FolderJuki(Path(told["juki"])), now=_now(told))


def bring(told: Mapping[str, Any]) -> None:
    """Bring the codes of all that was asked for and is not answered; one by itself, more in bulk."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from tests.support.machines import Machine

    settled = Path(told["juki"]) / "settled"
    known = set(settled.read_text("ascii").split()) if settled.exists() else set()
    items = [
        {"shori_tsuban": tsuban, "kikanbetsu_fugo": code}
        for tsuban, code in sorted(taken_by(Path(told["juki"])))
        if tsuban not in known
    ]
    if not items:
        return
    nws = Machine(told["client_id"], {"k1": Ed25519PrivateKey.from_private_bytes(bytes.fromhex(told["key"]))})
    answer = nws.post(ONE, items[0]) if len(items) == 1 else nws.post(MANY, {"items": items})
    assert answer.status_code in {200, 204}, answer.content
    with settled.open("a", encoding="ascii") as note:
        note.write("".join(f"{one['shori_tsuban']}\n" for one in items))


def tidy(_told: Mapping[str, Any]) -> None:
    """Erase what a dead builder left behind, as the clock does half an hour later."""
    from datetime import timedelta

    from chukan.kernel import clock
    from fugo.actions.deliver_yokyu_file import discard_left_files
    from tests.support.fugo import WORKER

    discard_left_files(by=WORKER, now=clock.now() + timedelta(hours=2))


JOBS: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
    "request": request,
    "transfer": transfer,
    "send": send,
    "deliver": deliver,
    "bring": bring,
    "tidy": tidy,
    **saihakko_jobs.JOBS,
}


BEFORE: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {"send": confirm_files}


def uketsuke_apart() -> None:
    """Mutant: 符号受付 is committed before the code is written."""
    from fugo.actions import record_fugo as action

    @contextlib.contextmanager
    def nothing() -> Iterator[None]:
        yield

    @contextlib.contextmanager
    def committed() -> Iterator[None]:
        from django.db import connection

        yield
        line: Any = connection.connection
        line.commit()

    vars(action)["savepoint"] = nothing
    vars(action)["pipelined"] = committed


def recorded_first() -> None:
    """Mutant: a file counts as taken before it is handed over."""
    from fugo.actions import deliver_yokyu_file as action
    from tests.support.fugo import WORKER

    real = vars(action)["_put"]

    def first(file: Any, gateway: Any, now: Any) -> str:
        action.record_soshin(by=WORKER, file_id=file.id, now=now)
        return str(real(file, gateway, now))

    vars(action)["_put"] = first


MUTANTS: Mapping[str, Callable[[], None]] = {
    "uketsuke_apart": uketsuke_apart,
    "recorded_first": recorded_first,
    **saihakko_jobs.MUTANTS,
}


def live(told: Mapping[str, Any], answer: int) -> int:
    """Do one life's work as its role; in the child alone."""
    import traceback

    from django.conf import settings
    from django.db import connections

    from chukan.settings import env

    role = ROLES[told["job"]]
    connections["default"].settings_dict.update(USER=f"chukan_{role}", PASSWORD=env.role_password(role))
    if told.get("mutant"):
        MUTANTS[told["mutant"]]()
    if told.get("point"):
        settings.CHUKAN_CRASH_AT = f"{told['point']}:{MOST_DEATHS}"
    places = Places(told.get("die_at", 0), told.get("side", ""))
    try:
        ready = BEFORE[told["job"]](told) if told["job"] in BEFORE else {}
        watch(places)
        JOBS[told["job"]]({**told, **ready})
    except Exception:  # noqa: BLE001  # told by its end
        traceback.print_exc()
        return FAILED
    os.write(answer, json.dumps({"passed": places.passed}).encode())
    return 0


def fork_and_wait(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return how a life ended (0, 1, or -9) and how many places it passed."""
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
    ended = os.waitstatus_to_exitcode(status)
    assert ended in {0, FAILED, -signal.SIGKILL}
    return {"ended": ended, **(json.loads(text) if text else {})}


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
