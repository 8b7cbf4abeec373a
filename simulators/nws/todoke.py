"""インターフェイスシステム: brings codes to the hub, again and again until it has answered."""

import json
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from uuid import UUID

import httpx

from simulators.client import HubClient, RequestSigner, content_digest
from simulators.nws.faults import FaultPlan
from simulators.nws.fugo import CodeMaker
from simulators.nws.store import KEKKA, NwsStore, Outcome
from simulators.shell.blocks import blocks
from simulators.shell.faults import Dice, PlanHolder
from simulators.shell.running import TIMEOUT
from simulators.shell.store import Row

PATH = "/api/v1/nws/fugo"
BULK = f"{PATH}/ikkatsu"
MAX_BULK = 5000
MAX_BACKOFF_SECONDS = 60.0
Item = dict[str, str]


class NoAnswer(Exception):
    """The hub did not take the call; the text is the name of the counter, `pause` what it asked for in seconds."""

    def __init__(self, name: str, pause: float = 0.0) -> None:
        super().__init__(name)
        self.pause = pause


@dataclass
class Parcel:
    """One call: the codes in it, which of them are faults and of what kind, and what came of it."""

    items: list[Item] = field(default_factory=list)
    koto: list[str] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    events: list[tuple[str, str, str]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    answered: bool = False

    def add(self, item: Item, koto: str) -> None:
        """One more code, unless the call is full."""
        if len(self.items) < MAX_BULK:
            self.items.append(item)
            self.koto.append(koto)

    def count(self, name: str, number: int = 1) -> None:
        """Remember to add to a counter."""
        self.counts[name] = self.counts.get(name, 0) + number


class Deliverer:
    """One line to the hub in the name of インターフェイスシステム, several calls at a time."""

    def __init__(
        self,
        *,
        store: NwsStore,
        hub: HubClient,
        signer: RequestSigner,
        hub_url: str,
        kikan_code: str,
        maker: CodeMaker,
        plan: PlanHolder[FaultPlan],
        dice: Dice,
        senders: int = 2,
    ) -> None:
        self._store, self._hub, self._url, self._kikan_code = store, hub, hub_url.rstrip("/"), kikan_code
        self._maker, self._plan, self._dice = maker, plan, dice
        self._senders, self._signer = senders, signer
        self._pool = ThreadPoolExecutor(senders, thread_name_prefix="fugo")

    def work(self) -> bool:
        """Send what is due; whether anything was."""
        plan = self._plan.current
        size = 1 if plan.ikkatsu_off else MAX_BULK
        due = [] if plan.okurazu else self._store.due(kikan_code=self._kikan_code, limit=size * self._senders)
        if not due:
            return False
        now = self._store.now()
        parcels = list(self._pool.map(lambda rows: self._delivered(plan, rows, now), blocks(due, size)))
        self._store.settle(
            [outcome for parcel in parcels for outcome in parcel.outcomes],
            events=[event for parcel in parcels for event in parcel.events],
        )
        totals = dict[str, int]()
        for parcel in parcels:
            for name, number in parcel.counts.items():
                totals[name] = totals.get(name, 0) + number
        self._store.count(**totals)
        return any(parcel.answered for parcel in parcels)

    def _delivered(self, plan: FaultPlan, rows: Sequence[Row], now: float) -> Parcel:
        parcel = Parcel()
        going = self._going(plan, rows, parcel, now)
        if not going:
            return parcel
        self._pack(plan, going, parcel)
        try:
            self._misbehave(plan, parcel)
            said = self._send(parcel, alone=plan.ikkatsu_off)
        except httpx.HTTPError:
            self._later(going, parcel, now, NoAnswer("tsushin"))
        except NoAnswer as error:
            self._later(going, parcel, now, error)
        else:
            parcel.answered = True
            if self._dice.hits(plan, "kotae_ushinau"):
                self._later(going, parcel, now, NoAnswer("kotae_ushinau"))
            else:
                self._read(going, parcel, said, now)
        return parcel

    def _going(self, plan: FaultPlan, rows: Sequence[Row], parcel: Parcel, now: float) -> list[Row]:
        """The codes that go now; the others are lost or late."""
        if not plan.switched_on:
            return list(rows)
        going = []
        for row in rows:
            name = row["shori_tsuban"]
            if self._dice.hits(plan, "ushinau", name):
                parcel.outcomes.append(Outcome(row["seq"], "ushinatta"))
                parcel.events.append((name, "ushinau", ""))
            elif not row["kaisu"] and self._dice.hits(plan, "okurasu", name):
                parcel.outcomes.append(Outcome(row["seq"], "machi", todoke=now + plan.okurasu_ms / 1000))
                parcel.events.append((name, "okurasu", ""))
            else:
                going.append(row)
        return going

    def _pack(self, plan: FaultPlan, going: Sequence[Row], parcel: Parcel) -> None:
        dice, codes = self._dice, [self._code(row) for row in going]
        order = list(range(len(going)))
        random.shuffle(order)
        if not plan.switched_on:
            parcel.items = [
                {"shori_tsuban": going[place]["shori_tsuban"], "kikanbetsu_fugo": codes[place]} for place in order
            ]
            parcel.koto = [""] * len(order)
            return
        for place in order:
            name = going[place]["shori_tsuban"]
            if not going[place]["kaisu"] and dice.hits(plan, "betsujin", name):
                other = codes[place - 1] if len(codes) > 1 else self._stray(name)
                parcel.add({"shori_tsuban": name, "kikanbetsu_fugo": other}, "betsujin")
            else:
                parcel.add({"shori_tsuban": name, "kikanbetsu_fugo": codes[place]}, "")
        for place in order:
            name = going[place]["shori_tsuban"]
            if dice.hits(plan, "nido_okuru", name):
                parcel.add({"shori_tsuban": name, "kikanbetsu_fugo": codes[place]}, "nido_okuru")
            if dice.hits(plan, "shiranai_tsuban", name):
                unknown = str(UUID(int=(0x0191 << 112) | (7 << 76) | (0b10 << 62) | random.getrandbits(62)))
                parcel.add({"shori_tsuban": unknown, "kikanbetsu_fugo": self._stray(unknown)}, "shiranai_tsuban")

    def _code(self, row: Row) -> str:
        return self._maker.fugo(kikan_code=row["kikan_code"], shutoku_bango=row["shutoku_bango"], sedai=row["sedai"])

    def _stray(self, name: str) -> str:
        """A code of nobody the hub has asked for."""
        return self._maker.fugo(kikan_code="yoso", shutoku_bango=name, sedai=1)

    def _send(self, parcel: Parcel, *, alone: bool) -> list[str]:
        """What the hub said to each code, in one call or, `alone`, in a call for each; NoAnswer when it did not."""
        if alone or len(parcel.items) == 1:
            return [self._send_one(item) for item in parcel.items]
        answer = self._hub.send_json(BULK, {"items": parcel.items})
        _refuse_unless_answered(answer)
        parcel.count("ikkatsu")
        return _kekka(answer, parcel.items)

    def _send_one(self, item: Item) -> str:
        answer = self._hub.send_json(PATH, item)
        if answer.status_code == HTTPStatus.CONFLICT:
            return "yokyu_nashi"
        _refuse_unless_answered(answer)
        if answer.status_code != HTTPStatus.NO_CONTENT:
            raise NoAnswer("katachi")
        return "ok"

    def _misbehave(self, plan: FaultPlan, parcel: Parcel) -> None:
        path = PATH if len(parcel.items) == 1 else BULK
        message: dict[str, Any] = dict(parcel.items[0]) if path == PATH else {"items": parcel.items}
        if self._dice.hits(plan, "yokei_komoku"):
            first, *rest = parcel.items
            spoiled = first | {"shimei": "見本　花子"}
            extra = spoiled if path == PATH else {"items": [spoiled, *rest]}
            self._should_be_refused(parcel, self._hub.send_json(path, extra))
        if self._dice.hits(plan, "shomei_nashi"):
            unsigned = httpx.post(self._url + path, json=message, timeout=TIMEOUT, trust_env=False)
            self._should_be_refused(parcel, unsigned)
        if self._dice.hits(plan, "tochu_setsudan"):
            self._cut(path, message)

    @staticmethod
    def _should_be_refused(parcel: Parcel, answer: httpx.Response) -> None:
        if answer.is_success:
            parcel.count("yokei_uketsuke")
        elif answer.is_client_error:
            parcel.count("kotowarareta")

    def _cut(self, path: str, message: object) -> None:
        """Send the first half of a signed call and hang up."""
        body = json.dumps(message, ensure_ascii=False).encode()
        url = self._url + path
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        signed = self._signer.headers_for(method="POST", url=url, headers=headers, digest=content_digest(body))

        def half() -> Iterator[bytes]:
            yield body[: len(body) // 2]
            raise httpx.WriteError("訓練用の障害")

        with httpx.Client(timeout=TIMEOUT, trust_env=False) as cut:
            cut.post(url, content=half(), headers=signed)

    def _read(self, going: Sequence[Row], parcel: Parcel, said: Sequence[str], now: float) -> None:
        heard = dict[str, str]()
        for item, koto, code in zip(parcel.items, parcel.koto, said, strict=True):
            name = item["shori_tsuban"]
            if koto:
                parcel.events.append((name, koto, code))
            if koto == "shiranai_tsuban":
                parcel.count("shiranai_kyohi" if code == "yokyu_nashi" else "shiranai_uketsuke")
            elif koto == "betsujin":
                parcel.count("betsujin_uketsuke", int(code == "ok"))
            elif not koto:
                heard[name] = code
        for row in going:
            answered = heard.get(row["shori_tsuban"])
            # After somebody else's code the right one is still owed.
            parcel.outcomes.append(
                Outcome(row["seq"], "sumi", answered)
                if answered
                else Outcome(row["seq"], "machi", todoke=_again(row, now))
            )

    @staticmethod
    def _later(going: Sequence[Row], parcel: Parcel, now: float, error: NoAnswer) -> None:
        parcel.count(str(error))
        for row in going:
            later = max(_again(row, now), now + error.pause)
            parcel.outcomes.append(Outcome(row["seq"], "machi", todoke=later))


def _again(row: Row, now: float) -> float:
    return now + min(MAX_BACKOFF_SECONDS, math.ldexp(0.5, min(row["kaisu"], 10)))


def _refuse_unless_answered(answer: httpx.Response) -> None:
    if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        stated = answer.headers.get("retry-after", "1")
        raise NoAnswer("tsushin", float(stated) if stated.isdecimal() else 1.0)
    if answer.is_client_error:
        raise NoAnswer("kyohi")
    if not answer.is_success:
        raise NoAnswer("tsushin")


def _kekka(answer: httpx.Response, items: Sequence[Item]) -> list[str]:
    try:
        told = answer.json()["kekka"]
        pairs = [(str(one["shori_tsuban"]), str(one["code"])) for one in told if _fits(one)]
    except (ValueError, TypeError, KeyError) as error:
        raise NoAnswer("katachi") from error
    if len(pairs) != len(told) or len(pairs) != len(items):
        raise NoAnswer("katachi")
    if [name for name, _ in pairs] != [item["shori_tsuban"] for item in items]:
        raise NoAnswer("kotae_fuitchi")
    return [code for _, code in pairs]


def _fits(one: object) -> bool:
    return isinstance(one, Mapping) and one.keys() == {"shori_tsuban", "code"} and one["code"] in KEKKA
