"""Hands each request on to コアシステム: the 取得番号 of a person, never the 個人番号."""

from http import HTTPStatus

import httpx

from simulators import clock
from simulators.client import HubClient
from simulators.juki.faults import FaultPlan
from simulators.juki.store import JukiStore
from simulators.shell.faults import Dice, PlanHolder

PATH = "/shutoku-yokyu"
BATCH = 5000
PAUSE_SECONDS = 0.5


class Forwarder:
    """The line to コアシステム in the name of one institution."""

    def __init__(
        self, *, store: JukiStore, core: HubClient, kikan_code: str, plan: PlanHolder[FaultPlan], dice: Dice
    ) -> None:
        self._store, self._core, self._kikan_code = store, core, kikan_code
        self._plan, self._dice = plan, dice

    def work(self) -> bool:
        """Hand on what waits; whether anything was."""
        plan = self._plan.current
        due = [] if plan.watasazu else self._store.due(limit=BATCH)
        if not due:
            return False
        lost = {row["seq"] for row in due if self._dice.hits(plan, "yokyu_ushinau", row["shori_tsuban"])}
        items = [
            {"shori_tsuban": row["shori_tsuban"], "shutoku_bango": row["shutoku_bango"]}
            for row in due
            if row["seq"] not in lost
        ]
        items += [item for item in items if self._dice.hits(plan, "nido_watasu", item["shori_tsuban"])]
        if items and not self._sent(items):
            clock.wait(PAUSE_SECONDS)
            return False
        at = clock.now().isoformat()
        self._store.settle([("ushinatta" if row["seq"] in lost else "sumi", at, row["seq"]) for row in due])
        return True

    def _sent(self, items: list[dict[str, str]]) -> bool:
        try:
            answer = self._core.send_json(PATH, {"kikan_code": self._kikan_code, "items": items})
        except httpx.HTTPError:
            return False
        return answer.status_code == HTTPStatus.ACCEPTED
