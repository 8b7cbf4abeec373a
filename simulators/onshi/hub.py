"""The line to the hub: the 「処理結果電文」 that are owed to it."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Any

import httpx

from simulators import clock
from simulators.client import HubClient
from simulators.onshi.faults import Dice, FaultPlan
from simulators.onshi.store import Store
from simulators.shell.faults import PlanHolder
from simulators.shell.hub_keys import HubKeys

__all__ = ["AnswerSender", "HubKeys", "PlanHolder", "epoch"]

PATH = "/api/v1/onshi/shori-kekka"
BATCH = 200
IDLE_SECONDS = 0.2
PACED_BATCH = 45
PACED_SECONDS = 0.5
MAX_BACKOFF_SECONDS = 60.0
CODE_9 = "K901"
CODE_2 = "K201"


@dataclass(frozen=True)
class _Outcome:
    jotai: str
    kubun: str
    meisai: str | None
    again_after: float
    pause: float = 0.0


class AnswerSender:
    """Sends what is owed in the background, again and again until the hub has taken or refused it."""

    def __init__(
        self,
        *,
        store: Store,
        client: HubClient,
        plan: PlanHolder[FaultPlan],
        dice: Dice,
        workers: int = 4,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._store, self._client, self._plan, self._dice = store, client, plan, dice
        self._idle_seconds = idle_seconds
        self._stop = Event()
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="shori-kekka")
        self._thread = Thread(target=self._run, name="shori-kekka", daemon=True)

    def start(self) -> None:
        """Begin sending."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the answers under way and stop."""
        self._stop.set()
        self._thread.join(timeout=10)
        self._pool.shutdown(cancel_futures=True)

    def _run(self) -> None:
        batch, shortest = BATCH, 0.0
        while not self._stop.is_set():
            plan = self._plan.current
            due = [] if plan.result_off else self._store.owed_answers(now=epoch(), limit=batch)
            if not due:
                self._stop.wait(self._idle_seconds)
                continue
            started = clock.ticks()
            outcomes = list(self._pool.map(self._send, due))
            self._settle(due, outcomes)
            pause = max(outcome.pause for outcome in outcomes)
            if pause:
                # Told to slow down: from now on as many in a second as are surely let through.
                batch, shortest = PACED_BATCH, PACED_SECONDS
            self._stop.wait(max(pause, shortest - (clock.ticks() - started), 0.0))

    def _settle(self, due: Sequence[dict[str, Any]], outcomes: Sequence[_Outcome]) -> None:
        at = clock.now().isoformat()
        self._store.settle_answers(
            [
                (
                    outcome.kubun,
                    outcome.meisai,
                    outcome.jotai,
                    outcome.again_after,
                    at if outcome.jotai != "machi" else None,
                    row["soshin_bango"],
                )
                for row, outcome in zip(due, outcomes, strict=True)
            ]
        )

    def _send(self, row: dict[str, Any]) -> _Outcome:
        kubun, meisai = self._result_of(row)
        soshin = row["soshin_bango"]
        backoff = epoch() + min(MAX_BACKOFF_SECONDS, 0.5 * 2 ** min(row["kekka_kaisu"], 10))
        try:
            status, pause = self._post(soshin, kubun, meisai)
            if status == httpx.codes.NO_CONTENT:
                self._misbehave(soshin, kubun, meisai)
        except httpx.HTTPError:
            return _Outcome("machi", kubun, meisai, backoff)
        if status == httpx.codes.NO_CONTENT:
            return _Outcome("sumi", kubun, meisai, 0.0)
        if status == httpx.codes.CONFLICT:
            return _Outcome("kyohi", kubun, meisai, 0.0)
        return _Outcome("machi", kubun, meisai, backoff, pause)

    def _result_of(self, row: dict[str, Any]) -> tuple[str, str | None]:
        if row["kekka_kubun"]:
            return row["kekka_kubun"], row["kekka_meisai_code"]
        plan = self._plan.current
        if self._dice.hits(plan, "result_9", row["soshin_bango"]):
            return "9", CODE_9
        if self._dice.hits(plan, "result_2", row["soshin_bango"]):
            return "2", CODE_2
        return "1", None

    def _post(self, soshin: str, kubun: str, meisai: str | None) -> tuple[int, float]:
        body = {"soshin_bango": soshin, "shori_kekka_kubun": kubun, "shori_kekka_meisai_code": meisai}
        response = self._client.send_json(PATH, body)
        pause = 0.0
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            stated = response.headers.get("retry-after", "1")
            pause = min(5.0, float(stated) if stated.isdecimal() else 1.0)
        return response.status_code, pause

    def _misbehave(self, soshin: str, kubun: str, meisai: str | None) -> None:
        plan = self._plan.current
        if self._dice.hits(plan, "duplicate_answer", soshin):
            self._post(soshin, kubun, meisai)
        if self._dice.hits(plan, "conflicting_answer", soshin):
            self._post(soshin, "1" if kubun == "9" else "9", None if kubun == "9" else CODE_9)


def epoch() -> float:
    """The present moment as seconds, for comparing inside the database."""
    return (clock.now() - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
