"""What municipalities, residents and clinics do in a journey, through the doors and pages of the running stand-ins."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from chukan.embedded.process_table import JICHITAI
from simulators.client import ClientKey, HubAnswerError, HubClient, RequestSigner
from simulators.jichitai.__main__ import taishosha
from tests.journeys.clerk import Clerk, Form, Page
from tests.support.stack import Stack

SHIKEN, HINAGATA = JICHITAI
YOSHINHYO = {"k-K01": "36.5", "k-K02": "いいえ", "k-K03": "いいえ", "k-K04": "いいえ", "k-K05": "はい"}
AT_THE_HUB = (
    *("bango_fuitchi", "katachi", "kotae_fuitchi", "id_kawatta", "id_kyoyu", "id_ni_bango"),
    "yokei_uketsuke",
)
"""What the stand-in of Public Medical Hub must never have to count of the hub's answers."""


@dataclass(frozen=True)
class Member:
    """One person an insurer has registered, as the line of the file and the result of it say."""

    row: dict[str, str]
    hokensha: str
    edaban: str

    @property
    def number(self) -> str:
        """The 個人番号."""
        return self.row["個人番号"]

    @property
    def shimei(self) -> str:
        """The name as the text of a page has it."""
        return " ".join((self.row["氏名（券面記載）"] or self.row["氏名（その他）"]).split())


class VaccinationWorld:
    """The stand-ins beside one running product."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack

    def url(self, name: str) -> str:
        """Where a stand-in listens."""
        return self.stack.onshi_url if name == "onshi" else self.stack.stage.partner_url(name)

    def ask(self, name: str, path: str = "/_sim/state", **query: str) -> dict[str, Any]:
        """What a stand-in tells about itself."""
        answer = httpx.get(f"{self.url(name)}{path}", params=query, trust_env=False, timeout=30)
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()
        return told

    @contextmanager
    def broken(self, name: str, **faults: float) -> Iterator[None]:
        """Faults of a stand-in, while the block runs; what else is set there stays."""
        before = self._faults(name, faults)
        try:
            yield
        finally:
            self._faults(name, {fault: before[fault] for fault in faults})

    def _faults(self, name: str, faults: dict[str, float]) -> dict[str, float]:
        path = f"{self.url(name)}/_sim/faults"
        before: dict[str, float] = httpx.get(path, trust_env=False, timeout=30).json()
        httpx.post(path, json=faults, trust_env=False, timeout=30).raise_for_status()
        return before

    def _sent(self, code: str, to: str, path: str, message: dict[str, Any]) -> dict[str, Any]:
        """What a stand-in answers a municipality's own system; a lost answer is asked for again."""
        name = f"jichitai-{code}"
        signer = RequestSigner(client_id=name, key=ClientKey.load(self.stack.stage.demo / "keys" / f"{name}.json"))
        answer: dict[str, Any] = {}

        def taken() -> bool:
            try:
                answer.update(line.post_json(path, message).json())
            except httpx.TransportError:
                return False
            except HubAnswerError as error:
                if error.status < httpx.codes.INTERNAL_SERVER_ERROR:
                    raise
                return False
            return True

        with HubClient(base_url=self.url(to), signer=signer) as line:
            self.stack.wait_until(f"{to} takes {path}", taken, seconds=30, pause=0.05)
        return answer

    def register_at_pmh(self, code: str, jimu: str, items: Sequence[dict[str, Any]]) -> None:
        """A municipality registers persons with Public Medical Hub."""
        message = {"jichitai_code": code, "jimu_kubun": jimu, "items": list(items)}
        assert self._sent(code, "pmh", "/toroku", message) == {"kensu": len(items)}

    def kept_at_pmh(self, code: str, jimu: str, *gyomu: str) -> dict[str, dict[str, Any]]:
        """What a municipality gets back for these 自治体業務ID, once none of them waits any more."""
        kept: dict[str, dict[str, Any]] = {}

        def answered() -> bool:
            told = self._sent(code, "pmh", "/kekka", {"jichitai_code": code, "jimu_kubun": jimu})
            kept.update({item["jichitai_gyomu_id"]: item for item in told["items"]})
            return all(kept[one]["jotai"] != "machi" for one in gyomu)

        self.stack.wait_until("Public Medical Hub has its answers", answered, seconds=30, pause=0.1)
        return {one: kept[one] for one in gyomu}

    def register_taishosha(self, code: str, member: Member, gyomu: str) -> None:
        """A municipality registers a 対象者 with the vaccination system."""
        items = [{**taishosha(member.row, 1), "jichitai_gyomu_id": gyomu}]
        message = {"jichitai_code": code, "renkei_file_mei": "taisho.csv", "items": items}
        assert self._sent(code, "yobosesshu", "/taishosha", message) == {"kensu": 1}

    def taishosha(self, code: str, gyomu: str) -> dict[str, Any]:
        """What a municipality sees of one 対象者, once the PMHキー is there."""
        found: dict[str, Any] = {}

        def numbered() -> bool:
            told = self._sent(code, "yobosesshu", "/taishosha/shokai", {"jichitai_code": code})
            found.update(next(item for item in told["items"] if item["jichitai_gyomu_id"] == gyomu))
            return bool(found["pmh_key"])

        self.stack.wait_until("the PMHキー comes", numbered, seconds=30, pause=0.1)
        return found

    def telegrams(self, himozuke_bango: str) -> list[tuple[str, dict[str, Any]]]:
        """Kind and content of everything オンライン資格確認 was sent for a person, in order."""
        with closing(sqlite3.connect(self.stack.onshi_store)) as store:
            rows = store.execute(
                "select denbun_shubetsu, naiyo from denbun where himozuke_bango = ? order by jun", [himozuke_bango]
            ).fetchall()
        return [(kind, json.loads(naiyo)) for kind, naiyo in rows]

    def wait_for_pmh_ids(self, *himozuke_bango: str) -> None:
        """Wait until オンライン資格確認 knows these persons' PMH-IDs; on a bad line its sender waits between tries."""

        def told() -> bool:
            return all(any(kind == "pmh_id" for kind, _ in self.telegrams(one)) for one in himozuke_bango)

        self.stack.wait_until("PMH-IDs reach オンライン資格確認", told, seconds=180, pause=0.1)

    @contextmanager
    def card(self, pmh_id: str) -> Iterator[Clerk]:
        """A resident who holds the own card to マイナポータル."""
        serial: list[str] = []

        def there() -> bool:
            people = self.ask("mynaportal", "/_sim/riyosha")["items"]
            serial.extend(one["serial_bango"] for one in people if one["pmh_key"] == pmh_id)
            return bool(serial)

        self.stack.wait_until("マイナポータル knows the resident", there, seconds=30, pause=0.1)
        with Clerk(self.url("mynaportal")) as resident:
            page = resident.open("/")
            resident.submit(form_with(page, "/login", serial_bango=serial[0]), {})
            yield resident

    def josei_page(self, himozuke_bango: str) -> Page:
        """What オンライン資格確認 shows after asking Public Medical Hub for the term of 医療助成."""
        with Clerk(self.url("onshi")) as onshi:
            search, found = form_with(onshi.open("/"), "/hito", himozuke_bango=""), list[Page]()

            def shown() -> bool:
                found.append(onshi.submit(search, {"himozuke_bango": himozuke_bango}))
                return bool(forms_to(found[-1], "/josei"))

            self.stack.wait_until("オンライン資格確認 has taken the PMH-ID up", shown, seconds=30, pause=0.1)
            return onshi.submit(found[-1].form("/josei"), {})

    @contextmanager
    def user(self, user_id: str) -> Iterator[Clerk]:
        """A user of the vaccination system, signed in."""
        with Clerk(self.url("yobosesshu")) as user:
            page = user.open("/")
            assert "/hitobito" in user.submit(form_with(page, "/login", kikan_user_id=user_id), {}).url
            yield user

    def when(self, user: Clerk, address: str, what: Callable[[Page], object]) -> Page:
        """The page, as soon as it shows what is waited for."""
        pages: list[Page] = []

        def shown() -> object:
            pages.append(user.open(address))
            return what(pages[-1])

        self.stack.wait_until(f"{address.partition('?')[0]} shows it", shown, seconds=30, pause=0.2)
        return pages[-1]


def form_with(page: Page, ending: str, **fields: str) -> Form:
    """The one form that goes there and holds these values."""
    found = [one for one in page.forms if one.action.endswith(ending) and fields.items() <= one.fields.items()]
    assert len(found) == 1, (ending, fields, [(one.action, one.fields) for one in page.forms])
    return found[0]


def forms_to(page: Page, ending: str) -> list[Form]:
    """Every form that goes there, in the order of the page."""
    return [one for one in page.forms if one.action.endswith(ending)]


def story_addresses(page: Page) -> list[str]:
    """The pages of persons that a list links to."""
    return [link for link in page.links if "/hito?" in link]
