"""A program that lives and dies: each line on stdin is one life of a process of the hub, forked, run and told of.

Forking spares the start of an interpreter, so that a thousand deaths fit into minutes. The lives do what the processes
do, by the same actions and commands; only the time of day is given, and the line to オンライン資格確認 is the
stand-in's own store.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import django

ROLES = {
    "web": "web",
    "relay": "relay",
    "worker": "worker",
    "deliver": "relay",
    "answer": "web",
    "seal": "sealer",
    "sweep": "worker",
    "decide": "web",
    "give_up": "web",
    "lose": "worker",
    "replay": "worker",
    "expire": "worker",
    "alone": "web",
}
# What most lives need, so that forking them brings it along.
LOADED_ONCE = (
    "chukan.controls.sosa_log.management.commands.seal_sosa_log",
    "shikaku.actions.decide_horyu",
    "shikaku.actions.end_stuck_file",
    "shikaku.actions.erase_expired",
    "shikaku.actions.process_toroku_file",
    "shikaku.actions.replay_erasures",
    "shikaku.actions.send_to_onshi",
    "simulators.onshi.store",
    "tests.builders.files",
    "tests.support.members",
)
FAILED = 1


class Life:
    """One life: what it is told, and what time it is in it."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self.told = SimpleNamespace(**told)

    def now(self) -> datetime:
        from chukan.kernel import clock

        return clock.now() + timedelta(minutes=self.told.minutes)

    def web(self) -> None:
        """Store an upload and give a 受付番号, as the REST door (`key`) or the terminal's does."""
        from chukan.controls.setsuzoku.actions.answer_once import Answer, Repeat, answer_once
        from chukan.kernel.errors import Conflict
        from chukan.kernel.storage import store
        from shikaku.actions.accept_toroku_file import accept_toroku_file, take_toroku_file
        from tests.builders.files import stored
        from tests.support.principals import machine

        by, now = machine(self.told.zone), self.now()
        upload = stored(Path(self.told.file).read_bytes())

        def work() -> Answer:
            take_toroku_file(by=by, upload=upload, now=now)
            return Answer(202, b"{}")

        try:
            if self.told.key:
                repeat = Repeat(by.actor_id, "/api/v1/uketsuke", self.told.key, upload.digest)
                used = not answer_once(by=by, repeat=repeat, work=work, now=now).replayed
            else:
                accept_toroku_file(by=by, upload=upload, now=now)
                used = True
        except Conflict:
            used = False
        if not used:
            store().erase(upload.file_key, rule="KJ-IN-21", now=now)

    def relay(self) -> None:
        from chukan.kernel.outbox.relay import deliver_due
        from chukan.kernel.principal import system_principal

        while deliver_due(by=system_principal(actor_id="relay"), send=self._ring, now=self.now()):
            pass

    def _ring(self, _task: str, payload: Mapping[str, str | int]) -> None:
        if getattr(self.told, "broker_gone", False):
            raise ConnectionRefusedError
        with Path(self.told.bells).open("a", encoding="ascii") as bells:
            bells.write(f"{payload['uketsuke_id']}\n")

    def worker(self) -> None:
        """Bring a file to its end and ring for the sender's next one, as the task does."""
        from django.conf import settings

        from chukan.controls.uketsuke.actions import call_next
        from chukan.kernel.principal import system_principal
        from shikaku.actions import process_toroku_file
        from shikaku.actions.sender_principal import sender_principal

        settings.HORYU_PERCENT = self.told.percent
        hub = system_principal(actor_id="worker")
        by = sender_principal(by=hub, sender=self.told.zone, hokensha_code=self.told.zone)
        ended = process_toroku_file.process_toroku_file(
            by=by,
            uketsuke_id=UUID(self.told.uketsuke_id),
            now=self.now,
            block_lines=self.told.block_lines,
            apart_lines=self.told.apart_lines,
        )
        following = call_next(by=by, now=self.now()) if ended else None
        if following is not None:
            self._ring("", {"uketsuke_id": str(following)})

    def decide(self) -> None:
        """Let the システム管理責任者 of the insurer decide about a held file at the terminal."""
        from shikaku.actions import decide_horyu
        from tests.support.principals import ALL_SHIKAKU, clerk

        by = clerk(self.told.zone, kengen=ALL_SHIKAKU | {("kanri", "shokai"), ("kanri", "koshin")})
        act = decide_horyu.release_horyu if self.told.decision == "kaijo" else decide_horyu.withdraw_horyu
        decider = decide_horyu.Decider(self.told.zone, by.actor_id, by.actor_name, "HS-305")
        act(by=by, uketsuke_id=UUID(self.told.uketsuke_id), decider=decider, done_by=by, now=self.now())

    def give_up(self) -> None:
        """End a file that stands still, by command; who had no answer is told that it has ended."""
        from chukan.kernel.errors import Conflict
        from shikaku.actions.end_stuck_file import end_stuck_file

        bango = self.told.uketsuke_bango
        with suppress(Conflict):
            end_stuck_file(by=_command(), uketsuke_bango=bango, riyu="障害が続くため", now=self.now())

    def lose(self) -> None:
        """Lose the file of a 受付 that had ended when the journal noted it: its row is of before the restore."""
        from chukan.kernel.storage import store

        store().erase(self.told.file_key, rule="KJ-IN-21", now=self.now())

    def replay(self) -> None:
        from shikaku.actions.replay_erasures import replay_erasures

        replay_erasures(by=_command(), now=self.now())

    def expire(self) -> None:
        """What beat does every day."""
        from chukan.kernel.principal import system_principal
        from shikaku.actions.erase_expired import erase_expired_refused_lines

        erase_expired_refused_lines(by=system_principal(actor_id="beat"), now=self.now())

    def alone(self) -> None:
        """Register one person, as a screen does; then there is nothing left to do."""
        from tests.support.members import joined

        joined(self.told.serial, now=self.now())

    def deliver(self) -> None:
        from chukan.kernel.principal import system_principal
        from shikaku.actions.send_to_onshi import send_to_onshi

        by, gateway = system_principal(actor_id="deliver_onshi"), StandIn(Path(self.told.onshi))
        gateway.silent = self.told.silent
        while send_to_onshi(by=by, gateway=gateway, now=self.now, limit=self.told.batch):
            pass

    def answer(self) -> None:
        """Take the 処理結果 of every telegram that has none, as the stand-in sends them."""
        from chukan.kernel.principal import Principal
        from shikaku.actions.record_onshi_kekka import record_onshi_kekka

        by = Principal(channel="onshi", soshiki="onshi", actor_id="onshi", actor_name="onshi")
        for soshin_bango in self.told.unanswered:
            record_onshi_kekka(by=by, soshin_bango=UUID(soshin_bango), kubun="1", meisai_code="", now=self.now())

    def seal(self) -> None:
        from django.conf import settings

        from chukan.controls.sosa_log.journal import CheckpointJournal
        from chukan.controls.sosa_log.management.commands.seal_sosa_log import Sealer

        Sealer(CheckpointJournal(settings.CHUKAN_HOME / "journal" / "checkpoints")).run_once()

    def sweep(self) -> None:
        """What beat has done every few seconds, minutes and hours."""
        from chukan.controls.uketsuke.actions import note_ring
        from chukan.kernel.principal import system_principal
        from shikaku.actions.erase_upload import erase_left_uploads, erase_nameless_uploads
        from shikaku.actions.sender_principal import sender_principal
        from shikaku.queries.due_work import list_due_uketsuke

        beat = system_principal(actor_id="beat")
        for due in list_due_uketsuke(by=beat, now=self.now()):
            self._ring("", {"uketsuke_id": str(due.uketsuke_id)})
            owner = sender_principal(by=beat, sender=due.sender, hokensha_code=due.hokensha_code or "")
            note_ring(by=owner, uketsuke_id=due.uketsuke_id, now=self.now())
        erase_left_uploads(by=beat, now=self.now())
        erase_nameless_uploads(by=beat, now=self.now())


class StandIn:
    """The stand-in of オンライン資格確認等システム without the network: each telegram once, whatever is sent again."""

    forgets = False
    silent = False  # the next call arrives, and its answer does not

    def __init__(self, path: Path) -> None:
        from simulators.onshi.store import Store

        self._store = Store(path)

    def send(self, telegrams: Sequence[Mapping[str, object]], *, now: datetime) -> frozenset[str]:
        from shikaku.gateways.onshi import OutcomeUnknown
        from simulators.onshi.telegrams import read_telegram

        read = [read_telegram(json.loads(json.dumps(dict(telegram)))) for telegram in telegrams]
        if self.forgets:
            read = [read_telegram({**telegram, "soshin_bango": str(uuid4())}) for telegram in telegrams]
        codes = self._store.receive(read, at=now.isoformat(), answer_after=0.0)
        if self.silent:
            self.silent = False
            raise OutcomeUnknown("no answer")
        return frozenset(str(t["soshin_bango"]) for t, code in zip(telegrams, codes, strict=True) if code == "ok")


def _command() -> Any:
    from chukan.kernel.principal import Principal

    return Principal(channel="command", soshiki="command", actor_id="proof", actor_name="管理コマンド")


def results_after_the_commit() -> None:
    """Mutant: the しおり is committed before the results of its block are."""
    from chukan.kernel.transactions import own_transaction
    from shikaku.actions import process_toroku_file, register_block
    from shikaku.actions.write_block import write_file_results

    register = register_block.register_block
    late: list[dict[str, Any]] = []

    def register_first(**given: Any) -> None:
        register(**given)
        while late:
            own_transaction(write_file_results)(**late.pop())

    setattr(register_block, "write_file_results", lambda **given: late.append(given))  # noqa: B010  # a mutant
    setattr(process_toroku_file, "register_block", register_first)  # noqa: B010  # a mutant


def bookmark_stays() -> None:
    """Mutant: a block is committed and its しおり is not moved; the results are written over."""
    from shikaku.actions import register_block

    setattr(register_block, "record_progress", lambda **_given: None)  # noqa: B010  # a mutant


def receiver_forgets() -> None:
    """Mutant: the receiver does not know a telegram again."""
    StandIn.forgets = True


def uploads_stay() -> None:
    """Mutant: what is ended is not erased."""
    from chukan.kernel.storage import FileStore

    setattr(FileStore, "erase", lambda *_a, **_k: None)  # noqa: B010  # a mutant
    setattr(FileStore, "erase_object", lambda *_a, **_k: None)  # noqa: B010  # a mutant


def next_begins_early() -> None:
    """Mutant: a file does not wait for the one of its sender before it."""
    from chukan.controls.uketsuke.actions import moves

    setattr(moves, "has_to_wait", lambda _row: False)  # noqa: B010  # a mutant


def decided_again() -> None:
    """Mutant: a decision that is repeated, because its answer never came, counts once more."""
    from chukan.controls.uketsuke.actions import decide_horyu as real
    from shikaku.actions import decide_horyu as action

    def always_new(**given: Any) -> str:
        return real(**given) or "shori"

    setattr(action, "decide_horyu", always_new)  # noqa: B010  # a mutant


MUTANTS: Mapping[str, Callable[[], None]] = {
    "results_after_the_commit": results_after_the_commit,
    "bookmark_stays": bookmark_stays,
    "receiver_forgets": receiver_forgets,
    "uploads_stay": uploads_stay,
    "next_begins_early": next_begins_early,
    "decided_again": decided_again,
}


def live(told: Mapping[str, Any]) -> int:
    """Do one life's work as its role; in the child alone."""
    from django.conf import settings
    from django.db import connections

    from chukan.settings import env

    role = ROLES[told["job"]]
    connections["default"].settings_dict.update(USER=f"chukan_{role}", PASSWORD=env.role_password(role))
    # The process that reads ahead inherits the environment, this one has read its settings already.
    settings.CHUKAN_CRASH_AT = os.environ["CHUKAN_CRASH_AT"] = told["crash_at"]
    if told["mutant"]:
        MUTANTS[told["mutant"]]()
    try:
        getattr(Life(told), told["job"])()
    except Exception:  # noqa: BLE001  # a life may fail: the database was killed under it
        traceback.print_exc()
        return FAILED
    return 0


def fork_and_wait(told: Mapping[str, Any]) -> dict[str, float]:
    """Return how a life ended (0, 1, or -9) and how long it was; `kill_after` seconds end it from outside."""
    began = time.monotonic()
    pid = os.fork()
    if pid == 0:
        os.dup2(2, 1)  # stdout is for the one who asks
        os._exit(live(told))
    limit = told["kill_after"]
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | (os.WNOHANG if limit else 0)) is None:
        if time.monotonic() - began > limit:
            os.kill(pid, signal.SIGKILL)
            limit = None
        else:
            time.sleep(0.001)
    _, status = os.waitpid(pid, 0)
    return {"ended": os.waitstatus_to_exitcode(status), "seconds": time.monotonic() - began}


def main() -> None:
    """Serve lives until stdin ends."""
    django.setup()
    for module in LOADED_ONCE:
        import_module(module)
    for line in sys.stdin:
        print(json.dumps(fork_and_wait(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
