"""A small hub and every stand-in of the vaccination world, joined as they are in a demo."""

import contextlib
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx

from simulators.client import HubClient, NonceMemory, PublicKeys, RequestSigner, generate_key
from simulators.mynaportal.routes import DOORS as PORTAL_DOORS
from simulators.mynaportal.routes import Portal
from simulators.mynaportal.store import PortalStore
from simulators.onshi.answers import Onshi
from simulators.onshi.faults import FaultPlan as OnshiFaultPlan
from simulators.onshi.renkei import Renkei as OnshiRenkei
from simulators.onshi.routes import OPEN_ROUTES, SIGNED_ROUTES
from simulators.onshi.store import Store
from simulators.pmh.asking import Asker
from simulators.pmh.faults import FaultPlan as PmhFaultPlan
from simulators.pmh.routes import DOORS as PMH_DOORS
from simulators.pmh.routes import Pmh
from simulators.pmh.store import PmhStore
from simulators.rireki_kaito.routes import DOORS as RIREKI_DOORS
from simulators.rireki_kaito.routes import Rireki, RirekiStore
from simulators.shell.faults import Dice, Plan, PlanHolder
from simulators.shell.server import Doors
from simulators.yobosesshu.renkei import Renkei
from simulators.yobosesshu.routes import DOORS as YOBO_DOORS
from simulators.yobosesshu.store import Zones
from simulators.yobosesshu.system import Yobosesshu
from tests.unit.simulators.small_pmh_hub import SmallPmhHub
from tests.unit.simulators.stand_ins import HINAGATA, SHIKEN, Keyring, Running, keyring, running, until

NAMES = {SHIKEN: "架空県試験市", HINAGATA: "架空県雛形市"}
KIHON = {"shimei_kenmen": "見本　花子"}


class Later:
    """A line to a stand-in that is started afterwards."""

    def __init__(self, ring: Keyring, name: str) -> None:
        self._ring, self._name, self.url = ring, name, ""

    def send_json(self, path: str, value: object) -> httpx.Response:
        """Send, once the address is known."""
        if not self.url:
            raise httpx.ConnectError("not there yet")
        with self._ring.line(self._name, self.url) as line:
            return line.send_json(path, value)


@dataclass
class VaccinationWorld:
    """Everybody, and what a person can do at their pages."""

    hub: SmallPmhHub
    ring: Keyring
    onshi: Running
    pmh: Running
    portal: Running
    yobo: Running
    rireki: Running
    zones: Zones
    _telegrams: int = 0
    _himozuke: dict[str, str] = field(default_factory=dict)
    _line: HubClient | None = None

    def register(self, code: str, number: str, *, gyomu: str = "A0001", **more: str) -> httpx.Response:
        """A municipality registers one 対象者."""
        item = {
            "jichitai_gyomu_id": gyomu,
            "kojin_bango": number,
            "shimei": "見本　花子",
            "shimei_kana": "ミホン　ハナコ",
            "jusho": "架空県試験市1",
            "seinengappi": "1990-04-01",
            "seibetsu": "2",
            **more,
        }
        message = {"jichitai_code": code, "renkei_file_mei": "taisho.csv", "items": [item]}
        return self.ring.line(f"jichitai-{code}", self.yobo.url).send_json("/taishosha", message)

    def tell_onshi(self, number: str) -> str:
        """The hub's telegrams for a person with a PMH-ID: 資格, then PMH-ID."""
        pmh_id = self.hub.issued[number]
        himozuke = self._himozuke.setdefault(number, str(uuid4()))
        kikan = {
            "shikaku_tsuban": 1,
            "rireki_tsuban": 1,
            "shikaku": {
                "hokensha_bango": "06132013",
                "hihokenshasho_kigo": "1",
                "hihokenshasho_bango": number[:4],
                "edaban": "01",
                "shikaku_shutoku_ymd": "2026-04-01",
            },
            "sho": [],
            "iryoken": [],
            "korei": [],
            "gendogaku": [],
            "tokutei_shippei": [],
        }
        shikaku = {
            "hokensha_code": "06132013",
            "hihokensha_edaban": "0000000001",
            "seigyo": {},
            "kihon": KIHON,
            "kikan": [kikan],
            "pmh_id": pmh_id,
        }
        assert self._line is not None
        for jun, (kind, naiyo) in enumerate((("shikaku", shikaku), ("pmh_id", {"pmh_id": pmh_id})), start=1):
            self._telegrams += 1
            value = {
                "soshin_bango": str(UUID(int=(0x019A << 112) | (7 << 76) | (0b10 << 62) | self._telegrams)),
                "denbun_shubetsu": kind,
                "himozuke_bango": himozuke,
                "jun": jun,
                "naiyo": naiyo,
            }
            assert self._line.send_json("/shikaku-joho", value).status_code == 204
        return himozuke

    def card(self) -> httpx.Client:
        """The newest card, signed in at マイナポータル."""
        until(lambda: self.portal.stranger.get("/_sim/riyosha").json()["items"])
        serial = self.portal.stranger.get("/_sim/riyosha").json()["items"][-1]["serial_bango"]
        browser = httpx.Client(base_url=self.portal.url, trust_env=False, timeout=10)
        assert browser.post("/login", data={"serial_bango": serial}).status_code == 303
        return browser

    def user(self, user_id: str) -> httpx.Client:
        """A user, signed in at the vaccination system."""
        browser = httpx.Client(base_url=self.yobo.url, trust_env=False, timeout=10)
        assert browser.post("/login", data={"kikan_user_id": user_id}).status_code == 303
        return browser

    def story_address(self, browser: httpx.Client, place: int = 0) -> str:
        """The address of one person's page, as the list of this user has it."""
        found: list[str] = re.findall(r'href="(/hito\?id=[^"]+)"', browser.get("/hitobito").text)
        return found[place]


def filled(page: str, action: str, place: int = 0) -> dict[str, str]:
    """The fields of a form of a page as it would be sent."""
    form = re.findall(rf'<form method="post" action="{action}".*?</form>', page, re.DOTALL)[place]
    values = {
        name: unescape(value)
        for tag in re.findall(r"<input[^>]*>", form)
        if (name := _attribute(tag, "name"))
        for value in [_attribute(tag, "value")]
    }
    for name, inner in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', inner)
        values[name] = unescape(chosen[1]) if chosen else ""
    return values


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf' {name}="([^"]*)"', tag)
    return found[1] if found else ""


def answered(page: str, place: int = 0) -> dict[str, str]:
    """A 予診票 of a page, answered in an ordinary way."""
    ordinary = {"k-K01": "36.5", "k-K02": "いいえ", "k-K03": "いいえ", "k-K04": "いいえ", "k-K05": "はい"}
    return {**filled(page, "/kaito", place), **ordinary}


@contextlib.contextmanager
def vaccination_world(folder: Path, hub: SmallPmhHub) -> Iterator[VaccinationWorld]:
    """Everybody running in this process."""
    ring, hub_key = keyring(), generate_key(kid="hub-1")
    to_pmh, to_portal, to_yobo, to_rireki, to_onshi = (
        Later(ring, name) for name in ("yobosesshu", "onshi", "mynaportal", "yobosesshu", "rireki_kaito")
    )
    onshi_to_pmh = Later(ring, "onshi")
    store = Store(folder / "onshi.sqlite3")
    link: Any = OnshiRenkei(folder / "renkei.sqlite3", store=store, portal=to_portal, pmh=onshi_to_pmh)  # type: ignore[arg-type]  # same method
    keys = PublicKeys({"keys": [hub_key.public_jwk()]})
    onshi = Onshi(
        store=store,
        keys=_FixedKeys(keys),  # type: ignore[arg-type]  # same method
        nonces=NonceMemory(),
        plan=PlanHolder(OnshiFaultPlan()),
        dice=Dice(),
        renkei=link,
        partners=ring.partners(),
    )
    pmh_store = PmhStore(folder / "pmh.sqlite3")
    pmh = Pmh(store=pmh_store, partners=ring.partners(), plan=PlanHolder(PmhFaultPlan()), dice=Dice())
    to_hub = HubClient(base_url=hub.url, signer=RequestSigner(client_id="pmh", key=hub.partner))
    asker = Asker(store=pmh_store, hub=to_hub, hub_url=hub.url, plan=pmh.plan, dice=pmh.dice)
    portal: Any = Portal(
        store=PortalStore(folder / "portal.sqlite3"),
        partners=ring.partners(),
        vaccination=to_yobo,  # type: ignore[arg-type]  # same method
        plan=PlanHolder(Plan()),
        dice=Dice(),
    )
    zones = Zones(folder / "yobo", NAMES)
    yobo = Yobosesshu(zones=zones, partners=ring.partners(), plan=PlanHolder(Plan()), dice=Dice())
    work = Renkei(zones, pmh=to_pmh, rireki=to_rireki)  # type: ignore[arg-type]  # same method
    rireki: Any = Rireki(
        store=RirekiStore(folder / "rireki.sqlite3"),
        partners=ring.partners(),
        onshi=to_onshi,  # type: ignore[arg-type]  # same method
        plan=PlanHolder(Plan()),
        dice=Dice(),
    )
    onshi_doors = Doors(name="onshi", signed=SIGNED_ROUTES, free=OPEN_ROUTES)
    with ExitStack() as stack:
        for closing in (store, link, pmh_store, portal.store, zones, rireki.store, to_hub):
            stack.callback(closing.close)
        run_onshi = stack.enter_context(running(onshi, onshi_doors, link.work))
        run_pmh = stack.enter_context(running(pmh, PMH_DOORS, asker.work))
        run_portal = stack.enter_context(running(portal, PORTAL_DOORS, portal.work))
        run_yobo = stack.enter_context(running(yobo, YOBO_DOORS, work.work))
        run_rireki = stack.enter_context(running(rireki, RIREKI_DOORS))
        to_pmh.url, onshi_to_pmh.url, to_portal.url = run_pmh.url, run_pmh.url, run_portal.url
        to_yobo.url, to_rireki.url, to_onshi.url = run_yobo.url, run_rireki.url, run_onshi.url
        signer = RequestSigner(client_id="chukan", key=hub_key, keyid="hub-1")
        line = stack.enter_context(HubClient(base_url=run_onshi.url, signer=signer))
        yield VaccinationWorld(hub, ring, run_onshi, run_pmh, run_portal, run_yobo, run_rireki, zones, _line=line)


@dataclass
class _FixedKeys:
    keys: PublicKeys

    def current(self, *, naming: str) -> PublicKeys:
        """The hub's keys."""
        return self.keys
