"""Asks the hub for PMH-IDs in the background, again and again until it has answered or refused."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from simulators import clock
from simulators.client import HubClient
from simulators.pmh.faults import FaultPlan
from simulators.pmh.store import Outcome, PmhStore
from simulators.shell.faults import Dice, PlanHolder
from simulators.shell.running import TIMEOUT, backoff, epoch, problem_code
from simulators.shell.store import Row

PATH = "/api/v1/pmh/pmh-id"
BULK = f"{PATH}/ikkatsu"
MAX_BULK = 1000
ITEM_KEYS = frozenset({"kojin_bango", "pmh_id"})
AGAIN_FROM = 500


class WrongAnswer(Exception):
    """The hub's answer is not what was agreed; the text is the name of the counter."""


class Asker:
    """One line to the hub for all municipalities."""

    def __init__(
        self, *, store: PmhStore, hub: HubClient, hub_url: str, plan: PlanHolder[FaultPlan], dice: Dice
    ) -> None:
        self._store, self._hub, self._plan, self._dice = store, hub, plan, dice
        self._url = hub_url.rstrip("/")

    def work(self) -> bool:
        """Ask for those who are due; whether anybody was."""
        plan = self._plan.current
        if plan.irai_off:
            return False
        due = self._store.due(now=epoch(), limit=1 if plan.ikkatsu_off else MAX_BULK)
        if not due:
            return False
        self._store.settle(self._ask(due), at=clock.now().isoformat())
        return True

    def _ask(self, due: Sequence[Row]) -> list[Outcome]:
        single = len(due) == 1
        jimu, numbers = due[0]["jimu_kubun"], [row["kojin_bango"] for row in due]
        path = PATH if single else BULK
        message = {"jimu_kubun": jimu, "kojin_bango": numbers[0] if single else numbers}
        status, code = None, "tsushin"
        try:
            self._misbehave(path, message)
            response = self._hub.send_json(path, message)
            status, code = response.status_code, problem_code(response) if response.is_error else "ok"
            return self._outcomes(due, response, path, message)
        except WrongAnswer as wrong:
            code = str(wrong)
            self._store.count(**{code: 1})
            return _later(due, code)
        except httpx.HTTPError:
            return _later(due, code)
        finally:
            self._store.note_request(
                at=clock.now().isoformat(),
                jimu_kubun=jimu,
                hoho="ikken" if single else "ikkatsu",
                kensu=len(due),
                status=status,
                kekka=code,
            )

    def _outcomes(
        self, due: Sequence[Row], response: httpx.Response, path: str, message: Mapping[str, Any]
    ) -> list[Outcome]:
        code = problem_code(response)
        if response.is_success:
            found = _read(response, message)
            if self._dice.hits(self._plan.current, "answer_lost"):
                return _later(due, "ushinatta")
            if self._dice.hits(self._plan.current, "ask_twice"):
                self._compare(response, path, message)
            given = {number: pmh_id for number, pmh_id in found if pmh_id is not None}
            self._store.count(**self._store.contradictions(given))
            return [
                Outcome(row["seq"], "sumi", pmh_id) if pmh_id else Outcome(row["seq"], "nashi", riyu="kanyusha_nashi")
                for row, (_, pmh_id) in zip(due, found, strict=True)
            ]
        if response.status_code == httpx.codes.NOT_FOUND and code == "kanyusha_nashi":
            return [Outcome(due[0]["seq"], "nashi", riyu=code)]
        if _worth_trying_again(response):
            return _later(due, code or str(response.status_code))
        return [Outcome(row["seq"], "kyohi", riyu=code or str(response.status_code)) for row in due]

    def _compare(self, first: httpx.Response, path: str, message: Mapping[str, Any]) -> None:
        again = self._hub.send_json(path, message)
        if again.is_success and again.content != first.content:
            self._store.count(kotae_fuitchi=1)

    def _misbehave(self, path: str, message: Mapping[str, Any]) -> None:
        """What the hub has to refuse; being let through is counted."""
        plan = self._plan.current
        answers = []
        if self._dice.hits(plan, "extra_key"):
            answers.append(self._hub.send_json(path, {**message, "shimei": "見本 花子"}))
        if self._dice.hits(plan, "unsigned"):
            with httpx.Client(timeout=TIMEOUT, trust_env=False) as stranger:
                answers.append(stranger.post(self._url + path, json=dict(message)))
        self._store.count(
            yokei_uketsuke=sum(answer.status_code < httpx.codes.BAD_REQUEST for answer in answers),
            kotowarareta=sum(answer.status_code in (400, 401, 403) for answer in answers),
        )


def _worth_trying_again(response: httpx.Response) -> bool:
    """The hub is busy, broken or has not opened this door yet; repeating cannot mend any other refusal."""
    status = response.status_code
    return status >= AGAIN_FROM or status in (404, 408, 425, 429)


def _later(due: Sequence[Row], reason: str) -> list[Outcome]:
    return [Outcome(row["seq"], "machi", riyu=reason, after=backoff(row["kaisu"])) for row in due]


def _read(response: httpx.Response, message: Mapping[str, Any]) -> list[tuple[str, str | None]]:
    """(個人番号, PMH-ID) in the order asked for; raises WrongAnswer for anything but what was agreed."""
    try:
        body = response.json()
    except ValueError:
        raise WrongAnswer("katachi") from None
    asked = message["kojin_bango"]
    single = isinstance(asked, str)
    if not isinstance(body, Mapping) or (not single and body.keys() != {"kekka"}):
        raise WrongAnswer("katachi")
    items = [body] if single else body["kekka"]
    numbers = [asked] if single else asked
    if not isinstance(items, list) or len(items) != len(numbers):
        raise WrongAnswer("katachi")
    for item, number in zip(items, numbers, strict=True):
        if not isinstance(item, Mapping) or item.keys() != ITEM_KEYS:
            raise WrongAnswer("katachi")
        if item["kojin_bango"] != number:
            raise WrongAnswer("bango_fuitchi")
        if not isinstance(item["pmh_id"], str | None) or item["pmh_id"] == "" or (single and not item["pmh_id"]):
            raise WrongAnswer("katachi")
    return [(item["kojin_bango"], item["pmh_id"]) for item in items]
